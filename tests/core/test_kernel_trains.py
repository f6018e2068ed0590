"""Trains in the kernel: what a result has proved by itself, and what it has proved with those judged beside it."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.plan import Check, Limits, Verify


def test_what_has_its_commit_before_its_train_is_split_is_judged_again(play: Any) -> None:
    """A result made on the head may have one at once: all its checks have passed where it was made."""
    suite = {name: Check(name=f"suite of {name}", ask=CommandCheck(command="true")) for name in "bcd"}
    steps = {name: {"needs": ("a",) if name in "cd" else (), "checks": (check,)} for name, check in suite.items()}
    run = play({"a": {}, **steps}, limits=Limits(parallel=4, train=4, verify=Verify.LANE))
    run.will(do.AskCheck, "suite of b").will(do.AskCheck, "suite of b", verdict=Verdict.FAILED)
    run.will(do.AskCheck, "suite of d").will(do.AskCheck, "suite of d", verdict=Verdict.FAILED)
    run.go()
    assert [event.kept for event in run.told(ev.TrainSplit)] == [("c",)]
    assert run.states == dict.fromkeys("abcd", "verified")


def test_a_check_in_a_train_is_broken_off_once_for_what_was_found_wrong(play: Any) -> None:
    """The result rests on what is wrong: its attempt ends, instead of asking the same again."""
    own = {name: Check(name=name, ask=CommandCheck(command=name), expect=Expect.FAIL_TO_PASS) for name in "abcd"}
    steps = {name: {"checks": (check,), "needs": () if name == "a" else ("a",)} for name, check in own.items()}
    run = play(steps, limits=Limits(parallel=4)).go(do.MergeResult)
    while not any(isinstance(one, do.AskCheck) and one.lane == "judge-1" for one in run.open):
        run.step()
    run.say(ev.StepsFoundWrong, steps=("a",), why="It is wrong").go()
    assert len(run.told(ev.InterruptRequested)) == 1
    assert run.states == dict.fromkeys("abcd", "verified")


def test_what_is_known_to_be_wrong_together_is_not_asked_together_again(play: Any) -> None:
    """The first half is good: something in the second one is not, whose last tree is the very one that failed."""
    suite = Check(name="suite", ask=CommandCheck(command="suite"), expect=Expect.PASS)
    own = {name: Check(name=name, ask=CommandCheck(command=name), expect=Expect.FAIL_TO_PASS) for name in "abcdefgh"}
    run = play({name: {"checks": (one, suite)} for name, one in own.items()}, limits=Limits(parallel=8, train=4))
    for verdict in (Verdict.PASSED, Verdict.FAILED, Verdict.PASSED):
        run.will(do.AskCheck, "suite", verdict=verdict)
    told = [one for one in run.go().journal if isinstance(one, (ev.TrainFormed, ev.TrainSplit)) or _is_suite(one)]
    second = told.index(next(one for one in told if isinstance(one, ev.TrainFormed) and one.cars == ("d", "e")))
    assert [one.kind for one in told[second : second + 3]] == ["train_formed", "train_split", "check_answered"]
    assert run.states == dict.fromkeys("abcdefgh", "verified")


def _is_suite(event: ev.Event) -> bool:
    return isinstance(event, ev.CheckAnswered) and event.check == 1
