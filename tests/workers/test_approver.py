"""The caller's own code is called beside the loop; whatever goes wrong with it, a person decides (M117)."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core.approval import Package
from surefoot.core.policy_types import Effect, Facts
from surefoot.ports.approver import ApprovalRequest, Approver, Ask, Proceed, Refuse
from tests.workers.conftest import SPEC, Lane


def asking_approver(step: str, action: str, *, is_shell: bool = True) -> do.AskApprover:
    """Return the command to ask the caller's code about an action."""
    return do.AskApprover(
        step=SPEC.id,
        attempt=1,
        lane="0",
        question="q",
        approver="gate",
        text="Do it?",
        package=Package(step=step, does=action, effect="irreversible", rule="r", reason="why", undo="none"),
        facts=Facts(step=SPEC.id, effect=Effect.IRREVERSIBLE, phase="execute"),
        is_shell=is_shell,
        threshold=0.9,
    )


def said(lane: Lane, code: Any) -> tuple[str, str, str]:
    """Ask that code; return its word, its reason, and what went wrong."""
    lane.context.approver = code
    fact = lane.perform(asking_approver("s", "git push origin main"))
    return fact.word.value, fact.reason, fact.fault


@pytest.mark.parametrize(
    ("reply", "word", "reason"),
    [
        (Proceed("green"), "proceed", "green"),
        (Ask("late"), "ask", "late"),
        (Refuse("no"), "refuse", "no"),
        (True, "proceed", ""),
        (False, "ask", ""),
        ("proceed", "proceed", ""),
        ("ask", "ask", ""),
        ("refuse", "refuse", "it gave no reason"),
    ],
)
def test_a_reply_is_taken_in_any_of_its_forms(lane: Lane, reply: object, word: str, reason: str) -> None:
    """A function and a coroutine function may give it."""

    async def later(_: ApprovalRequest) -> object:
        await asyncio.sleep(0)
        return reply

    assert said(lane, lambda _: reply) == said(lane, later) == said(lane, partial(later)) == (word, reason, "")


@pytest.mark.parametrize("reply", [None, 1, 0.95, "yes", "", Proceed, [], ("proceed", "so")])
def test_another_reply_is_never_a_go(lane: Lane, reply: object) -> None:
    """The fault says what was returned."""
    word, _, fault = said(lane, lambda _: reply)
    assert (word, "which is neither Proceed, Ask nor Refuse" in fault) == ("ask", True)


@pytest.mark.parametrize("error", [ValueError("db down"), SystemExit(0), StopIteration(1), asyncio.CancelledError()])
def test_an_exception_is_never_a_go(lane: Lane, error: BaseException) -> None:
    """Whether it is raised at once or by a coroutine; the engine goes on."""

    def fail(_: ApprovalRequest) -> bool:
        raise error

    async def fail_later(_: ApprovalRequest) -> bool:
        raise error

    for code in (fail, fail_later):
        word, _, fault = said(lane, code)
        assert (word, bool(fault)) == ("ask", True)


@pytest.mark.parametrize("is_async", [True, False])
def test_code_that_does_not_answer_in_time_is_left_behind(lane: Lane, is_async: bool) -> None:
    """Its thread goes on, and nothing waits for it."""
    end = threading.Event()

    class Slow(Approver):
        timeout_s = 0.05

        def should_proceed(self, request: ApprovalRequest) -> Any:
            return asyncio.sleep(600, request) if is_async else end.wait(600)

    assert said(lane, Slow()) == ("ask", "", "no answer within 0.05 s")
    end.set()


def test_code_that_is_not_async_does_not_hold_up_the_loop(lane: Lane) -> None:
    """It is called on a thread of its own."""
    threads: list[str] = []
    assert said(lane, lambda _: threads.append(threading.current_thread().name) or True)[0] == "proceed"
    assert threads == ["should_proceed"]


def test_the_request_has_the_action_and_the_facts_that_rules_see(lane: Lane) -> None:
    """The command is read as rules read it; a confidence that nobody states is 0."""
    seen: list[ApprovalRequest] = []
    said(lane, lambda request: seen.append(request) or True)
    (request,) = seen
    assert (request.action, request.effect, request.rule, request.step) == (
        "git push origin main",
        "irreversible",
        "r",
        SPEC.id,
    )
    assert (request.confidence, request.threshold, request.text) == (0.0, 0.9, "Do it?")
    assert request.facts.command is not None
    assert ("git", "push", "origin", "main") in request.facts.command.commands


def test_a_secret_in_a_reason_is_masked(lane: Lane) -> None:
    """It goes into the journal."""
    assert said(lane, lambda _: Refuse("the password is swordfish-7"))[1] == "the password is ***"
