"""The caller's own code says go or no-go: what it is asked, and how far its word counts (M117)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import ApproverWord
from surefoot.core.plan import Limits, RunBody, Tier
from surefoot.core.policy_types import Demand, Effect, Policy, Rule
from tests.core.test_kernel_confidence import claiming

PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
ASKING: dict[str, Any] = {"tier": Tier.CONFIRM}
SAYS = {word: {"word": ApproverWord(word)} for word in ("proceed", "ask", "refuse")}


def gated(play: Any, steps: dict[str, dict[str, Any]] | None = None, **fields: Any) -> Any:
    """Begin a run whose program has an approver."""
    return play(steps or {"a": PAY}, **fields).say(ev.ApproverConfigured, approver="gate")


def demanding(**demand: Any) -> Policy:
    """Return a policy with a rule that demands something of the answer."""
    return Policy(own=(Rule(name="own", tier=Tier.CONFIRM, reason="It is ours.", demand=Demand(**demand)),))


@pytest.mark.parametrize("step", [PAY, ASKING, {"effect": Effect.IDEMPOTENT}])
def test_a_go_counts_as_one_persons_yes(play: Any, step: dict[str, Any]) -> None:
    """The journal says who said it, in which way and why; no person is waited for."""
    run = gated(play, {"a": step}).will(do.AskApprover, "a", reason="green").go()
    (said,) = run.told(ev.QuestionAnswered)
    assert (said.answer, said.by, said.via, said.reason) == ("yes", "gate", "should_proceed", "green")
    assert run.states["a"] == "verified"


def test_a_no_go_fails_the_step_with_its_reason_and_name(play: Any) -> None:
    """Nothing is done, and nobody is asked any more."""
    run = gated(play).will(do.AskApprover, "a", reason="not on Fridays", **SAYS["refuse"]).go()
    assert (run.bodies, run.asked) == ([], [])
    assert run.steps["a"]["reason"] == "not approved: gate (should_proceed) says: not on Fridays"


def test_who_leaves_it_to_people_is_not_asked_again(play: Any) -> None:
    """Neither in this engine nor in the next; the question waits for a person."""
    run = gated(play).will(do.AskApprover, "a", reason="too late", **SAYS["ask"]).go().claim()
    run.say(ev.ApproverConfigured, approver="gate").go()
    assert (len(run.told(ev.ApproverAsked)), len(run.asked)) == (1, 1)
    assert run.reply("yes").go().states["a"] == "verified"


def test_an_answer_that_does_not_count_is_a_finding_and_a_persons_question(play: Any) -> None:
    """An exception is never a yes."""
    run = gated(play).will(do.AskApprover, "a", fault="ValueError: db down", **SAYS["ask"]).go()
    (found,) = [one for one in run.report["findings"] if one["kind"] == "approver-failed"]
    assert (found["severity"], found["step"], "ValueError: db down" in found["text"]) == ("warning", "a", True)
    assert run.states["a"] == "waiting"


@pytest.mark.parametrize("demand", [{"role": "release"}, {"people": 2}])
def test_a_go_never_stands_in_for_a_role_or_several_people(play: Any, demand: dict[str, Any]) -> None:
    """What policy demands of people stays with people, and a note says so."""
    run = gated(play).say(ev.PolicyConfigured, policy=demanding(**demand)).go()
    kinds = [one["kind"] for one in run.report["findings"]]
    assert (run.states["a"], kinds.count("approver-not-enough"), run.bodies) == ("waiting", 1, [])


def test_a_no_go_counts_where_a_role_is_demanded(play: Any) -> None:
    """Nobody's time is taken for what the program would not do."""
    run = gated(play).say(ev.PolicyConfigured, policy=demanding(role="release"))
    assert run.will(do.AskApprover, "a", **SAYS["refuse"]).go().states["a"] == "failed"


def test_what_is_never_allowed_is_not_asked_about(play: Any) -> None:
    """A forbidden thing stays forbidden."""
    never = Rule(name="never", tier=Tier.NEVER, reason="It is not done here.")
    run = gated(play).say(ev.PolicyConfigured, policy=Policy(own=(never,))).go()
    assert (run.told(ev.ApproverAsked), run.states["a"]) == ([], "failed")


def test_a_go_does_not_repeat_an_effect(play: Any) -> None:
    """What cannot be undone and was applied before is done once more only if a person says so."""
    run = gated(play, {"z": {}, "a": {**PAY, "needs": ("z",)}}).go()
    run.say(ev.RunRestored, to="z", commit="c-z", pending=("a",)).say(ev.RunResumed).go()
    assert (run.states["a"], run.bodies) == ("waiting", ["z", "a"])


@pytest.mark.parametrize("option", [{"yes": True}, {"allow": ("a",)}])
@pytest.mark.parametrize("word", ["refuse", "ask"])
def test_the_approver_speaks_before_what_was_approved_beforehand(play: Any, option: Any, word: str) -> None:
    """A refusal holds against `--yes` and `--allow`; what is left to people, these may answer."""
    run = gated(play, {"a": {**ASKING, "effect": Effect.IDEMPOTENT}}).say(ev.ApprovalsGiven, **option)
    run.will(do.AskApprover, "a", **SAYS[word]).go()
    assert run.states["a"] == ("failed" if word == "refuse" else "verified")


def test_other_steps_go_on_while_the_approver_thinks(play: Any) -> None:
    """It holds neither lane nor place."""
    run = gated(play, {"a": PAY, "b": {}}, limits=Limits(parallel=1)).go(do.AskApprover)
    while others := [type(one) for one in run.open if not isinstance(one, do.AskApprover)]:
        run.let(others[0]).go(do.AskApprover)
    assert run.states == {"a": "waiting", "b": "verified"}


def test_after_a_kill_the_approver_is_asked_again_and_an_answer_holds(play: Any) -> None:
    """A question without an answer is put once more; a go that was journaled is not."""
    run = gated(play).go(do.AskApprover).claim().go()
    assert (len(run.told(ev.ApproverAsked)), len(run.told(ev.QuestionAsked))) == (2, 1)
    run = gated(play).go(do.RunStep, "a").claim().go()
    assert len(run.told(ev.ApproverAsked)) == 1


def test_without_the_program_people_are_asked(play: Any) -> None:
    """Whoever resumes by the command line has no such code, and the question is open."""
    run = gated(play).go(do.AskApprover).claim().say(ev.ApproverConfigured, approver="").go()
    assert (len(run.asked), len(run.told(ev.ApproverAsked))) == (1, 1)


def test_a_person_may_answer_first(play: Any) -> None:
    """What the code says then comes too late, and changes nothing."""
    run = gated(play).go(do.AskApprover).reply("no", reason="mine")
    with pytest.raises(Exception, match="is not open"):
        run.let(do.AskApprover)
    assert ev.ApproverAnswered.may_be_late
    assert run.go().states["a"] == "failed"


@pytest.mark.parametrize(("stated", "confidence"), [(None, None), (0.4, 0.4)])
def test_the_confidence_is_the_agents_own(play: Any, stated: float | None, confidence: float | None) -> None:
    """Silence is handed on as such, and counts as 0."""
    run = claiming(play, stated).say(ev.ApproverConfigured, approver="gate").go(do.AskApprover)
    (asked,) = [one for one in run.open if isinstance(one, do.AskApprover)]
    assert (asked.facts.confidence, asked.threshold, asked.facts.paths) == (confidence, 0.9, asked.package.changed)


def test_a_pause_holds_against_a_go(play: Any) -> None:
    """The answer is acted on once the run goes on."""
    run = gated(play).go(do.AskApprover).say(ev.PauseRequested).go()
    assert (run.report["state"], run.bodies) == ("paused", [])
    assert run.say(ev.RunResumed).go().bodies == ["a"]


def test_the_report_says_what_the_approver_said(play: Any) -> None:
    """With its reason, and whether it was the answer."""
    run = gated(play, {"a": {**PAY, "body": RunBody(command="pay")}}).will(do.AskApprover, "a", reason="green").go()
    (said,) = run.report["approver_answers"]
    wanted = {"step": "a", "approver": "gate", "word": "proceed", "counted": True, "reason": "green", "fault": None}
    assert said == {"question": said["question"], **wanted}
    assert (run.report["asking"]["by_approver"], run.report["asking"]["answered"]) == (1, 0)
