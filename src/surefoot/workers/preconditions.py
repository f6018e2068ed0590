"""The preconditions of a step: what its commands do, and the state of its files, refs and resources.

They are looked at with each checkpoint, so that they are never older than the attempt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

from surefoot import safe_open
from surefoot.checks import files_matching
from surefoot.core import commands as do
from surefoot.core.approval import RESOURCE, Precondition
from surefoot.core.plan import Effect, Step
from surefoot.core.plan_commands import PlanCommand, probe_command
from surefoot.core.policy_types import CommandFacts, effect_with
from surefoot.ports import LOOKING, CommandRequest
from surefoot.shellwords import facts_given
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.file_preconditions import head_precondition, named_preconditions
from surefoot.workers.run_context import RunContext

OBSERVING_S = 60.0
"""A command that tells how a resource stands is ended after so many seconds."""
_SHOWN = 60


def commands_of(step: Step, env: Mapping[str, str]) -> CommandFacts | None:
    """Return what the step's body and its checks do, as far as their texts tell; None: none of them is a command.

    `env` are the variables that the plan gives to all steps: what their values are is known. They count whether or not
    a command names them, for some of them decide what it runs (`BASH_ENV`, `PATH`).
    """
    known = {**env, **step.env}
    # What the body takes from the environment wins over what the plan gives, and nobody knows it beforehand.
    given = [{name: value for name, value in known.items() if name not in step.env_from}]
    given *= len(step.body.commands)
    given += [{**known, **check.env} for check in step.checks if check.ask.runs is not None]
    found = [facts_given(text, own, shell) for (text, shell), own in zip(texts_of(step), given, strict=True)]
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    together = chain.from_iterable
    return CommandFacts(
        commands=tuple(together([one.commands for one in found])),
        writes=tuple(together([one.writes for one in found])),
        hosts=tuple(together([one.hosts for one in found])),
        variables=tuple(together([one.variables for one in found])),
        unclear=next((one.unclear for one in found if one.unclear is not None), None),
        sets=tuple(together([one.sets for one in found])),
        functions=tuple(together([one.functions for one in found])),
        strange=tuple(together([one.strange for one in found])),
    )


def texts_of(step: Step) -> list[tuple[str, str]]:
    """Return the commands of the step's body and of its checks, each with its shell."""
    asked = [(check.ask.runs, "bash") for check in step.checks if check.ask.runs is not None]
    return [*step.body.commands, *asked]


def with_facts(commands: Iterable[tuple[PlanCommand, Mapping[str, str]]]) -> tuple[PlanCommand, ...]:
    """Return commands of a plan with what their texts tell; each comes with the variables it is given."""
    return tuple(replace(one, does=facts_given(one.text, env)) if one.is_shell else one for one, env in commands)


def probe_of(step: Step, env: Mapping[str, str]) -> PlanCommand | None:
    """Return what the step's probe runs or requests, with what its text tells."""
    command = probe_command(step)
    return None if command is None else with_facts([(command, {**env, **step.env})])[0]


async def preconditions_of(
    context: RunContext, command: do.TakeCheckpoint, lane: str, raised_by: str
) -> tuple[Precondition, ...]:
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
    found = await in_thread(lambda: list(_files(context, lane, spec)))
    found += await resources_of(context, command, lane)
    found += await in_thread(lambda: list(named_preconditions(context, command, spec)))
    if effect is Effect.IRREVERSIBLE:
        found.append(await in_thread(head_precondition, context, command))
        found += await in_thread(lambda: list(_beginnings(context, command.commit)))
    return tuple(found)


def _files(context: RunContext, lane: str, spec: Step) -> Iterator[Precondition]:
    """Yield how the files stand that the step says to read."""
    root = context.space.lane_path(lane)
    for glob in spec.reads:
        if glob.startswith("~/"):
            continue
        digest = hashlib.sha256()
        for path in sorted(files_matching(glob, root, root)):
            digest.update(f"{path}\0".encode("utf-8", "surrogateescape"))
            with suppress(OSError), safe_open.open_within(root, root / path) as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        yield Precondition(name=f"files {glob}", state=digest.hexdigest())


async def resources_of(
    context: RunContext, command: do.TakeCheckpoint | do.LookAgain, lane: str
) -> tuple[Precondition, ...]:
    """Return how the resources stand that a step uses, as far as the plan says how to find that out."""
    names = () if command.spec is None else command.spec.uses
    observed = [name for name in names if name in context.plan.limits.observed]
    return tuple([await _resource(context, command, lane, name) for name in observed])


async def resources_of_agent(context: RunContext, command: do.TakeCheckpoint, lane: str) -> tuple[Precondition, ...]:
    """Return how the resources stand that an agent works with; any other body begins anew after an absence."""
    is_agents = command.spec is not None and command.spec.body.by_model
    return await resources_of(context, command, lane) if is_agents else ()


async def _resource(
    context: RunContext, command: do.TakeCheckpoint | do.LookAgain, lane: str, name: str
) -> Precondition:
    """Ask a resource how it stands, outside the sandbox, as probes are asked."""
    mark = f"{command.step}/{command.attempt}/resource"
    commands = LaneCommands(context=context, lane=lane, mark=mark, step=command.spec, commit=command.commit)
    request = CommandRequest(
        text=context.plan.limits.observed[name], env=LOOKING, timeout_s=OBSERVING_S, network=True, confine=False
    )
    outcome = await commands.run(request)
    content = b"" if outcome.evidence is None else context.blobs.get(outcome.evidence)
    last = next(iter(outcome.tail.strip().splitlines()[-1:]), "")[:_SHOWN]
    state = f"{outcome.said}: {last} ({hashlib.sha256(content).hexdigest()[:12]})"
    return Precondition(name=f"{RESOURCE}{name}", state=state)


def _beginnings(context: RunContext, head: str) -> Iterator[Precondition]:
    """Yield how the branch and the plan file stand that the run began from."""
    created = context.created
    if created is None:
        return
    if created.base_ref is not None and created.base is not None:
        commit = context.space.users_commit(created.base_ref)
        # What is on the run's own branch by now has not moved away from it.
        is_known = commit is None or commit == created.base or context.space.is_within(commit, head)
        at = created.base if is_known or commit is None else commit
        yield Precondition(name=created.base_ref.removeprefix("refs/heads/"), state=at[:12], since=created.base[:12])
    if created.plan_path is not None and created.plan_digest is not None:
        try:
            digest = hashlib.sha256(Path(created.plan_path).read_bytes()).hexdigest()
        except OSError:  # the run works by its own copy, and so may everybody else
            digest = created.plan_digest
        name = f"plan file {Path(created.plan_path).name}"
        yield Precondition(name=name, state=digest[:12], since=created.plan_digest[:12])
