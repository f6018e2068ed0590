"""Verified steps that prove wrong: what consumed them is done again, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelFacts, ModelRouting, Role, RoleModels
from surefoot.core.amendments import DropStep, Operation, ReplaceStep
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Ending, Outcome, Status, Verdict
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Effect, Limits, RunBody, Step
from surefoot.errors import IllegalTransition

PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
BAD = Ending(status=Status.EXIT, exit_code=1)
ROUTING = ModelRouting(roles={Role.WORKER.value: RoleModels(chain=(ModelFacts(name="m", price=None),))})
PROOF = Check(name="proof", ask=CommandCheck(command="true"))
STEPS: dict[str, Any] = {
    "x": {},
    "a": {},
    "b": {"needs": ("a",)},
    "c": {"needs": ("a",), "reads": ("x",), "checks": (PROOF,)},
    "d": {"needs": ("b", "c")},
    "e": {"body": RunBody(command="cat b > e")},
}


def wrong(run: Any, *steps: str, why: str = "It is wrong") -> Any:
    """Say that steps are wrong."""
    return run.say(ev.StepsFoundWrong, steps=steps, why=why)


def again(run: Any) -> Any:
    """Let an engine go on with a run that had ended."""
    return run.claim().go()


def tainted(run: Any) -> dict[str, str | None]:
    """Return what was taken back, each step with the one whose result it consumed."""
    return {one.step: one.by for event in run.told(ev.ResultsTakenBack) for one in event.taken.tainted}


def test_what_consumed_a_wrong_result_is_done_again_and_nothing_else(play: Any) -> None:
    """M43: what reads something else of what it needs stays; a command that names a file is seen through (M75)."""
    run = play(STEPS).go()
    before = len(run.bodies)
    again(wrong(run, "a"))
    assert tainted(run) == {"a": None, "b": "a", "d": "b", "e": "b"}
    assert run.bodies[before:] == ["a", "b", "d", "e"]
    assert run.states == dict.fromkeys("xabcde", "verified")
    assert run.report["outcome"] == Outcome.COMPLETED


def test_what_stays_is_brought_onto_the_branch_again_and_judged_anew(play: Any) -> None:
    """Its body does not run; its check is asked on the tree that comes of it."""
    run = wrong(play(STEPS).go(), "a").claim().go(do.MergeResult, "c")
    assert [one.is_apart for one in run.open if isinstance(one, do.MergeResult)] == [True]
    assert run.steps["c"]["reason"] == "judged again on the branch, as what came before it was taken back"
    assert [event.step for event in run.go().told(ev.CheckAnswered)] == ["c", "c"]


def test_a_result_that_is_red_without_the_wrong_one_is_done_again_with_what_rests_on_it(play: Any) -> None:
    """It may have worked for no better reason than the wrong result."""
    steps = {"a": {}, "c": {"checks": (PROOF,)}, "d": {"body": RunBody(command="cat c > d")}}
    run = wrong(play(steps).go(), "a").claim()
    run.will(do.AskCheck, "proof", verdict=Verdict.FAILED)
    before = len(run.bodies)
    assert sorted(run.go().bodies[before:]) == ["a", "c", "d"]
    assert run.report["outcome"] == Outcome.COMPLETED


def test_a_result_that_conflicts_without_the_wrong_one_is_done_again(play: Any) -> None:
    """Nobody merges it by hand."""
    run = wrong(play({"a": {}, "c": {}}).go(), "a").claim()
    run.will(do.MergeResult, "c", ev.MergeRefused, reason="it conflicts", conflicts=("c",))
    before = len(run.bodies)
    assert sorted(run.go().bodies[before:]) == ["a", "c"]


def test_what_consumed_it_and_runs_is_broken_off_and_counts_as_no_attempt(play: Any) -> None:
    """What consumed nothing goes on, and comes onto the branch as it is."""
    steps = {"a": {}, "b": {"needs": ("a",)}, "c": {}, "y": {}}
    run = play(steps, limits=Limits(parallel=4)).go(do.RunStep, "b").go(do.RunStep, "c")
    before = run.bodies
    wrong(run, "a").go()
    assert run.bodies[len(before) :].count("b") == 1
    assert run.bodies.count("c") == 1
    assert run.state.nodes["b"].failures == 0


def test_the_next_attempt_of_an_agent_is_told_why(play: Any) -> None:
    """The words of the person, and what its own result had consumed."""
    run = wrong(play(STEPS).go(), "a", why="It drops the last line")
    again(run)
    said = {name: run.state.nodes[name].lessons[-1].said for name in "abd"}
    assert said["a"] == "una found it wrong: It drops the last line"
    assert said["b"] == "it needs it, and what it reads is not declared (`reads`) of a"
    assert run.steps["d"]["tainted_by"] == ["a", "b"]


@pytest.mark.parametrize("effect", [Effect.IRREVERSIBLE, Effect.IDEMPOTENT])
def test_an_applied_effect_is_not_repeated_without_a_yes(play: Any, effect: Effect) -> None:
    """Whatever was approved beforehand; it is listed meanwhile."""
    run = play({"a": {}, "p": {"needs": ("a",), "effect": effect}}).go().reply("yes").go()
    run.say_yes().say(ev.ApprovalsGiven, allow=("p",))
    again(wrong(run, "a"))
    assert run.bodies == ["a", "p", "a"]
    assert len(run.asked) == 1
    assert [(one["step"], one["applied"]) for one in run.report["outside_effects"]] == [("p", True)]


def test_an_output_counts_as_consumed(play: Any) -> None:
    """Where it stands in the other step's command, and where a function is handed it."""
    steps = {"a": {}, "b": {"needs": ("a",), "body": RunBody(command="echo {steps.a.key} > b"), "reads": ("x",)}}
    run = play(steps).will(do.RunStep, "a", outputs={"key": "1"}).will(do.RunStep, "a", outputs={"key": "2"}).go()
    again(wrong(run, "a"))
    assert run.told(ev.ResultsTakenBack)[0].taken.tainted[1].why == "used its output key"
    assert run.state.nodes["b"].spec.body.text == "echo 2 > b"


def test_a_step_that_failed_on_a_wrong_result_is_tried_anew(play: Any) -> None:
    """The run had ended with it, and goes on."""
    run = play({"a": {}, "b": {"needs": ("a",)}}).will(do.RunStep, "b", ending=BAD).go()
    assert run.report["outcome"] == Outcome.PARTIALLY_COMPLETED
    assert again(wrong(run, "a")).states == {"a": "verified", "b": "verified"}


def test_what_has_no_result_cannot_be_taken_back(play: Any) -> None:
    """A step to come, and one of a run that was undone."""
    run = play({"a": {}, "b": {}}).go(do.RunStep, "b")
    with pytest.raises(IllegalTransition, match="no result to take back"):
        wrong(run, "b")


def test_it_survives_a_kill_at_any_event(play: Any) -> None:
    """Whatever was under way: the end is that of an undisturbed run, and no untainted body runs again."""
    run = wrong(play(STEPS).go(), "a")
    at, end = len(run.journal), again(run).journal
    for cut in range(at, len(end)):
        other = type(run).of(end[:cut]).claim().go()
        assert other.states == run.states
        bodies = other.bodies[len(STEPS) :]
        assert {"x", "c"}.isdisjoint(bodies)


def test_a_second_finding_while_results_are_brought_back_takes_only_its_own(play: Any) -> None:
    """Results that are off the branch at that moment are brought there all the same."""
    run = wrong(play(STEPS).go(), "a").claim().go(do.MergeResult, "c")
    before = len(run.bodies)
    wrong(run, "c").go()
    assert run.states == dict.fromkeys("xabcde", "verified")
    assert sorted(run.bodies[before:]) == ["b", "c", "d", "e"]


def amended(run: Any, *operations: Operation, revert: bool = False) -> Any:
    """Change the plan."""
    return run.say(ev.AmendmentProposed, amendment="m", operations=operations, why="Not wanted", revert=revert)


DROP_A = (DropStep(step=StepId("a")), ReplaceStep(step=StepId("b"), by=Step(id=StepId("b"), body=RunBody(command="b"))))


def test_a_verified_step_that_is_dropped_is_off_the_branch(play: Any) -> None:
    """With what consumed it; a result that did not is brought there again."""
    run = play({"a": {}, "b": {"needs": ("a",)}, "c": {}}).go()
    with pytest.raises(IllegalTransition, match="--revert"):
        amended(run, *DROP_A)
    assert [one.step for one in amended(run, *DROP_A, revert=True).claim().go().told(ev.ResultsTakenBack)] == []
    assert run.told(ev.PlanAmended)[0].taken.onto == "c0"
    assert run.bodies == ["a", "b", "c", "b"]
    assert run.states == {"b": "verified", "c": "verified"}


def test_a_verified_step_that_is_edited_goes_off_the_branch_before_it_is_done_again(play: Any) -> None:
    """Only what consumed its result is done again with it, not all that needs it."""
    steps = {"x": {}, "a": {}, "c": {"needs": ("a",), "reads": ("x",)}}
    other = ReplaceStep(step=StepId("a"), by=Step(id=StepId("a"), body=RunBody(command="a anew")))
    run = amended(play(steps).go(), other).claim().go()
    taken = run.told(ev.PlanAmended)[0].taken
    assert (taken.onto, taken.kept) == ("c0", ("x", "c"))
    assert run.bodies == ["a", "x", "c", "a"]


def test_an_amendment_that_consumes_an_applied_effect_wants_to_be_told_so(play: Any) -> None:
    """Then the effect stays, and is not repeated without a yes."""
    run = play({"a": {}, "p": {"needs": ("a",), **PAY}}).go().reply("yes").go()
    other = ReplaceStep(step=StepId("a"), by=Step(id=StepId("a"), body=RunBody(command="a anew")))
    with pytest.raises(IllegalTransition, match="was applied"):
        amended(run, other)
    amended(run, other, revert=True).claim().go()
    assert (run.bodies, len(run.asked)) == (["a", "p", "a"], 1)


@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("is_written", [False, True])
def test_what_is_committed_onto_a_wrong_result_is_committed_anew(play: Any, parallel: int, is_written: bool) -> None:
    """It has consumed nothing of it, so it is brought onto the branch as that is now."""
    run = play({"a": {}, "b": {}}, limits=Limits(parallel=parallel)).go(do.WriteCommit, "b")
    if is_written:
        run.let(do.WriteCommit)
    wrong(run, "a")
    assert run.go().bodies.count("b") == 1
    assert run.states == {"a": "verified", "b": "verified"}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("amended", [False, True])
@pytest.mark.parametrize("until", [do.UseTool, do.AskCheck])
def test_what_is_broken_off_is_not_taken_up_again_meanwhile(play: Any, until: Any, amended: bool) -> None:
    """Neither an agent, which could go on after a lost call, nor a check of a result that is there already."""
    body = AgentBody(instructions="b") if until is do.UseTool else RunBody(command="b")
    own = {"needs": ("a",), "reads": ("a",), "body": body, "checks": (PROOF,)}
    run = play({"a": {}, "b": own}).say(ev.ModelsConfigured, routing=ROUTING).go(until)
    if amended:
        other = ReplaceStep(step=StepId("b"), by=Step(id=StepId("b"), body=RunBody(command="other")))
        run.say(ev.AmendmentProposed, amendment="one", operations=(other,), why="It is better")
    else:
        wrong(run, "a")
    assert len(run.go().told(ev.EffectCancelled)) == 1


def agent(play: Any, **fields: Any) -> Any:
    """Return a run in which an agent is at work and has read nothing so far; `a` is verified."""
    body = AgentBody(instructions="b")
    return play({"a": {}, "b": {"body": body, **fields}}).say(ev.ModelsConfigured, routing=ROUTING).go(do.RequestModel)


def test_an_agent_that_is_at_work_on_what_it_needs_begins_anew(play: Any) -> None:
    """It has read nothing of that so far, but it may with its next call."""
    run = wrong(agent(play, needs=("a",)), "a").go()
    assert len(run.told(ev.ConversationStarted)) == 2
    assert (run.states["a"], run.state.nodes["b"].failures) == ("verified", 0)


def test_what_an_agent_reads_where_the_branch_has_gone_back_must_be_on_the_head(play: Any) -> None:
    """Its lane still holds the result that was found wrong, which it does not need and may read all the same."""
    run = wrong(agent(play), "a").will(do.UseTool, "1.1", saw={"a[1]": "d"}).go(do.MergeResult, "b")
    merging = [one for one in run.open if isinstance(one, do.MergeResult)]
    assert [(one.is_apart, one.reads) for one in merging] == [(True, ("a[[]1]",))]


def test_what_needs_a_result_that_is_judged_again_begins_afterwards(play: Any) -> None:
    """It was about to begin, and consumed nothing of what is taken back."""
    own = {"needs": ("c",), "reads": ("c",), "checks": (replace(PROOF, expect=Expect.FAIL_TO_PASS),)}
    run = play({"a": {}, "c": {"needs": ("a",), "reads": ("x",)}, "d": own}).go(do.AskCheck)
    wrong(run, "a").go()
    kinds = (ev.StepVerified, ev.BodyStarted)
    told = [(event.kind, event.step) for event in run.journal if isinstance(event, kinds) and event.step != "a"]
    assert told[2:] == [("step_verified", "c"), ("body_started", "d"), ("step_verified", "d")]


def test_a_clean_lane_that_was_asked_for_before_is_made_anew(play: Any) -> None:
    """The branch went back while it was made: the acceptance is asked about the commit that holds in the end."""
    whole = Check(name="whole", ask=CommandCheck(command="w"))
    run = play({"a": {}, "b": {}}, accept=(whole,)).go(do.OpenLane, "clean")
    run.say(ev.StepsFoundWrong, steps=("b",), why="It is wrong").go()
    opened = [event.commit for event in run.told(ev.LaneRequested) if event.lane == "clean"]
    assert len(opened) == 2
    assert opened[-1] == run.state.branch.head


def test_what_needs_a_step_that_is_done_again_does_not_hold_up_its_train(play: Any) -> None:
    """It stays, waits for that step, and comes after it, though it stands before it in the queue."""
    own = {name: Check(name=name, ask=CommandCheck(command=name), expect=Expect.FAIL_TO_PASS) for name in "xace"}
    steps: dict[str, Any] = {name: {"checks": (one,)} for name, one in own.items()}
    for name in "ce":
        steps[name] |= {"needs": ("a",), "reads": ("x",)}
    run = again(wrong(play(steps, limits=Limits(parallel=3)).go(), "a"))
    assert (run.bodies[-1], run.states) == ("a", dict.fromkeys("xace", "verified"))
