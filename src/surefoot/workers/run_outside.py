"""Changed files that run outside the sandbox: by checks with `confine: false`, probes, `observe`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from surefoot.core.globs import matches
from surefoot.core.named_files import run_files
from surefoot.core.plan import Plan, Step
from surefoot.core.plan_commands import commands_of_plan, commands_of_step
from surefoot.workers.preconditions import with_facts


def run_outside(plan: Plan, step: Step, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the paths, relative to the lane, that such a command runs; a folder ends in a slash."""
    commands = [*commands_of_plan(plan), *commands_of_step(step, plan.env)]
    opened = with_facts([one for one in commands if one[0].is_shell and not one[0].confine])
    if not opened:
        return ()
    checks = [*plan.accept, *step.checks, *(check for one in plan.steps for check in one.checks)]
    # A command does not say in which folder it starts: each that a check names may be it.
    folders = dict.fromkeys(posixpath.join(plan.folder, cwd) for cwd in ("", *(check.cwd or "" for check in checks)))
    facts = [one.does for one in opened if one.does is not None]
    globs = tuple({glob for does in facts for folder in folders for glob in run_files(does, folder)})
    return tuple(path for path in paths if matches(path, globs) or _is_round(path, globs))


def _is_round(path: str, globs: Iterable[str]) -> bool:
    return path.endswith("/") and any(glob.startswith(path) for glob in globs)
