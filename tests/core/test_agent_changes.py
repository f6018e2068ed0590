"""Changes that agents at work propose as operations: who decides, what waits, and what the agent is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendments import DropStep, Operation, ReplaceStep, SetLimits
from surefoot.core.change_answers import answers_told
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Outcome
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Limits, RunBody, Step
from surefoot.core.tool_payload import PlanChange, ProposedAmendment
from tests.core.test_kernel_phases import CASTING
from tests.core.test_kernel_stops import PLANNED, added

AGENT: dict[str, Any] = {"body": AgentBody(instructions="x"), "unproved": True}
TWO: dict[str, Any] = {"a": AGENT, "b": {"needs": ("a",)}}
DROP_B = DropStep(step=StepId("b"))


def proposes(run: Any, *operations: Operation, number: str = "1.1", routing: Any = CASTING) -> Any:
    """Let the agent of step a propose these operations at work."""
    change = PlanChange(text="change it Why: so", operations=operations)
    return run.say(ev.ModelsConfigured, routing=routing).say_yes().will(do.UseTool, number, payload=change)


def change_of(run: Any) -> Any:
    """Return what the report says of the only change."""
    [found] = run.report["amendments"]
    return found


def test_what_an_agents_change_touches_waits_and_the_agent_goes_on(play: Any) -> None:
    """M18: nothing at work is disturbed before a person has answered."""
    run = proposes(play({**TWO, "c": {}}), DROP_B).go()
    assert run.states == {"a": "unproved", "b": "pending", "c": "verified"}
    assert [one.asked.step for one in run.state.open_questions] == ["(plan-holds)"]
    assert (change_of(run)["state"], change_of(run)["by"]) == ("asked", "the agent of step a")


def test_a_yes_lets_an_agents_change_hold(play: Any) -> None:
    """M19: with who agreed; the run ends once it is carried out."""
    run = proposes(play(TWO), DROP_B, added("d")).go().reply("yes").go()
    assert (run.states, change_of(run)["state"]) == ({"a": "unproved", "d": "verified"}, "in force")
    assert change_of(run)["agreed_by"] == "una"


def test_a_no_keeps_the_plan_and_the_reason(play: Any) -> None:
    """M61: the words are told to whoever works later."""
    run = proposes(play(TWO), DROP_B).go().reply("no", reason="b has to be done").go()
    assert (run.states["b"], change_of(run)["refused"]) == ("verified", "b has to be done")
    assert "a change of the plan that an agent proposed" in run.state.said[-1].about


def test_a_change_of_the_proposing_step_begins_it_anew_once_agreed(play: Any) -> None:
    """The attempt under way is broken off then, and not before; it does not count."""
    other = ReplaceStep(step=StepId("a"), by=Step(id=StepId("a"), body=RunBody(command="anew")))
    run = proposes(play(TWO), other).go(do.UseTool, "2.1")
    assert (run.told(ev.AttemptFailed), len(run.asked)) == ([], 1)
    assert run.reply("yes").go().report["outcome"] == Outcome.COMPLETED
    assert [one.is_counted for one in run.told(ev.AttemptFailed)] == [False]


def test_what_cannot_hold_is_refused_without_asking(play: Any) -> None:
    """M72: a verified step cannot be dropped; the agent is told why."""
    run = proposes(play({"z": {}, "a": AGENT}), DropStep(step=StepId("z"))).go()
    assert (run.asked, change_of(run)["state"], change_of(run)["refused_by"]) == ([], "refused", None)
    assert "its result is on the branch" in answers_told(run.state, run.state.nodes["a"])


def test_no_agent_drops_a_check_whoever_agrees(play: Any) -> None:
    """M38: also where the tool could not know, because the plan has changed since."""
    check = Check(name="proves", ask=CommandCheck(command="c"))
    run = proposes(play({"a": AGENT, "b": {"needs": ("a",), "checks": (check,)}}), DROP_B).go()
    assert (run.asked, change_of(run)["state"]) == ([], "refused")
    assert "check 'proves' of step 'b' would not be asked any more" in change_of(run)["refused"]


def test_the_same_change_is_put_once(play: Any) -> None:
    """However often its agent says it."""
    run = proposes(play(TWO), DROP_B).will(do.UseTool, "2.1", payload=PlanChange(text="again", operations=(DROP_B,)))
    assert (len(run.go().asked), len(run.told(ev.AmendmentProposed))) == (1, 1)


def test_two_changes_are_decided_one_after_the_other(play: Any) -> None:
    """A yes to one is none to the other."""
    other = PlanChange(text="add", operations=(added("d"),))
    run = proposes(play(TWO), DROP_B).will(do.UseTool, "2.1", payload=other).go()
    assert "change it" in run.asked[0]
    assert "add" in run.reply("yes").go().asked[0]
    assert run.reply("no").go().states == {"a": "unproved"}


def test_a_change_of_a_person_asks_anew_about_what_an_agent_proposes(play: Any) -> None:
    """M19: what was shown does not hold any more."""
    run = proposes(play(TWO), DROP_B).go()
    run.say(ev.AmendmentProposed, amendment="m1", operations=(added("e"),), why="").go()
    assert [one.withdrawn is not None for one in run.state.questions.values()] == [True, False]
    assert run.reply("yes").go().states == {"a": "unproved", "e": "verified"}


def test_a_change_that_has_become_impossible_is_refused_with_its_question(play: Any) -> None:
    """M19: a person dropped the step meanwhile; nobody is asked about it any more."""
    run = proposes(play({**TWO, "c": {}}), DROP_B).go()
    run.say(ev.AmendmentProposed, amendment="m1", operations=(DROP_B,), why="").go()
    assert (run.asked, run.report["amendments"][0]["state"]) == ([], "refused")


def test_a_planner_decides_on_steps(play: Any) -> None:
    """M17: what it answers with the same operations is the agent's change."""
    run = proposes(play(TWO), DROP_B, number="2.1", routing=PLANNED)
    offered = ProposedAmendment(operations=(DROP_B,), why="yes")
    run.will(do.UseTool, "2.1", payload=offered).go()
    assert (change_of(run)["agreed_by"], run.states) == ("the planner", {"a": "unproved"})


def test_a_planner_without_an_answer_leaves_it_to_a_person(play: Any) -> None:
    """M68: nothing an agent proposes is lost."""
    run = proposes(play(TWO), DROP_B, routing=PLANNED)
    for _ in range(9):
        run.will(do.RequestModel, "(replan)", calls=())
    assert "the plan to change" in run.go().asked[0]


def test_limits_are_no_planners_to_change(play: Any) -> None:
    """M63: a person is asked, beside a planner."""
    wider = SetLimits(limits=Limits(requests=5))
    run = proposes(play(TWO, limits=Limits(requests=2)), wider, routing=PLANNED).go()
    assert ("It allows more" in run.asked[0], "limits, requests: 5; before: 2" in run.asked[0]) == (True, True)


def test_words_alone_are_put_as_before(play: Any) -> None:
    """M126: a person is asked what they mean for the plan."""
    run = proposes(play(TWO)).go()
    assert (run.report["amendments"], "go_on" in run.state.open_questions[0].asked.options) == ([], True)


def test_the_agent_is_told_who_agreed(play: Any) -> None:
    """M61: with the words of its own proposal."""
    run = proposes(play(TWO), DROP_B).go().reply("yes").go()
    told = answers_told(run.state, run.state.nodes["a"])
    assert told.endswith("- change it Why: so: una agreed; go on with your step")


def test_other_agents_are_told_nothing_of_it(play: Any) -> None:
    """It is no word of a person to all of them."""
    run = proposes(play(TWO), DROP_B).go().reply("yes").go()
    other = replace(run.state.nodes["a"], spec=replace(run.state.nodes["a"].spec, id=StepId("x")))
    assert answers_told(run.state, other) == ""


EXPECTS: dict[str, Any] = {"expects": {"version": r"\d+"}}
OFF: dict[str, Any] = {"outputs": {"version": "two"}, "unexpected": ("version",)}


def test_a_change_is_asked_about_after_a_doubt_was_settled(play: Any) -> None:
    """M18: whether it was proposed while the doubt was open, or later."""
    run = proposes(play({"z": EXPECTS, "y": {"needs": ("z",)}, **TWO}), DROP_B).will(do.RunStep, "z", **OFF).go()
    assert "output version" in run.asked[0]
    assert "change it" in run.reply("go_on").go().asked[0]
    assert run.reply("yes").go().states == {"z": "verified", "y": "verified", "a": "unproved"}


def test_a_change_is_asked_about_once_others_were_decided(play: Any) -> None:
    """The system step has been verified by then, and is taken up anew."""
    steps = {"z": EXPECTS, "y": {"needs": ("z",)}, "a": {**AGENT, "needs": ("y",)}, "b": {"needs": ("a",)}}
    run = proposes(play(steps), DROP_B).will(do.RunStep, "z", **OFF).go().reply("go_on").go()
    assert "change it" in run.asked[0]
    assert run.reply("no").go().report["outcome"] is not None


def test_a_doubt_that_comes_up_beside_a_change_is_decided_by_itself(play: Any) -> None:
    """A yes to the change is none to the doubt."""
    run = proposes(play({**TWO, "z": EXPECTS, "y": {"needs": ("z",)}}), DROP_B).will(do.RunStep, "z", **OFF).go()
    assert "change it" in run.asked[0]
    assert "output version" in run.reply("yes").go().asked[0]
    assert run.reply("go_on").go().states == {"a": "unproved", "z": "verified", "y": "verified"}
