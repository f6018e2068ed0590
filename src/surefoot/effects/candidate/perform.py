"""The keeping of a candidate: what it does is shown by a command, it is kept durably, and its lane is put back."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Difference
from surefoot.core.events import Event
from surefoot.core.ids import BlobId
from surefoot.core.plan import Compare
from surefoot.core.record import record
from surefoot.effects.lane.perform import lane_of
from surefoot.effects.restore.perform import patch_of, put_back
from surefoot.errors import WorkspaceError
from surefoot.faults import point
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext

_BYTES_MAX = 1 << 20
_LINE_MAX = 200
_NOT_RUN = frozenset({126, 127})
"""With these a shell says that it could not run a command."""


@record(kw_only=False)
class _Shown:
    """What a command has shown of a result."""

    digest: str = ""
    output: BlobId | None = None
    exit_code: int | None = None
    flaw: str = ""
    differences: tuple[Difference, ...] = ()
    took_s: float = 0.0


async def keep_candidate(context: RunContext, command: do.KeepCandidate) -> Event:
    """Keep the result of an attempt with what it does, and put the lane back for the next one."""
    point("candidate.before")
    spec, space = command.spec, context.space
    compare = spec.compare
    shown = _Shown() if compare is None else await _shown_by(context, command, compare)
    point("candidate.compared")
    patch, _ = await in_thread(patch_of, context, command.base_tree, command.tree)
    lines = await in_thread(space.count_lines, command.base_tree, command.tree)
    await in_thread(space.keep_tree, command.base_tree, command.tree)
    point("candidate.kept")
    try:
        is_changed = await in_thread(put_back, context, command, spec.scratch, spec.made)
    except WorkspaceError:
        is_changed = True
    point("candidate.after")
    return ev.CandidateKept(
        **command.at(context.clock.now()),
        candidate=command.candidate,
        lines=lines,
        patch=context.store(patch) if patch else None,
        shown=shown.digest,
        output=shown.output,
        exit_code=shown.exit_code,
        flaw=shown.flaw,
        differences=shown.differences,
        took_s=shown.took_s,
        lane_changed=is_changed,
    )


async def _shown_by(context: RunContext, command: do.KeepCandidate, compare: Compare) -> _Shown:
    outcome, said, flaw = await run_compare(context, command, compare)
    return _Shown(
        digest="" if flaw else hashlib.sha256(said).hexdigest(),
        output=context.store(said[:_BYTES_MAX]) if said else None,
        exit_code=outcome.exit_code,
        flaw=flaw,
        differences=tuple(_differences(context, command, said[:_BYTES_MAX])),
        took_s=outcome.duration_s,
    )


async def run_compare(
    context: RunContext, command: do.KeepCandidate | do.TryMutants, compare: Compare
) -> tuple[CommandOutcome, bytes, str]:
    """Run `compare` in the lane: how it ended, what it printed without the lane's path, why that cannot be compared."""
    lane = lane_of(command)
    commands = LaneCommands(
        context=context, lane=lane, mark=f"{command.step}/{command.attempt}/compare", step=command.spec
    )
    request = CommandRequest(
        text=f"exec 2>/dev/null\n{compare.run}",
        cwd=command.spec.cwd,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        timeout_s=compare.timeout_s,
        output_max=_BYTES_MAX + 1,
    )
    outcome = await commands.run(request)
    printed = b"" if outcome.evidence is None else context.blobs.get(outcome.evidence)
    flaw = _flaw_of(outcome, printed, compare)
    # Lanes have paths of their own, which say nothing of the result.
    return outcome, printed.replace(str(context.start(lane)).encode(), b"."), flaw


def _differences(context: RunContext, command: do.KeepCandidate, said: bytes) -> Iterator[Difference]:
    """Yield where the output differs first from that of each earlier candidate."""
    here = said.decode("utf-8", "replace").split("\n")
    for number, blob in command.earlier.items():
        there = context.blobs.get(blob).decode("utf-8", "replace").split("\n")
        pairs = enumerate(itertools.zip_longest(here, there, fillvalue=""), start=1)
        first = next(((line, one, other) for line, (one, other) in pairs if one != other), None)
        if first is not None:
            line, one, other = first
            yield Difference(candidate=number, line=line, here=one[:_LINE_MAX], there=other[:_LINE_MAX])


def _flaw_of(outcome: CommandOutcome, printed: bytes, compare: Compare) -> str:
    """Say why what a command printed cannot be compared; empty: it can."""
    if not outcome.started or outcome.exit_code in _NOT_RUN:
        return "`compare` could not be run"
    if outcome.timed_out:
        return f"`compare` had not ended after {compare.timeout_s:g} s"
    if outcome.signal is not None:
        return f"`compare` was ended by signal {outcome.signal}"
    if len(printed) > _BYTES_MAX:
        return f"`compare` printed more than {_BYTES_MAX >> 20} MB"
    return "" if printed.strip() else "`compare` printed nothing"
