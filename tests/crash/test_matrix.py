"""The crash matrix: fault points by effect classes. A run killed anywhere ends as one that nobody killed.

`make test` kills once at each point of `QUICK`, in the first scenario named here, at the point's middle passing (and at
each body of an outside effect): one of each kind of effect, once it is done and not told. A death at each commit is
tried without processes in `tests/engines/test_dying_journal.py`, one at each change of the workspace in
`tests/workspace/test_crashing.py`. `make test-all` kills at all of them in every scenario named here, and at one of
twenty of all passings of all points in all scenarios. Read `conftest.py` for what is compared, `test_soak.py` for kills
at random times.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import surefoot

if TYPE_CHECKING:
    from conftest import Setting, Stage, Unkilled


EFFECTS = ("read", "reversible", "idempotent", "irreversible")
SCENARIOS = (
    *EFFECTS,
    "approvals",
    "groups",
    "rollback",
    "lanes",
    "services",
    "artifacts",
    "agent",
    "goal",
    "worker",
    "gated",
    "trains",
)
POINTS: dict[str, tuple[str, ...]] = {
    "run.create.folder": ("rollback",),
    "run.create.workspace": ("read",),
    "workspace.create.before": ("idempotent",),
    "workspace.create.claimed": ("irreversible",),
    "workspace.create.after": ("rollback",),
    "journal.append.before": ("reversible", "irreversible"),
    "journal.append.written": ("idempotent", "rollback", "approvals"),
    "journal.append.committed": ("read", "irreversible", "groups", "lanes", "approvals", "trains"),
    "journal.blob.written": ("read",),
    "journal.token.raised": ("rollback",),
    "workspace.open_lane.before": ("read",),
    "workspace.open_lane.after": ("reversible", "lanes", "trains"),
    "workspace.reset_refs.before": ("reversible",),
    "workspace.reset_refs.after": ("irreversible",),
    "workspace.restore.before": ("groups",),
    "workspace.restore.after": ("reversible",),
    "workspace.put_back.before": ("read",),
    "workspace.put_back.after": ("reversible",),
    "workspace.merge.before": ("lanes",),
    "workspace.merge.after": ("lanes", "trains"),
    "workspace.place.before": ("lanes",),
    "workspace.place.after": ("lanes", "trains"),
    "workspace.write_commit.before": ("idempotent", "irreversible"),
    "workspace.write_commit.after": ("reversible", "irreversible", "trains"),
    "workspace.publish.before": ("rollback",),
    "workspace.publish.fetched": ("rollback", "irreversible"),
    "workspace.publish.after": ("rollback", "idempotent", "lanes", "trains"),
    "prepare.before": ("read",),
    "prepare.after": ("reversible",),
    "prepare.clone.half": ("lanes",),
    "prepare.clone.copied": ("lanes",),
    "checkpoint.before": ("irreversible",),
    "checkpoint.after": ("idempotent", "approvals"),
    "check.before.before": ("reversible",),
    "check.before.after": ("groups",),
    "check.during.before": ("agent",),
    "check.during.after": ("agent",),
    "check.after.before": ("read", "lanes"),
    "check.after.after": ("reversible", "trains"),
    "probe.before": ("idempotent", "irreversible"),
    "probe.after": ("idempotent", "irreversible"),
    **{f"body.{effect}.{end}": (effect,) for effect in EFFECTS for end in ("before", "after")},
    "sandbox.spawned": EFFECTS,
    "inspect.before": EFFECTS,
    "inspect.after": (*EFFECTS, "approvals"),
    **{f"artifacts.{act}.{end}": ("artifacts",) for act in ("keep", "place") for end in ("before", "after")},
    **{f"mutation.{end}": ("reversible",) for end in ("before", "made", "after")},
    **{f"candidate.{end}": ("reversible",) for end in ("before", "compared", "kept", "after")},
    "restore.before": ("reversible",),
    "restore.kept": ("reversible", "rollback"),
    "restore.after": ("rollback",),
    "expand.before": ("groups",),
    "expand.after": ("groups",),
    "service.start.before": ("services",),
    "service.start.after": ("services",),
    "service.stop.before": ("services",),
    "service.stop.after": ("services",),
    **{f"approver.{end}": ("gated",) for end in ("before", "after")},
    "conversation.start.before": ("goal",),
    "conversation.start.after": ("agent",),
    "model.request.before": ("agent",),
    "model.request.streamed": ("agent",),
    "model.request.after": ("goal",),
    **{f"tool.{kind}.{end}": ("agent",) for kind in ("read", "write", "note") for end in ("before", "after")},
    "tool.end.before": ("agent",),
    "tool.end.after": ("goal",),
    **{f"agent.{kind}.before": ("worker",) for kind in ("session_opened", "session_reported", "permission_asked")},
    **{f"agent.{kind}.before": ("worker",) for kind in ("answer", "session_turn_ended", "prompt")},
    "agent.turn.over": ("worker",),
}
ONCE_OVER = (
    "workspace.land.*",
    "workspace.take_back.*",
    "workspace.take_back.*",
    "workspace.remove.*",
    "agent.cancel.before",
)
"""Points that no run passes; `test_after_the_run.py`, `test_messages.py` and `test_undo.py` kill there."""


QUICK = (
    *("run.create.*", "journal.append.*", "workspace.merge.after", "workspace.publish.after", "prepare.after"),
    *("checkpoint.after", "check.after.after", "probe.*", "body.*.after", "inspect.after", "artifacts.keep.after"),
    *(
        "restore.after",
        "expand.after",
        "service.start.after",
        "approver.after",
        "model.request.after",
        "tool.write.after",
        "agent.answer.before",
        "agent.turn.over",
    ),
)
"""Where `make test` kills."""


def is_quick(point: str, scenario: str) -> bool:
    """Tell whether `make test` kills there."""
    return scenario == POINTS[point][0] and any(fnmatchcase(point, one) for one in QUICK)


CASES = [
    *(
        pytest.param(point, one, "middle", marks=() if is_quick(point, one) else pytest.mark.slow)
        for point, scenarios in POINTS.items()
        for one in scenarios
    ),
    *((f"body.{effect}.after", effect, "last") for effect in EFFECTS[2:]),
    *(pytest.param(f"body.{effect}.before", effect, "last", marks=pytest.mark.slow) for effect in EFFECTS[2:]),
]
ONE_OF = 20
"""Of all passings of all points, one of so many is killed by process. That a run which dies at any commit is gone on
with rightly is shown commit by commit in `tests/engines/test_dying_journal.py`, without processes."""


def kill_and_resume(stage: Stage, fault: str) -> tuple[int, list[str]]:
    """Kill the run at a fault point, resume it, and return how the killed program ended and what is wrong now."""
    code = stage.killed(fault)
    verified = stage.verified()
    ended = stage.work()
    assert (ended.code, ended.said.get("standing")) == (0, "ended"), ended.out
    return code, stage.wrongs(verified)


@pytest.mark.parametrize(("point", "scenario", "passing"), CASES)
def test_a_run_killed_at_a_point_ends_as_an_unkilled_one(
    point: str, scenario: str, passing: str, setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """Same tree, same steps in the same states, same effects; the journal legal, the user's repository untouched."""
    usual, stage = unkilled(scenario), setting(scenario)
    number = usual.passed[point] if passing == "last" else (usual.passed[point] + 1) // 2
    assert kill_and_resume(stage, f"{point}:{number}") == (-signal.SIGKILL, [])
    assert stage.ending() == usual.ending


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_run_killed_at_any_passing_of_a_point_ends_as_an_unkilled_one(
    scenario: str, setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """One of twenty of all kills. A program may pass a point less often than the unkilled one: then it just ends."""
    usual = unkilled(scenario)
    every = [f"{point}:{number}" for point in POINTS for number in range(1, usual.passed[point] + 1)]
    for fault in every[SCENARIOS.index(scenario) :: ONE_OF]:
        stage = setting(scenario)
        code, wrongs = kill_and_resume(stage, fault)
        assert (code in {-signal.SIGKILL, 0}, wrongs) == (True, []), fault
        assert stage.ending() == usual.ending, fault


FIRST_KILLS = (
    ("read", "body.read.after:1"),
    ("reversible", "check.after.before:2"),
    ("idempotent", "body.idempotent.after:2"),
    ("irreversible", "body.irreversible.after:1"),
    ("irreversible", "body.irreversible.after:2"),
    ("irreversible", "inspect.before:1"),
    ("groups", "inspect.before:2"),
    ("rollback", "workspace.publish.after:3"),
    ("services", "body.reversible.before:2"),
    ("agent", "tool.write.after:3"),
    ("agent", "model.request.after:7"),
    ("goal", "tool.end.after:3"),
)
"""Kills after which a resume has something to settle or to put back."""
COMMITTED = "journal.append.committed:2"


@pytest.mark.parametrize(
    "second",
    ["probe.after:1", *(pytest.param(one, marks=pytest.mark.slow) for one in ("inspect.before:1", COMMITTED))],
)
@pytest.mark.parametrize("first", ["body.irreversible.after:1", "body.irreversible.after:2"])
def test_an_effect_found_applied_is_not_done_again_when_the_resume_is_killed(
    first: str, second: str, setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """What the probe or a person has said of it counts in every later resume."""
    stage = setting("irreversible")
    stage.killed(first)
    _, wrongs = kill_and_resume(stage, second)
    assert (wrongs, stage.ending()) == ([], unkilled("irreversible").ending)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("scenario", "first"), FIRST_KILLS)
def test_a_resume_killed_at_a_point_can_be_resumed(
    scenario: str, first: str, setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """Recovery is no safer from a kill than anything else: at one of twenty of the points that a resume passes."""
    every = passed_by_a_resume(setting(scenario), first)
    for point in every[FIRST_KILLS.index((scenario, first)) :: ONE_OF]:
        stage = setting(scenario)
        stage.killed(first)
        code, wrongs = kill_and_resume(stage, point)
        assert (code in {-signal.SIGKILL, 0}, wrongs) == (True, []), point
        assert stage.ending() == unkilled(scenario).ending, point


def passed_by_a_resume(stage: Stage, first: str) -> list[str]:
    """Return the points that a resume after a kill passes, each at its first passing."""
    stage.killed(first)
    trace = stage.folder / "trace"
    stage.work({"SUREFOOT_FAULT_TRACE": str(trace)})
    return [f"{name}:1" for name in dict.fromkeys(trace.read_text("utf-8").splitlines())]


def test_every_point_in_the_source_is_in_the_matrix() -> None:
    """A new fault point has to be given a place above."""
    folder = Path(surefoot.__file__).parent
    texts = [path.read_text("utf-8") for path in folder.rglob("*.py") if path.name != "faults.py"]
    found = {re.sub(r"\{[^}]*\}", "*", name) for text in texts for name in re.findall(r'point\(f?"([^"]+)"\)', text)}
    known = (*POINTS, *(name.replace("*", "x") for name in ONCE_OVER))
    assert sorted(name for name in found - set(ONCE_OVER) if not any(fnmatchcase(one, name) for one in known)) == [
        *(f"workspace.{act}.{end}" for act in ("land", "remove", "take_back") for end in ("after", "before"))
    ]
