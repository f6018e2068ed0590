"""Courses of events that once ended where they must not: overtaking, lost ground, stops at an odd moment."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Ending, Status
from surefoot.core.plan import AskBody, Check, Effect, ForEach, OnFailure, Tier
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.effects import BY_COMMAND

BAD = Ending(status=Status.EXIT, exit_code=1)
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
CHECK = Check(name="c", ask=CommandCheck(command="c"))
PROBE = Probe(ask=RunProbe(command="p"))


def stop_at_once(run: Any) -> Any:
    """End the engine as a third Ctrl-C does: what is under way is ended and says so."""
    command = run.open.pop()
    run.say(ev.EffectCancelled, step=command.step, attempt=command.attempt, effect=BY_COMMAND[type(command)].name)
    return run.say(ev.EngineStopped, reason="stopped").claim().say(ev.RunResumed)


def test_irreversible_steps_approved_at_once_are_done_one_after_the_other(play: Any) -> None:
    """`resume --allow a --allow b` with both questions open; outside effects run on the head, never on a stale base."""
    run = play({"a": PAY, "b": PAY}).go().claim().say(ev.ApprovalsGiven, allow=("a", "b")).go()
    assert run.states == {"a": "verified", "b": "verified"}


def test_a_step_approved_while_another_is_at_work_waits_for_it(play: Any) -> None:
    """A yes to an irreversible step comes while the body of another runs."""
    run = play({"a": PAY, "b": {}}).go(do.RunStep, "b").reply("yes").go()
    assert run.states == {"a": "verified", "b": "verified"}


def test_a_step_approved_after_a_restore_waits_for_what_it_needs(play: Any) -> None:
    """A step waits for consent, what it needs is taken back, and the consent comes."""
    run = play({"z": {}, "a": {"needs": ("z",)}, "b": {"needs": ("a",), "tier": Tier.CONFIRM}}).go()
    run.say(ev.PauseRequested).go().say(ev.RunRestored, to="z", commit="c-z", pending=("a",))
    run.claim().say(ev.ApprovalsGiven, yes=True).say(ev.RunResumed).go()
    assert run.bodies == ["z", "a", "a", "b"]


def test_a_step_approved_after_a_rollback_does_not_run_on_lost_ground(play: Any) -> None:
    """A step waits for consent, another takes what it needs back, and the consent comes."""
    failing = {"needs": ("a",), "on_failure": OnFailure.ROLLBACK, "rollback_to": "z"}
    steps = {"z": {}, "a": {"needs": ("z",)}, "b": {"needs": ("a",), "tier": Tier.CONFIRM}, "f": failing}
    run = play(steps).will(do.RunStep, "f", ending=BAD).go()
    for _ in run.asked:
        run.reply("yes").go()
    assert run.states == {"z": "verified", "a": "blocked", "b": "blocked", "f": "failed"}


def test_the_members_of_a_group_are_blocked_when_what_they_need_fails(play: Any) -> None:
    """A restore takes back what an expanded group needs, and the second time it fails."""
    each = {"for_each": ForEach(items=("x", "y")), "needs": ("a",)}
    run = play({"z": {}, "a": {"needs": ("z",)}, "g-{item}": each}).go()
    run.say(ev.RunRestored, to="z", commit="c-z", pending=("a", "g-x", "g-y")).claim().say(ev.RunResumed)
    run.will(do.RunStep, "a", ending=BAD).go()
    assert (run.states["g-x"], run.report["state"]) == ("blocked", "ended")


@pytest.mark.parametrize("command", [do.Inspect, do.AskCheck, do.WriteCommit])
def test_an_effect_that_ended_well_outlives_an_engine_told_to_stop_at_once(
    play: Any, command: type[do.Command]
) -> None:
    """A third Ctrl-C while the check of an irreversible step is asked: the check is asked again on resume."""
    run = play({"a": {**PAY, "checks": (CHECK,)}}).say(ev.ApprovalsGiven, allow=("a",)).go(command)
    assert stop_at_once(run).go().states["a"] == "verified"


def test_an_engine_told_to_stop_at_once_gives_no_attempt_for_nothing(play: Any) -> None:
    """A body failed, its probe is stopped and asked again: the step ends as it would have without the stop."""
    run = play({"a": {**PAY, "probe": PROBE}}).say(ev.ApprovalsGiven, allow=("a",)).will(do.RunStep, "a", ending=BAD)
    run.go(do.RunStep).let(do.RunStep).go(do.AskProbe)
    assert (stop_at_once(run).go().states["a"], run.bodies) == ("failed", ["a"])


def test_nothing_new_starts_after_stop_not_even_the_members_of_a_group(play: Any) -> None:
    """The items of a group are being listed when a person says `stop`."""
    run = play({"a": {"on_failure": OnFailure.ASK}, "g-{item}": {"for_each": ForEach(lines="ls")}})
    run.will(do.RunStep, "a", ending=BAD).will(do.ExpandGroup, "g-{item}", items=("x",)).go(do.ExpandGroup)
    assert run.reply("stop").go().bodies == ["a"]


@pytest.mark.parametrize("item", ["taken", "文" * 25])
def test_an_item_that_makes_no_step_id_fails_the_group_and_not_the_engine(play: Any, item: str) -> None:
    """An item may give the id of another step, or one too long: non-ASCII characters count nine each."""
    run = play({"g-taken": {}, "g-{item}": {"for_each": ForEach(lines="ls")}})
    run.will(do.ExpandGroup, "g-{item}", items=(item,)).go()
    assert run.states == {"g-taken": "verified", "g-{item}": "failed"}


def test_a_question_that_was_answered_is_not_asked_again_after_a_kill(play: Any) -> None:
    """The engine dies while the checks of an `ask` step are asked."""
    run = play({"a": {"body": AskBody(question="Edited?"), "checks": (CHECK,)}}).go().reply("blue").go(do.AskCheck)
    assert run.claim().go().asked == []
