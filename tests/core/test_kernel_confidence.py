"""Results of agents that are not sure: a person looks at them, unless a check that was red before proves them."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, Statement
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.ids import BlobId
from surefoot.core.plan import AgentBody, Check
from surefoot.core.policy_types import Policy
from tests.core.test_kernel_conversations import begun, reply

AFTER = Check(name="after", ask=CommandCheck(command="r"))
SAME = Check(name="same", ask=CommandCheck(command="s"), expect=Expect.PASS_TO_PASS)
RED = Check(name="red", ask=CommandCheck(command="f"), expect=Expect.FAIL_TO_PASS)


def claiming(play: Any, confidence: float | None, *checks: Check, **claim: Any) -> Any:
    """Begin a run whose agent edits and ends with a claim of that confidence."""
    run = begun(play, {"a": {"body": AgentBody(instructions="do it"), "checks": checks or (AFTER,)}})
    own = Claim(summary="It is done.", confidence=confidence, **claim)
    return run.will(do.UseTool, "3.1", payload=own)


@pytest.mark.parametrize("confidence", [None, 0.2, 0.89])
def test_a_result_of_an_agent_that_is_not_sure_is_put_to_a_person(play: Any, confidence: float | None) -> None:
    """Silence counts as low (M55, M136)."""
    run = claiming(play, confidence).go()
    assert run.states == {"a": "waiting"}
    assert run.reply("yes").go().states == {"a": "verified"}


def test_a_result_of_an_agent_that_is_sure_enough_is_not_asked_about(play: Any) -> None:
    """The threshold is 0.9 out of the box (M136)."""
    assert claiming(play, 0.9).go().states == {"a": "verified"}


def test_a_check_that_was_red_before_proves_a_result_whatever_its_agent_says(play: Any) -> None:
    """The step is known to be the cause."""
    assert claiming(play, None, RED).go().states == {"a": "verified"}


def test_a_check_that_was_green_before_as_well_does_not_spare_the_question(play: Any) -> None:
    """It shows that nothing broke, not that the work was done."""
    assert claiming(play, 0.5, SAME).go().states == {"a": "waiting"}


def test_nobody_is_asked_about_a_result_that_fails_its_checks(play: Any) -> None:
    """People are asked about what could be kept."""
    run = claiming(play, None).will(do.AskCheck, "after", verdict=Verdict.FAILED)
    run.go(do.RestoreLane)
    assert not run.told(ev.QuestionAsked)


def test_the_threshold_can_be_switched_off(play: Any) -> None:
    """With 0 nobody is asked (M55)."""
    run = claiming(play, None).say(ev.PolicyConfigured, policy=Policy(confidence=0.0)).go()
    assert run.states == {"a": "verified"}


def test_a_yes_given_beforehand_approves_such_a_result_by_name(play: Any) -> None:
    """The journal says who, and by which option."""
    run = claiming(play, None).say_yes().go()
    assert [event.by for event in run.told(ev.ApprovalRecorded)] == ["una (--yes)"]


def test_a_no_puts_the_result_back(play: Any) -> None:
    """The step fails as not approved."""
    run = claiming(play, None).go().reply("no", reason="too long").go()
    assert run.states == {"a": "failed"}
    assert "too long" in run.steps["a"]["reason"]


def test_a_result_that_a_person_changed_is_checked_anew_and_not_asked_about_again(play: Any) -> None:
    """The answers from before the edit are about other files."""
    run = claiming(play, None).go()
    before = len(run.told(ev.CheckRequested))
    run.reply("yes", diff=BlobId("d")).will(do.Inspect, "a", tree="edited").go()
    assert len(run.told(ev.CheckRequested)) == before + 1
    assert run.states == {"a": "verified"}


def test_the_question_shows_claim_statements_with_their_calls_confidence_and_doubts(play: Any) -> None:
    """All that the agent said, beside what is known (M59)."""
    said = (Statement(text="the parser takes tabs", evidence="2.1"), Statement(text="nothing else changed"))
    package = claiming(play, 0.5, statements=said, uncertainties=("old files",)).go().told(ev.QuestionAsked)[0].package
    assert package.claim == "It is done."
    assert package.statements[0].startswith("the parser takes tabs (rests on call 2.1, edit")
    assert package.statements[1] == "nothing else changed (rests on no call)"
    assert (package.confidence, package.uncertainties) == (0.5, ("old files",))
    assert "check after: passed after" in package.evidence


def test_the_question_as_text_holds_what_the_agent_said(play: Any) -> None:
    """The prompt, the inbox and the API show this text (M59)."""
    text = claiming(play, None, uncertainties=("old files",)).go().asked[0]
    assert "claims:  It is done." in text
    assert "sure:    not stated" in text
    assert "unsure:  old files" in text


def test_the_question_about_an_agent_that_did_not_finish_says_so(play: Any) -> None:
    """There is no claim to show."""
    body = AgentBody(instructions="do it", turns_max=2)
    text = begun(play, {"a": {"body": body, "checks": (AFTER,)}}).go().asked[0]
    assert "claims:  nothing, for it did not finish" in text


def test_a_command_that_an_agent_wants_to_run_is_asked_about_without_a_claim(play: Any) -> None:
    """It has not said anything of its work yet."""
    from tests.core.test_kernel_conversations import PUSH

    run = reply(begun(play), 1, "run", does=PUSH, command="git push").go()
    assert run.told(ev.QuestionAsked)[0].package.claim == ""


@pytest.mark.parametrize(
    ("wanted", "check", "state"),
    [
        ("fail_to_pass", AFTER, "waiting"),
        ("fail_to_pass", RED, "verified"),
        ("mutation", RED, "waiting"),
        ("", AFTER, "verified"),
    ],
)
def test_a_result_that_is_proved_too_weakly_is_put_to_a_person(
    play: Any, wanted: str, check: Check, state: str
) -> None:
    """However sure its agent is."""
    run = claiming(play, 1.0, check).say(ev.PolicyConfigured, policy=Policy(proof=wanted)).go()
    assert run.states == {"a": state}


def test_the_question_names_the_proof_that_is_asked_for(play: Any) -> None:
    """And the one that there is."""
    run = claiming(play, 1.0).say(ev.PolicyConfigured, policy=Policy(proof="mutation")).go()
    asked = run.told(ev.QuestionAsked)[0]
    assert "Its proof is checks, and mutation is asked for." in asked.text
