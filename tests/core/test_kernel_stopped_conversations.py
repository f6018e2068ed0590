"""An agent that comes to no end: its step's checks decide whether what it changed counts."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.ids import BlobId
from surefoot.core.plan import AgentBody, AgentLimits, Check, RetryPolicy
from tests.core.test_kernel_conversations import begun, failures, reply
from tests.core.test_kernel_phases import goal

RED = Check(name="red", ask=CommandCheck(command="r"), expect=Expect.FAIL_TO_PASS)
ONCE = RetryPolicy(maximum_attempts=1)


def working(play: Any, *, turns: int = 2, check: Check = RED, **body: Any) -> Any:
    """Begin a run whose agent reads, edits, and has no turn left to finish."""
    own = AgentBody(instructions="do it", turns_max=turns, **body)
    return begun(play, {"a": {"body": own, "checks": (check,), "retry": ONCE}})


def test_work_that_passes_the_checks_counts_without_an_end(play: Any) -> None:
    """The turns were used up, and the work was green: the checks decide (M38)."""
    run = working(play).go()
    assert run.states == {"a": "verified"}
    assert [event.finding.kind for event in run.told(ev.FindingReported)] == ["ended-without-finish"]


def test_going_in_circles_after_the_work_is_done_loses_nothing(play: Any) -> None:
    """The same reply for the third time ends the attempt; its checks are asked all the same."""
    run = working(play, turns=60)
    reply(run, 1, "edit")
    for turn in (2, 3, 4):
        reply(run, turn, "list", arguments=BlobId("same"))
    assert run.go().states == {"a": "verified"}
    assert "the same reply 3 times" in run.told(ev.ConversationStopped)[0].reason


def test_a_spent_limit_of_the_step_loses_no_finished_work(play: Any) -> None:
    """The limit ends the agent, not what it made."""
    run = working(play, turns=60, limits=AgentLimits(requests=2)).go()
    assert run.states == {"a": "verified"}
    assert run.told(ev.ConversationStopped)[0].diagnosis.value == "budget"


def test_work_that_fails_the_checks_fails_for_what_ended_it_and_says_what_they_said(play: Any) -> None:
    """The diagnosis stays, and the lesson holds the verdict beside it."""
    run = working(play).will(do.AskCheck, "red", verdict=Verdict.FAILED)
    run.will(do.AskCheck, "red", verdict=Verdict.FAILED, text="1 != 2").go()
    assert failures(run) == ["stall"]
    reason = run.state.nodes["a"].last_failure.reason
    assert "no end after 2 turns" in reason
    assert "check 'red' failed: 1 != 2" in reason
    assert "1 != 2" in run.state.nodes["a"].lessons[0].said


def test_a_held_back_check_stays_held_back_where_an_agent_came_to_no_end(play: Any) -> None:
    """The next attempt is told what ended it, and nothing of the check."""
    hidden = Check(name="hidden", ask=CommandCheck(command="h"), expect=Expect.FAIL_TO_PASS, held_back=True)
    run = working(play, check=hidden).will(do.AskCheck, "hidden", verdict=Verdict.FAILED)
    run.will(do.AskCheck, "hidden", verdict=Verdict.FAILED, text="expected 42").go()
    said = run.state.nodes["a"].lessons[0].said
    assert "no end after 2 turns" in said
    assert "42" not in said


def test_an_agent_that_changed_nothing_fails_as_before(play: Any) -> None:
    """There is nothing the checks could be asked about."""
    run = reply(working(play, turns=1), 1, "read").go()
    assert failures(run) == ["stall"]
    assert not run.told(ev.ConversationStopped)


def test_an_agent_that_gives_up_is_not_checked(play: Any) -> None:
    """It says itself that the step is not done."""
    run = reply(working(play, turns=9), 1, "edit")
    reply(run, 2, "finish").will(do.UseTool, "2.1", payload=Claim(summary="no", gives_up=True))
    assert failures(run.go()) == ["given_up"]


def test_a_stop_stands_in_the_journal_once_and_is_not_taken_back_by_a_crash(play: Any) -> None:
    """The checks go on being asked by the next engine; no model is asked again."""
    run = working(play).go(do.AskCheck, "red").let(do.AskCheck).go(do.Inspect).claim().go()
    assert run.states == {"a": "verified"}
    assert (len(run.told(ev.ConversationStopped)), len(run.told(ev.ModelRequested))) == (1, 2)


def fruitless(play: Any) -> Any:
    """Begin a goal whose scout never calls a tool, so that its attempts end in a question."""
    run = goal(play)
    for _ in range(9):
        run.will(do.RequestModel, "(understand)", calls=())
    return run.go()


def test_what_all_else_needs_cannot_be_skipped(play: Any) -> None:
    """A goal that was not understood can be tried again or stopped; nothing could go on without it."""
    assert fruitless(play).report["questions"][0]["options"] == ["retry", "stop"]


def test_stopping_where_a_goal_was_not_understood_ends_the_run_with_the_reason(play: Any) -> None:
    """It fails for what the scout failed with."""
    report = fruitless(play).reply("stop").go().report
    assert report["outcome"] == "failed"
    assert "understand the goal" in report["reason"]


def test_trying_again_where_a_goal_was_not_understood_goes_on(play: Any) -> None:
    """The next attempt has its chance."""
    assert fruitless(play).reply("retry").go().report["outcome"] == "completed"
