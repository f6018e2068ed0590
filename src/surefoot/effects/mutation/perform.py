"""Small changes of what a step wrote, made in its lane one at a time; a check that notices one speaks for the step."""

from __future__ import annotations

import itertools
import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

from surefoot import safe_open
from surefoot.checks import Question, ask
from surefoot.checks.mutants import Changed, is_code, mutants_of
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.events import Event
from surefoot.effects.candidate.perform import run_compare
from surefoot.effects.check.perform import clean
from surefoot.effects.lane.perform import lane_of
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext

TRIED_MAX = 60
WITHIN_S = 300.0
"""No change is begun after this time."""
_FILE_BYTES_MAX = 500_000
_TIMES_LONGER, _LEAST_S = 5.0, 10.0
"""A check that takes so many times as long as on the result itself, and longer than this, has noticed the change."""


async def try_mutants(context: RunContext, command: do.TryMutants) -> Event:
    """Change what the step wrote in small ways, and ask its checks about each; the lane is left as it was."""
    point("mutation.before")
    lane, began = lane_of(command), time.monotonic()
    changes = await in_thread(_changes, context, command)
    context.disturb(lane, leaves_nothing=True)
    noticed: list[Changed] = []
    survivors: list[Changed] = []
    alike: list[Changed] = []
    said: list[dict[str, object]] = []
    try:
        as_is = await _shown(context, command)
        for number, one in enumerate(changes[:TRIED_MAX], start=1):
            if time.monotonic() - began > WITHIN_S:
                break
            name, is_alike = await _try(context, command, one, number, as_is)
            (noticed if name is not None else alike if is_alike else survivors).append(one)
            mutant = one.mutant
            where = {"path": mutant.path, "line": mutant.line, "before": mutant.before, "after": mutant.after}
            said.append({**where, "undone": mutant.is_undone, "noticed_by": name, "alike": is_alike})
    finally:
        await in_thread(clean, context, lane, command.tree, command.spec.uncommitted)
    point("mutation.after")
    return ev.MutantsTried(
        **command.at(context.clock.now()),
        noticed=len(noticed),
        survivors=tuple(one.mutant for one in survivors),
        left_out=len(changes) - len(said),
        alike=len(alike),
        text="" if changes else "nothing that it wrote can be changed in a small way",
        evidence=context.store(json.dumps(said, indent=1).encode("ascii")) if said else None,
        duration_s=time.monotonic() - began,
    )


def _changes(context: RunContext, command: do.TryMutants) -> list[Changed]:
    """Return the small changes of all files, what is put back first, and of each file in turn."""
    space = context.space
    old, new = (space.found(tree, command.changed) for tree in (command.base_tree, command.tree))
    files = [path for path in command.changed if path in new and new[path][1] <= _FILE_BYTES_MAX and is_code(path)]
    by_file = [
        mutants_of(path, space.content(old[path][0]) if path in old else None, space.content(new[path][0]))
        for path in files
        if safe_open.status_of(space.lane_path(lane_of(command)) / path) is not None
    ]
    in_turn = [one for turn in itertools.zip_longest(*by_file) for one in turn if one is not None]
    return sorted(in_turn, key=lambda one: not one.mutant.is_undone)


async def _shown(context: RunContext, command: do.TryMutants) -> tuple[int | None, bytes] | None:
    """Return how `compare` ends and what it prints; None: there is none, or it shows nothing."""
    compare = command.spec.compare
    if compare is None:
        return None
    outcome, said, flaw = await run_compare(context, command, compare)
    # What it does to files is thrown away, as with a candidate; a change that was made goes with that.
    await in_thread(clean, context, lane_of(command), command.tree, command.spec.uncommitted)
    return None if flaw else (outcome.exit_code, said)


async def _try(
    context: RunContext, command: do.TryMutants, one: Changed, number: int, as_is: tuple[int | None, bytes] | None
) -> tuple[str | None, bool]:
    """Make a change: which check notices it, if any, and whether `compare` shows no difference either.

    The file is put back.
    """
    file = context.space.lane_path(lane_of(command)) / one.mutant.path
    original, there = await in_thread(_read, file)
    # Bytecode and build tools know a file by the whole second of its time: each change has one of its own.
    second = (int(there.st_mtime) + number) * 10**9
    await in_thread(_write, file, one.content, there.st_mode, second)
    point("mutation.made")
    try:
        for index, check in enumerate(command.checks):
            if await _notices(context, command, index):
                return check.name, False
        return None, as_is is not None and await _shown(context, command) == as_is
    finally:
        await in_thread(_write, file, original, there.st_mode, there.st_mtime_ns)


async def _notices(context: RunContext, command: do.TryMutants, index: int) -> bool:
    check, took_s = command.checks[index], command.took_s[index]
    longest_s = min(check.timeout_s, max(_LEAST_S, _TIMES_LONGER * took_s))
    lane = lane_of(command)
    commands = LaneCommands(
        context=context,
        lane=lane,
        mark=f"{command.step}/{command.attempt}/mutation",
        step=command.spec,
        services=command.services,
    )
    question = Question(
        check=replace(check, timeout_s=longest_s),
        moment=Moment.AFTER,
        env={**context.plan.env, **command.spec.env, "PYTHONDONTWRITEBYTECODE": "1"},
        changed=command.changed,
        before=command.before[index],
        earlier=None,
        junit_folder=context.space.home_path(lane),
        plan_folder=context.plan_folder,
    )
    answer = await ask(question, commands)
    return answer.verdict is not Verdict.PASSED


def _read(file: Path) -> tuple[bytes, os.stat_result]:
    with safe_open.open_plain(file) as opened:
        return opened.read(), os.fstat(opened.fileno())


def _write(file: Path, content: bytes, mode: int, at_ns: int) -> None:
    """Write a file of the lane anew, with this time."""
    safe_open.remove(file)
    with safe_open.make_plain(file, stat.S_IMODE(mode)) as made:
        made.write(content)
        made.flush()
        os.utime(made.fileno(), ns=(at_ns, at_ns))
