"""The search for the step after which a check fails (M76): how often it is asked, and what names no step."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Diagnosis, Verdict
from surefoot.core.plan import Check
from surefoot.errors import IllegalTransition
from tests.core.conftest import Play

CHECK = Check(name="k", ask=CommandCheck(command="k"))
RED: dict[str, Any] = {"verdict": Verdict.FAILED}
DEAD: dict[str, Any] = {"verdict": Verdict.INCONCLUSIVE}


def chain(count: int) -> Play:
    """Return an ended run of so many steps, one after the other."""
    names = [f"s{number}" for number in range(1, count + 1)]
    steps = {name: {"needs": names[at - 1 : at] if at else ()} for at, name in enumerate(names)}
    return Play(steps).go().say(ev.EngineStopped, reason="ended")


def search(run: Play, red: Sequence[str] = (), dead: Sequence[str] = (), **fields: Any) -> Play:
    """Look for the step, where the check is red at these commits and cannot be asked at those."""
    for commit in red:
        run.will(do.Inquire, commit, **RED).will(do.Inquire, commit, **RED)
    for commit in dead:
        run.will(do.Inquire, commit, **DEAD)
    return run.say(ev.BlameRequested, **{"check": CHECK, **fields}).claim().go()


def found(run: Play) -> tuple[str, tuple[str, ...]]:
    """Return what the last search came to."""
    ended = run.told(ev.BlameEnded)[-1]
    return ended.outcome, ended.steps


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count))))
def test_the_first_red_step_is_found_within_the_bound(case: tuple[int, int]) -> None:
    """Both ends are asked about, the end twice; then the range is halved."""
    count, bad = case
    run = search(chain(count), [f"c-s{number}" for number in range(bad, count + 1)])
    assert found(run) == ("found", (f"s{bad}",))
    assert len(run.told(ev.Inquired)) <= ceil(log2(count)) + 3


@pytest.mark.parametrize(
    ("red", "dead", "outcome"),
    [(("c0",), (), "red_before"), ((), (), "green"), ((), ("c0",), "unanswered"), ((), ("c-s4",), "unanswered")],
)
def test_what_names_no_step_is_said(red: Sequence[str], dead: Sequence[str], outcome: str) -> None:
    """Red before the run, green at the end, or not to be asked there."""
    assert found(search(chain(4), red, dead)) == (outcome, ())


def test_two_answers_for_one_tree_are_flaky() -> None:
    """The second asking at the end passes: no answer of that check names a step."""
    run = chain(4).will(do.Inquire, "c-s4", **RED)
    assert found(search(run)) == ("flaky", ())


def test_who_asks_again_after_a_flaky_answer_has_it_asked_anew() -> None:
    """What was found stands; two answers for one tree do not."""
    run = search(chain(2).will(do.Inquire, "c-s2", **RED)).say(ev.EngineStopped, reason="ended")
    assert found(search(run, ["c-s2"])) == ("found", ("s2",))


def test_a_commit_that_cannot_be_asked_about_is_passed_over() -> None:
    """Its neighbours tell as well, as far as the bound on the askings goes."""
    assert found(search(chain(4), ["c-s3", "c-s4"], ["c-s2"])) == ("unclear", ("s2", "s3", "s4"))
    assert found(search(chain(4), ["c-s2", "c-s3", "c-s4"], ["c-s3"])) == ("found", ("s2",))


def test_a_lane_that_cannot_be_prepared_is_an_answer() -> None:
    """Nothing can be asked at that commit; the run itself has not failed by it."""
    run = chain(2).will(do.OpenLane, "blame", ev.EffectFailed, diagnosis=Diagnosis.STRUCTURAL, reason="no make")
    search(run)
    assert (found(run), run.state.lane_failure, run.report["outcome"]) == (("unanswered", ()), None, "completed")


def test_a_killed_search_goes_on_without_asking_again() -> None:
    """Each answer is in the journal; only the asking that was under way is repeated."""
    run = chain(8)
    for commit in ("c-s8", "c-s8", "c-s8", "c-s7", "c-s6", "c-s5"):
        run.will(do.Inquire, commit, **RED)
    run.say(ev.BlameRequested, check=CHECK).claim().go(do.Inquire, "c-s4").claim().go()
    asked = [event.commit for event in run.told(ev.Inquired)]
    assert (asked[:3], asked.count("c-s4"), found(run)) == (["c0", "c-s8", "c-s8"], 1, ("found", ("s5",)))


def test_a_verdict_of_the_run_itself_is_not_asked_for() -> None:
    """The acceptance check passed at the end, in a lane made as this one is."""
    check = Check(name="kept", ask=CommandCheck(command="k"), expect=Expect.PASS_TO_PASS)
    run = Play({"a": {}}, accept=(check,)).go().say(ev.EngineStopped, reason="ended")
    search(run, check=check)
    assert (found(run), run.told(ev.Inquired), len(run.told(ev.InquiryReused))) == (("green", ()), [], 2)


def test_a_check_of_a_step_is_searched_for_from_that_step_on() -> None:
    """It may fail before the step, which is what the step is for."""
    run = search(chain(4), ["c0", "c-s1", "c-s4"], step="s2", since="s2")
    assert found(run) == ("found", ("s4",))
    assert "c0" not in {event.commit for event in run.told(ev.Inquired)}


def test_a_pause_stops_the_search_and_the_next_engine_goes_on() -> None:
    """Nothing else of the ended run is touched."""
    run = chain(4).will(do.Inquire, "c-s4", **RED).will(do.Inquire, "c-s4", **RED).will(do.Inquire, "c-s3", **RED)
    run.say(ev.BlameRequested, check=CHECK).claim().go(do.Inquire, "c-s4").say(ev.PauseRequested, interrupt=True).go()
    assert (run.state.blaming is not None, run.open) == (True, [])
    assert found(run.claim().go()) == ("found", ("s3",))


def test_a_run_under_way_is_not_searched() -> None:
    """Its end is not known yet."""
    with pytest.raises(IllegalTransition, match="neither ended nor is it paused"):
        Play({"a": {}}).say(ev.BlameRequested, check=CHECK)
