"""What one attempt at a step may meet, and what becomes of the step then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect, TestsCheck
from surefoot.core.event_words import Diagnosis, Ending, Status, Verdict
from surefoot.core.failure_words import last_lines
from surefoot.core.plan import AskBody, Check, Effect, OnFailure, RetryPolicy
from surefoot.errors import IllegalTransition

ONCE = {"retry": RetryPolicy(maximum_attempts=1)}
BAD = Ending(status=Status.EXIT, exit_code=1)
SLOW = Ending(status=Status.TIMEOUT)
CHECK = Check(name="c", ask=CommandCheck(command="c"))
KEPT = Check(name="kept", ask=CommandCheck(command="kept"), expect=Expect.PASS_TO_PASS)
WANTED = Check(name="wanted", ask=CommandCheck(command="wanted"), expect=Expect.FAIL_TO_PASS)
SUITE = Check(name="suite", ask=TestsCheck(command="suite"), expect=Expect.PASS_TO_PASS)
PASSED, FAILED, INCONCLUSIVE = Verdict


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (BAD, "exit status 1"),
        (Ending(status=Status.EXIT, exit_code=2, text="make:\nno rule\n"), "exit status 2\nmake:\nno rule"),
        (Ending(status=Status.EXIT, exit_code=2, text="1\n2\n3\n\n4\n"), "exit status 2\n2\n3\n4"),
        (Ending(status=Status.EXIT, exit_code=2, text="no rule\n"), "exit status 2: no rule"),
        (Ending(status=Status.ERROR, error_type="OSError", text="line 1\n\nOSError: gone"), "OSError: gone: line 1"),
        (Ending(status=Status.SIGNAL, signal=11), "signal 11"),
        (SLOW, "not finished within 1800 s, its `timeout`"),
        (Ending(status=Status.ERROR, error_type="ValueError", text="no"), "ValueError: no"),
        (Ending(status=Status.ERROR), "an error"),
    ],
)
def test_a_failed_step_says_how_its_body_ended(play: Any, ending: Ending, reason: str) -> None:
    """The reason in the report names the ending and the last three lines of the output (M118)."""
    run = play({"a": ONCE}).will(do.RunStep, "a", ending=ending).go()
    assert (run.states["a"], run.steps["a"]["reason"]) == ("failed", reason)


def test_a_failure_that_passes_by_itself_is_tried_again_after_a_wait(play: Any) -> None:
    """A time-out costs an attempt and the first wait, not the step."""
    run = play({"a": {}}).will(do.RunStep, "a", ending=SLOW).go()
    [waited] = run.told(ev.RetryScheduled)
    assert (run.states["a"], run.steps["a"]["attempts"], waited.due - waited.at) == ("verified", 2, 1.0)


def test_a_kill_neither_shortens_nor_restarts_a_wait(play: Any) -> None:
    """The next engine waits for the time the journal holds, and until then nothing runs."""
    run = play({"a": {}}).will(do.RunStep, "a", ending=SLOW).go(do.WaitForRetry)
    due = run.report["due"]
    run.claim().go()
    first, second = run.told(ev.RetryScheduled)
    assert due == first.due
    assert (first.due, run.states["a"]) == (second.due, "verified")


def test_a_step_held_back_while_it_waits_does_not_start_when_its_time_comes(play: Any) -> None:
    """A step that stops the run stops what is between two attempts, too."""
    run = play({"a": {}, "b": {"on_failure": OnFailure.STOP, **ONCE}}, base=None)
    run.will(do.RunStep, "a", ending=SLOW).will(do.RunStep, "b", ending=BAD).go()
    assert (run.states, run.bodies) == ({"a": "blocked", "b": "failed"}, ["a", "b"])


@pytest.mark.parametrize(
    ("answer", "states"),
    [
        ("retry", {"a": "verified", "b": "verified", "c": "verified"}),
        ("skip", {"a": "skipped", "b": "verified", "c": "verified"}),
        ("block", {"a": "failed", "b": "blocked", "c": "verified"}),
        ("stop", {"a": "failed", "b": "blocked", "c": "verified"}),
    ],
)
def test_a_person_says_what_a_failure_means(play: Any, answer: str, states: dict[str, str]) -> None:
    """With `on_failure: ask` the rest goes on meanwhile, and the answer decides."""
    run = play({"a": {"on_failure": OnFailure.ASK}, "b": {"needs": ("a",)}, "c": {}})
    run.will(do.RunStep, "a", ending=BAD).go()
    facts = "body: expected exit status 0, found exit status 1"
    assert run.asked == [f"Step a failed: exit status 1\n  {facts}\nGo on how?"]
    assert run.reply(answer).go().states == states


@pytest.mark.parametrize(
    ("how", "states"),
    [
        (OnFailure.BLOCK, {"a": "failed", "b": "blocked", "c": "verified"}),
        (OnFailure.SKIP, {"a": "skipped", "b": "verified", "c": "verified"}),
        (OnFailure.STOP, {"a": "failed", "b": "blocked", "c": "blocked"}),
    ],
)
def test_on_failure_decides_what_goes_on(play: Any, how: OnFailure, states: dict[str, str]) -> None:
    """A failed step blocks what needs it, or nothing, or everything."""
    run = play({"a": {"on_failure": how}, "b": {"needs": ("a",)}, "c": {}}).will(do.RunStep, "a", ending=BAD).go()
    assert (run.states, run.report["outcome"]) == (
        states,
        "partially_completed" if "verified" in str(states) else "failed",
    )


def test_a_step_that_ends_the_engine_three_times_asks_how_to_go_on(play: Any) -> None:
    """A step that takes the machine down with it is not tried for ever."""
    run = play({"a": {}})
    for _ in range(3):
        run.go(do.RunStep).claim()
    assert run.go().asked == ["Step a: the engine ended 3 times in a row while it was at work. Go on how?"]
    assert run.reply("retry").go().steps["a"]["attempts"] == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"outside": ("/etc/x",)}, "wrote outside the scope: /etc/x"),
        ({"secrets": (".env",)}, "the value of an env_from variable stands in .env, and no commit may hold it"),
        ({"kind": ev.EffectFailed, "reason": "disk full"}, "the workspace failed: disk full"),
    ],
)
def test_what_a_body_may_not_write_is_put_back_and_not_committed(
    play: Any, answer: dict[str, Any], reason: str
) -> None:
    """The attempt fails with the reason, and the lane goes back to its checkpoint."""
    run = play({"a": {}}).will(do.Inspect, "a", **answer).go()
    assert run.steps["a"]["reason"].startswith(reason)
    assert (run.states["a"], run.report["head"], len(run.told(ev.LaneRestored))) == ("failed", "c0", 1)


def test_a_run_without_a_workspace_takes_the_body_at_its_word(play: Any) -> None:
    """Functions of a program need no lane, no checkpoint and no commit."""
    run = play({"a": {}}, base=None).go()
    assert (run.states["a"], run.steps["a"]["commit"]) == ("verified", None)
    assert not {"lane_requested", "checkpoint_requested", "commit_requested", "branch_update_requested"} & {
        e.kind for e in run.journal
    }


@pytest.mark.parametrize(
    ("text", "attempts"),
    [("exit status 127", 1), ("a time-out after 600 s", 2), ("curl: connection reset", 2)],
)
def test_a_check_without_an_answer_before_the_body_keeps_it_from_running(play: Any, text: str, attempts: int) -> None:
    """What a check says afterwards would prove nothing; it is asked again where its trouble passes by itself."""
    run = play({"a": {"checks": (KEPT,)}}).will(do.AskCheck, "kept", verdict=INCONCLUSIVE, text=text).go()
    assert run.told(ev.AttemptFailed)[0].reason == f"the check 'kept' has no answer before the step: {text}"
    assert (len(run.told(ev.StepStarted)), len(run.bodies)) == (attempts, attempts - 1)


def test_a_step_whose_aim_is_reached_already_has_nothing_to_do(play: Any) -> None:
    """All its `fail_to_pass` checks are green: the body is not run, and what needs the step goes on."""
    run = play({"a": {"checks": (WANTED,)}, "b": {"needs": ("a",)}}).will(do.AskCheck, "wanted", verdict=PASSED).go()
    assert (run.bodies, run.steps["a"]["reason"], run.report["outcome"]) == (["b"], "nothing_to_do", "completed")


@pytest.mark.parametrize(
    ("check", "verdicts", "state", "reason"),
    [
        (CHECK, [FAILED], "failed", "check 'c' failed"),
        (CHECK, [INCONCLUSIVE], "failed", "check 'c' inconclusive"),
        (KEPT, [FAILED], "verified", None),
        (KEPT, [PASSED, FAILED, FAILED], "failed", "check 'kept' failed"),
        (KEPT, [PASSED, FAILED, PASSED], "failed", "check 'kept' is flaky"),
        (WANTED, [FAILED, PASSED], "verified", None),
        (WANTED, [FAILED, FAILED], "failed", "check 'wanted' failed"),
    ],
)
def test_the_answers_of_a_check_decide(
    play: Any, check: Check, verdicts: list[Verdict], state: str, reason: str | None
) -> None:
    """A failed `pass_to_pass` is asked twice; one that was red before is not asked after; two answers never prove."""
    run = play({"a": {"checks": (check,)}})
    for verdict in verdicts:
        run.will(do.AskCheck, check.name, verdict=verdict)
    run.go()
    assert (run.states["a"], run.steps["a"]["reason"]) == (state, reason)
    assert len(run.told(ev.CheckAnswered)) == len(verdicts)


@pytest.mark.parametrize("check", [WANTED, SUITE], ids=["fail_to_pass", "tests"])
def test_a_check_that_was_red_before_has_to_pass_before_the_step_is_verified(play: Any, check: Check) -> None:
    """An event that says otherwise is refused; a failure from before the body is no answer for afterwards (M37)."""
    run = play({"a": {"checks": (check,)}}).will(do.AskCheck, check.name, verdict=Verdict.FAILED)
    run.go(until=do.Inspect).let(do.Inspect)
    with pytest.raises(IllegalTransition, match="a check has not passed"):
        run.say(ev.StepVerified, step="a", attempt=1, proof="checks")


@pytest.mark.parametrize(
    ("step", "changes", "asked"),
    [
        ({}, {}, 1),
        ({}, {"lane_changed": True}, 2),
        ({"network": True}, {}, 2),
        ({"confine": False}, {}, 2),
        ({"network": "loopback"}, {}, 2),
        ({"sockets": ("/run/s",)}, {}, 2),
    ],
)
def test_a_verdict_is_used_again_only_for_the_same_tree_in_the_same_surroundings(
    play: Any, step: dict[str, Any], changes: dict[str, Any], asked: int
) -> None:
    """A body that wrote no file may still have changed what a check rests on."""
    run = play({"a": {"checks": (KEPT,), **step}})
    run.will(do.Inspect, "a", tree="t0", changed=(), **changes).go()
    assert (len(run.told(ev.CheckRequested)), len(run.told(ev.VerdictReused))) == (asked, 2 - asked)


@pytest.mark.parametrize(("check", "asked"), [({}, 1), ({"confine": False}, 2), ({"network": "loopback"}, 2)])
def test_a_check_with_a_way_out_makes_verdicts_of_its_lane_void(play: Any, check: dict[str, Any], asked: int) -> None:
    """It may change what others rest on, as a body may; the other check here is asked before it and after it."""
    run = play({"a": {"checks": (KEPT, replace(KEPT, name="other", ask=CommandCheck(command="other"), **check))}})
    run.will(do.Inspect, "a", tree="t0", changed=()).go()
    assert [event.check for event in run.told(ev.CheckRequested)].count(0) == asked


@pytest.mark.parametrize(("step", "asked"), [({}, 1), ({"network": True}, 2)])
def test_a_failed_attempt_with_network_does_not_vouch_for_the_next(play: Any, step: dict[str, Any], asked: int) -> None:
    """What was green before the first attempt is asked anew before the second, where the first may have reached out."""
    run = play({"a": {"checks": (KEPT,), **step}}).will(do.RunStep, "a", ending=SLOW).go(do.RunStep)
    assert len(run.let(do.RunStep).go(do.RunStep).told(ev.CheckRequested)) == asked


def test_a_lane_that_cannot_be_put_back_is_made_anew(play: Any) -> None:
    """Ignored files that a failed attempt changed do not reach the next one."""
    run = play({"a": {}}).will(do.RunStep, "a", ending=SLOW).will(do.RestoreLane, "a", lane_changed=True).go()
    assert [lane.fresh for lane in run.told(ev.LaneRequested)] == [False, True]
    assert run.states["a"] == "verified"


@pytest.mark.parametrize(("diagnosis", "state"), [(Diagnosis.TRANSIENT, "verified"), (Diagnosis.STRUCTURAL, "failed")])
def test_a_checkpoint_that_fails_costs_an_attempt(play: Any, diagnosis: Diagnosis, state: str) -> None:
    """Whether another is made depends on whether that can help; the lane is made anew."""
    run = play({"a": {}}).will(do.TakeCheckpoint, "a", ev.EffectFailed, diagnosis=diagnosis, reason="locked").go()
    assert (run.states["a"], run.told(ev.StepStarted)[-1].attempt) == (state, 2 if state == "verified" else 1)


@pytest.mark.parametrize(("answer", "state"), [("blue", "verified"), ("no", "failed")])
def test_a_person_answers_a_step_that_asks(play: Any, answer: str, state: str) -> None:
    """Any answer is the step's result, but `no` fails it; nobody is asked for consent to a question."""
    run = play({"a": {"body": AskBody(question="Which?", default="red")}, "b": {"needs": ("a",)}}).go()
    assert (run.asked, run.told(ev.QuestionAsked)[0].default) == (["Which?"], "red")
    run.reply(answer).go()
    assert (run.states["a"], run.steps["a"]["proof"]) == (state, None)


def test_the_checks_of_a_question_are_asked_once_it_is_answered(play: Any) -> None:
    """A person's word is held against the workspace, where the step has checks."""
    run = play({"a": {"body": AskBody(question="Edited?"), "checks": (CHECK,)}}).go()
    assert not run.told(ev.CheckRequested)
    assert run.reply("yes").go().steps["a"]["proof"] == "checks"


LOST = Ending(status=Status.EXIT, exit_code=6, text="curl: (6) Could not resolve host: pypi.org")
READ_ONLY = Ending(status=Status.EXIT, exit_code=1, text="touch: cannot touch '/x': Read-only file system")


@pytest.mark.parametrize(("given", "attempts"), [({}, 1), ({"network": "loopback"}, 1), ({"network": True}, 3)])
def test_a_lookup_without_a_network_is_not_tried_again(play: Any, given: dict[str, Any], attempts: int) -> None:
    """The next attempt has none either; where the plan gives a network, the failure may pass."""
    run = play({"a": given})
    for _ in range(3):
        run.will(do.RunStep, "a", ending=LOST)
    assert run.go().steps["a"]["attempts"] == attempts


@pytest.mark.parametrize(
    ("ending", "given", "rung", "key"),
    [
        (LOST, {}, "bubblewrap", "network: true"),
        (LOST, {"network": "loopback"}, "bubblewrap", "only the loopback network; `network: true`"),
        (READ_ONLY, {}, "landlock", "confine: false"),
        (LOST, {"network": True}, "bubblewrap", None),
        (LOST, {"confine": False}, "bubblewrap", None),
        (READ_ONLY, {}, "plain", None),
    ],
)
def test_what_the_sandbox_refused_is_told_with_the_key_that_allows_it(
    play: Any, ending: Ending, given: dict[str, Any], rung: str, key: str | None
) -> None:
    """On the line that is always shown; nothing is said of a sandbox that held nothing."""
    run = play({"a": {**given, "effect": Effect.REVERSIBLE, "retry": RetryPolicy(maximum_attempts=1)}}).claim(rung=rung)
    headline = run.say(ev.ApprovalsGiven, allow=("a",)).will(do.RunStep, "a", ending=ending).go().steps["a"]["reason"]
    assert (key or "exit status") in headline
    assert ("`" in headline) is (key is not None)


def test_the_line_that_names_a_refusal_is_shown_however_early_it_came(play: Any) -> None:
    """A program may print more before it gives up; the lines that show the cause are the ones that count."""
    ending = Ending(status=Status.EXIT, exit_code=1, text="x: Read-only file system\none\ntwo\nthree")
    reason = play({"a": ONCE}).will(do.RunStep, "a", ending=ending).go().steps["a"]["reason"]
    assert reason.splitlines()[1:] == ["x: Read-only file system", "two", "three"]


def test_a_check_that_finds_no_network_is_not_asked_again(play: Any) -> None:
    """Its step says which key of the check is missing."""
    text = "exit status 6: curl: (6) Could not resolve host: x"
    run = play({"a": {"checks": (CHECK,)}}).will(do.AskCheck, "c", verdict=INCONCLUSIVE, text=text).go()
    assert (run.steps["a"]["attempts"], "gives this check no network; `network: true`" in run.steps["a"]["reason"]) == (
        1,
        True,
    )


def test_a_long_line_of_output_is_cut_where_one_can_see_it() -> None:
    """What stands behind the cut is in the stored output."""
    assert last_lines("x" * 400).endswith("x…")
