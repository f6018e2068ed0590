"""What a plan needs and this machine lacks: programs, modules, variables, sockets, remotes, disk.

What surely makes a step fail is a *problem*, and no run is made; what may still appear by then is a *warning*. Nothing
is run but git, and nothing is imported. A false alarm is worse than a miss, for the step itself tells of the rest.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path

from surefoot.core.agent_programs import AGENT_PROGRAMS, AgentProgram, program_of
from surefoot.core.event_words import Finding, Severity
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step
from surefoot.core.plan_commands import CommandKind, commands_of_plan
from surefoot.core.probe_kinds import CallProbe, GitProbe
from surefoot.core.regex import regex
from surefoot.errors import PlanInvalid, UsageError, WorkspaceError
from surefoot.shellwords import facts_of
from surefoot.workers.run_context import socket_at
from surefoot.workspace.git import user_git

FREE_LEAST = 1 << 30
"""Fewer free bytes than this are worth a warning."""
_FREE_NEEDED = 1 << 20
"""Fewer free bytes than this are not enough to begin with."""
_BUILTINS = frozenset(
    """. : [ [[ (( < alias bg bind break builtin caller case cd command compgen complete continue coproc declare dirs
    disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help
    history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select
    set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until
    wait while""".split()  # noqa: SIM905 - a table of words reads best as words
)
_BREAKS = regex(r"&&|\|\|?|;|\n|\$\(|\(|\b(?:then|do|else|exec|time)\b|[!{]")
_FIRST = regex(r"\s*(?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|[^\s'\"])*\s+)*([\w.+-]+)(?=\s|$)")
_LOOKS_ITSELF = regex(r"\bPATH=|\|\||\b(?:command|hash|which|type|source|function|alias)\b|^\s*\.\s|\(\)", re.MULTILINE)
"""What is in a text that looks for its programs, falls back on others, or brings some along."""
_REMOTE = regex(r"[A-Za-z0-9][\w.-]*")


def missing(
    plan: Plan,
    root: Path | None,
    folder: Path | None,
    home: Path,
    environ: Mapping[str, str] | None = None,
    *,
    agents: Mapping[str, AgentProgram] = AGENT_PROGRAMS,
) -> tuple[Finding, ...]:
    """Return what a plan needs and does not find.

    Args:
        plan: What shall be done.
        root: The repository; None: a run without a workspace.
        folder: The folder of the plan file, from which functions are imported.
        home: Where runs are kept.
        environ: The environment the run is started in; None: this program's.
        agents: The agents of others that have a name.
    """
    env = os.environ if environ is None else environ
    return (
        *_disk(home),
        *_variables(plan, env),
        *_sockets(plan, env),
        *_modules(plan, folder),
        *_agents(plan, env, agents),
        *(() if root is None else _remotes(plan, root)),
        *(() if root is None else _programs(plan, env)),
    )


def refuse_without(found: Iterable[Finding], places: Mapping[StepId, str]) -> tuple[Finding, ...]:
    """Return what may still be provided; refuse to begin a run without the rest.

    Raises:
        PlanInvalid: a step would surely fail here.
        UsageError: the disk is full.
    """
    found = tuple(found)
    problems = [one for one in found if one.severity is Severity.PROBLEM]
    full = next((one for one in problems if one.kind == "disk-full"), None)
    if full is not None:
        raise UsageError(f"there is no room for a run: {full.text}")
    lines = [_problem_text(one, places) for one in problems]
    if lines:
        raise PlanInvalid.of(*lines)
    return found


def _problem_text(finding: Finding, places: Mapping[StepId, str]) -> str:
    if finding.step is None:
        return finding.text
    place = places.get(finding.step)
    at = f"{place}: " if place else ""
    return f"{at}step {finding.step}: {finding.text}"


def _problem(kind: str, text: str, step: StepId | None) -> Finding:
    return Finding(kind=kind, severity=Severity.PROBLEM, text=text, step=step)


def plan_in_lanes(plan: Plan, file: Path | None, root: Path, *, include_dirty: bool = False) -> Iterator[Finding]:
    """Yield that agents can read the checks that are held back from them, where every lane has a copy of the plan.

    Elsewhere commands cannot read the plan file; see `surefoot.workers.hidden_places`.
    """
    if file is None or not plan.holds_back_checks or not file.resolve().is_relative_to(root.resolve()):
        return
    kinds = ("--cached", "--others", "--exclude-standard") if include_dirty else ("--cached",)
    path = str(file.resolve().relative_to(root.resolve()))
    # Exit status 1: git does not have it. 128: a plain folder, all of which is copied.
    if user_git(root).attempt("ls-files", *kinds, "--error-unmatch", "--", path).code == 1:
        return
    text = (
        f"checks are held back from agents, but the plan that names them lies in the repository ({file.name}), so that "
        "every lane has a copy, which agents can read; keep the plan elsewhere"
    )
    yield Finding(kind="held-back-in-sight", severity=Severity.WARNING, text=text)


def _disk(home: Path) -> Iterator[Finding]:
    place = next(path for path in (home, *home.parents) if path.exists())
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return
    text = (
        f"{free / (1 << 20):.0f} MiB are free at {place}, where runs are kept; free some (`surefoot rm RUN`, "
        "`surefoot gc`), or let SUREFOOT_HOME name another place"
    )
    if free < _FREE_NEEDED:
        yield _problem("disk-full", text, None)
    elif free < FREE_LEAST:
        yield Finding(kind="disk-nearly-full", severity=Severity.WARNING, text=text)


def _variables(plan: Plan, env: Mapping[str, str]) -> Iterator[Finding]:
    for step in plan.steps:
        for name in step.env_from:
            if name not in env:
                text = f"`env_from` names {name}, which is not set here; set it, and start the run again"
                yield _problem("env-from-missing", text, step.id)


def _sockets(plan: Plan, env: Mapping[str, str]) -> Iterator[Finding]:
    may_be_made = False
    for step in plan.steps:
        for word in () if may_be_made else step.sockets:
            try:
                socket_at(word, env)
            except LookupError as error:
                yield _problem("socket-missing", str(error.args[0]), step.id)
        may_be_made = may_be_made or _can_make(step)


def _can_make(step: Step) -> bool:
    """Tell whether a step could make things outside its lane, for those after it."""
    return not step.confine or bool(step.sockets)


# --- agents of others


def _agents(plan: Plan, env: Mapping[str, str], agents: Mapping[str, AgentProgram]) -> Iterator[Finding]:
    """Yield the agents that are not here, each once; and, for any, what speaks with them."""
    told: set[str] = set()
    for step in plan.steps:
        worker = step.body.worker_named
        if worker is None or worker in told:
            continue
        told.add(worker)
        if importlib.util.find_spec("acp") is None:
            yield _problem("extra-missing", f"{worker} needs the extra `acp`: pip install 'surefoot[acp]'", step.id)
            continue
        try:
            program = program_of(agents, worker)
        except LookupError as error:
            yield _problem("agent-unknown", str(error.args[0]), step.id)
            continue
        if shutil.which(program.command[0], path=env.get("PATH")) is None:
            text = f"{worker} is the program {program.command[0]!r}, which is not on the PATH here; {program.install}"
            yield _problem("agent-missing", text, step.id)


# --- modules


def _modules(plan: Plan, folder: Path | None) -> Iterator[Finding]:
    for where, function, step in _functions(plan):
        module = function.partition(":")[0]
        if "{" not in function and not _can_import(module, folder):
            at = f"the plan's folder {str(folder)!r} or " if folder is not None else ""
            text = (
                f"{where} calls {function!r}, but there is no module {module!r} in {at}what Surefoot's own interpreter "
                "has installed; correct the name, or install it there"
            )
            yield _problem("module-missing", text, step)


def _functions(plan: Plan) -> Iterator[tuple[str, str, StepId | None]]:
    for step in plan.steps:
        if step.body.calls is not None:
            yield "it", step.body.calls, step.id
        for check in step.checks:
            if check.ask.calls is not None:
                yield f"its check {check.name!r}", check.ask.calls, step.id
        if step.probe is not None and isinstance(step.probe.ask, CallProbe):
            yield "its probe", step.probe.ask.function, step.id
    for check in plan.accept:
        if check.ask.calls is not None:
            yield f"the acceptance check {check.name!r}", check.ask.calls, None


def _can_import(module: str, folder: Path | None) -> bool:
    """Tell whether a module is there, without importing it or a package above it."""
    first, *rest = module.split(".")
    name, spec = first, None if folder is None else PathFinder.find_spec(first, [str(folder)])
    try:
        spec = spec or importlib.util.find_spec(first)
    except (ImportError, ValueError):  # it is imported already, in a way that says nothing
        return True
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return False
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec is not None


# --- remotes


def _remotes(plan: Plan, root: Path) -> Iterator[Finding]:
    asked = [
        (step, step.probe.ask.remote)
        for step in plan.steps
        if step.probe is not None and isinstance(step.probe.ask, GitProbe) and _REMOTE.fullmatch(step.probe.ask.remote)
    ]
    # A step may make the remote that a later one asks.
    if not asked or any("remote" in text for text in _texts(plan)):
        return
    try:
        ending = user_git(root).attempt("remote")
    except WorkspaceError:
        return
    known = ending.out.decode("utf-8", "replace").split()
    for step, remote in asked:
        if ending.code == 0 and remote not in known and not (root / remote).exists():
            have = ", ".join(known) or "none"
            text = f"its probe asks the remote {remote!r}, which {root} does not have (it has {have}); name one of them"
            yield _problem("remote-missing", text, step.id)


def _texts(plan: Plan) -> Iterator[str]:
    yield from (command.text for step in plan.steps for command in step.body.commands)
    yield from (one.text for one, _ in commands_of_plan(plan) if one.is_shell)


# --- programs


def _programs(plan: Plan, env: Mapping[str, str]) -> Iterator[Finding]:
    """Yield programs that no PATH has; each once, with the first place that runs it."""
    told: set[str] = set()

    @cache
    def is_missing(program: str) -> bool:
        return shutil.which(program, path=env.get("PATH")) is None

    for where, text, step, variables, finds_prepared in _shell_texts(plan):
        may_be_provided = plan.prepare is not None and bool(plan.prepare.path) and finds_prepared
        if may_be_provided or "PATH" in variables:
            continue
        for program in _first_words(text):
            if program not in told and is_missing(program) and _is_started(program, text):
                told.add(program)
                said = (
                    f"{where} runs {program!r}, which is not on the PATH here, and no `prepare.path` provides it; "
                    "install it, or let `prepare` make it"
                )
                yield Finding(kind="program-missing", severity=Severity.WARNING, text=said, step=step)


def _shell_texts(plan: Plan) -> Iterator[tuple[str, str, StepId | None, Mapping[str, str], bool]]:
    """Yield what a shell is given: where it stands, its text, step and variables, and whether `prepare.path` counts."""
    may_be_made = False
    for step in plan.steps:
        if may_be_made:
            return
        for command in step.body.commands:
            yield "it", command.text, step.id, {**plan.env, **step.env}, step.confine
        may_be_made = _can_make(step)
    for one, variables in commands_of_plan(plan):
        if one.is_shell:
            yield one.where, one.text, one.step, variables, one.confine and one.kind is not CommandKind.PREPARE


def _first_words(text: str) -> Iterator[str]:
    """Yield the programs that a text seems to start by their bare names."""
    if _LOOKS_ITSELF.search(text):
        return
    for part in _BREAKS.split(text):
        match = _FIRST.match(part)
        if match is not None and match[1] not in _BUILTINS:
            yield match[1]


def _is_started(program: str, text: str) -> bool:
    """Tell whether a text surely starts a program by its bare name."""
    facts = facts_of(text)
    return facts.unclear is None and any(words[:1] == (program,) for words in facts.commands)
