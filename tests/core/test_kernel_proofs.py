"""How strongly a result is proved, and when small changes of it are tried."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Diagnosis, Mutant, Verdict
from surefoot.core.plan import Check, Limits
from surefoot.core.policy_types import Policy
from surefoot.core.proofs import Proof
from tests.core.conftest import Play


def check(expect: Expect = Expect.FAIL_TO_PASS, **fields: Any) -> Check:
    """Make a check of a command."""
    return Check(name="c", ask=CommandCheck(command="c"), expect=expect, **fields)


TRIED = {"checks": (check(),), "probe_checks": True}
MISSED = Mutant(path="a.py", line=3, before="n > 3", after="n >= 3")


@pytest.mark.parametrize(
    ("made", "proof"),
    [
        (check(Expect.PASS), "checks"),
        (check(Expect.PASS_TO_PASS), "checks"),
        (check(), "fail_to_pass"),
        (check(held_back=True), "held-back"),
        (check(Expect.PASS_TO_PASS, held_back=True), "checks"),
    ],
)
def test_a_proof_is_as_strong_as_its_strongest_check(made: Check, proof: str) -> None:
    """What was green before as well says least, hidden or not."""
    run = Play({"a": {"checks": (made, check(Expect.PASS_TO_PASS))}}).go()
    assert (run.steps["a"]["proof"], run.report["proofs"]) == (proof, {proof: 1})


def test_small_changes_are_tried_once_the_checks_have_passed() -> None:
    """Where each was noticed, the proof is by mutation."""
    run = Play({"a": TRIED}).go()
    kinds = [event.kind for event in run.journal]
    assert kinds.index("check_answered") < kinds.index("mutation_requested") < kinds.index("commit_requested")
    assert run.steps["a"]["proof"] == "mutation"


def test_a_change_that_is_not_noticed_is_named_and_lowers_the_strength() -> None:
    """The step is verified all the same: its checks passed."""
    run = Play({"a": TRIED}).will(do.TryMutants, "a", noticed=2, survivors=(MISSED,)).go()
    step = run.steps["a"]
    assert (step["state"], step["proof"], step["mutation"]["survivors"][0]["line"]) == ("verified", "fail_to_pass", 3)
    assert run.report["look_at"] == ["a: its checks do not notice one small change of what it wrote, such as at a.py:3"]


@pytest.mark.parametrize("tried", [{"noticed": 0, "text": "nothing"}, {"noticed": 0, "survivors": (MISSED,)}])
def test_nothing_noticed_proves_nothing(tried: dict[str, Any]) -> None:
    """Where nothing could be changed, the proof is what it was."""
    assert Play({"a": TRIED}).will(do.TryMutants, "a", **tried).go().steps["a"]["proof"] == "fail_to_pass"


def test_nothing_is_tried_of_what_does_not_hold() -> None:
    """The attempt fails for its check."""
    run = (
        Play({"a": TRIED}).will(do.AskCheck, "c", verdict=Verdict.FAILED).will(do.AskCheck, "c", verdict=Verdict.FAILED)
    )
    assert (run.go().told(ev.MutationRequested), run.steps["a"]["state"]) == ([], "failed")


def test_a_lane_that_cannot_be_changed_fails_the_attempt() -> None:
    """As for whatever else the workspace does not do."""
    run = Play({"a": TRIED})
    run.will(do.TryMutants, "a", ev.EffectFailed, reason="no room", diagnosis=Diagnosis.STRUCTURAL)
    assert "no room" in (run.go().steps["a"]["reason"] or "")


def test_settings_ask_for_all_steps() -> None:
    """As a project that wants to know of each."""
    run = Play({"a": {"checks": (check(),)}}).say(ev.PolicyConfigured, policy=Policy(probe_checks=True)).go()
    assert run.steps["a"]["proof"] == "mutation"


def test_results_that_travel_are_tried_in_their_lane() -> None:
    """Where all checks are asked before: what a train proves of several says nothing of one."""
    own = {name: Check(name=name, ask=CommandCheck(command=name), expect=Expect.FAIL_TO_PASS) for name in "abcd"}
    steps = {name: {**TRIED, "checks": (check(Expect.PASS), one)} for name, one in own.items()}
    run = Play(steps, limits=Limits(parallel=4)).go()
    assert {step["proof"] for step in run.report["steps"]} == {"mutation"}


def test_strengths_are_in_order() -> None:
    """The weakest first."""
    order = ["claim", "exit-status-only", "probe", "checks", "fail_to_pass", "held-back", "mutation", "agreement"]
    assert [proof.value for proof in Proof] == order
    assert [proof for proof in Proof if not proof.is_by_checks] == [Proof.CLAIM, Proof.EXIT_STATUS, Proof.PROBE]
