"""Probes, asked outside the sandbox and with the network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Applied
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, idempotency_key
from surefoot.core.probe_kinds import GitProbe
from surefoot.core.record import record
from surefoot.core.system_steps import attempted_step, undone_by_step
from surefoot.faults import point
from surefoot.ports import CommandOutcome, CommandRequest, Commands
from surefoot.probes import Subject, ask
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext, StepArgument, called


async def ask_probe(context: RunContext, command: do.AskProbe) -> Event:
    """Ask whether the step's effect is there."""
    probe = command.spec.probe
    assert probe is not None
    point("probe.before")
    undone = undone_by_step(command.step)
    key = idempotency_key(context.run, undone or command.step)
    function = context.functions.probes.get(attempted_step(command.step))
    argument = StepArgument(
        workspace=None if command.lane is None else context.start(command.lane),
        attempt=command.attempt,
        idempotency_key=key,
    )
    subject = Subject(
        step=command.step,
        attempt=command.attempt,
        key=key,
        plan_folder=context.plan_folder,
        network=command.spec.network,
        function=None if function is None else partial(called, function, argument),
    )
    if isinstance(probe.ask, GitProbe):
        subject = await in_thread(_with_repository, context, command, subject)
    reply = await ask(
        probe if command.patient else replace(probe, within_s=0.0),
        _commands(context, command),
        subject=subject,
        clock=context.clock,
        wanted=Applied.APPLIED if undone is None else Applied.NOT_APPLIED,
    )
    if undone is not None:  # the effect of an undo is there once that of the step is not
        said = {Applied.APPLIED: Applied.NOT_APPLIED, Applied.NOT_APPLIED: Applied.APPLIED}
        reply = replace(reply, answer=said.get(reply.answer, reply.answer))
    point("probe.after")
    return ev.ProbeAnswered(
        **command.at(context.clock.now()),
        answer=reply.answer,
        text=reply.text,
        evidence=reply.evidence,
    )


def _commands(context: RunContext, command: do.AskProbe) -> Commands:
    if command.lane is None:
        return _NoLane(context=context)
    return LaneCommands(
        context=context,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}/probe",
        step=command.spec,
        commit=_commit(context, command),
        secrets={name: context.environ[name] for name in command.spec.env_from if name in context.environ},
    )


def _commit(context: RunContext, command: do.AskProbe) -> str:
    return command.commit or context.space.base


def _with_repository(context: RunContext, command: do.AskProbe, subject: Subject) -> Subject:
    """Add what a `git` probe asks with; of the lane only the id of the commit is read that is checked out there."""
    assert command.lane is not None
    commit = _commit(context, command)
    return replace(
        subject,
        repository=context.space.repository(context.outside(command.lane), commit),
        remotes_from=context.space.root,
        has_moved=context.space.checked_out(command.lane) != commit,
    )


@record
class _NoLane:
    """What a probe has in a run without a workspace: paths count from where the program is, and nothing is run."""

    context: RunContext

    @property
    def root(self) -> Path:
        """The program's own folder."""
        return Path.cwd()

    async def run(self, request: CommandRequest) -> CommandOutcome:
        """Refuse: such probes are refused when the run is made."""
        raise AssertionError(request)

    def store(self, content: bytes) -> BlobId:
        """Store evidence, secrets masked."""
        return self.context.store(content)

    def load(self, blob: BlobId) -> bytes:
        """Return stored evidence."""
        return self.context.blobs.get(blob)
