"""Bodies: shell commands, Python functions in a child, Python functions of the calling program.

Owns how a body is run and how its end is told. Must never judge an end: `surefoot.core.retry` does. Read
`surefoot.workers.check` next.
"""

from __future__ import annotations

import asyncio
import json
import traceback

from surefoot.calling import call_request, is_record, read_failure
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Ending, Event, Status
from surefoot.core.ids import BlobId
from surefoot.core.plan import CallBody, FunctionBody, RunBody
from surefoot.errors import EffectError
from surefoot.faults import point
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.workers.command import LaneCommands
from surefoot.workers.room import Room, StepArgument

TAIL = 2000


async def run_step(room: Room, command: do.RunStep) -> Event:
    """Run the body to its end."""
    point(f"body.{command.spec.effect}.before")
    started = room.clock.now()
    ending, evidence = await _run(room, command)
    point(f"body.{command.spec.effect}.after")
    now = room.clock.now()
    return ev.BodyFinished(
        at=now,
        step=command.step,
        attempt=command.attempt,
        ending=ending,
        evidence=evidence,
        duration_s=max(0.0, now - started),
    )


async def _run(room: Room, command: do.RunStep) -> tuple[Ending, BlobId | None]:
    body = command.spec.body
    if isinstance(body, FunctionBody):
        return await _run_function(room, command)
    try:
        secrets = room.secrets_of(command.spec)
    except KeyError as error:
        text = f"env_from: {error.args[0]} is not set in the environment Surefoot was started in"
        return Ending(status=Status.ERROR, error_type="MissingVariable", retryable=False, text=text), None
    assert command.lane is not None
    on_line = room.on_line
    commands = LaneCommands(
        room=room,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}",
        step=command.spec,
        secrets=secrets,
        on_line=None if on_line is None else lambda line: None if is_record(line) else on_line(command.step, line),
    )
    outcome = await commands.run(_request(room, command))
    return _ending_of(body, outcome), outcome.evidence


def _request(room: Room, command: do.RunStep) -> CommandRequest:
    spec = command.spec
    env = {"SUREFOOT_STEP": command.step, "SUREFOOT_IDEMPOTENCY_KEY": command.key}
    if isinstance(spec.body, RunBody):
        return CommandRequest(
            text=spec.body.command,
            shell=spec.body.shell,
            cwd=spec.cwd,
            env=env,
            timeout_s=spec.timeout_s,
            network=spec.network,
            confine=spec.confine,
        )
    assert isinstance(spec.body, CallBody)
    assert command.lane is not None
    argument = {
        "workspace": str(room.start(command.lane)),
        "attempt": command.attempt,
        "idempotency_key": command.key,
        "outputs": dict[str, str](),
    }
    request = call_request(spec.body.function, room.plan_folder, argument)
    return CommandRequest(
        argv=request.argv,
        cwd=spec.cwd,
        env={**env, **request.env},
        timeout_s=spec.timeout_s,
        network=spec.network,
        confine=spec.confine,
    )


def _ending_of(body: object, outcome: CommandOutcome) -> Ending:
    text = "\n".join(line for line in outcome.tail.split("\n") if not is_record(line))[-TAIL:]
    if not outcome.started:
        return Ending(status=Status.ERROR, error_type="NotStarted", retryable=False, text=text)
    if outcome.timed_out:
        return Ending(status=Status.TIMEOUT, text=text)
    if outcome.signal is not None:
        return Ending(status=Status.SIGNAL, signal=outcome.signal, text=text)
    if outcome.exit_code == 0:
        return Ending(status=Status.OK, exit_code=0, text=text)
    failure = read_failure(outcome.tail) if isinstance(body, CallBody) else None
    if failure is not None:
        return Ending(status=Status.ERROR, error_type=failure.error_type, retryable=failure.retryable, text=text)
    return Ending(status=Status.EXIT, exit_code=outcome.exit_code, text=text)


async def _run_function(room: Room, command: do.RunStep) -> tuple[Ending, BlobId | None]:
    """Run an async function of the calling program; what it raises is how it ended."""
    lane = command.lane
    argument = StepArgument(
        workspace=None if lane is None else room.start(lane),
        attempt=command.attempt,
        idempotency_key=command.key,
    )
    try:
        async with asyncio.timeout(command.spec.timeout_s):
            result = await room.functions[command.step](argument)
    except TimeoutError as error:
        return Ending(status=Status.TIMEOUT, error_type=type(error).__name__, text=str(error)), None
    except EffectError as error:
        return _error(error, error.retryable), None
    except Exception as error:  # noqa: BLE001 - whatever a body raises is its end, not ours
        return _error(error, None), None
    evidence = None if result is None else room.store(json.dumps(result, default=repr).encode())
    return Ending(status=Status.OK), evidence


def _error(error: Exception, retryable: bool | None) -> Ending:  # noqa: FBT001 - three-valued data, not a switch
    text = "".join(traceback.format_exception(error))[-TAIL:]
    return Ending(status=Status.ERROR, error_type=type(error).__name__, retryable=retryable, text=text)
