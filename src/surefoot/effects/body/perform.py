"""Bodies: shell commands, Python functions in a child, Python functions of the calling program."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.bodies import Body, CallBody, FunctionBody, RunBody, VerifyBody, WorkerBody
from surefoot.core.candidates import CANDIDATE_VARIABLE
from surefoot.core.event_words import Ending, Status
from surefoot.core.events import Event
from surefoot.core.ids import BlobId
from surefoot.core.outputs import COST
from surefoot.core.prompt_prefix import shown_to_others
from surefoot.core.record import record
from surefoot.core.system_steps import attempted_step
from surefoot.effects.service.perform import notice_lost
from surefoot.errors import EffectError
from surefoot.faults import point
from surefoot.function_calls import CallFailure, call_request, is_record, lines_of, read_failure, written_result
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.file_preconditions import put_back_named
from surefoot.workers.hidden_places import linked_in, opened_by
from surefoot.workers.output_warnings import Remarks
from surefoot.workers.run_context import RunContext, StepArgument
from surefoot.workers.step_outputs import OutputRefused, content_of, output_file, read_outputs, unexpected_in
from surefoot.workers.surroundings import look_around

TAIL = 2000


async def run_step(context: RunContext, command: do.RunStep) -> Event:
    """Run the body to its end."""
    point(f"body.{command.spec.effect}.before")
    started = context.clock.elapsed()
    ended = await PERFORMERS[type(command.spec.body)](context, command)
    point(f"body.{command.spec.effect}.after")
    return ev.BodyFinished(
        **command.at(context.clock.now()),
        ending=ended.ending,
        evidence=ended.evidence,
        duration_s=context.clock.elapsed() - started,
        outputs=ended.outputs,
        remarks=ended.remarks,
        unexpected=unexpected_in(ended.outputs, command.spec.expects) if ended.ending.status is Status.OK else (),
    )


@record(kw_only=False)
class _Ended:
    """How a body ended, and what it left to be known."""

    ending: Ending
    evidence: BlobId | None = None
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    remarks: tuple[str, ...] = ()


_RequestOf = Callable[[RunContext, do.RunStep, Any], CommandRequest]
"""Says which program a body of one kind is."""
_FailureIn = Callable[[str], CallFailure | None]
"""Finds in what the program printed how it failed, where its exit status does not tell."""


def _with_outputs(context: RunContext, ended: _Ended, content: bytes) -> _Ended:
    """Add what a body put out; what cannot be understood fails it. One that failed hands on only what it cost."""
    if not content:
        return ended
    has_failed = ended.ending.status is not Status.OK
    try:
        outputs = read_outputs(content, context.masker)
        kept = {name: text for name, text in outputs.items() if name == COST or not has_failed}
        return replace(ended, outputs=kept)
    except OutputRefused as error:
        if has_failed:
            return ended
        return replace(ended, ending=_refused("OutputRefused", str(error)).ending)


async def _run_in_child(
    request_of: _RequestOf, failure_in: _FailureIn, context: RunContext, command: do.RunStep
) -> _Ended:
    """Run a program in the lane, in the sandbox unless the step says otherwise."""
    try:
        secrets = context.secrets_of(command.spec)
    except KeyError as error:
        text = f"env_from: {error.args[0]} is not set in the environment Surefoot was started in"
        return _refused("MissingVariable", text)
    try:
        sockets = context.sockets_of(command.spec)
    except LookupError as error:
        return _refused("MissingSocket", str(error))
    try:
        opened = opened_by(context, command.spec)
    except LookupError as error:
        return _refused("MissingPlace", str(error))
    assert command.lane is not None
    if command.rests_on is not None:
        await in_thread(put_back_named, context, command.lane, command.spec, command.rests_on)
    remarks = Remarks()

    def hear(line: str) -> None:
        context.hear(command.step)
        if not is_record(line):
            remarks.hear(line)
            if context.on_line is not None:
                context.on_line(command.step, line)

    commands = LaneCommands(
        context=context,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}",
        step=command.spec,
        secrets=secrets,
        given=context.variables_of(sockets),
        opened=opened,
        services=command.services,
        on_line=hear,
    )
    put = context.new_spool(command.lane).with_suffix(".put")
    with (
        linked_in(context.home(command.lane, confine=command.spec.confine), context, opened),
        output_file(put) as output,
    ):
        request = _for_step(request_of(context, command, command.spec.body), command, output)
        outcome = await commands.run(replace(request, sockets=tuple(sockets.values())))
        if outcome.exit_code != 0:
            await notice_lost(context, command.lane, command.services)
        ended = _Ended(_ending_of(outcome, failure_in), outcome.evidence, remarks=remarks.found)
        try:
            content = content_of(output)
        except OSError as error:
            if ended.ending.status is not Status.OK:
                return ended
            text = f"$SUREFOOT_OUTPUT cannot be read: {error.strerror}; leave it the plain file it is"
            return replace(ended, ending=_refused("OutputRefused", text).ending)
    return _with_outputs(context, ended, content)


async def _nothing(_: RunContext, __: do.RunStep) -> _Ended:
    """Do nothing: the checks of the step are asked."""
    return _Ended(Ending(status=Status.OK))


def _refused(error_type: str, text: str) -> _Ended:
    """Return the end of a body that no other attempt would end better."""
    return _Ended(Ending(status=Status.ERROR, error_type=error_type, retryable=False, text=text))


def _shell_request(_: RunContext, __: do.RunStep, body: RunBody) -> CommandRequest:
    return CommandRequest(text=body.command, shell=body.shell)


def _no_failure(_: str) -> None:
    """Read nothing from what a command printed: its exit status says how it ended."""


def _call_request(context: RunContext, command: do.RunStep, body: CallBody) -> CommandRequest:
    assert command.lane is not None
    argument = {
        "workspace": str(context.start(command.lane)),
        "attempt": command.attempt,
        "idempotency_key": command.key,
        "outputs": command.outputs,
        "candidate": command.candidate,
    }
    request = call_request(body.function, context.plan_folder, argument)
    return CommandRequest(argv=request.argv, env=request.env)


def _for_step(request: CommandRequest, command: do.RunStep, output: Path) -> CommandRequest:
    """Add to a request what all programs of the step are given."""
    spec = command.spec
    env = {
        "SUREFOOT_STEP": attempted_step(command.step),
        "SUREFOOT_IDEMPOTENCY_KEY": command.key,
        "SUREFOOT_OUTPUT": str(output),
    }
    if command.candidate:
        env[CANDIDATE_VARIABLE] = str(command.candidate)
    return replace(
        request,
        cwd=spec.cwd,
        env={**env, **request.env},
        timeout_s=spec.timeout_s,
        network=spec.network,
        confine=spec.confine,
        writable=(output.parent,),
    )


def _ending_of(outcome: CommandOutcome, failure_in: _FailureIn) -> Ending:
    text = "\n".join(line for line in outcome.tail.split("\n") if not is_record(line))[-TAIL:]
    if not outcome.started:
        return Ending(status=Status.ERROR, error_type="NotStarted", retryable=False, text=text)
    if outcome.timed_out:
        return Ending(status=Status.TIMEOUT, text=text)
    if outcome.signal is not None:
        return Ending(status=Status.SIGNAL, signal=outcome.signal, text=text)
    if outcome.exit_code == 0:
        return Ending(status=Status.OK, exit_code=0, text=text)
    failure = failure_in(outcome.tail)
    if failure is not None:
        return Ending(status=Status.ERROR, error_type=failure.error_type, retryable=failure.retryable, text=text)
    return Ending(status=Status.EXIT, exit_code=outcome.exit_code, text=text)


async def _run_function(context: RunContext, command: do.RunStep) -> _Ended:
    """Run an async function of the calling program; what it raises is how it ended."""
    lane = command.lane
    if lane is not None:
        context.disturb(lane, leaves_nothing=False)
    argument = StepArgument(
        workspace=None if lane is None else context.start(lane),
        attempt=command.attempt,
        idempotency_key=command.key,
        outputs=command.outputs,
        candidate=command.candidate,
    )
    try:
        async with asyncio.timeout(command.spec.timeout_s):
            result = await context.functions.bodies[attempted_step(command.step)](argument)
        put_out = "\n".join(lines_of(result)).encode()
    except TimeoutError as error:
        return _Ended(Ending(status=Status.TIMEOUT, error_type=type(error).__name__, text=str(error)))
    except EffectError as error:
        return _Ended(_error(context, error, error.retryable))
    except Exception as error:  # noqa: BLE001 - whatever a body raises is its end, not ours
        return _Ended(_error(context, error, None))
    evidence = None if result is None else context.store(written_result(result).encode())
    return _with_outputs(context, _Ended(Ending(status=Status.OK), evidence), put_out)


async def _run_worker(context: RunContext, command: do.RunStep) -> _Ended:
    """Have an agent of others carry the body out."""
    try:
        # Of the optional `acp`, which nothing but this needs.
        from surefoot.workers.acp_agent import carry_out
    except ImportError as error:
        text = f"agents of others need the extra `acp` ({error.name} is missing): pip install 'surefoot[acp]'"
        return _refused("MissingExtra", text)
    if command.look is not None and command.lane is not None:
        seen, _ = await in_thread(look_around, context, command.look, command.lane)
        shown = shown_to_others((one.kind, one.name, one.text) for one in seen)
        command = replace(command, brief=f"{command.brief}\n\n{shown}".strip())
    end = await carry_out(context, command)
    outputs = {COST: f"{end.cost_usd:.6f}"} if end.cost_usd else {}
    return _Ended(end.ending, end.evidence, outputs, remarks=end.remarks)


def _error(context: RunContext, error: Exception, retryable: bool | None) -> Ending:  # noqa: FBT001 - three-valued data, not a switch
    # Masked before it is shortened: a part of a secret is not known as one.
    text = context.masker.text("".join(traceback.format_exception(error)))[-TAIL:]
    return Ending(status=Status.ERROR, error_type=type(error).__name__, retryable=retryable, text=text)


PERFORMERS: Mapping[type[Body], Callable[[RunContext, do.RunStep], Awaitable[_Ended]]] = {
    RunBody: partial(_run_in_child, _shell_request, _no_failure),
    CallBody: partial(_run_in_child, _call_request, read_failure),
    FunctionBody: _run_function,
    WorkerBody: _run_worker,
    VerifyBody: _nothing,
}
"""How each kind of body is performed that is performed as a whole."""
