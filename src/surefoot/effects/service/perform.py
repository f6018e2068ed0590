"""Services: started in a lane, asked until they are ready, watched, stopped.

Each is confined like any command and shares a network with its users that reaches no further than the lane.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.failure_words import cure_of, lacks_network, with_cure
from surefoot.core.plan import Service
from surefoot.effects import SERVICE_START
from surefoot.errors import EffectError
from surefoot.faults import point
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import Rung, open_network
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext, RunningService

OUTPUT_MAX = 10_000_000
"""So many bytes of what a service prints are kept."""
_ASKING_S = (0.05, 0.5)
"""The first and the longest wait between two askings whether a service is ready."""
_STOPPING_S = 30.0
"""So long may a `stop` command take."""
_LEAVING_S = 5.0
"""So long a service may take to end after its `stop` command."""
_NOTICING_S = 0.2
"""Whoever used a service that ends may be seen to fail before the service is seen to end; by so much at most."""
_TAIL_LINES, _TAIL_CHARACTERS = 5, 600
_NOT_FOUND = (126, 127)


async def start_service(context: RunContext, command: do.StartService) -> Event:
    """Start a service and wait until it is ready."""
    assert command.lane is not None
    point("service.start.before")
    began, spec, lane = context.clock.elapsed(), command.service, command.lane
    if context.rung is Rung.BUBBLEWRAP and not spec.network and lane not in context.networks:
        try:
            context.networks[lane] = await in_thread(open_network)
        except EffectError as error:
            return _failed(context, command, Diagnosis.STRUCTURAL, error.message, None)
    service = _begin(context, lane, spec, command.up)
    try:
        trouble = await _wait_ready(context, service)
    except BaseException:
        await _end_service(context, service)
        raise
    if trouble is not None:
        outcome = await _end_service(context, service)
        reason = _reason(context, spec, trouble[1], outcome)
        return _failed(context, command, trouble[0], reason, outcome)
    point("service.start.after")
    # It begins to watch only after this has been answered, for nothing is awaited in between.
    service.watching = asyncio.create_task(_watch(context, service))
    return ev.ServiceReady(
        **command.at(context.clock.now()),
        lane=lane,
        service=spec.name,
        port=service.port,
        duration_s=context.clock.elapsed() - began,
    )


def _failed(
    context: RunContext, command: do.StartService, diagnosis: Diagnosis, reason: str, outcome: CommandOutcome | None
) -> Event:
    evidence = None if outcome is None else outcome.evidence
    return SERVICE_START.failed(command, context.clock.now(), diagnosis, reason, evidence)


def _begin(context: RunContext, lane: str, spec: Service, up: Iterable[str]) -> RunningService:
    end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with socket.socket() as opened:  # a port that is free now
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
    commands = _commands(context, lane, spec, (*up, spec.name))
    request = CommandRequest(text=spec.run, cwd=spec.cwd, env=spec.env, network=spec.network, output_max=OUTPUT_MAX)
    # It begins to run only after it is registered below, so that it is told its own port.
    running = asyncio.create_task(commands.run(request, until=end))
    service = RunningService(spec=spec, lane=lane, port=port, running=running, end=end, up=tuple(up))
    context.services[lane, spec.name] = service
    return service


def _commands(context: RunContext, lane: str, spec: Service, services: tuple[str, ...]) -> LaneCommands:
    return LaneCommands(context=context, lane=lane, mark=f"service-{lane}-{spec.name}", services=services)


async def _wait_ready(context: RunContext, service: RunningService) -> tuple[Diagnosis, str] | None:
    """Wait until the service is ready; return what kept it from that, if something did."""
    spec, loop = service.spec, asyncio.get_running_loop()
    deadline, (pause_s, pause_max_s) = loop.time() + spec.timeout_s, _ASKING_S
    said = "was not asked in time"
    while not service.running.done():
        left_s = deadline - loop.time()
        if left_s <= 0:
            return Diagnosis.TRANSIENT, f"was not ready within {spec.timeout_s:g} s: its `ready` command {said}"
        answer = await _ask_ready(context, service, left_s)
        if answer is not None and answer.exit_code == 0:
            return None
        if answer is not None:
            said = f"ended with {answer.said}" if answer.exit_code is not None else answer.said
        await asyncio.wait({service.running}, timeout=min(pause_s, left_s))
        pause_s = min(2 * pause_s, pause_max_s)
    outcome = service.running.result()
    lacks = not outcome.started or outcome.exit_code in _NOT_FOUND or lacks_network(spec, context.rung, outcome.tail)
    return Diagnosis.STRUCTURAL if lacks else Diagnosis.TRANSIENT, f"{_ended(outcome)} before it was ready"


async def _ask_ready(context: RunContext, service: RunningService, left_s: float) -> CommandOutcome | None:
    """Ask once whether the service is ready; None when it ended meanwhile."""
    spec = service.spec
    if spec.ready is None:
        await asyncio.wait({service.running}, timeout=_ASKING_S[0])
        return None if service.running.done() else CommandOutcome(exit_code=0)
    commands = _commands(context, service.lane, spec, (*service.up, spec.name))
    request = CommandRequest(text=spec.ready, cwd=spec.cwd, env=spec.env, network=spec.network, timeout_s=left_s)
    asking = asyncio.create_task(commands.run(request))
    try:
        await asyncio.wait({asking, service.running}, return_when=asyncio.FIRST_COMPLETED)
        return asking.result() if asking.done() else None
    finally:
        asking.cancel()
        await asyncio.wait({asking})


async def _watch(context: RunContext, service: RunningService) -> None:
    """Tell when the service ends without having been asked to."""
    await asyncio.wait({service.running})
    if service.is_stopping:
        return
    context.services.pop((service.lane, service.spec.name), None)
    outcome = service.running.result()
    reason = _reason(context, service.spec, _ended(outcome), outcome)
    context.tell(_ended_event(context, service.lane, service.spec.name, reason, outcome))


def _ended_event(
    context: RunContext, lane: str, name: str, reason: str, outcome: CommandOutcome | None
) -> ev.ServiceEnded:
    evidence = None if outcome is None else outcome.evidence
    now = context.clock.now()
    return ev.ServiceEnded(at=now, lane=lane, service=name, reason=context.masker.text(reason), evidence=evidence)


async def notice_lost(context: RunContext, lane: str, services: Iterable[str]) -> None:
    """Wait a moment for services that are ending to be seen, so that this is told before what failed for it."""
    found = [context.services.get((lane, name)) for name in services]
    watching = {one.watching for one in found if one is not None and one.watching is not None}
    if watching:
        await asyncio.wait(watching, timeout=_NOTICING_S, return_when=asyncio.FIRST_COMPLETED)


async def stop_service(context: RunContext, command: do.StopService) -> Event:
    """Stop a service."""
    point("service.stop.before")
    service = context.services.get((command.lane, command.service))
    if service is None:
        return _ended_event(context, command.lane, command.service, "it had ended by itself", None)
    outcome = await _stop(context, service, gently=True)
    point("service.stop.after")
    return _ended_event(context, command.lane, command.service, f"stopped: {outcome.said}", outcome)


async def close_services(context: RunContext, *, gently: bool) -> None:
    """Stop whatever runs beside steps, for the engine lets go of the run."""
    services = list(context.services.values())
    outcomes = await asyncio.gather(*(_stop(context, service, gently=gently) for service in services))
    for service, outcome in zip(services, outcomes, strict=True):
        reason = f"stopped with the engine: {outcome.said}"
        context.tell(_ended_event(context, service.lane, service.spec.name, reason, outcome))
    for network in context.networks.values():
        network.close()
    context.networks.clear()


async def _stop(context: RunContext, service: RunningService, *, gently: bool) -> CommandOutcome:
    service.is_stopping = True
    spec = service.spec
    try:
        if gently and spec.stop is not None and not service.running.done():
            commands = _commands(context, service.lane, spec, (*service.up, spec.name))
            request = CommandRequest(
                text=spec.stop, cwd=spec.cwd, env=spec.env, network=spec.network, timeout_s=_STOPPING_S
            )
            said = await commands.run(request)
            if said.exit_code == 0:
                await asyncio.wait({service.running}, timeout=_LEAVING_S)
    finally:
        outcome = await _end_service(context, service)
    return outcome


async def _end_service(context: RunContext, service: RunningService) -> CommandOutcome:
    """End what is left of a service; nothing of it runs afterwards."""
    service.is_stopping = True
    if not service.end.done():
        service.end.set_result(None)
    await asyncio.wait({service.running})
    context.services.pop((service.lane, service.spec.name), None)
    return service.running.result()


def _ended(outcome: CommandOutcome) -> str:
    return f"ended with {outcome.said}" if outcome.exit_code is not None else outcome.said


def _reason(context: RunContext, spec: Service, said: str, outcome: CommandOutcome) -> str:
    """Say how a service failed, with the key that would allow what the sandbox refused, and its last lines."""
    reason = with_cure(f"service {spec.name} {said}", cure_of(spec, context.rung, outcome.tail))
    tail = "\n".join(outcome.tail.strip().splitlines()[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]
    return f"{reason}: {tail}" if tail and outcome.started else reason
