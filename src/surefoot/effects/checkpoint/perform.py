"""Puts a lane to the head of the run branch, and notes how it is there."""

from __future__ import annotations

import json

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.plan import AgentBody, Step, digest_of
from surefoot.core.policy import raising_rule
from surefoot.core.policy_types import CommandFacts
from surefoot.effects import CHECKPOINT
from surefoot.effects.artifacts.perform import made_before, place_artifacts
from surefoot.effects.lane.perform import (
    BESIDE_NOTE,
    CACHES_NOTE,
    IGNORED_NOTE,
    KNOWN_NOTE,
    MADE_NOTE,
    first_few,
    lane_of,
    prepared_anew,
    prepared_lane,
)
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.preconditions import commands_of, ground_of, probe_of
from surefoot.workers.prepared import (
    cache_digests,
)
from surefoot.workers.run_context import Room


async def take_checkpoint(room: Room, command: do.TakeCheckpoint) -> Event:
    """Put the lane to the head and make sure of it; prepare again where a key file has changed."""
    lane = lane_of(command)
    place = (command.step, command.attempt)
    try:
        point("checkpoint.before")
        is_settled = lane in room.settled
        await in_thread(room.space.restore, lane, command.commit, settled=is_settled)
        room.settle(lane)
        prepared = await (prepared_lane(room, lane) if is_settled else prepared_anew(room, lane, command.uncommitted))
        await in_thread(place_artifacts, room, lane, command.artifacts)
        tree = await in_thread(room.space.commit_tree_of, command.commit)
        does = None if command.spec is None else commands_of(command.spec, room.plan.env)
        raised_by = _raised_by(room, command.spec, does)
        ground = await ground_of(room, command, lane, raised_by)
        probe = None if command.spec is None else probe_of(command.spec, room.plan.env)
        left = await in_thread(_note_ignored, room, lane, command)
        point("checkpoint.after")
    except (EffectError, WorkspaceError) as error:
        retryable = not isinstance(error, EffectError) or error.retryable
        diagnosis = Diagnosis.TRANSIENT if retryable else Diagnosis.STRUCTURAL
        return CHECKPOINT.failed(command, room.clock.now(), diagnosis, error.message)
    return ev.Checkpointed(
        at=room.clock.now(),
        step=place[0],
        attempt=place[1],
        commit=command.commit,
        tree=tree,
        environment=digest_of((prepared.environment, command.artifacts)) if command.artifacts else prepared.environment,
        not_held=first_few(left),
        does=does,
        ground=ground,
        raised_by=raised_by,
        probe=probe,
    )


def _raised_by(room: Room, spec: Step | None, does: CommandFacts | None) -> str:
    """Name the rule by which the step counts as irreversible; what an agent runs is looked at call by call."""
    if spec is None or isinstance(spec.body, AgentBody):
        return ""
    return raising_rule(spec, does, room.rung.value)


def _note_ignored(room: Room, lane: str, command: do.TakeCheckpoint) -> tuple[str, ...]:
    """Note how the ignored files are at the checkpoint, to be compared after the body and after a restore.

    Returns what a restore cannot put back: ignored files, a folder as a whole.
    """
    is_settled, uncommitted = lane in room.settled, command.uncommitted
    ignored = room.space.ignored_state(lane, command.scratch, exclude=uncommitted, settled=is_settled)
    beside = room.space.ignored_state(lane, uncommitted, exclude=uncommitted) if command.made else ignored
    made = made_before(room, lane, command.made)
    known = room.space.not_held(lane, settled=is_settled)
    caches = json.dumps(cache_digests(room, lane))
    told = {
        IGNORED_NOTE: ignored,
        BESIDE_NOTE: beside,
        MADE_NOTE: made,
        KNOWN_NOTE: json.dumps(known),
        CACHES_NOTE: caches,
    }
    room.write_note(lane, room.note(lane) | told)
    return known
