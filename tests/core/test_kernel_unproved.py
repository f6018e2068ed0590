"""What is done without proof: it is told apart from what is verified, wherever a run is summed up."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core.check_kinds import CommandCheck, Expect, FileCheck
from surefoot.core.event_words import Verdict
from surefoot.core.plan import AgentBody, Check
from tests.core.test_kernel_conversations import begun

UNPROVED = {"body": AgentBody(instructions="do it"), "unproved": True}
THERE = Check(name="there", ask=FileCheck(glob="kept.txt", exists=True))


def test_an_agents_word_alone_verifies_nothing(play: Any) -> None:
    """The step is done, and stands apart in states and counts (M38)."""
    run = begun(play, {"a": UNPROVED}).say_yes().go()
    assert run.states == {"a": "unproved"}
    assert (run.report["counts"]["verified"], run.report["counts"]["unproved"]) == (0, 1)
    assert run.steps["a"]["proof"] == "claim"


def test_a_run_with_an_unproved_step_is_not_completed(play: Any) -> None:
    """It is partially completed, for that reason, and the next command shows the step."""
    report = begun(play, {"a": UNPROVED}).say_yes().go().report
    assert (report["outcome"], report["reason"]) == ("partially_completed", "1 step is done but unproved")
    assert report["next"].endswith(" a")
    assert "a: done, but unproved: nothing speaks for it but the word of its agent" in report["look_at"]


def test_a_run_whose_unproved_steps_changed_nothing_is_partially_completed(play: Any) -> None:
    """Something was done, although there is no commit."""
    run = begun(play, {"a": UNPROVED}).will(do.Inspect, "a", changed=(), tree="t0").go()
    assert run.report["outcome"] == "partially_completed"


def test_what_needs_an_unproved_step_goes_on(play: Any) -> None:
    """It was allowed to run without proof, so nothing waits for one."""
    run = begun(play, {"a": UNPROVED, "b": {"needs": ("a",)}}).say_yes().go()
    assert run.states == {"a": "unproved", "b": "verified"}


def test_an_agent_whose_only_check_was_green_before_and_is_not_asked_about_it_ends_unproved(play: Any) -> None:
    """A file that was there all along says nothing about the agent's work (M37)."""
    run = begun(play, {"a": {"body": AgentBody(instructions="x"), "checks": (THERE,)}}).say_yes().go()
    assert run.states == {"a": "unproved"}


@pytest.mark.parametrize(
    "check", [Check(name="c", ask=CommandCheck(command="true")), THERE], ids=["constant", "untouched"]
)
def test_a_check_that_would_pass_without_the_step_does_not_prove_a_command(play: Any, check: Check) -> None:
    """Only the exit status speaks for it (M37)."""
    run = play({"a": {"checks": (check,)}}).go()
    assert run.steps["a"]["proof"] == "exit-status-only"


def test_a_file_check_about_what_the_step_changed_proves_it(play: Any) -> None:
    """The world of these tests writes a file with the name of the step."""
    run = play({"a": {"checks": (Check(name="c", ask=FileCheck(glob="a", exists=True)),)}}).go()
    assert run.steps["a"]["proof"] == "checks"


def test_a_file_that_git_ignores_may_have_been_made_by_the_step(play: Any) -> None:
    """Where ignored files have changed, a check about them counts."""
    run = play({"a": {"checks": (THERE,)}}).will(do.Inspect, "a", lane_changed=True).go()
    assert run.steps["a"]["proof"] == "checks"


def test_unproved_may_be_said_of_a_step_that_its_checks_prove(play: Any) -> None:
    """The key lets it run; the checks still decide how it ends."""
    red = Check(name="red", ask=CommandCheck(command="r"), expect=Expect.FAIL_TO_PASS)
    run = begun(play, {"a": {**UNPROVED, "checks": (red,)}}).go()
    assert run.states == {"a": "verified"}


def test_an_unproved_step_with_a_check_that_fails_fails(play: Any) -> None:
    """Its checks are asked like any other's."""
    check = Check(name="c", ask=CommandCheck(command="r"))
    run = begun(play, {"a": {**UNPROVED, "checks": (check,)}}).say_yes()
    for _ in range(3):
        run.will(do.AskCheck, "c", verdict=Verdict.FAILED)
    assert run.go().states == {"a": "failed"}
