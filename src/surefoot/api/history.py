"""Step durations from earlier runs of the same plan.

They become part of the new run's first event, so that a resume decides as the first engine did.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath

from surefoot.core.event_words import Status
from surefoot.core.events import BodyFinished, RunCreated
from surefoot.core.ids import RunId, StepId, encode_id, matches_id
from surefoot.core.placeholders import member_of
from surefoot.core.priorities import median, without_noise
from surefoot.errors import JournalError
from surefoot.ports.storage import Journal

RUNS_READ = 3
"""The newest runs of the plan; what came before says less of how it is now."""
RUNS_LOOKED_AT = 10
"""The newest runs of the repository, among which those are sought."""
BODIES_READ = 20_000
"""In each run."""
_ANY = "*"
"""The item that makes a group's id a glob over its members."""


def earlier_times(journal: Journal, created: RunCreated) -> dict[StepId, float]:
    """Return the median time, in seconds, of each step without an estimate, of members and of groups by their members.

    Times that differ by noise alone are made equal: such steps start in the order of the plan.
    Nothing is read for a run in which one step runs at a time: no order saves time there.
    """
    wanted = [step for step in created.plan.steps if step.estimate_s is None]
    if created.plan.limits.parallel == 1 or not wanted:
        return {}
    times: dict[StepId, list[float]] = {}
    for run in islice(_runs_of_the_plan(journal, created), RUNS_READ):
        for step, seconds in _times_in(journal, run):
            times.setdefault(step, []).append(seconds)
    medians = {step: median(seconds) for step, seconds in times.items()}
    found = {step.id: medians.pop(step.id) for step in created.plan.steps if step.id in medians}
    known = {step.id: found[step.id] for step in wanted if step.id in found}
    for group in wanted:
        if group.for_each is None:
            continue
        pattern = member_of(group, _ANY).id.replace(encode_id(_ANY), _ANY)
        members = {name: seconds for name, seconds in medians.items() if matches_id(pattern, name)}
        if members:
            known |= {**members, group.id: median(members.values())}
    return without_noise(known)


def _runs_of_the_plan(journal: Journal, created: RunCreated) -> Iterator[RunId]:
    """Yield the newest runs of the same plan, newest first."""
    rows = [row for row in journal.runs() if row.repository == created.repository]
    for row in reversed(rows[-RUNS_LOOKED_AT:]):
        try:
            (earlier,) = journal.events_of_kind(row.run, RunCreated, 1)
        except (JournalError, ValueError):  # written by a newer release, damaged, or removed this moment
            continue
        if _name_of(earlier) == _name_of(created):
            yield row.run


def _name_of(created: RunCreated) -> str:
    """Return what a plan is known by: its file's name, or its goal if it was made by a program."""
    return created.plan.goal if created.plan_path is None else PurePath(created.plan_path).name


def _times_in(journal: Journal, run: RunId) -> Iterator[tuple[StepId, float]]:
    try:
        bodies = journal.events_of_kind(run, BodyFinished, BODIES_READ)
    except JournalError:
        return
    for body in bodies:
        if body.ending.status is Status.OK:
            yield body.step, body.duration_s
