"""The call of the caller's own code, beside the loop and with a time limit. Whatever goes wrong, a person decides."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar, cast

from surefoot.core.event_words import ApproverWord
from surefoot.core.policy_types import Effect, Facts
from surefoot.core.system_steps import attempted_step
from surefoot.effects.approver.contract import ApproverAnswered, AskApprover
from surefoot.faults import point
from surefoot.ports.approver import TIMEOUT_S, ApprovalRequest, Approver, Ask, Proceed, Refuse, ShouldProceed
from surefoot.shellwords import facts_given
from surefoot.workers.run_context import RunContext

T = TypeVar("T")
_WORDS = {Proceed: ApproverWord.PROCEED, Ask: ApproverWord.ASK, Refuse: ApproverWord.REFUSE}
_SHOWN = 60


async def ask_approver(context: RunContext, command: AskApprover) -> ApproverAnswered:
    """Ask the caller's code; an exception, another reply than it may give, or none in time counts as `ask`."""
    approver = context.approver
    assert approver is not None
    act = approver.should_proceed if isinstance(approver, Approver) else approver
    point("approver.before")
    timeout_s = approver.timeout_s if isinstance(approver, Approver) else TIMEOUT_S
    asking = asyncio.ensure_future(_called(act, _request(context, command)))
    asking.add_done_callback(lambda late: late.cancelled() or late.exception())  # one that comes too late is no news
    try:
        # Not `wait_for`: that would wait for code that does not let itself be cancelled.
        done, _ = await asyncio.wait([asking], timeout=timeout_s)
    finally:
        asking.cancel()
    point("approver.after")
    now = context.clock.now()
    if not done:
        return command.without_answer(now, f"no answer within {timeout_s:g} s")
    fault = "it was cancelled" if asking.cancelled() else asking.exception()
    if fault is not None:
        said = fault if isinstance(fault, str) else f"{type(fault).__name__}: {fault}"
        return command.without_answer(now, said)
    return _answer(command, asking.result(), now)


async def _called(act: ShouldProceed, request: ApprovalRequest) -> object:
    is_async = any(map(inspect.iscoroutinefunction, (act, type(act).__call__)))
    said = act(request) if is_async else await _on_thread(lambda: act(request))
    try:
        return await said if inspect.isawaitable(said) else said
    except SystemExit as error:  # it would end the engine
        raise RuntimeError(repr(error)) from error


def _on_thread(act: Callable[[], T]) -> asyncio.Future[T]:
    """Call on a thread of its own, which nothing waits for: code that never ends holds up neither run nor program."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(cast("T", value))
        else:
            future.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)

    def work() -> None:
        value, error = None, None
        try:
            value = context.run(act)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, a person decides
            error = raised if isinstance(raised, Exception) else RuntimeError(repr(raised))
        with suppress(RuntimeError):  # the loop is closed by now
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, name="should_proceed", daemon=True).start()
    return future


def _request(context: RunContext, command: AskApprover) -> ApprovalRequest:
    package, facts = command.package, _facts(context, command)
    return ApprovalRequest(
        run=context.run,
        question=command.question,
        step=command.step,
        action=package.does,
        effect=Effect(package.effect),
        rule=package.rule,
        reason=package.reason,
        confidence=facts.confidence or 0.0,
        threshold=command.threshold,
        facts=facts,
        shown=package,
        text=command.text,
    )


def _facts(context: RunContext, command: AskApprover) -> Facts:
    """Add what the command does, as far as its text tells; the lane in which it was read is free meanwhile."""
    package = command.package
    if package.trees is not None or not command.is_shell:
        return command.facts
    step = next((one for one in context.plan.steps if one.id == attempted_step(command.step)), None)
    env = {**context.plan.env, **({} if step is None else step.env)}
    return replace(command.facts, command=facts_given(package.does, env))


def _answer(command: AskApprover, said: object, now: float) -> ApproverAnswered:
    reply = _reply(said)
    if reply is None:
        shown = repr(said)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        return command.without_answer(now, f"it returned {shown}, which is neither Proceed, Ask nor Refuse")
    return ApproverAnswered(
        **command.at(now),
        question=command.question,
        approver=command.approver,
        word=_WORDS[type(reply)],
        reason=reply.reason,
    )


def _reply(said: object) -> Proceed | Ask | Refuse | None:
    """Return what was said as a record; None for what is no reply."""
    match said:
        case Proceed() | Ask() | Refuse():
            return said
        case True:
            return Proceed()
        case False:
            return Ask()
        case "proceed":
            return Proceed()
        case "ask":
            return Ask()
        case "refuse":
            return Refuse("it gave no reason")
        case _:
            return None
