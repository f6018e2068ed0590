"""Small changes of what a step wrote, made in its lane one at a time; a check that notices one speaks for the step."""

from __future__ import annotations

import itertools
import json
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

from surefoot import safe_open
from surefoot.checks import Question, ask
from surefoot.checks.mutants import Changed, is_code, mutants_around, mutants_of
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Moment, Mutant, Verdict
from surefoot.core.events import Event
from surefoot.core.record import record
from surefoot.effects.candidate.perform import run_compare
from surefoot.effects.check.perform import clean
from surefoot.effects.lane.perform import lane_of
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext

TRIED_MAX = 60
AROUND_MAX = 60
"""So many changes are made of other lines of the functions that the step changed."""
WITHIN_S = 300.0
"""No change is begun after this time."""
_FILE_BYTES_MAX = 500_000
_TIMES_LONGER, _LEAST_S = 5.0, 10.0
"""A check that takes so many times as long as on the result itself, and longer than this, has noticed the change."""


async def try_mutants(context: RunContext, command: do.TryMutants) -> Event:
    """Change what the step wrote in small ways, and ask its checks about each; the lane is left as it was.

    Where they notice all, and `compare` can tell results apart, the rest of the functions that it changed comes next.
    """
    point("mutation.before")
    lane, began = lane_of(command), time.monotonic()
    changes, others = await in_thread(_changes, context, command)
    context.disturb(lane, leaves_nothing=True)
    try:
        trial = _Trial(context, command, await _shown(context, command), began + WITHIN_S)
        own = await trial.make(changes[:TRIED_MAX])
        goes_on = trial.as_is is not None and own.noticed > 0 and not own.survivors
        around = await trial.make(others[:AROUND_MAX] if goes_on else [])
    finally:
        await in_thread(clean, context, lane, command.tree, command.spec.uncommitted)
    point("mutation.after")
    said = [*own.said, *({**one, "around": True} for one in around.said)]
    return ev.MutantsTried(
        **command.at(context.clock.now()),
        noticed=own.noticed,
        survivors=tuple(own.survivors),
        left_out=len(changes) - len(own.said),
        alike=own.alike,
        around=len(around.said),
        missed_around=tuple(around.survivors),
        text="" if changes else "nothing that it wrote can be changed in a small way",
        evidence=context.store(json.dumps(said, indent=1).encode("ascii")) if said else None,
        duration_s=time.monotonic() - began,
    )


@record(frozen=False)
class _Found:
    """What came of changes that were made."""

    noticed: int = 0
    alike: int = 0
    survivors: list[Mutant] = field(default_factory=list[Mutant])
    said: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


@record(frozen=False, kw_only=False)
class _Trial:
    """Makes changes in a lane, one at a time."""

    context: RunContext
    command: do.TryMutants
    as_is: tuple[int | None, bytes] | None
    """What `compare` shows of the result itself; None: there is none, or it shows nothing."""
    until: float
    """No change is begun after this time."""
    made: int = 0

    async def make(self, changes: Sequence[Changed]) -> _Found:
        """Make one change after the other, as long as there is time, and ask the checks about each."""
        found = _Found()
        for one in changes:
            if time.monotonic() > self.until:
                break
            name, is_alike = await self._try(one)
            mutant = one.mutant
            found.noticed += name is not None
            found.alike += is_alike
            if name is None and not is_alike:
                found.survivors.append(mutant)
            where = {"path": mutant.path, "line": mutant.line, "before": mutant.before, "after": mutant.after}
            found.said.append({**where, "undone": mutant.is_undone, "noticed_by": name, "alike": is_alike})
        return found

    async def _try(self, one: Changed) -> tuple[str | None, bool]:
        """Make a change: which check notices it, if any, and whether `compare` shows no difference either.

        The file is put back.
        """
        self.made += 1
        file = self.context.space.lane_path(lane_of(self.command)) / one.mutant.path
        original, there = await in_thread(_read, file)
        # Bytecode and build tools know a file by the whole second of its time: each change has one of its own.
        second = (int(there.st_mtime) + self.made) * 10**9
        await in_thread(_write, file, one.content, there.st_mode, second)
        point("mutation.made")
        try:
            for index, check in enumerate(self.command.checks):
                if await _notices(self.context, self.command, index):
                    return check.name, False
            return None, self.as_is is not None and await _shown(self.context, self.command) == self.as_is
        finally:
            await in_thread(_write, file, original, there.st_mode, there.st_mtime_ns)


def _changes(context: RunContext, command: do.TryMutants) -> tuple[list[Changed], list[Changed]]:
    """Return the small changes of what the step wrote, what is put back first, and those around it.

    Each file has one in turn.
    """
    space = context.space
    old, new = (space.found(tree, command.changed) for tree in (command.base_tree, command.tree))
    files = [path for path in command.changed if path in new and new[path][1] <= _FILE_BYTES_MAX and is_code(path)]
    pairs = [
        (path, space.content(old[path][0]) if path in old else None, space.content(new[path][0]))
        for path in files
        if safe_open.status_of(space.lane_path(lane_of(command)) / path) is not None
    ]
    changes = _in_turn([mutants_of(*pair) for pair in pairs])
    others = [] if command.spec.compare is None else _in_turn([mutants_around(*pair) for pair in pairs])
    return sorted(changes, key=lambda one: not one.mutant.is_undone), others


def _in_turn(by_file: Sequence[Sequence[Changed]]) -> list[Changed]:
    return [one for turn in itertools.zip_longest(*by_file) for one in turn if one is not None]


async def _shown(context: RunContext, command: do.TryMutants) -> tuple[int | None, bytes] | None:
    """Return how `compare` ends and what it prints; None: there is none, or it shows nothing."""
    compare = command.spec.compare
    if compare is None:
        return None
    outcome, said, flaw = await run_compare(context, command, compare)
    # What it does to files is thrown away, as with a candidate; a change that was made goes with that.
    await in_thread(clean, context, lane_of(command), command.tree, command.spec.uncommitted)
    return None if flaw else (outcome.exit_code, said)


async def _notices(context: RunContext, command: do.TryMutants, index: int) -> bool:
    check, took_s = command.checks[index], command.took_s[index]
    longest_s = min(check.timeout_s, max(_LEAST_S, _TIMES_LONGER * took_s))
    lane = lane_of(command)
    commands = LaneCommands(
        context=context,
        lane=lane,
        mark=f"{command.step}/{command.attempt}/mutation",
        step=command.spec,
        services=command.services,
    )
    question = Question(
        check=replace(check, timeout_s=longest_s),
        moment=Moment.AFTER,
        env={**context.plan.env, **command.spec.env, "PYTHONDONTWRITEBYTECODE": "1"},
        changed=command.changed,
        before=command.before[index],
        earlier=None,
        junit_folder=context.space.home_path(lane),
        plan_folder=context.plan_folder,
    )
    answer = await ask(question, commands)
    return answer.verdict is not Verdict.PASSED


def _read(file: Path) -> tuple[bytes, os.stat_result]:
    with safe_open.open_plain(file) as opened:
        return opened.read(), os.fstat(opened.fileno())


def _write(file: Path, content: bytes, mode: int, at_ns: int) -> None:
    """Write a file of the lane anew, with this time."""
    safe_open.remove(file)
    with safe_open.make_plain(file, stat.S_IMODE(mode)) as made:
        made.write(content)
        made.flush()
        os.utime(made.fileno(), ns=(at_ns, at_ns))
