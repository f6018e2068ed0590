"""What held before the first change of a goal in words: asked, named, and told apart from what broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import GoalOptions
from surefoot.core.check_kinds import CommandCheck, Expect, TestsCheck
from surefoot.core.event_words import Verdict
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import AgentBody, Check, Plan, Step
from surefoot.core.tool_payload import MadePlan, Planned
from tests.core.test_kernel_phases import CASTING

SUITE = Check(name="suite", ask=TestsCheck(command="pytest"))
WHOLE = Check(name="whole", ask=CommandCheck(command="make test"))
RED = Check(name="done", ask=CommandCheck(command="d"), expect=Expect.FAIL_TO_PASS)
SAME = Check(name="same", ask=CommandCheck(command="s"), expect=Expect.PASS_TO_PASS)


def wanted(play: Any, *accept: Check, proof: Check = SAME, yes: bool = True) -> tuple[Any, Callable[[Any], Any]]:
    """Begin a goal with these acceptance checks, and say how it goes on: its plan is one step, proved by a check."""
    step = Step(id=StepId("a"), body=AgentBody(instructions="a"), checks=(proof,))
    plan = Plan(goal="g", steps=(step,), accept=accept)
    run = play({}, goal_options=GoalOptions(), accept=accept).say(ev.ModelsConfigured, routing=CASTING)

    def understood(run: Any) -> Any:
        run.go(do.UseTool, "2.1").let(do.UseTool)
        run = run.say_yes() if yes else run
        return run.will(do.UseTool, "2.1", payload=Planned(made=MadePlan(plan=plan, text=BlobId("text"))))

    return run, understood


def answers(goal: tuple[Any, Callable[[Any], Any]], name: str, *verdicts: Verdict, **last: Any) -> Any:
    """Let a check answer like this, one asking after the other; `last` are fields of the last answer."""
    run, understood = goal
    for verdict in verdicts[:-1]:
        run.will(do.AskCheck, name, verdict=verdict, text="so it says")
    return understood(run.will(do.AskCheck, name, verdict=verdicts[-1], **last))


FAILED, PASSED, UNKNOWN = Verdict.FAILED, Verdict.PASSED, Verdict.INCONCLUSIVE
OLD = {"red_before": ("t::old",)}


def test_acceptance_of_a_goal_is_asked_before_the_first_change(play: Any) -> None:
    """Whatever it expects: nobody has said what held before (M12)."""
    run = answers(wanted(play, WHOLE), "whole", FAILED, PASSED).go()
    assert run.report["accept"][0]["before"] == "failed"
    assert run.report["outcome"] == "completed"


def test_a_test_that_was_red_before_is_named_and_does_not_make_the_run_partial(play: Any) -> None:
    """Where a check of a step turned from red to green, the goal has its proof (M12)."""
    report = answers(wanted(play, SUITE, proof=RED), "suite", FAILED, PASSED, **OLD).go().report
    assert report["outcome"] == "completed"
    assert "acceptance check 'suite': 1 was red before: t::old" in report["look_at"]


def test_a_test_that_turned_green_proves_the_goal_beside_one_that_stays_red(play: Any) -> None:
    """Something of the acceptance changed."""
    run = answers(wanted(play, SUITE), "suite", FAILED, PASSED, turned_green=1, **OLD).go()
    assert run.report["outcome"] == "completed"


def test_red_tests_that_stay_red_are_no_success_where_nothing_turned_green(play: Any) -> None:
    """The goal may have been to mend them: the outcome says so (M12)."""
    report = answers(wanted(play, SUITE), "suite", FAILED, PASSED, **OLD).go().report
    assert report["outcome"] == "partially_completed"
    assert "1 was red before: t::old, and nothing turned from red to green" in report["reason"]


def test_a_whole_command_that_was_red_before_and_still_is_is_told_as_such(play: Any) -> None:
    """Which of its failures are old cannot be known; another attempt would end alike."""
    report = answers(wanted(play, WHOLE, proof=RED), "whole", FAILED, FAILED).go().report
    assert report["reason"] == "acceptance check 'whole' was red before the run and still is"
    assert report["next"].startswith("surefoot report")


def test_a_command_that_was_green_before_and_is_red_now_did_not_pass(play: Any) -> None:
    """The run broke it."""
    report = answers(wanted(play, WHOLE, proof=RED), "whole", PASSED, FAILED).go().report
    assert report["reason"] == "acceptance check 'whole' did not pass"


def test_a_check_without_an_answer_before_the_first_change_asks_a_person(play: Any) -> None:
    """The question shows what the check said; nothing is planned before the answer (M12)."""
    run = answers(wanted(play, WHOLE, yes=False), "whole", UNKNOWN, text="exit status 127\nmake: not found").go()
    assert run.asked[0].splitlines()[-3:] == ["acceptance check 'whole':", "  | exit status 127", "  | make: not found"]
    assert run.state.phase.value == "understand"


def test_a_yes_lets_the_run_go_on_without_a_baseline(play: Any) -> None:
    """The person has decided; nobody is asked again."""
    run = answers(wanted(play, WHOLE, yes=False), "whole", UNKNOWN, PASSED).go().reply("yes").say_yes().go()
    assert [event.step for event in run.told(ev.QuestionAsked)].count("(baseline)") == 1
    assert run.report["outcome"] == "completed"


def test_a_no_ends_the_run_without_a_baseline(play: Any) -> None:
    """Nothing was changed."""
    run = answers(wanted(play, WHOLE, yes=False), "whole", UNKNOWN).go().reply("no").go()
    assert (run.report["outcome"], run.report["reason"]) == ("failed", "go on without a baseline: not approved: no")


def test_a_yes_given_beforehand_goes_on_without_a_baseline_and_says_so(play: Any) -> None:
    """It is a finding of the run."""
    run = answers(wanted(play, WHOLE), "whole", UNKNOWN, PASSED).go()
    assert "no-baseline" in [event.finding.kind for event in run.told(ev.FindingReported)]
    assert run.report["outcome"] == "completed"


@pytest.mark.parametrize("expect", [Expect.PASS_TO_PASS, Expect.FAIL_TO_PASS])
def test_an_inconclusive_baseline_of_a_plan_file_asks_too(play: Any, expect: Expect) -> None:
    """What compares before and after needs both answers (M12)."""
    check = Check(name="c", ask=CommandCheck(command="c"), expect=expect)
    run = play({"a": {}}, accept=(check,)).will(do.AskCheck, "c", verdict=UNKNOWN).go()
    assert "without a baseline?" in run.asked[0]


def test_a_plan_file_says_itself_what_is_asked_before(play: Any) -> None:
    """A check that only has to pass in the end is not asked before the first change."""
    run = play({"a": {}}, accept=(WHOLE,)).go()
    assert [event.moment.value for event in run.told(ev.CheckRequested)] == ["after"]
