"""The body that an agent of others carries out: its process in the lane's sandbox, and how it ended."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

from surefoot.core import commands as do
from surefoot.core.agent_programs import AgentProgram, program_of
from surefoot.core.bodies import WorkerBody
from surefoot.core.event_words import Ending, Status
from surefoot.core.ids import BlobId
from surefoot.core.plan import LOOPBACK
from surefoot.core.record import record
from surefoot.core.system_steps import attempted_step
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import certificate_environment, home_of
from surefoot.workers.acp_link import open_link
from surefoot.workers.acp_session import AgentFlaw, Session, quiet_library
from surefoot.workers.command import LaneCommands
from surefoot.workers.hidden_places import linked_in
from surefoot.workers.provider_proxy import ProviderProxy, hosts_in, is_spoken, open_proxy
from surefoot.workers.run_context import RunContext

_TAIL = 1500


@record
class SessionEnd:
    """How a session ended."""

    ending: Ending
    evidence: BlobId | None = None
    """What the agent said and did, a line each, and what its program printed beside."""
    remarks: tuple[str, ...] = ()
    cost_usd: float = 0.0


async def carry_out(context: RunContext, command: do.RunStep) -> SessionEnd:
    """Have an agent of others carry out the body of a step, to the end of its turn."""
    try:
        program = program_of(context.agents, WorkerBody.of(command.spec.body).worker)
    except LookupError as error:
        return _refused("NoSuchAgent", str(error.args[0]))
    if shutil.which(program.command[0], path=context.environ.get("PATH")) is None:
        text = f"there is no program {program.command[0]!r} on PATH for the agent {program.name!r}: {program.install}"
        return _refused("MissingAgent", text)
    home = home_of(context.environ)
    login = tuple(path for place in program.login if (path := home / place.removeprefix("~/")).exists())
    assert command.lane is not None
    with quiet_library(), linked_in(context.home(command.lane, confine=True), context, login):
        if program.network == "all" or not program.hosts:
            return await _speak(context, command, program, login)
        if not is_spoken(context.environ):
            end = await _speak(context, command, program, login)
            said = f"{program.name} had the whole network: a proxy of your environment has no http:// address"
            return replace(end, remarks=(*end.remarks, said))
        given = hosts_in(_given(context, program).values())
        async with open_proxy((*program.hosts, *given), context.environ) as proxy:
            end = await _speak(context, command, program, login, proxy)
            return _with_refused(end, program, proxy)


def _with_refused(end: SessionEnd, program: AgentProgram, proxy: ProviderProxy) -> SessionEnd:
    """Say which hosts the agent was kept from; where it failed, that may be why."""
    if not proxy.refused:
        return end
    said = (
        f"{program.name} was kept from {', '.join(sorted(proxy.refused))}: no host of its provider that is known here; "
        f"`hosts` in [workers.{program.name}] of your settings lets it through"
    )
    is_ok = end.ending.status is Status.OK
    ending = end.ending if is_ok else replace(end.ending, text=f"{end.ending.text}\n{said}")
    return replace(end, ending=ending, remarks=(*end.remarks, said))


def _given(context: RunContext, program: AgentProgram) -> dict[str, str]:
    return {name: context.environ[name] for name in program.variables if name in context.environ}


def _refused(error_type: str, text: str) -> SessionEnd:
    return SessionEnd(ending=Ending(status=Status.ERROR, error_type=error_type, retryable=False, text=text))


async def _speak(
    context: RunContext,
    command: do.RunStep,
    program: AgentProgram,
    login: tuple[Path, ...],
    proxy: ProviderProxy | None = None,
) -> SessionEnd:
    """Start the program, speak with it, and end it. Without a proxy it has the whole network."""
    spec, lane = command.spec, command.lane
    assert lane is not None
    mark = f"{command.step}/{command.attempt}"
    commands = LaneCommands(context=context, lane=lane, mark=mark, step=spec, opened=login, services=command.services)
    by_proxy = {} if proxy is None else {**certificate_environment(context.environ), **proxy.env}
    request = CommandRequest(
        argv=program.command,
        cwd=spec.cwd,
        env={"SUREFOOT_STEP": attempted_step(command.step), **program.env, **_given(context, program), **by_proxy},
        network=True if proxy is None else LOOPBACK,
        writable=login,
        shows_installers=False,
    )
    end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    link = await open_link(ours_in, ours_out)
    running = asyncio.create_task(commands.run(request, until=end, streams=(theirs_in, theirs_out)))
    running.add_done_callback(lambda _: (os.close(theirs_in), os.close(theirs_out)))
    session, flaw, limit = Session(context, command, program, commands, link), None, ""
    cwd = context.start(lane) / (spec.cwd or "")
    try:
        limit = await session.carry_out(str(cwd))
    except AgentFlaw as error:
        flaw = error
    finally:
        try:
            await session.close()
        finally:
            if not end.done():
                end.set_result(None)
            await _to_its_end(running)
    outcome = running.result()
    return SessionEnd(
        ending=_ending(flaw, limit, outcome, session),
        evidence=_evidence(context, session, outcome, command.brief),
        remarks=(f"{program.name}: {limit}",) if limit else (),
        cost_usd=session.usage.cost_usd,
    )


async def _to_its_end(running: asyncio.Task[CommandOutcome]) -> None:
    """Wait for the end of the program, however often that is cancelled; only then let the cancellation go on."""
    is_cancelled = False
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled:
        raise asyncio.CancelledError


def _ending(flaw: AgentFlaw | None, limit: str, outcome: CommandOutcome, session: Session) -> Ending:
    """Return how the body ended. Where the agent was cancelled at a limit, the checks decide about what it left."""
    if flaw is None:
        said = next((line for line in reversed(session.said) if line.startswith("said: ")), "")
        return Ending(status=Status.OK, exit_code=0, text=limit or said.removeprefix("said: ")[-_TAIL:])
    text = flaw.text
    if flaw.kind == "AgentEnded":
        printed = outcome.tail.strip()[-_TAIL:]
        text = f"{printed}\n{text} ({outcome.said})" if printed and outcome.started else f"{text}: {outcome.said}"
    may_pass = flaw.may_pass and outcome.started
    return Ending(status=Status.ERROR, error_type=flaw.kind, retryable=may_pass, text=text)


def _evidence(context: RunContext, session: Session, outcome: CommandOutcome, brief: str) -> BlobId:
    said = "\n".join(session.said)
    printed = f"\n\nPrinted by its program:\n{outcome.tail}" if outcome.tail.strip() else ""
    told = f"\n\nIt was told at the beginning:\n{brief}"
    return context.store(f"{said}{printed}{told}".encode("utf-8", "replace"))
