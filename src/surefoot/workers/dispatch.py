"""Carries out one command and returns the fact it led to, secrets masked.

Owns the choice of worker, and the one place where whatever a worker raises becomes an event. What this machine refuses
us (a full disk, a repository that was moved) is no event: it stops the run, which goes on from the journal. Must never
let an unmasked value into an event. Read the worker modules next.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.terms import Applied, Diagnosis, Ending, Status, Verdict
from surefoot.errors import DiskRefused, JournalLocked, SurefootError, is_of_the_disk
from surefoot.workers.artifacts import keep_artifacts
from surefoot.workers.body import run_step
from surefoot.workers.branch import merge_result, move_refs, write_commit
from surefoot.workers.check import ask_check
from surefoot.workers.checkpoint import (
    apply_edit,
    expand_group,
    inspect,
    open_lane,
    place_tree,
    restore_lane,
    take_checkpoint,
)
from surefoot.workers.masked import masked
from surefoot.workers.probe import ask_probe
from surefoot.workers.room import Room
from surefoot.workers.service import start_service, stop_service
from surefoot.workers.talk import ask_model, model_broke, open_talk, tool_broke, use_tool, wait_for_turn


async def wait(room: Room, command: do.WaitUntil) -> Event:
    """Wait until the next attempt is due."""
    await room.clock.wait_until(command.due)
    return ev.RetryDue(at=room.clock.now(), step=command.step, attempt=command.attempt)


async def watch_deadline(room: Room, command: do.WatchDeadline) -> Event:
    """Wait for an answer until its time is over."""
    await room.clock.wait_until(command.due)
    return ev.QuestionExpired(
        at=max(room.clock.now(), command.due),
        step=command.step,
        attempt=command.attempt,
        question=command.question,
        overdue=command.overdue,
    )


async def perform(room: Room, command: do.Command, journal_head: Callable[[], tuple[int, str]]) -> Event:
    """Carry out `command` and return its fact. Cancelling ends what is under way and returns the fact of that.

    Raises:
        JournalLocked: the disk takes no more.
        DiskRefused: the same, of a file that is not the journal's.
        WorkspaceMissing: the command failed, and the user's repository is gone.
    """
    try:
        fact = await _perform(room, command, journal_head)
    except asyncio.CancelledError:
        fact = interrupted(command, room.clock.now())
        if fact is None:
            raise
    except Exception as error:
        if isinstance(error, JournalLocked):
            raise
        # A branch that cannot be moved is told, and follows later.
        if is_of_the_disk(error) and not isinstance(command, do.MoveRefs):
            raise DiskRefused(
                f"The disk refused what the run needs to go on: {error}. Free some space or mend the disk, then resume."
            ) from error
        fact = _broken(room, command, error)
    if room.workspace is not None and _has_failed(command, fact):
        room.workspace.refuse_without_repository()
    return masked(fact, room.masker)


def _has_failed(command: do.Command, fact: Event) -> bool:
    """Tell whether a fact says that something failed which could be done again; an outside effect is always told."""
    match fact:
        case ev.LaneFailed() | ev.CheckpointFailed() | ev.ExpansionFailed() | ev.ServiceFailed() | ev.EffectBroken():
            return True
        case ev.CheckAnswered():
            return fact.verdict is not Verdict.PASSED
        case ev.BodyFinished():
            is_outside = isinstance(command, do.RunStep) and command.spec.effect.is_outside
            return fact.ending.status is not Status.OK and not is_outside
        case _:
            return False


_WORKERS: Mapping[type[do.Command], Callable[[Room, Any], Awaitable[Event]]] = {
    do.OpenLane: open_lane,
    do.ExpandGroup: expand_group,
    do.StartService: start_service,
    do.StopService: stop_service,
    do.TakeCheckpoint: take_checkpoint,
    do.AskCheck: ask_check,
    do.AskProbe: ask_probe,
    do.RunStep: run_step,
    do.Inspect: inspect,
    do.ApplyEdit: apply_edit,
    do.MergeResult: merge_result,
    do.PlaceTree: place_tree,
    do.KeepArtifacts: keep_artifacts,
    do.RestoreLane: restore_lane,
    do.MoveRefs: move_refs,
    do.WaitUntil: wait,
    do.WatchDeadline: watch_deadline,
    do.OpenTalk: open_talk,
    do.AskModel: ask_model,
    do.WaitForTurn: wait_for_turn,
    do.UseTool: use_tool,
}


async def _perform(room: Room, command: do.Command, journal_head: Callable[[], tuple[int, str]]) -> Event:
    if isinstance(command, do.WriteCommit):
        return await write_commit(room, command, journal_head())
    return await _WORKERS[type(command)](room, command)


def interrupted(command: do.Command, now: float) -> Event | None:
    """Return the fact that a command was ended before it could say anything, if that is something to tell."""
    match command:
        case do.OpenLane():
            return ev.LaneFailed(at=now, lane=command.lane, diagnosis=Diagnosis.INTERRUPTED, reason="interrupted")
        case do.ExpandGroup():
            return ev.Interrupted(at=now, step=command.group.id, attempt=1)
        case do.StopService():
            return ev.ServiceEnded(at=now, lane=command.lane, service=command.service, reason="stopped at once")
        case do.WaitUntil() | do.WatchDeadline() | do.MoveRefs() | do.Interrupt() | do.WaitForTurn():
            return None
        case do.UseTool():
            return ev.CallLost(at=now, step=command.step, attempt=command.attempt, call=command.call.call)
        case _:
            return ev.Interrupted(at=now, step=command.step, attempt=command.attempt)


def _broken(room: Room, command: do.Command, error: Exception) -> Event:
    """Return what it means for its command that a worker broke."""
    now, why = room.clock.now(), f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    match command:
        case do.OpenLane() | do.ExpandGroup() | do.StartService() | do.StopService() | do.MoveRefs():
            return _broken_around_steps(command, error, why, now)
        case do.TakeCheckpoint():
            return ev.CheckpointFailed(
                at=now, step=command.step, attempt=command.attempt, diagnosis=Diagnosis.STRUCTURAL, reason=why
            )
        case do.AskCheck():
            return ev.CheckAnswered(
                at=now,
                step=command.step,
                attempt=command.attempt,
                moment=command.moment,
                check=command.index,
                verdict=Verdict.INCONCLUSIVE,
                text=f"the check broke: {why}",
                evidence=room.store(trace.encode()),
            )
        case do.AskProbe():
            return ev.ProbeAnswered(
                at=now, step=command.step, attempt=command.attempt, answer=Applied.UNKNOWN, text=why
            )
        case do.RunStep():
            ending = Ending(status=Status.ERROR, error_type=type(error).__name__, text=room.masker.text(trace)[-2000:])
            return ev.BodyFinished(at=now, step=command.step, attempt=command.attempt, ending=ending)
        case do.AskModel():
            return model_broke(room, command, why, now)
        case do.UseTool():
            return tool_broke(room, command, why, now)
        case do.OpenTalk():
            return ev.TalkOpened(at=now, step=command.step, attempt=command.attempt)
        case do.RestoreLane():
            return ev.LaneRestored(at=now, step=command.step, attempt=command.attempt, lane_changed=True)
        case do.Inspect() | do.ApplyEdit() | do.KeepArtifacts() | do.WriteCommit() | do.MergeResult() | do.PlaceTree():
            why = error.message if isinstance(error, SurefootError) else why
            return ev.EffectBroken(at=now, step=command.step, attempt=command.attempt, reason=why)
        case do.WaitUntil() | do.WatchDeadline() | do.Interrupt() | do.WaitForTurn():
            raise error


def _broken_around_steps(
    command: do.OpenLane | do.ExpandGroup | do.StartService | do.StopService | do.MoveRefs,
    error: Exception,
    why: str,
    now: float,
) -> Event:
    """Return what it means for a command that is no part of an attempt's own course."""
    match command:
        case do.OpenLane():
            return ev.LaneFailed(at=now, lane=command.lane, diagnosis=Diagnosis.STRUCTURAL, reason=why)
        case do.ExpandGroup():
            return ev.ExpansionFailed(at=now, group=command.group.id, reason=why)
        case do.StartService():
            assert command.lane is not None
            return ev.ServiceFailed(
                at=now,
                step=command.step,
                attempt=command.attempt,
                lane=command.lane,
                service=command.service.name,
                diagnosis=Diagnosis.STRUCTURAL,
                reason=f"service {command.service.name} could not be started: {why}",
            )
        case do.StopService():
            return ev.ServiceEnded(at=now, lane=command.lane, service=command.service, reason=why)
        case do.MoveRefs():
            why = error.message if isinstance(error, SurefootError) else why
            return ev.RefsMoved(at=now, commit=command.commit, refused=why, has_failed=True)
