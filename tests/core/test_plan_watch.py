"""The look at the plan after each verified step: what is found, whom it keeps waiting, and what settles it."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim
from surefoot.core.amendments import Operation, ReplaceStep
from surefoot.core.event_words import Finding, Outcome, Severity
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, ForEach, Limits, RunBody, Step
from surefoot.core.policy_types import Tier
from surefoot.core.tool_payload import PlanChange
from tests.core.test_kernel_conversations import begun

EXPECTS: dict[str, Any] = {"expects": {"version": r"\d+\.\d+"}}
THREE: dict[str, Any] = {"a": EXPECTS, "b": {"needs": ("a",)}, "c": {}}
OFF: dict[str, Any] = {"outputs": {"version": "two"}, "unexpected": ("version",)}


def doubtful(play: Any, **fields: Any) -> Any:
    """Play a run whose first step puts out what its plan does not expect."""
    return play(THREE, **fields).will(do.RunStep, "a", **OFF).go()


def amend(run: Any, *operations: Operation) -> Any:
    """Amend the plan, and let it be carried out."""
    return run.say(ev.AmendmentProposed, amendment="m1", operations=operations, why="").go()


def edited(name: str, **fields: Any) -> ReplaceStep:
    """Have a step do something else."""
    return ReplaceStep(step=StepId(name), by=Step(id=StepId(name), body=RunBody(command="anew"), **fields))


def test_a_step_that_needs_an_unexpected_output_waits_for_a_person(play: Any) -> None:
    """M18: the step itself is verified, and what does not need it goes on."""
    run = doubtful(play)
    assert run.states == {"a": "verified", "b": "pending", "c": "verified"}
    assert [(q.asked.step, q.asked.options) for q in run.state.open_questions] == [("(plan-holds)", ("go_on", "stop"))]


def test_the_question_names_cause_steps_and_the_command_that_changes_them(play: Any) -> None:
    """Whoever is asked need not look anything up."""
    text = doubtful(play).state.open_questions[0].asked.text
    assert "Step a is verified" in text
    assert "output version is 'two'; expected was version: \\d+\\.\\d+" in text
    assert "Before they start: b." in text
    assert "surefoot amend 20260101-aaaaaa FILE" in text


def test_an_expected_output_asks_nothing(play: Any) -> None:
    """The plan holds."""
    run = play(THREE).go()
    assert (run.told(ev.ReplanWanted), run.report["outcome"]) == ([], Outcome.COMPLETED)


def test_go_on_starts_the_steps_as_they_are(play: Any) -> None:
    """One answer settles one doubt."""
    run = doubtful(play).reply("go_on").go()
    assert (run.bodies, run.report["outcome"]) == (["a", "c", "b"], Outcome.COMPLETED)


def test_stop_ends_the_run_and_retry_goes_on(play: Any) -> None:
    """What was verified stays; whoever retries has decided."""
    run = doubtful(play).reply("stop").go()
    assert run.report["outcome"] == Outcome.PARTIALLY_COMPLETED
    assert "stopped after step a: output version is 'two'" in run.state.nodes["(plan-holds)"].reason
    run.say(ev.StepsInvalidated, steps=("(plan-holds)",)).go()
    assert (run.states["b"], run.report["outcome"]) == ("verified", Outcome.COMPLETED)


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_amendment_of_a_concerned_step_settles_the_doubt(play: Any, name: str) -> None:
    """M19: the question is withdrawn, and the amended plan is carried out."""
    needs = ("a",) if name == "b" else ()
    run = amend(doubtful(play), edited(name, needs=needs))
    assert (run.asked, run.report["outcome"]) == ([], Outcome.COMPLETED)


def test_an_amendment_of_another_step_leaves_the_doubt_open(play: Any) -> None:
    """It is asked anew, for another plan holds."""
    run = amend(doubtful(play), edited("c"))
    assert (len(run.asked), run.states["b"]) == (1, "pending")


def test_an_amendment_after_stop_goes_on(play: Any) -> None:
    """It releases what the answer held."""
    run = amend(doubtful(play).reply("stop").go(), edited("b", needs=("a",)))
    assert (run.states["b"], run.report["outcome"]) == ("verified", Outcome.COMPLETED)


def test_a_step_that_is_done_again_settles_its_doubt(play: Any) -> None:
    """A restore takes the branch back to before it; its new result is looked at anew."""
    run = doubtful(play).say(ev.PauseRequested).go()
    run.say(ev.RunRestored, to=None, commit="c0", pending=("a", "c")).say(ev.RunResumed).go()
    assert (run.asked, run.report["outcome"]) == ([], Outcome.COMPLETED)


def test_a_doubt_survives_the_death_of_an_engine(play: Any) -> None:
    """It is in the journal, and so are the steps that wait."""
    run = doubtful(play)
    run.claim().go()
    assert (len(run.asked), run.states["b"]) == (1, "pending")


def test_what_an_agent_says_of_the_steps_to_come_is_put_to_a_person(play: Any) -> None:
    """M18: in a written plan, too, and before any of them starts."""
    claim = Claim(summary="done", changes_next="two must be dropped: it would delete data")
    run = begun(play, {"one": {"body": AgentBody(instructions="x")}, "two": {}}).say_yes()
    run.will(do.UseTool, "3.1", payload=claim).go()
    assert (run.states["two"], len(run.asked)) == ("pending", 1)
    assert "two must be dropped: it would delete data" in run.state.open_questions[0].asked.text


def test_a_change_that_an_agent_proposes_is_put_to_a_person(play: Any) -> None:
    """The answer to its call says that a person decides; here is where they do."""
    run = begun(play, {"one": {"body": AgentBody(instructions="x")}, "two": {}}).say_yes()
    run.will(do.UseTool, "1.1", payload=PlanChange(text="Drop two. Why: done already")).go()
    assert "Drop two. Why: done already" in run.state.open_questions[0].asked.text


def test_a_proposal_after_the_last_step_keeps_nobody_waiting(play: Any) -> None:
    """There is nothing that could be kept from starting; it is reported."""
    claim = Claim(summary="done", changes_next="a step is missing")
    run = begun(play, {"one": {"body": AgentBody(instructions="x"), "unproved": True}}).say_yes()
    run.will(do.UseTool, "3.1", payload=claim).go()
    assert (run.asked, kinds(run)) == ([], ["replan-proposal"])


def test_a_member_whose_file_was_deleted_waits_for_a_person(play: Any) -> None:
    """The other members are done."""
    each: dict[str, Any] = {"for_each": ForEach(name="f", glob="*.py")}
    run = play({"g-{f}": each}).will(do.ExpandGroup, "g-{f}", items=("x.py", "y.py", "z.py"))
    run.will(do.Inspect, "g-x.py", deleted=("y.py",)).go()
    assert run.states == {"g-x.py": "verified", "g-y.py": "pending", "g-z.py": "verified"}
    assert "it deleted y.py" in run.state.open_questions[0].asked.text


@pytest.mark.parametrize("declared", [{"reads": ("a",)}, {"writes": ("a",)}], ids=["reads", "writes"])
def test_an_overlap_that_nobody_declared_is_only_reported(play: Any, declared: dict[str, Any]) -> None:
    """It may be right all the same: the plan goes on."""
    run = play({"a": {}, "b": declared}).go()
    assert (kinds(run), run.report["outcome"]) == (["replan-overlap"], Outcome.COMPLETED)
    assert run.report["findings"][0]["text"].startswith("it changed a, which steps to come declare as their own")


def test_a_step_that_needs_what_was_changed_is_no_overlap(play: Any) -> None:
    """The plan knows of it."""
    assert kinds(play({"a": {}, "b": {"reads": ("a",), "needs": ("a",)}}).go()) == []


def test_a_problem_found_at_a_step_names_what_rests_on_it(play: Any) -> None:
    """It is reported once more, with the steps that it concerns."""
    found = Finding(kind="odd", severity=Severity.PROBLEM, text="odd it is", step=StepId("a"))
    run = play({"a": {}, "b": {"needs": ("a",)}}).go(do.RunStep, "a").say(ev.FindingReported, finding=found).go()
    assert "odd it is (this concerns b)" in [one["text"] for one in run.report["findings"]]
    assert run.report["outcome"] == Outcome.COMPLETED


def test_what_waits_for_its_consent_is_kept_as_well(play: Any) -> None:
    """Its question is withdrawn: a person decides on the plan first."""
    steps = {**THREE, "b": {"needs": ("a",), "tier": Tier.CONFIRM}, "d": {"needs": ("b",)}}
    run = play(steps, limits=Limits(parallel=2)).will(do.RunStep, "a", **OFF).go()
    assert [q.asked.step for q in run.state.open_questions] == ["(plan-holds)"]
    assert run.reply("go_on").go().state.open_questions[0].asked.step == "b"


def test_two_doubts_are_decided_one_after_the_other(play: Any) -> None:
    """Each question is about one of them."""
    steps = {"a": EXPECTS, "b": EXPECTS, "c": {"needs": ("a",)}, "d": {"needs": ("b",)}}
    run = play(steps).will(do.RunStep, "a", **OFF).will(do.RunStep, "b", **OFF).go()
    assert "Step a is" in run.asked[0]
    run.reply("go_on").go()
    assert ("Step b is" in run.asked[0], run.states["c"], run.states["d"]) == (True, "verified", "pending")
    assert run.reply("go_on").go().report["outcome"] == Outcome.COMPLETED


def kinds(run: Any) -> list[str]:
    """Return the kinds of the findings that speak against the plan."""
    return [one["kind"] for one in run.report["findings"] if one["kind"].startswith("replan-")]


def test_an_answer_to_a_word_settles_no_doubt_that_came_up_meanwhile(play: Any) -> None:
    """M18: what nobody was shown is asked about first, and the word after it."""
    run = play(THREE).will(do.RunStep, "a", **OFF).go(do.RunStep, "a")
    run.say(ev.MessageSent, message="m1", text="log it, too", to=None).go(do.RunStep, "a")
    assert "log it, too" in run.asked[0]
    assert "output version is 'two'" in run.go().asked[0]
    assert "log it, too" in run.reply("go_on").go().asked[0]
    assert run.reply("go_on").go().report["outcome"] == Outcome.COMPLETED
