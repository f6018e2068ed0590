"""Candidates of one step that are made at once, each in a lane of its own (M38)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendments import DropStep, ReplaceStep
from surefoot.core.approval import Precondition
from surefoot.core.ids import StepId
from surefoot.core.plan import Effect, FunctionBody, Limits, RetryPolicy, RunBody, Service, Step, Tier
from surefoot.errors import IllegalTransition
from tests.core.conftest import Play
from tests.core.test_kernel_candidates import BAD, MAJORITY, SEVERAL

TWO, THREE = "(candidate:a:2)", "(candidate:a:3)"
AT_ONCE = Limits(parallel=3)


def with_bodies_open(run: Play) -> list[str]:
    """Answer everything but bodies, as long as there is something else; return whose bodies are under way then."""
    while others := [one for one in run.go(do.RunStep).open if not isinstance(one, do.RunStep)]:
        run.let(type(others[0]))
    return [one.step for one in run.open if isinstance(one, do.RunStep)]


def test_candidates_are_made_at_once_where_lanes_are_free() -> None:
    """Each has a lane and a number of its own; the report has the one step, with three candidates that agree."""
    run = Play({"a": SEVERAL}, limits=AT_ONCE)
    assert with_bodies_open(run) == ["a", TWO, THREE]
    run.go()
    made = run.steps["a"]["candidates"]
    assert (list(run.steps), run.steps["a"]["proof"]) == (["a"], "agreement")
    assert [(one["candidate"], one["attempt"]) for one in made] == [(1, 1), (2, 2), (3, 3)]
    assert [len({one.lane for one in run.told(ev.CheckpointRequested)}), run.steps["a"]["attempts"]] == [3, 4]


def test_other_steps_go_first() -> None:
    """What is ready has the lanes; what is left is for further candidates."""
    run = Play({"a": SEVERAL, "b": {}}, limits=Limits(parallel=2)).go(do.RunStep, "b")
    assert [event.step for event in run.told(ev.StepStarted)] == ["a", "b"]
    assert set(run.go().states.values()) == {"verified"}


def test_all_are_made_on_the_commit_of_the_first() -> None:
    """Whatever another step has brought onto the branch meanwhile."""
    run = Play({"a": SEVERAL, "b": {}}, limits=Limits(parallel=2)).go()
    assert {one["base"] for one in run.steps["a"]["candidates"]} == {"c0"}
    assert run.states == {"a": "verified", "b": "verified"}


def test_one_that_fails_is_made_by_the_step_itself() -> None:
    """It counts as one of the attempts of all candidates together."""
    run = Play({"a": SEVERAL}, limits=AT_ONCE).will(do.RunStep, TWO, ending=BAD).go()
    kept = [(event.step, event.candidate) for event in run.told(ev.CandidateKept)]
    assert (sorted(kept), run.steps["a"]["proof"]) == ([("(candidate:a:3)", 3), ("a", 1), ("a", 2)], "agreement")


def test_where_too_many_fail_a_person_is_asked() -> None:
    """As where they are made one after the other."""
    step = {**SEVERAL, "retry": RetryPolicy(maximum_attempts=1)}
    run = Play({"a": step}, limits=AT_ONCE)
    run.will(do.RunStep, TWO, ending=BAD).will(do.RunStep, THREE, ending=BAD).go()
    assert "1 of 3 candidates passed their checks; the other attempts failed." in run.asked[0]


def test_where_all_fail_at_once_no_more_are_made_than_the_plan_allows() -> None:
    """The attempt of the step waits for what becomes of the others before it is said to go on."""
    run = Play({"a": SEVERAL}, limits=AT_ONCE)
    for name in ("a", TWO, THREE):
        run.will(do.RunStep, name, ending=BAD)
    assert (run.go().states["a"], len(run.bodies)) == ("failed", 3)


def test_none_is_begun_while_what_the_step_needs_is_made_again() -> None:
    """It would rest on what was found wrong."""
    run = Play({"z": {}, "a": {**SEVERAL, "needs": ("z",)}}, limits=AT_ONCE).go(do.RunStep, "a")
    run.say(ev.StepsFoundWrong, steps=("z",), why="w").go()
    kinds = [(type(event), getattr(event, "step", "")) for event in run.journal]
    again = [at for at, one in enumerate(kinds) if one == (ev.StepVerified, "z")][1]
    assert [at > again for at, one in enumerate(kinds) if one == (ev.StepStarted, TWO)][-1]
    assert run.steps["a"]["proof"] == "agreement"


def test_results_that_differ_are_told_apart_whichever_was_kept_first() -> None:
    """And which of them most agree with may count."""
    run = Play({"a": MAJORITY}, limits=AT_ONCE).will(do.KeepCandidate, THREE, shown="z").go()
    step = run.steps["a"]
    assert (step["proof"], [one["agrees_with"] for one in step["candidates"]]) == ("fail_to_pass", [[2], [1], []])


@pytest.mark.parametrize("more", [{}, {"artifacts": ("dist",), "scratch": ("t",), "uses": ("db",), "writes": ("a",)}])
def test_wherever_the_engine_dies_each_is_made_and_none_that_was_kept_is_made_again(more: dict[str, Any]) -> None:
    """The journal says which there are; those under way are made anew."""
    db = Service(name="db", run="db")
    steps = {"a": {**SEVERAL, **more}, "b": {"needs": ("a",)}}
    whole = Play(steps, limits=AT_ONCE, services=(db,)).go().journal
    for at in range(3, len(whole)):
        run = Play.of(whole[:at]).claim().go()
        made = sorted(event.candidate for event in run.told(ev.CandidateKept))
        assert (made, run.steps["a"]["proof"], run.states["b"]) == ([1, 2, 3], "agreement", "verified")


def _amend(run: Play) -> None:
    anew = Step(id=StepId("a"), body=RunBody(command="other"), **{**SEVERAL, "best_of": 2})
    run.say(ev.AmendmentProposed, amendment="m", operations=(ReplaceStep(step=anew.id, by=anew),), why="w")


def _drop(run: Play) -> None:
    run.say(ev.AmendmentProposed, amendment="m", operations=(DropStep(step=StepId("a")),), why="w")


def _pause(run: Play) -> None:
    run.say(ev.PauseRequested, interrupt=True).go().say(ev.RunResumed)


def _find_wrong(run: Play) -> None:
    run.say(ev.StepsFoundWrong, steps=("z",), why="w")


@pytest.mark.parametrize("change", [_amend, _drop, _pause, _find_wrong])
def test_whatever_happens_meanwhile_the_run_comes_to_its_end(change: Callable[[Play], None]) -> None:
    """At any moment: what is made for a step that has become another one, or is no more, is left."""
    steps = {"z": {}, "a": {**SEVERAL, "needs": ("z",)}, "b": {}}
    length = len(Play(steps, limits=AT_ONCE).go().journal)
    for at in range(1, length):
        run = Play(steps, limits=AT_ONCE)
        for _ in range(at):
            run.step()
        if run.state.outcome is not None or run.states["z"] != "verified":
            continue
        change(run)
        assert set(run.go().states.values()) <= {"verified"}, at


def test_a_run_that_is_cancelled_leaves_nothing_under_way() -> None:
    """At any moment."""
    for at in range(1, 60):
        run = Play({"a": SEVERAL}, limits=AT_ONCE)
        for _ in range(at):
            run.step()
        if run.state.outcome is None:
            run.say(ev.CancelRequested).go()
        assert (run.open, run.state.outcome is not None) == ([], True)


def test_what_shares_a_port_is_made_one_after_the_other() -> None:
    """No service stands in the way of another one."""
    web = Service(name="web", run="w", network=True)
    step = {**SEVERAL, "uses": ("web",), "network": True, "effect": Effect.REVERSIBLE}
    run = Play({"a": step}, limits=AT_ONCE, services=(web,)).go()
    assert {event.step for event in run.told(ev.StepStarted)} == {"a"}


def test_functions_of_the_program_are_called_at_once() -> None:
    """Each in a lane of its own, and told which candidate it makes."""
    run = Play({"a": {**SEVERAL, "body": FunctionBody(name="f")}}, limits=AT_ONCE)
    assert with_bodies_open(run) == ["a", TWO, THREE]
    assert [one.candidate for one in run.open if isinstance(one, do.RunStep)] == [1, 2, 3]
    assert run.go().steps["a"]["proof"] == "agreement"


def test_one_approval_covers_all_candidates_of_a_step() -> None:
    """The others begin once the person has said yes, and nobody is asked about them."""
    run = Play({"a": {**SEVERAL, "tier": Tier.CONFIRM}}, limits=AT_ONCE).go()
    assert ({event.step for event in run.told(ev.StepStarted)}, len(run.asked)) == ({"a"}, 1)
    run.reply("yes")
    assert with_bodies_open(run) == ["a", TWO, THREE]
    assert (run.go().steps["a"]["proof"], len(run.told(ev.QuestionAsked))) == ("agreement", 1)


def test_a_refusal_begins_no_candidate() -> None:
    """Nothing of the step runs."""
    run = Play({"a": {**SEVERAL, "tier": Tier.CONFIRM}}, limits=AT_ONCE).go().reply("no").go()
    assert (run.bodies, {event.step for event in run.told(ev.StepStarted)}) == ([], {"a"})


def test_a_candidate_that_rests_on_something_else_is_asked_about_by_itself() -> None:
    """What was approved is the step as it was shown: where its lane finds it otherwise, that is another question."""
    run = Play({"a": {**SEVERAL, "tier": Tier.CONFIRM}}, limits=AT_ONCE)
    other = (Precondition(name="x", state="other"),)
    run.will(do.TakeCheckpoint, THREE, preconditions=other).go().reply("yes").go()
    assert [text.split("\n", 1)[0] for text in run.asked] == ["Candidate 3 of step a"]
    assert run.reply("yes").go().steps["a"]["proof"] == "agreement"


def test_what_is_asked_about_one_candidate_cannot_be_answered_with_another_command() -> None:
    """All are made from the same step."""
    run = Play({"a": {**SEVERAL, "tier": Tier.CONFIRM}}, limits=AT_ONCE)
    other = (Precondition(name="x", state="other"),)
    run.will(do.TakeCheckpoint, THREE, preconditions=other).go().reply("yes").go()
    with pytest.raises(IllegalTransition, match="one of several candidates"):
        run.reply("yes", edit="other")
