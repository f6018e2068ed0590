"""Checkpoints: a lane put to the head of the run branch, and the record of its state there."""

from __future__ import annotations

import json

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.plan import digest_of
from surefoot.core.policy import raising_rule
from surefoot.effects import CHECKPOINT
from surefoot.effects.artifacts.perform import made_before, place_artifacts
from surefoot.effects.lane.perform import (
    BESIDE_NOTE,
    CACHES_NOTE,
    CHANGES_NOTE,
    CHECKPOINT_NOTE,
    IGNORED_NOTE,
    KNOWN_NOTE,
    MADE_NOTE,
    USED_NOTE,
    first_few,
    lane_of,
    prepared_anew,
    prepared_lane,
)
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.preconditions import commands_of, preconditions_of, probe_of, resources_of_agent
from surefoot.workers.prepared import cache_digests
from surefoot.workers.run_context import RunContext


async def take_checkpoint(context: RunContext, command: do.TakeCheckpoint) -> Event:
    """Put the lane to the head and make sure of it; prepare again where a key file has changed."""
    lane, spec = lane_of(command), command.spec
    try:
        point("checkpoint.before")
        is_settled = lane in context.settled
        await in_thread(context.space.restore, lane, command.commit, settled=is_settled)
        context.settle(lane)
        if is_settled:
            prepared = await prepared_lane(context, lane)
        else:
            prepared = await prepared_anew(context, lane, command.uncommitted)
        await in_thread(place_artifacts, context, lane, command.artifacts)
        tree = await in_thread(context.space.commit_tree_of, command.commit)
        does = None if spec is None else commands_of(spec, context.plan.env)
        # What an agent runs is looked at call by call.
        raised_by = "" if spec is None or spec.body.by_model else raising_rule(spec, does, context.rung.value)
        preconditions = await preconditions_of(context, command, lane, raised_by)
        resources = () if preconditions else await resources_of_agent(context, command, lane)
        probe = None if spec is None else probe_of(spec, context.plan.env)
        left, used = await in_thread(_note_ignored, context, lane, command)
        point("checkpoint.after")
    except (EffectError, WorkspaceError) as error:
        retryable = not isinstance(error, EffectError) or error.retryable
        diagnosis = Diagnosis.TRANSIENT if retryable else Diagnosis.STRUCTURAL
        return CHECKPOINT.failed(command, context.clock.now(), diagnosis, error.message)
    return ev.Checkpointed(
        **command.at(context.clock.now()),
        commit=command.commit,
        tree=tree,
        environment=_environment(prepared.environment, command, used),
        not_held=first_few(left),
        does=does,
        preconditions=preconditions,
        raised_by=raised_by,
        probe=probe,
        resources=resources,
    )


def _environment(prepared: str, command: do.TakeCheckpoint, used: str) -> str:
    """Return the digest of what verdicts depend on beside the tree."""
    environment = digest_of((prepared, command.artifacts)) if command.artifacts else prepared
    return digest_of((environment, used)) if used else environment


def _note_ignored(context: RunContext, lane: str, command: do.TakeCheckpoint) -> tuple[tuple[str, ...], str]:
    """Note how the ignored files are at the checkpoint, to be compared after the body and after a restore.

    Returns what a restore cannot put back (ignored files, a folder as a whole), and a name for what may lie there since
    steps used the lane of which the journal has lost all in a power cut; empty where none did.
    """
    note = context.note(lane)
    used = note.get(USED_NOTE, "")
    if 0 < command.checkpoint <= int(note.get(CHECKPOINT_NOTE, "0")):
        used = f"{lane} at {context.clock.now()}"
    is_settled, uncommitted = lane in context.settled, command.uncommitted
    ignored = context.space.ignored_state(lane, command.scratch, exclude=uncommitted, settled=is_settled)
    beside = context.space.ignored_state(lane, uncommitted, exclude=uncommitted) if command.made else ignored
    known = context.space.not_held(lane, settled=is_settled)
    told = {
        USED_NOTE: used,
        CHECKPOINT_NOTE: f"{command.checkpoint}",
        IGNORED_NOTE: ignored,
        BESIDE_NOTE: beside,
        MADE_NOTE: made_before(context, lane, command.made),
        KNOWN_NOTE: json.dumps(known),
        CACHES_NOTE: json.dumps(cache_digests(context, lane)),
    }
    context.write_note(lane, {name: text for name, text in note.items() if name != CHANGES_NOTE} | told)
    return known, used
