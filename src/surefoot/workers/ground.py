"""Looks at what a step rests on: what its commands do, and how the files, refs and resources stand that it declares.

Owns that look, which is taken at each checkpoint, so that it is never older than the attempt. Must never judge what it
finds: whether an approval still holds is said in `surefoot.core.kernel.consent`.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from surefoot.checks import files_matching
from surefoot.core import commands as do
from surefoot.core.approval import Ground
from surefoot.core.plan import Effect, RunAsk, RunBody, Step, TestsAsk
from surefoot.core.plan_commands import PlanCommand, probe_command
from surefoot.core.rules import CommandFacts, effect_with
from surefoot.ports import CommandRequest
from surefoot.shellwords import facts_of
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.room import Room

OBSERVING_S = 60.0
"""A command that tells how a resource stands is ended after so many seconds."""
_SHOWN = 60


def commands_of(step: Step, env: Mapping[str, str]) -> CommandFacts | None:
    """Return what the step's body and its checks do, as far as their texts tell; None: none of them is a command.

    `env` are the variables that the plan gives to all steps: what their values are is known.
    """
    known = {**env, **step.env}
    found = [facts_of(f"{_assignments(text, known)}{text}", shell) for text, shell in texts_of(step)]
    if not found:
        return None
    return CommandFacts(
        commands=tuple(words for one in found for words in one.commands),
        writes=tuple(path for one in found for path in one.writes),
        hosts=tuple(host for one in found for host in one.hosts),
        variables=tuple(name for one in found for name in one.variables),
        unclear=next((one.unclear for one in found if one.unclear is not None), None),
        sets=tuple(setting for one in found for setting in one.sets),
        functions=tuple(name for one in found for name in one.functions),
        strange=tuple(reason for one in found for reason in one.strange),
    )


def texts_of(step: Step) -> list[tuple[str, str]]:
    """Return the commands of the step's body and of its checks, each with its shell."""
    body = [(step.body.command, step.body.shell)] if isinstance(step.body, RunBody) else []
    asked = [(check.ask.command, "bash") for check in step.checks if isinstance(check.ask, RunAsk | TestsAsk)]
    return [*body, *asked]


def with_facts(commands: Iterable[tuple[PlanCommand, Mapping[str, str]]]) -> tuple[PlanCommand, ...]:
    """Return commands of a plan with what their texts tell; each comes with the variables it is given."""
    return tuple(
        replace(one, does=facts_of(f"{_assignments(one.text, env)}{one.text}")) if one.is_shell else one
        for one, env in commands
    )


def probe_of(step: Step, env: Mapping[str, str]) -> PlanCommand | None:
    """Return what the step's probe runs or requests, with what its text tells."""
    command = None if step.probe is None else probe_command(step.id, step.probe)
    return None if command is None else with_facts([(command, {**env, **step.env})])[0]


def _assignments(text: str, known: Mapping[str, str]) -> str:
    """Return the variables that a command names, as a shell would be told their values."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in known.items() if name in text)


async def ground_of(room: Room, command: do.TakeCheckpoint, lane: str, raised_by: str) -> tuple[Ground, ...]:
    """Return what an effect outside the workspace rests on; what stays inside can be put back, and needs no such care.

    The lane holds the head of the run branch and what earlier steps made for this one. `raised_by` is the rule by which
    the step counts as irreversible whatever it declares.
    """
    spec = command.spec
    if spec is None:
        return ()
    effect = effect_with(spec.effect, raised_by)
    if not effect.is_outside:
        return ()
    found = await in_thread(lambda: list(_files(room, lane, spec)))
    found += [await _resource(room, command, lane, name) for name in spec.uses if name in room.plan.limits.observed]
    if effect is Effect.IRREVERSIBLE:
        found += await in_thread(lambda: list(_beginnings(room, command.commit)))
    return tuple(found)


def _files(room: Room, lane: str, spec: Step) -> Iterator[Ground]:
    """Yield how the files stand that the step says to read."""
    root = room.space.lane_path(lane)
    for glob in spec.reads:
        if glob.startswith("~/"):
            continue
        digest = hashlib.sha256()
        for path in sorted(files_matching(glob, root, root)):
            digest.update(f"{path}\0".encode("utf-8", "surrogateescape"))
            digest.update(_content_digest(root / path))
        yield Ground(name=f"files {glob}", state=digest.hexdigest()[:12])


def _content_digest(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


async def _resource(room: Room, command: do.TakeCheckpoint, lane: str, name: str) -> Ground:
    """Ask a resource how it stands, outside the sandbox, as probes are asked."""
    commands = LaneCommands(room=room, lane=lane, mark=f"{command.step}/{command.attempt}/resource", step=command.spec)
    text = room.plan.limits.observed[name]
    outcome = await commands.run(CommandRequest(text=text, timeout_s=OBSERVING_S, network=True, confine=False))
    content = b"" if outcome.evidence is None else room.blobs.get(outcome.evidence)
    last = next(iter(outcome.tail.strip().splitlines()[-1:]), "")[:_SHOWN]
    state = f"{outcome.said}: {last} ({hashlib.sha256(content).hexdigest()[:12]})"
    return Ground(name=f"resource {name}", state=state)


def _beginnings(room: Room, head: str) -> Iterator[Ground]:
    """Yield how the branch and the plan file stand that the run began from."""
    created = room.created
    if created is None:
        return
    if created.base_ref is not None and created.base is not None:
        commit = room.space.users_commit(created.base_ref)
        # What is on the run's own branch by now has not moved away from it.
        is_known = commit is None or commit == created.base or room.space.is_within(commit, head)
        at = created.base if is_known or commit is None else commit
        yield Ground(name=created.base_ref.removeprefix("refs/heads/"), state=at[:12], since=created.base[:12])
    if created.plan_path is not None and created.plan_digest is not None:
        try:
            digest = hashlib.sha256(Path(created.plan_path).read_bytes()).hexdigest()
        except OSError:  # the run works by its own copy, and so may everybody else
            digest = created.plan_digest
        name = f"plan file {Path(created.plan_path).name}"
        yield Ground(name=name, state=digest[:12], since=created.plan_digest[:12])
