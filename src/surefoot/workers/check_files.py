"""Changed files that decide what checks say: tests, scripts, Makefiles, package files.

Contents come from the run's own store, never from a lane, which programs may be writing.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from surefoot.core.check_kinds import CommandCheck
from surefoot.core.globs import matches
from surefoot.core.plan import Check, Plan, Step
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.shellwords import facts_of, facts_with
from surefoot.shellwords.deciding_files import Build, CheckFiles, files_of_command, together
from surefoot.workers.run_context import RunContext
from surefoot.workspace import RunWorkspace

_ROUNDS_MAX = 4
"""So deep is followed what scripts run in turn."""
_FILES_MAX = 40
_SIZE_MAX = 1 << 15
"""Larger files are not read, in bytes."""
_VALUE_MAX = 200
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_SHELL_SUFFIXES = ("", ".sh", ".bash", ".zsh")
_SHELL_LINE = regex(r"#!.*\b(?:sh|bash|dash|zsh|ksh)\b")
_INCLUDES = regex(r"^[-s]?include[ \t](.+)$", re.MULTILINE)
_NAME = regex(r"[A-Za-z_]\w*")
_MAKE_VARIABLE = regex(r"\$[({](\w+)[)}]")
_NPM_SHORT = {"t": "test", "tst": "test"}


@record(kw_only=False)
class Asked:
    """A check with all that decides which files its command names."""

    check: Check
    folder: str
    """Where it starts, from the root of the tree."""
    env: Mapping[str, str]


def asked_of(check: Check, step: Step | None, plan: Plan) -> Asked:
    """Return a check as it is asked after a step, or at the end (None)."""
    step_env = dict[str, str]() if step is None else step.env
    folder = posixpath.normpath(posixpath.join(plan.folder, check.cwd or "")).removeprefix(".")
    return Asked(check, folder, {**plan.env, **step_env, **check.env})


def changed_by_step(context: RunContext, step: Step, tree: str, changed: Sequence[str]) -> tuple[str, ...]:
    """Return those of the changed paths that decide what checks say: those of the step, or any other of the plan.

    What prepares lanes counts as well: checks are asked with the programs that it has made.
    `tree` is the one before the step. A script that was not there before is left out: it is what the step was to make.
    """
    if not changed:
        return ()
    if context.check_files is None:
        checks: list[tuple[Check, Step | None]] = [(check, None) for check in context.plan.accept]
        if context.plan.prepare is not None:  # it makes the surroundings in which all checks are asked
            checks.append((Check(name="prepare", ask=CommandCheck(command=context.plan.prepare.run)), None))
        checks += [(check, one) for one in context.plan.steps for check in one.checks]
        context.check_files = _named_by(asked_of(check, one, context.plan) for check, one in checks)
    # Members of a group have checks of their own, and so has a step that a person has edited.
    own = _named_by(asked_of(check, step, context.plan) for check in step.checks)
    files = _followed(context.space, tree, together((context.check_files, own)))
    run = [path for path in changed if path in files.scripts]
    existing = context.space.found(tree, run)
    return _deciding(context.space, files, tree, changed, existing)


def changed_in_run(context: RunContext, asked: Asked, tree: str) -> tuple[str, ...]:
    """Return the files that decide what a check says of a tree, and that steps of the run have changed."""
    files = _named_by([asked])
    if tree == context.space.base_tree or files == CheckFiles():
        return ()
    files = _followed(context.space, tree, files)
    return _deciding(context.space, files, context.space.base_tree, context.space.since_base(tree), files.scripts)


def _deciding(
    space: RunWorkspace, files: CheckFiles, before: str, changed: Sequence[str], scripts: Iterable[str]
) -> tuple[str, ...]:
    """Return the changed paths that are scripts or settings, or shadow a module that none shadowed before."""
    found = {path for path in changed if path in scripts or matches(path, files.settings)}
    for path in changed:
        module = files.shadow_in(path)
        if module is not None and not space.found(before, (f"{module}.py", f"{module}/__init__.py")):
            found.add(path)
    return tuple(path for path in changed if path in found)


def _named_by(asked: Iterable[Asked]) -> CheckFiles:
    return together(
        [
            files_of_command(facts_with(one.check.ask.runs, one.env), one.folder, one.env)
            for one in asked
            if one.check.ask.runs is not None
        ]
    )


def _followed(space: RunWorkspace, tree: str, files: CheckFiles) -> CheckFiles:
    """Add the files that decide what scripts, Makefiles and package files do which the files name."""
    seen, read, newest = files, set[str](), files
    for _ in range(_ROUNDS_MAX):
        wanted = [path for path in _readable(newest) if path not in read][:_FILES_MAX]
        texts = {
            path: space.content(blob).decode("utf-8", "replace")
            for path, (blob, size) in space.found(tree, wanted).items()
            if size <= _SIZE_MAX
        }
        read.update(wanted)
        newest = together(list(_named_in(newest, texts)))
        seen = together((seen, newest))
        if newest == CheckFiles():
            break
    return seen


def _readable(files: CheckFiles) -> Iterator[str]:
    """Yield the files that may say what is run next."""
    yield from (path for path in files.scripts if posixpath.splitext(path)[1] in _SHELL_SUFFIXES)
    for build in files.builds:
        names = _MAKEFILES if build.program == "make" else ("package.json",)
        yield from (posixpath.join(build.folder, name) for name in names)
    # Makefiles under other names, and what they include.
    yield from (path for path in files.scripts if files.builds and path.endswith((".mk", ".make")))


def _named_in(files: CheckFiles, texts: Mapping[str, str]) -> Iterator[CheckFiles]:
    """Yield what the texts of scripts and of build files name."""
    makes = [build for build in files.builds if build.program == "make"]
    for path, text in texts.items():
        folder, name = posixpath.split(path)
        if name == "package.json":
            yield from _in_package(text, [build for build in files.builds if build.folder == folder])
        elif makes and (name in _MAKEFILES or path.endswith((".mk", ".make"))):
            yield from (_in_makefile(text, build) for build in makes)
        elif path in files.scripts and (_SHELL_LINE.match(text) or not text.startswith("#!")):
            # A script may start where the check does, or go to its own folder.
            for start in dict.fromkeys(("", folder)):
                yield files_of_command(facts_of(text), start, {})
        if "\n" not in text and len(text) < 256:  # a link
            yield CheckFiles(scripts=(posixpath.normpath(posixpath.join(folder, text)),))


def _in_makefile(text: str, build: Build) -> CheckFiles:
    """Return what the recipes of the goals run, or those of the first rule; and the files that are included."""
    values, needs, recipes = _rules(text)
    goals = [word for word in build.words if not word.startswith("-") and "=" not in word]
    wanted, ordered = goals or list(recipes)[:1], list[str]()
    while wanted and len(ordered) < _FILES_MAX:
        goal = wanted.pop(0)
        if goal not in ordered:
            ordered.append(goal)
            wanted += needs.get(goal, ())
    lines = "\n".join(line for goal in ordered for line in recipes.get(goal, ()))
    found = files_of_command(facts_of(_filled(lines, values)), build.folder, {})
    included = [word for words in _INCLUDES.findall(text) for word in _filled(words, values).split()]
    paths = tuple(posixpath.normpath(posixpath.join(build.folder, word)) for word in included if "$" not in word)
    return together([found, CheckFiles(scripts=paths)])


def _rules(text: str) -> tuple[dict[str, str], dict[str, list[str]], dict[str, list[str]]]:
    """Return the variables of a Makefile, and for each target what it needs and what it runs."""
    values: dict[str, str] = {"MAKE": "make", "SHELL": "sh", "CURDIR": "."}
    needs, recipes, targets = dict[str, list[str]](), dict[str, list[str]](), list[str]()
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            for target in targets:
                recipes[target].append(line.lstrip("\t @+-"))
            continue
        before, sign, behind = line.partition("=")
        name = before.removeprefix("export ").rstrip("?:+! \t").strip()
        if sign and _NAME.fullmatch(name):
            values[name] = behind.strip()[:_VALUE_MAX]
            continue
        names, sign, behind = line.partition(":")
        needed, _, recipe = behind.lstrip(":").partition(";")
        if sign and "#" not in names:
            targets = [one for one in names.split()[:_FILES_MAX] if not one.startswith(".")]
            for target in targets:
                needs.setdefault(target, []).extend(needed.partition("#")[0].split())
                recipes.setdefault(target, []).extend([recipe] if recipe else [])
    return values, needs, recipes


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Put in the values of a Makefile's variables; a dollar sign of the shell is written twice there."""
    for _ in range(_ROUNDS_MAX):
        text = _MAKE_VARIABLE.sub(lambda found: values.get(found[1], f"${found[1]}"), text)[:_SIZE_MAX]
    return text.replace("$$", "$")


def _in_package(text: str, builds: Sequence[Build]) -> Iterator[CheckFiles]:
    """Yield what the scripts of a package file run, with what is run before and after them."""
    try:
        package: object = json.loads(text)
    except (ValueError, RecursionError):
        return
    said = cast("dict[str, object]", package).get("scripts") if isinstance(package, dict) else None
    scripts = cast("dict[str, object]", said) if isinstance(said, dict) else {}
    for build in builds:
        for word in build.words:
            name = _NPM_SHORT.get(word, word)
            for command in (scripts.get(f"{moment}{name}") for moment in ("pre", "", "post")):
                if isinstance(command, str):
                    yield files_of_command(facts_of(command), build.folder, {})
