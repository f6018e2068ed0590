"""Which rung follows a failed attempt, how often, and that none is climbed without its event."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelRouting, RoleModels
from surefoot.core.event_words import Diagnosis, Ending, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.ladder_table import LADDERS, RUNGS, Ladders, Rung, bounded
from surefoot.core.plan import AgentBody, Body, Limits, OnFailure, RetryPolicy, Step, WorkerBody
from surefoot.core.prompt_prefix import advice_told
from surefoot.core.step_state import StepState
from tests.core.conftest import Play
from tests.core.test_kernel_conversations import AGENT, CASTING, FIRST, SECOND, begun, failing

WEAK = ModelRouting(roles={name: RoleModels(chain=(FIRST, SECOND)) for name in CASTING.roles})
WITH_PLANNER = ModelRouting(roles=CASTING.roles, with_planner=True)
REFUSED = Ending(status=Status.EXIT, exit_code=7, text="connection refused")
BAD = Ending(status=Status.EXIT, exit_code=1)


def agent(attempts: int = 3, **fields: Any) -> dict[str, Any]:
    """Make a step of an agent whose check can fail."""
    return {"a": {**AGENT, "checks": (failing(),), "retry": RetryPolicy(maximum_attempts=attempts), **fields}}


def red(run: Any, times: int) -> Any:
    """Let the check of so many attempts fail, and go on to the end."""
    for _ in range(times):
        run.will(do.AskCheck, "k", verdict=Verdict.FAILED, text="1 != 2")
    return run.go()


def with_ladders(run: Any, **rungs: tuple[Rung, ...]) -> Any:
    """Let these ladders hold."""
    ladders = Ladders(rungs={name: bounded(one) for name, one in rungs.items()}, own=tuple(rungs))
    return run.say(ev.RecoveriesConfigured, ladders=ladders.in_force)


def climbed(run: Any) -> list[str]:
    """Return the rungs, in order."""
    return [event.rung.value for event in run.told(ev.RecoveryChosen)]


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
def test_the_stronger_model_has_the_last_attempt_and_fresh_ones_come_before(play: Any, attempts: int) -> None:
    """So many attempts as `retry` has, and no more; then the ladder ends (M66, M88)."""
    run = red(begun(play, agent(attempts)), attempts)
    expected = ["fresh"] * (attempts - 2) + ["stronger"] * (attempts > 1) + ["on_failure"]
    assert climbed(run) == expected
    assert run.states == {"a": "failed"}


def test_a_ladder_without_a_stronger_model_leaves_it_out(play: Any) -> None:
    """The attempts are used all the same."""
    assert climbed(red(begun(play, agent(3), routing=WEAK), 3)) == ["fresh", "fresh", "on_failure"]


def test_no_attempt_follows_a_failed_one_without_its_rung(play: Any) -> None:
    """Each is told before: at the same place in the journal or an earlier one (M69)."""
    run = red(begun(play, agent(3)), 3)
    kinds: list[type[Event]] = [type(event) for event in run.journal]
    for at, kind in enumerate(kinds):
        if kind in (ev.RetryScheduled, ev.StepFailed):
            assert kinds[at - 1] is ev.RecoveryChosen


def test_an_agent_that_writes_outside_the_scope_has_left_its_goal(play: Any) -> None:
    """So the goal is put before it again (M85); a command does what it was told."""
    run = begun(play, agent()).will(do.Inspect, "a", outside=("/etc/x",)).go()
    assert run.told(ev.AttemptFailed)[0].diagnosis == "goal_drift"
    assert run.told(ev.RecoveryChosen)[0].rung == "restate"


def test_a_rung_that_is_no_plain_attempt_is_climbed_once(play: Any) -> None:
    """Though three attempts are left, the ladder of the settings has but one other rung."""
    run = with_ladders(begun(play, agent(5)), verification=(Rung.VERIFY_CLAIMS, Rung.RESTATE, Rung.DEAD_LETTER))
    assert climbed(red(run, 5)) == ["verify_claims", "restate", "dead_letter"]
    assert run.states == {"a": "failed"}


def test_a_dead_letter_is_not_given_to_the_planner(play: Any) -> None:
    """It waits for a person; with `on_failure` the planner would be asked (M77)."""
    run = with_ladders(begun(play, agent(1), routing=WITH_PLANNER), verification=(Rung.DEAD_LETTER,))
    assert "(replan)" not in {event.step for event in red(run, 1).told(ev.StepStarted)}
    other = red(begun(play, agent(1), routing=WITH_PLANNER), 1)
    assert "(replan)" in {event.step for event in other.told(ev.StepStarted)}


def test_the_planner_is_asked_to_split_what_needs_smaller_steps(play: Any) -> None:
    """It is told so in its instructions (M87)."""
    run = with_ladders(begun(play, agent(3), routing=WITH_PLANNER), verification=(Rung.SMALLER,))
    red(run, 1)
    assert climbed(run)[0] == "smaller"
    [spec] = [event.spec for event in run.told(ev.StepStarted) if event.step == "(replan)"]
    assert "is to be split" in spec.body.text


def test_without_a_planner_nothing_is_split(play: Any) -> None:
    """The next rung follows."""
    run = with_ladders(begun(play, agent(3)), verification=(Rung.SMALLER, Rung.ASK))
    assert climbed(red(run, 1)) == ["ask"]
    assert run.states == {"a": "waiting"}


def test_a_command_is_retried_where_its_failure_may_pass(play: Any) -> None:
    """Three attempts, as `retry` has them; then the step's `on_failure`."""
    run = play({"a": {}})
    for _ in range(3):
        run.will(do.RunStep, "a", ending=REFUSED)
    assert climbed(run.go()) == ["retry", "retry", "on_failure"]


def test_the_settings_can_have_a_command_retried_that_fails_for_good(play: Any) -> None:
    """Built in, it is not: another attempt would meet the same."""
    assert climbed(play({"a": {}}).will(do.RunStep, "a", ending=BAD).go()) == ["on_failure"]
    run = with_ladders(play({"a": {}}), structural=(Rung.RETRY, Rung.ASK)).will(do.RunStep, "a", ending=BAD)
    assert climbed(run.go()) == ["retry"]
    assert run.states == {"a": "verified"}


def test_the_ladder_of_the_settings_stands_above_on_failure(play: Any) -> None:
    """Where it ends with a person, one is asked; `on_failure` names what the plan says."""
    steps = {"a": {"on_failure": OnFailure.SKIP}}
    run = with_ladders(play(steps), structural=(Rung.ASK,)).will(do.RunStep, "a", ending=BAD).go()
    assert run.states == {"a": "waiting"}
    assert play(steps).will(do.RunStep, "a", ending=BAD).go().states == {"a": "skipped"}


def test_a_result_found_wrong_later_is_taken_back_by_its_rung(play: Any) -> None:
    """The event names who found it; it comes once, before the result goes (M76)."""
    run = play({"a": {}, "b": {"needs": ("a",)}}).go().say(ev.StepsFoundWrong, steps=("a",), why="It is wrong")
    run.claim().go()
    [chosen] = run.told(ev.RecoveryChosen)
    assert (chosen.rung, chosen.diagnosis, chosen.step) == (Rung.INVALIDATE, Diagnosis.SILENT_ERROR, "a")
    assert "It is wrong" in chosen.told[0]
    kinds: list[type[Event]] = [type(event) for event in run.journal]
    assert kinds.index(ev.RecoveryChosen) < kinds.index(ev.ResultsTakenBack)


def test_a_step_that_is_tried_again_by_a_person_has_its_whole_ladder(play: Any) -> None:
    """What was climbed before stays in the report."""
    run = red(begun(play, agent(2)), 2)
    run.say(ev.StepsInvalidated, steps=("a",)).claim()
    red(run, 1)
    assert climbed(run) == ["stronger", "on_failure", "stronger"]
    assert [one["rung"] for one in run.steps["a"]["recoveries"]] == ["stronger", "on_failure", "stronger"]


@pytest.mark.parametrize("failure", LADDERS)
def test_every_ladder_is_finite_and_ends_once(failure: Diagnosis) -> None:
    """With a person or the report; no rung stands in it twice."""
    rungs = LADDERS[failure].rungs
    assert len(set(rungs)) == len(rungs)
    assert [RUNGS[rung].ends for rung in rungs] == [False] * (len(rungs) - 1) + [True]


def test_a_ladder_without_an_end_has_that_of_the_plan() -> None:
    """And what stands behind an end is never reached."""
    assert bounded((Rung.FRESH,)) == (Rung.FRESH, Rung.ON_FAILURE)
    assert bounded((Rung.ASK, Rung.FRESH)) == (Rung.ASK,)


def test_an_engine_that_dies_once_the_rung_is_chosen_climbs_no_other(play: Any) -> None:
    """The next engine does what the rung says: it is journaled before it is climbed."""
    run = red(begun(play, agent(3)), 1)
    at = next(at for at, event in enumerate(run.journal) if isinstance(event, ev.RecoveryChosen))
    again = Play.of(run.journal[: at + 1]).claim().go()
    assert climbed(again) == ["fresh"]
    assert again.states == {"a": "verified"}


def test_an_agent_is_told_to_look_again_where_its_base_was_left_behind(play: Any) -> None:
    """What other steps changed meanwhile is named (M142)."""
    steps = {**agent(3), "b": {}}
    run = begun(play, steps, limits=Limits(parallel=2)).go(do.RequestModel, "a")
    run.go(do.MergeResult, "a").will(do.MergeResult, "a", ev.MergeRefused, reason="both changed b").go()
    [chosen] = [event for event in run.told(ev.RecoveryChosen) if event.rung is Rung.REOBSERVE]
    assert chosen.told == ("step b changed b",)


@pytest.mark.parametrize(
    ("body", "is_told"), [(AgentBody(instructions="do"), True), (WorkerBody(instructions="do", worker="acp:x"), False)]
)
def test_only_agents_that_lose_tools_are_told_so(body: Body, *, is_told: bool) -> None:
    """Those of others keep what they have."""
    node = StepState(spec=Step(id=StepId("a"), body=body), order=(0, 0), needs=())
    chosen = ev.RecoveryChosen(
        at=1.0, step=StepId("a"), attempt=1, diagnosis=Diagnosis.GOAL_DRIFT, rung=Rung.RESTATE, ladder=(), rule=""
    )
    node.recoveries = (chosen,)
    assert ("are taken away" in advice_told(node)) is is_told
    assert "left the goal" in advice_told(node)
