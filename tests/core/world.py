"""The kindest world: what it says to each command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, Role, ToolCall, Understanding, Usage
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Applied, ApproverWord, Ending, Moment, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import RunBody, Step
from surefoot.core.system_steps import attempted_step
from surefoot.core.tool_payload import MadePlan, Planned, ProposedAmendment, Understood
from surefoot.core.tool_table import TOOLBOX, PlanInForce


def kind_fact(command: do.Command, now: float) -> Event:
    """Return the kindest answer the world has to a command."""
    match command:
        case do.OpenLane():
            return ev.LaneReady(at=now, lane=command.lane, environment="env")
        case do.ExpandGroup():
            return ev.GroupExpanded(at=now, group=command.group.id, items=command.group.for_each.items or ())
        case do.UpdateBranch():
            return ev.BranchUpdated(at=now, commit=command.commit)
        case do.Inquire():
            where = {"commit": command.commit, "tree": command.tree, "environment": command.environment}
            return ev.Inquired(at=now, check=command.check.digest, **where, verdict=Verdict.PASSED)
        case do.StopService():
            return ev.ServiceEnded(at=now, lane=command.lane, service=command.service, reason="stopped")
        case do.StartService():
            place = {"at": now, "step": command.step, "attempt": command.attempt}
            return ev.ServiceReady(**place, lane=command.lane, service=command.service.name, port=5000)
        case _:
            return kind_fact_for_step(command, {"at": now, "step": command.step, "attempt": command.attempt})


def kind_fact_for_step(command: do.Command, place: Mapping[str, Any]) -> Event:  # noqa: PLR0911 - one for each command
    """Return the kindest answer to a step's command: every body does its work and writes one file."""
    match command:
        case do.TakeCheckpoint():
            tree = command.commit.replace("c", "t", 1)
            return ev.Checkpointed(**place, commit=command.commit, tree=tree, environment="env")
        case do.AskCheck():
            is_red = command.moment is Moment.BEFORE and command.check.expect is Expect.FAIL_TO_PASS
            which = {"moment": command.moment, "check": command.index, "tree": command.tree}
            verdict = Verdict.FAILED if is_red else Verdict.PASSED
            return ev.CheckAnswered(**place, **which, verdict=verdict, environment=command.environment)
        case do.AskProbe():
            return ev.ProbeAnswered(**place, answer=Applied.NOT_APPLIED)
        case do.RunStep():
            return ev.BodyFinished(**place, ending=Ending(status=Status.OK, exit_code=0))
        case do.Inspect():
            # What a step makes does not depend on which of its attempts makes it.
            name = attempted_step(command.step)
            return ev.ChangesObserved(**place, tree=f"t-{name}", changed=(name,))
        case do.KeepArtifacts():
            return ev.ArtifactsKept(**place, manifest=BlobId(f"m-{command.step}"), count=1, size_bytes=1)
        case do.TryMutants() | do.KeepCandidate():
            tried = ev.MutantsTried(**place, noticed=3)
            return tried if isinstance(command, do.TryMutants) else kept_candidate(command, place)
        case do.WriteCommit():
            return ev.CommitWritten(**place, commit=f"c-{command.step}")
        case do.MergeResult():
            onto_tree = command.onto_tree or command.onto.replace("c", "t", 1)
            merged = {"onto": command.onto, "onto_tree": onto_tree, "tree": f"{onto_tree}+{command.tree}"}
            return ev.Merged(**place, **merged, changed=(command.step,))
        case do.CheckOutTree() | do.LookAgain():
            is_look = isinstance(command, do.LookAgain)
            return ev.LookedAgain(**place) if is_look else ev.TreeCheckedOut(**place, tree=command.tree)
        case do.RestoreLane() | do.ApplyPatch():
            return (ev.LaneRestored if isinstance(command, do.RestoreLane) else ev.PatchApplied)(**place)
        case do.WaitForDeadline():
            return ev.QuestionExpired(**place, question=command.question, overdue=command.overdue)
        case do.AskApprover():
            said = {"question": command.question, "approver": command.approver}
            return ev.ApproverAnswered(**place, **said, word=ApproverWord.PROCEED)
        case do.StartConversation() | do.RequestModel() | do.WaitForRequest() | do.UseTool():
            return kind_word(command, place)
        case _:
            return ev.RetryDue(**place)


def kept_candidate(command: do.KeepCandidate, place: Mapping[str, Any]) -> ev.CandidateKept:
    """Return the kindest candidate: it does what all others do; later ones change more lines."""
    return ev.CandidateKept(**place, candidate=command.candidate, lines=command.candidate, shown="same")


WORK = ("read", "edit", "finish")
"""What the kindest worker calls, one tool a turn; other roles look at a file and end."""
ENDS = {
    Role.SCOUT: "understood",
    Role.PLANNER: "plan",
    Role.REPLANNER: "amend",
    Role.WORKER: "finish",
    Role.REVIEWER: "finish",
}
USAGE = Usage(requests=1, input_tokens=100, output_tokens=10, cost_usd=0.25)


def kind_word(command: do.Command, place: Mapping[str, Any]) -> Event:
    """Return what the kindest model, and the kindest tools, have to say."""
    match command:
        case do.StartConversation():
            return ev.ConversationStarted(**place, tree="tree0")
        case do.RequestModel():
            tools = WORK if command.role is Role.WORKER else ("read", ENDS[command.role])
            return answered(command, place, tools[min(command.turn, len(tools)) - 1])
        case do.UseTool():
            return used(command, place)
        case _:
            return ev.ModelRequestDue(**place)


def answered(command: do.RequestModel, place: Mapping[str, Any], *tools: str) -> ev.ModelResponded:
    """Return a reply that calls these tools."""
    turn = command.turn
    calls = tuple(
        ToolCall(call=f"{turn}.{n}", tool=tool, arguments=BlobId(f"args-{tool}"), summary=tool, kind=TOOLBOX[tool].kind)
        for n, tool in enumerate(tools, start=1)
    )
    reply = BlobId(f"reply-{turn}")
    return ev.ModelResponded(**place, turn=turn, model="m", reply=reply, said="so", tokens=10, calls=calls, usage=USAGE)


def used(command: do.UseTool, place: Mapping[str, Any]) -> ev.ToolCallFinished:
    """Return what comes of a call: an edit writes a file, an end brings what its phase ends with."""
    call, tool = command.call, command.call.tool
    done = ev.ToolCallFinished(**place, call=call.call, ok=True, text="ok", output=BlobId(f"out-{call.call}"), tokens=5)
    match tool:
        case "edit" | "run":
            name = attempted_step(command.step)
            return replace(done, tree=f"t-{name}", changed=(name,), exit_code=0)
        case "understood":
            return replace(done, payload=Understood(understanding=Understanding(summary="known")))
        case "amend":
            return replace(done, payload=ProposedAmendment(why="it stays"))
        case "plan":
            step = Step(id=StepId("made"), body=RunBody(command="made"))
            assert isinstance(command.state, PlanInForce)
            plan = replace(command.state.plan, steps=(step,))
            return replace(done, payload=Planned(made=MadePlan(plan=plan, text=BlobId("plan"))))
        case "finish":
            return replace(done, payload=Claim(summary="done", confidence=0.9))
        case _:
            return done
