"""What a run makes of briefs that do not fit, and of claims that nothing bears out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, ModelFacts, ModelRouting, RoleModels, Statement
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import AgentBody, Check, RetryPolicy
from tests.core.conftest import Play
from tests.core.world import WORK

ONCE = RetryPolicy(maximum_attempts=1)

PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)


def begun(
    play: Callable[..., Play], instructions: str = "Do it.", room: int = 60_000, retry: RetryPolicy = ONCE
) -> Play:
    """Begin a run of one step that a model carries out."""
    facts = ModelFacts(name="m", context_tokens=200_000)
    routing = ModelRouting(
        roles={"worker": RoleModels(chain=(facts,))}, unknown_price="tokens-only", brief_tokens_max=room
    )
    step = {"body": AgentBody(instructions=instructions), "retry": retry, "checks": (PROOF,)}
    run = play({"a": step}, base="c0", base_tree="t0")
    return run.say(ev.ModelsConfigured, routing=routing)


def findings(run: Play) -> dict[str, str]:
    """Return what was found, by its kind."""
    return {one["kind"]: one["text"] for one in run.report["findings"]}


def claiming(run: Play, **claim: Any) -> Play:
    """Let the agent end with that claim."""
    return run.will(do.UseTool, f"{len(WORK)}.1", payload=Claim(summary="Done.", **claim)).go()


def test_a_step_that_cannot_be_told_fails_with_what_to_do(play: Callable[..., Play]) -> None:
    """No model is asked, and the reason names the setting."""
    run = begun(play, "word " * 5_000, room=3_500).go()
    assert "raise `brief_tokens`" in run.steps["a"]["reason"]
    assert not run.told(ev.ModelRequested)


def test_a_claim_that_the_journal_contradicts_is_a_warning(play: Callable[..., Play]) -> None:
    """The step holds all the same: its checks decide."""
    run = claiming(begun(play), changed=("elsewhere.py",))
    assert findings(run)["ungrounded-claim"] == "it says that elsewhere.py was changed, and no call has changed it"
    assert run.states == {"a": "verified"}


def test_a_claim_that_the_journal_contradicts_ends_the_attempt_where_that_is_wanted(play: Callable[..., Play]) -> None:
    """Its checks would have passed; the failure has a name, so that its ladder is climbed (M84)."""
    watches = Watches(own={"ungrounded_claim": Watch(say=Say.FAIL)})
    run = claiming(begun(play).say(ev.MonitorsConfigured, watches=watches), changed=("elsewhere.py",))
    failed = run.told(ev.AttemptFailed)
    assert [one.diagnosis for one in failed] == ["hallucination"]
    assert run.states == {"a": "failed"}


@pytest.mark.parametrize(("changed", "rung"), [("elsewhere.py", "verify_claims"), ("a.py", "fresh")])
def test_a_false_claim_that_checks_refuse_has_its_own_ladder(
    play: Callable[..., Play], changed: str, rung: str
) -> None:
    """The next attempt is told what was not so, and has to show what it says (M86)."""
    run = begun(play, retry=RetryPolicy(maximum_attempts=2)).will(do.Inspect, "a", changed=("a.py",))
    for _ in range(3):
        run.will(do.AskCheck, "proof", verdict=Verdict.FAILED)
    claiming(run, changed=(changed,))
    first = run.told(ev.RecoveryChosen)[0]
    assert first.rung == rung
    assert run.told(ev.AttemptFailed)[0].diagnosis == "verification"
    assert any("elsewhere.py was changed" in one for one in first.told) == (rung == "verify_claims")


@pytest.mark.parametrize("how", [Say.OFF, Say.NOTE])
def test_what_an_agent_claims_counts_as_much_as_the_settings_say(play: Callable[..., Play], how: Say) -> None:
    """Nothing, or a note."""
    watches = Watches(own={"ungrounded_claim": Watch(say=how)})
    run = claiming(begun(play).say(ev.MonitorsConfigured, watches=watches), changed=("elsewhere.py",))
    said = [one["severity"] for one in run.report["findings"] if one["kind"] == "ungrounded-claim"]
    assert said == ([] if how is Say.OFF else ["note"])


def test_a_statement_that_nothing_shows_is_a_note(play: Callable[..., Play]) -> None:
    """It may well be so."""
    run = claiming(begun(play), statements=(Statement(text="the parser handles tabs"),))
    assert "names no call that shows it" in findings(run)["unproven-claim"]
    assert "ungrounded-claim" not in findings(run)
