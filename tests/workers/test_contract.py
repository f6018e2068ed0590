"""What every kind of command owes the kernel when it breaks, when its lane is gone, and when it is ended.

The world is broken for real: the folder of the run, or of the lane, is removed. A kind without a row fails a test.
"""

from __future__ import annotations

import asyncio
import errno
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelFacts, Part, Role
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Applied, Moment, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Check, ForEach, RunBody, Service
from surefoot.core.policy_types import Overdue
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.effects import BY_COMMAND, EFFECTS
from surefoot.effects.effect import Breakage, Effect
from surefoot.ports.approver import ApprovalRequest
from surefoot.workers.dispatch import perform
from tests.workers.conftest import SPEC, Lane
from tests.workers.test_approver import asking_approver

LONG = "sleep 600"
AT: Mapping[str, Any] = {"step": SPEC.id, "attempt": 1, "lane": "0"}
DUE: Mapping[str, Any] = {"due": 4e9}
SERVICE = Service(name="db", run=LONG, stop="true")
START = do.StartService(**AT, service=SERVICE, up=())
CHECK = Check(name="c", ask=CommandCheck(command=LONG))
SHELL = replace(SPEC, body=RunBody(command=LONG), probe=Probe(ask=RunProbe(command=LONG)))
GROUP = replace(SPEC, id=StepId("each-{item}"), for_each=ForEach(name="item", lines=LONG))


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one kind of command owes."""

    make: Callable[[Lane, str, str], do.Command]
    """Makes one for a lane, a commit and its tree."""
    broken: type[Event] | None = None
    """The fact that it broke; None: it waits for a clock, which cannot break."""
    told: Mapping[str, Any]
    """What that fact says by its fields: a pattern for a text."""
    ended: type[Event] | None = ev.EffectCancelled
    """The fact that it was ended; None: there is none to tell."""
    first: do.Command | None = None
    """What has to be carried out before."""


def written(lane: Lane, commit: str, tree: str) -> str:
    """Return a commit that the run has just written."""
    return lane.perform(do.WriteCommit(**AT, spec=SPEC, parent=commit, tree=tree)).commit


def thinking(lane: Lane) -> do.Command:
    """Return the command to ask an approver that does not answer."""

    async def think(_: ApprovalRequest) -> bool:
        await asyncio.sleep(600)
        return True

    lane.context.approver = think
    return asking_approver("s", LONG)


MISSING = r"No such file or directory: '[^']*/\*\*\*/home/runs/"
NO_STORE = r"'[^']*/\*\*\*/home/runs/[^']*'.*(not a git repository|is gone)"
GONE = r"The folder '[^']*/\*\*\*/home/runs/[^']*/store' is gone"

ROWS: Mapping[type[do.Command], Row] = {
    do.OpenLane: Row(
        make=lambda _, commit, __: do.OpenLane(lane="0", commit=commit, fresh=False),
        broken=ev.EffectFailed,
        told={"subject": "0", "reason": NO_STORE},
    ),
    do.ExpandGroup: Row(
        make=lambda _, commit, __: do.ExpandGroup(group=GROUP, commit=commit, lane="0"),
        broken=ev.EffectFailed,
        told={"step": "each-{item}", "reason": NO_STORE},
    ),
    do.StartService: Row(
        make=lambda *_: START,
        broken=ev.EffectFailed,
        told={"subject": "db", "reason": f"service db could not be started: .*{MISSING}"},
    ),
    do.StopService: Row(
        make=lambda *_: do.StopService(lane="0", service="db"),
        broken=ev.ServiceEnded,
        told={"service": "db", "reason": MISSING},
        ended=ev.ServiceEnded,
        first=START,
    ),
    do.TakeCheckpoint: Row(
        make=lambda _, commit, __: do.TakeCheckpoint(**AT, commit=commit, scratch=()),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.AskCheck: Row(
        make=lambda _, __, tree: do.AskCheck(
            **AT, moment=Moment.BEFORE, index=0, check=CHECK, spec=SPEC, tree=tree, environment="e"
        ),
        broken=ev.CheckAnswered,
        told={"verdict": Verdict.INCONCLUSIVE, "text": f"the check broke: .*{MISSING}"},
    ),
    do.Inquire: Row(
        make=lambda _, commit, tree: do.Inquire(
            lane="0",
            check=CHECK,
            commit=commit,
            tree=tree,
            environment="e",
            moment=Moment.AFTER,
            spec=None,
            services=(),
        ),
        broken=ev.Inquired,
        told={"verdict": Verdict.INCONCLUSIVE, "text": f"the check broke: .*{MISSING}"},
    ),
    do.AskProbe: Row(
        make=lambda *_: do.AskProbe(**AT, spec=SHELL, patient=False),
        broken=ev.ProbeAnswered,
        told={"answer": Applied.UNKNOWN, "text": "git read-tree failed in '.*/lanes/0-outside'"},
    ),
    do.RunStep: Row(
        make=lambda *_: do.RunStep(**AT, spec=SHELL, key="k"),
        broken=ev.BodyFinished,
        told={"ending.status": Status.ERROR, "ending.text": MISSING},
    ),
    do.Inspect: Row(
        make=lambda _, commit, tree: do.Inspect(
            **AT, spec=SPEC, tree=tree, commit=commit, scope=("**",), writes=("**",)
        ),
        broken=ev.EffectFailed,
        told={"reason": "the folder of lane 0 is gone"},
    ),
    do.ApplyPatch: Row(
        make=lambda lane, commit, _: do.ApplyPatch(**AT, commit=commit, scratch=(), diff=lane.context.store(b"patch")),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.MergeResult: Row(
        make=lambda _, commit, tree: do.MergeResult(**AT, base=commit, tree=tree, onto=commit, reads=()),
        broken=ev.EffectFailed,
        told={"reason": GONE},
    ),
    do.CheckOutTree: Row(
        make=lambda _, commit, tree: do.CheckOutTree(**AT, commit=commit, tree=tree, scratch=()),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.LookAgain: Row(
        make=lambda _, commit, tree: do.LookAgain(**AT, spec=SPEC, commit=commit, tree=tree, seen={"a.log": "d"}),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.KeepArtifacts: Row(
        make=lambda *_: do.KeepArtifacts(**AT, artifacts=("**",)),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.TryMutants: Row(
        make=lambda _, __, tree: do.TryMutants(
            **AT, spec=SPEC, base_tree=tree, tree=tree, changed=("a.txt",), checks=(), before=(), took_s=()
        ),
        broken=ev.MutantsTried,
        told={"text": GONE},
    ),
    do.KeepCandidate: Row(
        make=lambda _, commit, tree: do.KeepCandidate(
            **AT, spec=SPEC, candidate=1, commit=commit, base_tree=tree, tree=tree
        ),
        broken=ev.EffectFailed,
        told={"reason": NO_STORE},
    ),
    do.WriteCommit: Row(
        make=lambda _, commit, tree: do.WriteCommit(**AT, spec=SPEC, parent=commit, tree=tree),
        broken=ev.EffectFailed,
        told={"reason": GONE},
    ),
    do.RestoreLane: Row(
        make=lambda _, commit, __: do.RestoreLane(**AT, commit=commit, scratch=()),
        broken=ev.LaneRestored,
        told={"lane_changed": True},
    ),
    do.UpdateBranch: Row(
        make=lambda lane, commit, tree: do.UpdateBranch(commit=written(lane, commit, tree), old=tree, kept=None),
        broken=ev.BranchUpdated,
        told={"has_failed": True, "refused": r"is missing from the run's own store '[^']*/\*\*\*/"},
        ended=None,
    ),
    do.StartConversation: Row(
        make=lambda *_: do.StartConversation(**AT, spec=SPEC),
        broken=ev.ConversationStarted,
        told={"tree": "", "guidance": None},
    ),
    do.RequestModel: Row(
        make=lambda lane, *_: do.RequestModel(
            **AT,
            turn=1,
            role=Role.WORKER,
            facts=ModelFacts(name="x:m"),
            parts=(Part(speaker="user", tokens=1, blob=lane.context.store(b"long" * 9999)),),
        ),
        broken=ev.ModelRequestFailed,
        told={"text": "Blob .* is missing"},
    ),
    do.UseTool: Row(
        make=lambda lane, *_: lane.asking(lane.call("run", command=LONG)),
        broken=ev.ToolCallFinished,
        told={"call": "1.1", "ok": False, "text": f"the tool broke: .*{MISSING}"},
    ),
    do.AskApprover: Row(
        make=lambda lane, *_: thinking(lane),
        told={},  # how the caller's code breaks is told in test_approver
        ended=None,
    ),
    do.WaitForRetry: Row(make=lambda *_: do.WaitForRetry(**AT, **DUE), told={}, ended=None),
    do.WaitForRequest: Row(make=lambda *_: do.WaitForRequest(**AT, **DUE), told={}, ended=None),
    do.WaitForDeadline: Row(
        make=lambda *_: do.WaitForDeadline(**AT, **DUE, question="q", overdue=Overdue.WAIT), told={}, ended=None
    ),
}
KINDS = sorted(ROWS, key=lambda kind: kind.__name__)
BREAKABLE = [kind for kind in KINDS if ROWS[kind].broken is not None]
IN_LANE = [do.AskCheck, do.Inquire, do.Inspect, do.KeepArtifacts, do.RunStep, do.StartService, do.UseTool]


def name_of(kind: type[do.Command]) -> str:
    """Name a kind of command in the name of a test."""
    return kind.__name__


@pytest.fixture
def checkout(checkout: Path, tmp_path: Path) -> Path:
    """A copy of the repository for each test: a branch that is published stays there."""
    return Path(shutil.copytree(checkout, tmp_path / "checkout"))


@pytest.fixture
def secret(lane: Lane, tmp_path: Path) -> str:
    """Make the name of the folder in which all lies a secret, so that every path that is told holds one."""
    lane.context.environ = {**lane.context.environ, "API_TOKEN": tmp_path.name}
    lane.context.adopt(lane.context.plan)
    return tmp_path.name


async def fact_of(lane: Lane, command: do.Command, *, ends: bool = False) -> Any:
    """Carry out a command and return its fact; with `ends` it is ended at its first wait."""
    performing = asyncio.create_task(perform(lane.context, command))
    if ends:
        await asyncio.sleep(0)
        performing.cancel()
    return await performing


async def prepared(lane: Lane, kind: type[do.Command]) -> do.Command:
    """Return a command of a kind, with what it needs carried out."""
    row, space = ROWS[kind], lane.context.space
    if row.first is not None:
        await fact_of(lane, row.first)
    return await asyncio.to_thread(lambda: row.make(lane, space.base, space.commit_tree_of(space.base)))


def says(fact: Event, told: Mapping[str, Any]) -> None:
    """Make sure that a fact says something in each of these fields."""
    for name, wanted in told.items():
        value: Any = fact
        for part in name.split("."):
            value = getattr(value, part)
        is_said = re.search(wanted, value, re.DOTALL) if type(wanted) is str else value == wanted
        assert is_said, f"{name}: {value!r}"


def test_every_kind_of_command_has_a_row() -> None:
    """A new kind would else be carried out without anybody having thought of its end."""
    assert set(ROWS) == set(BY_COMMAND)


@pytest.mark.parametrize("kind", BREAKABLE, ids=name_of)
async def test_a_command_that_breaks_is_told_as_such(lane: Lane, secret: str, kind: type[do.Command]) -> None:
    """As the event of its kind, with a text that names what is missing and holds no secret; the engine goes on."""
    row, command = ROWS[kind], await prepared(lane, kind)
    shutil.rmtree(lane.context.folder)
    shutil.rmtree(lane.context.folder.parents[1] / "blobs", ignore_errors=True)
    fact = await fact_of(lane, command)
    assert type(fact) is row.broken
    says(fact, row.told)
    assert secret not in repr(fact)


async def test_a_model_is_told_of_a_broken_tool_without_a_trace(lane: Lane) -> None:
    """The output is the sentence that the journal has, and where in the program it happened is no part of it."""
    command = await prepared(lane, do.UseTool)
    shutil.rmtree(lane.context.folder)
    fact = await fact_of(lane, command)
    assert lane.context.blobs.get(fact.output).decode() == fact.text


@pytest.mark.parametrize("effect", [one for one in EFFECTS if not one.stops_run_on_full_disk], ids=lambda one: one.name)
def test_what_a_full_disk_does_not_stop_is_told_without_storing(effect: Effect) -> None:
    """The store would be refused, too; the run goes on, and the effect is done later."""

    def refuse(_: bytes) -> BlobId:
        raise OSError(errno.ENOSPC, "No space left on device")

    how = Breakage(at=1.0, reason="no space", error_type="OSError", trace="at line 1", store=refuse)
    told = effect.after_breakage(do.UpdateBranch(commit="c", old=None, kept=None), how)
    assert (type(told), told.refused) == (ev.BranchUpdated, "no space")


@pytest.mark.parametrize("kind", IN_LANE, ids=name_of)
async def test_a_command_for_a_lane_that_is_gone_says_so(lane: Lane, secret: str, kind: type[do.Command]) -> None:
    """It is not carried out anywhere else, and its fact names the lane."""
    command = await prepared(lane, kind)
    shutil.rmtree(lane.context.space.lane_path("0"))
    fact = await fact_of(lane, command)
    assert type(fact) is ROWS[kind].broken
    assert re.search(r"/\*\*\*/home/runs/[^']*/lanes/0'.* (does not exist|is gone|nobody knows)", repr(fact))
    assert secret not in repr(fact)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
async def test_a_command_that_is_ended_says_no_more_than_that(lane: Lane, kind: type[do.Command]) -> None:
    """What it is about stays open; where nobody waits for its fact there is none."""
    row, command = ROWS[kind], await prepared(lane, kind)
    if row.ended is None:
        with pytest.raises(asyncio.CancelledError):
            await fact_of(lane, command, ends=True)
        return
    fact = await fact_of(lane, command, ends=True)
    assert type(fact) is row.ended
