"""Verdicts that several steps need: asked once, waited for by the others, never taken from where a body was at work."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.plan import Check, Limits, Verify

KEPT = Check(name="kept", ask=CommandCheck(command="kept"), expect=Expect.PASS_TO_PASS)
THREE = {name: {"checks": (KEPT,)} for name in "abc"}


def three(play: Any) -> Any:
    """Begin three steps at once that ask the same, up to the first asking."""
    return play(THREE, limits=Limits(parallel=3)).go(do.AskCheck)


def under_way(run: Any) -> int:
    """Count the checks that are being asked."""
    return sum(isinstance(command, do.AskCheck) for command in run.open)


def all_ready(run: Any) -> Any:
    """Let the lanes of all steps be ready, the check that is under way unanswered."""
    while any(not isinstance(command, do.AskCheck) for command in run.open):
        run.let(type(next(command for command in run.open if not isinstance(command, do.AskCheck)))).go(do.AskCheck)
    return run


def test_what_is_being_asked_for_one_step_is_waited_for_by_the_others(play: Any) -> None:
    """One asking about the tree they all begin with, and two that use its verdict."""
    run = all_ready(three(play))
    assert under_way(run) == 1
    run.go(do.RunStep, "c")
    before = [one for one in run.told(ev.VerdictReused) if one.moment is Moment.BEFORE]
    assert (len(run.told(ev.CheckRequested)), len(before)) == (1, 2)


@pytest.mark.parametrize("said", [{"verdict": Verdict.FAILED}, {"verdict": Verdict.INCONCLUSIVE}, {"flaky": ("t",)}])
def test_an_answer_that_holds_for_nobody_else_is_waited_for_once(play: Any, said: dict[str, Any]) -> None:
    """Then each asks itself, at the same time: nobody stands in line."""
    run = all_ready(three(play)).will(do.AskCheck, "kept", **said).let(do.AskCheck).go(do.AskCheck)
    assert under_way(run) == 2


def test_an_asking_that_a_kill_cut_off_is_waited_for_by_nobody(play: Any) -> None:
    """The next engine asks anew, and once again for all three."""
    run = all_ready(three(play)).claim().go(do.AskCheck)
    assert under_way(all_ready(run)) == 1
    assert set(run.go().states.values()) == {"verified"}


def test_what_waits_in_its_lane_takes_its_checkpoint_anew_where_the_power_may_have_failed(play: Any) -> None:
    """The journal may have lost that its body began there: what that left must not decide what a check says."""
    run = all_ready(three(play))
    waiting = [name for name, node in run.state.nodes.items() if node.work.open is None]
    run.claim(boot="another")
    assert [run.state.nodes[name].work.place for name in waiting] == [None, None]
    assert set(run.go().states.values()) == {"verified"}


def test_a_lane_with_leavings_waits_for_no_verdict_of_another_one(play: Any) -> None:
    """What is asked there is another question, and its verdict nobody else's."""
    run = play({**THREE, "d": {"checks": (KEPT,), "needs": ("a", "b", "c")}}, limits=Limits(parallel=3))
    for name in "abc":
        run.will(do.Inspect, name, tree="t0", changed=(), lane_changed=True)
    run.go(do.RunStep, "c").go()
    after = [one.environment for one in run.told(ev.CheckRequested) if one.moment is Moment.AFTER and one.step != "d"]
    assert (len(set(after)), "env" in after) == (3, False)


def two_rounds(play: Any) -> Any:
    """Play six steps in two lanes whose bodies all leave something that no tree holds."""
    run = play({name: {"checks": (KEPT,)} for name in "abcdef"}, limits=Limits(parallel=2))
    for name in "abcdef":
        run.will(do.Inspect, name, lane_changed=True)
    return run.go()


def test_what_a_judging_lane_knows_is_not_asked_again_in_lanes_with_leavings(play: Any) -> None:
    """Before the body it is left to the judging lane, where no body ever runs; so each tree is asked about once."""
    run = two_rounds(play)
    asked = [one for one in run.told(ev.CheckRequested) if one.moment is Moment.BEFORE]
    places = [(one.tree, one.environment) for one in asked if one.environment == "env"]
    assert len(places) == len(set(places))
    assert (set(run.states.values()), len(asked) < 6) == ({"verified"}, True)


def test_no_verdict_is_used_in_a_lane_with_leavings_that_was_not_given_there(play: Any) -> None:
    """A verdict counts where tree and environment are those it was given for."""
    run = two_rounds(play)
    given = {(one.tree, one.environment) for one in run.told(ev.CheckAnswered)}
    assert all(record["before"] == "passed" for step in run.steps.values() for record in step["checks"])
    assert {one.environment.split("#")[0] for one in run.told(ev.CheckRequested)} == {"env"}
    assert all((one.tree, one.environment) in given for one in run.told(ev.CheckRequested))


@pytest.mark.parametrize(("names", "parked"), [("ab", False), ("abc", True)])
def test_a_result_on_the_head_gives_up_its_lane_where_another_step_waits_for_one(
    play: Any, names: str, *, parked: bool
) -> None:
    """What others ask as well is asked in a judging lane then; where nobody waits, its own lane is as good."""
    limits = Limits(parallel=2, verify=Verify.QUEUE)
    run = play({name: {"checks": (KEPT,)} for name in names}, limits=limits).go(do.RunStep, "b").let(do.RunStep)
    run.go(do.RunStep, "c") if parked else run.go()
    assert ("a" in [one.step for one in run.told(ev.ResultParked)]) == parked
    assert set(run.go().states.values()) == {"verified"}
