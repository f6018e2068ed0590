"""Code of the caller's own says go or no-go, in whole runs (M40, M117)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import surefoot
from surefoot import api
from surefoot.core.agent_types import ModelFacts, ModelRouting, Role, RoleModels
from surefoot.errors import NotApprover
from surefoot.models.scripts import ScriptedRequest

SEND = surefoot.Step("send", run="echo sent > sent.txt", effect="irreversible", needs=["edit"])
STEPS = (surefoot.Step("edit", run="echo x > edit.txt"), SEND)


Running = Callable[..., surefoot.Report]


@pytest.fixture
def run(repository: Path) -> Running:
    """Return what carries out a plan whose program has an approver."""

    def carry_out(gate: Any, *steps: surefoot.Step, **options: Any) -> surefoot.Report:
        plan = surefoot.Plan(goal="Publish", steps=steps or STEPS)
        given = surefoot.Options(should_proceed=gate, **options)
        return surefoot.run(plan, repo=repository, home=repository.parent / "home", options=given)

    return carry_out


def states(report: surefoot.Report) -> dict[str, str]:
    """Return where each step stands."""
    return {step["id"]: step["state"] for step in report["steps"]}


def release_gate(request: surefoot.ApprovalRequest) -> surefoot.Proceed:
    """Let everything proceed."""
    return surefoot.Proceed(f"{request.step} is announced")


def test_what_cannot_be_undone_proceeds_on_a_go(run: Running) -> None:
    """The report names who said it and why."""
    report = run(release_gate)
    (said,) = report["approver_answers"]
    assert states(report) == {"edit": "verified", "send": "verified"}
    assert (said["approver"], said["word"], said["reason"]) == ("release_gate", "proceed", "send is announced")


def test_a_refusal_is_the_reason_of_the_step(run: Running) -> None:
    """Also against `yes` and `allow`."""
    report = run(lambda _: surefoot.Refuse("not on Fridays"), yes=True, allow=("send",))
    assert states(report) == {"edit": "verified", "send": "failed"}
    assert "not on Fridays" in (report["steps"][1]["reason"] or "")


@pytest.mark.parametrize("reply", ["raise", None, 42, "later", False])
def test_anything_but_a_go_waits_for_a_person(run: Running, reply: object) -> None:
    """A step is never carried out for an error in somebody's code."""

    def gate(_: surefoot.ApprovalRequest) -> Any:
        if reply == "raise":
            raise ConnectionError("the gate is down")
        return reply

    report = run(gate)
    assert (report["state"], states(report)["send"]) == ("waiting", "waiting")
    faults = [one for one in report["findings"] if one["kind"] == "approver-failed"]
    assert len(faults) == (reply is not False)


def test_a_person_answers_what_the_code_leaves(run: Running, repository: Path) -> None:
    """The inbox says who left it and why; on resuming, the code is not asked again."""
    asked: list[str] = []
    report = run(lambda request: asked.append(request.question) or surefoot.Ask("too late in the day"))
    with api.Home(repository.parent / "home") as home:
        (question,) = api.inbox(home)
        assert (question.approver, question.approver_said) == ("a function", "too late in the day")
        api.approve(home, question.question)
        state = asyncio.run(api.engage(home, api.runs(home)[0].run))
    assert (report["state"], state.outcome, len(asked)) == ("waiting", "completed", 1)


def test_other_steps_go_on_meanwhile(run: Running) -> None:
    """The code answers only once another step is done."""
    is_done = threading.Event()

    async def other(_: surefoot.StepArgument) -> None:
        is_done.set()

    steps = (surefoot.Step("send", run="echo sent > sent.txt", effect="irreversible"), surefoot.Step("other", other))
    report = run(lambda _: is_done.wait(20), *steps)
    assert states(report) == {"send": "verified", "other": "verified"}


def test_code_that_takes_too_long_is_left_behind(run: Running) -> None:
    """The run ends with the question open."""

    class Slow(surefoot.Approver):
        name, timeout_s = "slow", 0.2

        async def should_proceed(self, request: surefoot.ApprovalRequest) -> bool:
            await asyncio.sleep(600, request)
            return True

    report = run(Slow())
    (said,) = report["approver_answers"]
    assert (said["approver"], said["word"], said["fault"]) == ("slow", "ask", "no answer within 0.2 s")


def test_what_is_never_allowed_is_not_put_to_the_code(run: Running) -> None:
    """A forbidden thing stays forbidden."""
    asked: list[str] = []
    steps = (surefoot.Step("wipe", run="rm -rf /", effect="irreversible"),)
    report = run(lambda request: asked.append(request.step) or True, *steps)
    assert (asked, states(report)) == ([], {"wipe": "failed"})


def test_the_confidence_of_an_agent_decides(run: Running) -> None:
    """Silence counts as 0: what the agent made is put to a person."""
    seen: list[tuple[float, float, bool]] = []

    def play(_: ScriptedRequest) -> list[object]:
        said = {"summary": "Done.", "changed": ["a.txt"], "statements": [], "uncertainties": []}
        return [("edit", {"create": [{"path": "a.txt", "content": "a"}]}), ("finish", said)]

    def gate(request: surefoot.ApprovalRequest) -> bool:
        seen.append((request.confidence, request.threshold, request.is_about_result))
        return request.confidence >= request.threshold

    model = RoleModels(chain=(ModelFacts(name="scripted:play"),))
    routing = ModelRouting(roles={role.value: model for role in Role}, unknown_price="tokens-only")
    checks = [surefoot.Check(run="grep -q a a.txt")]
    step = surefoot.Step("write", agent="Write a.txt", checks=checks, writes=["a.txt"])
    report = run(gate, step, asking=surefoot.scripted(play), routing=routing)
    assert (seen, report["state"]) == ([(0.0, 0.9, True)], "waiting")


def test_who_may_not_approve_may_not_hand_over_code_that_does(
    run: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once approvers are named, the code speaks for one of them or not at all."""
    (tmp_path / "own.toml").write_text('[[approvers]]\nname = "Una"\nuser = "nobody-here"\nroles = []\n')
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "own.toml"))
    with pytest.raises(NotApprover):
        run(release_gate)
