"""What a run makes of briefs that do not fit, and of claims that nothing bears out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, ModelFacts, ModelRouting, RoleModels, Statement
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.plan import AgentBody, Check, RetryPolicy
from tests.core.conftest import Play
from tests.core.world import WORK

ONCE = RetryPolicy(maximum_attempts=1)

PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)


def begun(play: Callable[..., Play], instructions: str = "Do it.", room: int = 60_000) -> Play:
    """Begin a run of one step that a model carries out."""
    facts = ModelFacts(name="m", context_tokens=200_000)
    routing = ModelRouting(
        roles={"worker": RoleModels(chain=(facts,))}, unknown_price="tokens-only", brief_tokens_max=room
    )
    step = {"body": AgentBody(instructions=instructions), "retry": ONCE, "checks": (PROOF,)}
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


def test_a_statement_that_nothing_shows_is_a_note(play: Callable[..., Play]) -> None:
    """It may well be so."""
    run = claiming(begun(play), statements=(Statement(text="the parser handles tabs"),))
    assert "names no call that shows it" in findings(run)["unproven-claim"]
    assert "ungrounded-claim" not in findings(run)
