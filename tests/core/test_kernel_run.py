"""The run as a whole: its phases, its lanes and groups, and what people ask of it at any moment."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Diagnosis, Ending, Status, Verdict
from surefoot.core.kernel import decide
from surefoot.core.plan import AskBody, Check, Effect, ForEach, Limits, OnFailure, Prepare, RetryPolicy
from surefoot.errors import IllegalTransition

BAD = Ending(status=Status.EXIT, exit_code=1)
SLOW = Ending(status=Status.TIMEOUT)
CHECK = Check(name="c", ask=CommandCheck(command="c"))
KEPT = Check(name="kept", ask=CommandCheck(command="kept"), expect=Expect.PASS_TO_PASS)
WANTED = Check(name="wanted", ask=CommandCheck(command="wanted"), expect=Expect.FAIL_TO_PASS)
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
EACH: dict[str, Any] = {"for_each": ForEach(items=("x", "y"))}
LISTED: dict[str, Any] = {"for_each": ForEach(lines="ls")}
WHOLE: dict[str, Any] = {
    "g-{item}": EACH,
    "a": {"needs": ("g-*",), "checks": (CHECK,), "retry": RetryPolicy(retry_unknown=True)},
}


def restore(run: Any, to: str, *pending: str) -> Any:
    """Take a run back to a step and let it go on."""
    return run.say(ev.RunRestored, to=to, commit=f"c-{to}", pending=pending).claim().say(ev.RunResumed)


def test_a_run_of_a_plan_that_goes_in_a_circle_is_refused(play: Any) -> None:
    """Nobody has to find out by waiting."""
    with pytest.raises(IllegalTransition, match="circle"):
        play({"a": {"needs": ("b",)}, "b": {"needs": ("a",)}})


def test_an_engine_that_let_go_decides_nothing(play: Any) -> None:
    """What it had under way is the next one's to settle."""
    run = play({"a": {}}).go(do.RunStep).say(ev.EngineStopped, reason="error")
    assert decide(run.state, run.now) == []
    assert run.claim().go().states["a"] == "verified"


# --- at any moment

MOMENTS = [
    (do.OpenLane, "1"),
    (do.AskCheck, "wanted"),
    (do.ExpandGroup, None),
    (do.TakeCheckpoint, "g-x"),
    (do.RunStep, "g-y"),
    (do.Inspect, "a"),
    (do.AskCheck, "c"),
    (do.RestoreLane, "a"),
    (do.WaitForRetry, "a"),
    (do.WriteCommit, "a"),
    (do.OpenLane, "clean"),
    (do.AskCheck, "kept"),
]


def until(play: Any, command: type[do.Command], name: str | None) -> Any:
    """Begin a run that meets everything, and work until that command is under way."""
    run = play(WHOLE, accept=(WANTED, KEPT)).will(do.RunStep, "a", ending=BAD)
    if name == "kept":
        run.go(do.AskCheck, "kept").let(do.AskCheck)
    return run.go(command, name)


def completes(run: Any) -> None:
    """Make sure that the run goes on to its end, with every step verified once."""
    run.go()
    assert run.report["outcome"] == "completed", run.states
    assert run.states == {"g-x": "verified", "g-y": "verified", "a": "verified"}


@pytest.mark.parametrize(("command", "name"), MOMENTS)
def test_a_run_killed_at_any_moment_goes_on_to_its_end(play: Any, command: type[do.Command], name: str | None) -> None:
    """Whatever was under way is done again by the next engine."""
    completes(until(play, command, name).claim())


@pytest.mark.parametrize("interrupt", [False, True])
@pytest.mark.parametrize(("command", "name"), MOMENTS)
def test_a_run_paused_at_any_moment_pauses_and_goes_on_when_resumed(
    play: Any, command: type[do.Command], name: str | None, interrupt: bool
) -> None:
    """A pause is reached from everywhere, and costs nothing but time."""
    run = until(play, command, name).say(ev.PauseRequested, interrupt=interrupt).go()
    assert (run.report["state"], run.report["reason"]) == ("paused", "asked by una")
    completes(run.say(ev.RunResumed))


@pytest.mark.parametrize(("command", "name"), MOMENTS)
def test_a_run_cancelled_at_any_moment_ends_and_can_be_retried(
    play: Any, command: type[do.Command], name: str | None
) -> None:
    """Nothing stays under way, and a retry takes up what was cancelled."""
    run = until(play, command, name).say(ev.CancelRequested).go()
    assert (run.report["outcome"], run.report["reason"]) == ("cancelled", "cancelled by una")
    assert set(run.states.values()) <= {"verified", "cancelled"}
    completes(run.say(ev.StepsInvalidated, steps=()).claim())


@pytest.mark.parametrize("command", [do.RunStep, do.AskCheck, do.Inspect, do.WriteCommit])
def test_an_outside_effect_under_way_is_waited_for(play: Any, command: type[do.Command]) -> None:
    """A person who cancels gets the run's end once it is known what the effect came to."""
    run = play({"a": {**PAY, "checks": (CHECK,)}, "b": {}}).say(ev.ApprovalsGiven, allow=("a",)).go(command)
    run.say(ev.CancelRequested).go()
    assert (run.states, run.told(ev.EffectCancelled)) == ({"a": "verified", "b": "cancelled"}, [])


def test_a_cancelled_run_takes_back_its_questions(play: Any) -> None:
    """Nobody is asked about a run that has ended."""
    run = play({"a": PAY}).go().say(ev.CancelRequested).go()
    assert (run.states["a"], run.asked) == ("cancelled", [])


# --- lanes


@pytest.mark.parametrize(
    ("failures", "outcome"),
    [
        ([Diagnosis.TRANSIENT], "completed"),
        ([Diagnosis.TRANSIENT] * 2, "completed"),
        ([Diagnosis.TRANSIENT] * 3, "failed"),
        ([Diagnosis.STRUCTURAL], "failed"),
    ],
)
def test_a_lane_that_cannot_be_made_usable_ends_the_run(play: Any, failures: list[Diagnosis], outcome: str) -> None:
    """It is tried three times where that can help; the reason stands in the report."""
    run = play({"a": {}})
    for diagnosis in failures:
        run.will(do.OpenLane, "1", ev.EffectFailed, diagnosis=diagnosis, reason="npm: no such package")
    run.go()
    reason = None if outcome == "completed" else "npm: no such package"
    assert (run.report["outcome"], run.report["reason"]) == (outcome, reason)


@pytest.mark.parametrize("cut_off", [do.OpenLane, do.TakeCheckpoint])
def test_a_lane_whose_preparation_a_kill_cut_off_is_made_anew(play: Any, cut_off: type[do.Command]) -> None:
    """Done over where it was cut off, prepare would meet its own leavings."""
    run = play({"a": {}}, prepare=Prepare(run="make")).go(cut_off).claim().go()
    assert [event.fresh for event in run.told(ev.LaneRequested)] == [False, True]


@pytest.mark.parametrize("fields", [{}, {"prepare": Prepare(run="make")}])
def test_a_lane_that_is_prepared_is_kept_after_a_kill(play: Any, fields: dict[str, Any]) -> None:
    """To prepare it takes longer than most steps."""
    run = play({"a": {}}, **fields).go(do.RunStep if fields else do.OpenLane).claim().go()
    assert {event.fresh for event in run.told(ev.LaneRequested)} == {False}


@pytest.mark.parametrize("known_last", [do.OpenLane, do.TakeCheckpoint])
def test_a_lane_that_a_body_may_have_used_unknown_shares_no_verdicts(play: Any, known_last: type[do.Command]) -> None:
    """A power cut may take from the journal that a body began, and what the body left beside the files stays."""
    run = play({"a": {}}).go(known_last)
    before = run.state.lanes["1"].key
    assert run.claim().go().state.lanes["1"].key not in (before, "env")


def test_a_group_whose_items_a_command_lists_has_a_lane_for_it(play: Any) -> None:
    """The command runs where the steps do."""
    run = play({"g-{item}": LISTED}).go(do.ExpandGroup)
    assert (run.open[0].lane, [e.lane for e in run.told(ev.LaneRequested)]) == ("1", ["1"])


# --- groups and needs


@pytest.mark.parametrize(("is_ok", "states"), [(True, ["verified", "verified"]), (False, ["failed", "blocked"])])
def test_a_group_without_items_holds_only_where_the_plan_says_so(play: Any, is_ok: bool, states: list[str]) -> None:
    """Nothing found is more often a mistake than a result."""
    run = play({"g-{item}": {**LISTED, "if_empty_ok": is_ok}, "b": {"needs": ("g-*",)}}).go()
    assert [node.status.value for node in run.state.nodes.values()] == states


def test_a_group_whose_items_cannot_be_found_is_failed_and_can_be_tried_again(play: Any) -> None:
    """The reason is the command's; a retry asks for the items anew."""
    run = play({"g-{item}": LISTED}).will(do.ExpandGroup, "g-{item}", ev.EffectFailed, reason="exit status 1").go()
    assert run.steps["g-{item}"]["reason"] == "exit status 1"
    run.say(ev.StepsInvalidated, steps=("g-{item}",)).claim().will(do.ExpandGroup, "g-{item}", items=("x",)).go()
    assert run.states == {"g-x": "verified"}


def test_what_needs_a_group_waits_for_all_its_members(play: Any) -> None:
    """One member that fails blocks it; the others are done all the same."""
    run = play({"g-{item}": EACH, "b": {"needs": ("g-*",)}}).will(do.RunStep, "g-x", ending=BAD).go()
    assert run.states == {"g-x": "failed", "g-y": "verified", "b": "blocked"}
    assert run.steps["b"]["blocked_by"] == ["g-x"]


def test_a_blocked_step_names_all_that_block_it(play: Any) -> None:
    """Who cures one failure sees that there is another (M75)."""
    steps = {"a": {}, "b": {}, "d": {"needs": ("a", "b")}, "e": {"needs": ("d",)}}
    run = play(steps).will(do.RunStep, "a", ending=BAD).will(do.RunStep, "b", ending=BAD).go()
    assert (run.steps["d"]["blocked_by"], run.steps["e"]["blocked_by"]) == (["a", "b"], ["a", "b"])


def test_a_step_starts_after_the_last_of_its_needs(play: Any) -> None:
    """Two needs, one of them slow."""
    run = play({"a": {}, "b": {}, "d": {"needs": ("a", "b")}}, base=None, limits=Limits(parallel=3))
    assert run.will(do.RunStep, "a", ending=SLOW).go().bodies == ["a", "b", "a", "d"]


def test_no_more_runs_at_once_than_the_limit_allows(play: Any) -> None:
    """Bodies and the expansion of groups count alike, and one group is expanded at a time."""
    steps = {"a": {}, "g-{item}": EACH, "h-{item}": EACH, "b": {}}
    run = play(steps, base=None, limits=Limits(parallel=2)).go()
    ways = {ev.BodyStarted: 1, ev.BodyFinished: -1, ev.GroupExpansionRequested: 1, ev.GroupExpanded: -1}
    counts = [ways.get(type(event), 0) for event in run.journal]
    assert max(sum(counts[:end]) for end in range(len(counts))) == 2
    assert run.report["outcome"] == "completed"


def test_questions_of_steps_that_run_at_once_have_different_ids(play: Any) -> None:
    """Each can be answered for itself."""
    ask = {"body": AskBody(question="Which?")}
    run = play({"a": ask, "b": ask}, base=None, limits=Limits(parallel=2)).go()
    assert [q["id"][-2:] for q in run.report["questions"]] == [".1", ".2"]


# --- going back


def test_a_rollback_takes_later_work_with_it_until_the_cause_is_cured(play: Any) -> None:
    """What was made on the lost ground is held back, the old tip is kept, and a retry does all of it again."""
    steps = {
        "z": {},
        "a": {"needs": ("z",)},
        "b": {"needs": ("a",)},
        "g-{item}": {**EACH, "needs": ("b",)},
        "f": {"needs": ("g-*",), "on_failure": OnFailure.ROLLBACK, "rollback_to": "z"},
    }
    run = play(steps).will(do.RunStep, "f", ending=BAD).go()
    held = dict.fromkeys(("a", "b", "g-x", "g-y"), "blocked")
    assert run.states == {"z": "verified", "f": "failed", **held}
    assert (run.report["head"], run.told(ev.BranchUpdateRequested)[-1].kept) == ("c-z", 1)
    run.say(ev.StepsInvalidated, steps=("f",)).claim().go()
    assert set(run.states.values()) == {"verified"}


def test_a_rollback_leaves_what_cannot_be_taken_back(play: Any) -> None:
    """An effect that was applied and wrote nothing stays done: doing it again would not undo it."""
    steps = {
        "z": {},
        "a": {"needs": ("z",)},
        "e": {**PAY, "needs": ("a",)},
        "f": {"needs": ("e",), "on_failure": OnFailure.ROLLBACK, "rollback_to": "z"},
    }
    run = play(steps).say(ev.ApprovalsGiven, allow=("e",)).will(do.Inspect, "e", tree="t-a", changed=())
    run.will(do.RunStep, "f", ending=BAD).go()
    assert run.states == {"z": "verified", "a": "blocked", "e": "verified", "f": "failed"}


def test_a_run_that_was_restored_does_the_rest_again(play: Any) -> None:
    """The branch is where the step left it; later steps, members of groups included, are done anew."""
    run = play({"z": {}, "g-{item}": {**EACH, "needs": ("z",)}, "c": {"needs": ("g-*",)}}).go()
    restore(run, "z", "g-x", "g-y", "c").go()
    assert run.bodies == ["z", "g-x", "g-y", "c", "g-x", "g-y", "c"]
    assert run.report["outcome"] == "completed"


def test_a_step_whose_ground_was_taken_away_while_it_waited_starts_after_it_is_back(play: Any) -> None:
    """Its time comes while what it needs is being done again."""
    run = play({"z": {}, "a": {"needs": ("z",)}, "b": {"needs": ("a",)}}).will(do.RunStep, "b", ending=SLOW)
    run.go(do.WaitForRetry).say(ev.PauseRequested).go(do.WaitForRetry)
    restore(run, "z", "a").go()
    assert (run.bodies, run.report["outcome"]) == (["z", "a", "b", "a", "b"], "completed")


# --- the branch and the outcome


@pytest.mark.parametrize(
    ("has_failed", "kind", "command"),
    [(True, "branch-behind", "surefoot resume"), (False, "branch-left-alone", "surefoot land")],
)
def test_a_branch_that_could_not_follow_is_reported(play: Any, has_failed: bool, kind: str, command: str) -> None:
    """The report says why, and what to do about it."""
    run = play({"a": {}}).will(do.UpdateBranch, "c-a", refused="it is checked out", has_failed=has_failed).go()
    [finding] = run.report["findings"]
    assert (finding["kind"], finding["text"]) == (kind, "it is checked out")
    assert run.report["next"].startswith(command)


def test_a_branch_that_could_not_be_written_is_written_by_the_next_engine(play: Any) -> None:
    """The commits are not lost, and the report does not go on about it."""
    run = play({"a": {}}).will(do.UpdateBranch, "c-a", refused="disk full", has_failed=True).go().claim().go()
    assert [event.commit for event in run.told(ev.BranchUpdated)] == ["c0", "c-a", "c-a"]
    assert run.report["findings"] == []


@pytest.mark.parametrize(
    ("steps", "red", "outcome", "reason"),
    [
        ({"a": {}}, [], "completed", None),
        ({"a": {}}, [Verdict.FAILED], "partially_completed", "acceptance check 'c' did not pass"),
        ({"b": {}}, [], "failed", "1 of 1 steps not done"),
        ({"b": {"on_failure": OnFailure.SKIP}}, [], "failed", "1 of 1 steps not done"),
        ({"a": {}, "b": {}}, [], "partially_completed", "1 of 2 steps not done"),
        (
            {"a": {}, "b": {}},
            [Verdict.INCONCLUSIVE],
            "partially_completed",
            "1 of 2 steps not done; acceptance check 'c' did not pass",
        ),
    ],
)
def test_the_outcome_is_what_steps_and_acceptance_came_to(
    play: Any, steps: Any, red: list[Verdict], outcome: str, reason: str | None
) -> None:
    """A part that holds is handed over as a part, and the reason names the rest."""
    run = play(steps, accept=(CHECK,)).will(do.RunStep, "b", ending=BAD)
    for verdict in red:
        run.will(do.AskCheck, "c", verdict=verdict)
    assert (run.go().report["outcome"], run.report["reason"]) == (outcome, reason)


def test_a_retry_does_again_what_failed_and_what_waited_for_it(play: Any) -> None:
    """What is verified stays."""
    run = play({"z": {}, "a": {}, "b": {"needs": ("a",)}}).will(do.RunStep, "a", ending=BAD).go()
    assert run.report["next"] == "surefoot retry 20260101-aaaaaa a"
    run.say(ev.StepsInvalidated, steps=("a",)).claim().go()
    assert (run.bodies, run.report["outcome"]) == (["a", "z", "a", "b"], "completed")
