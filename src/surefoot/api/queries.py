"""Reports, lists and audits of runs, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.api.home import Home
from surefoot.api.takeover import lane_of
from surefoot.core.cost_report import spending_of
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.core.report import Json, report_of
from surefoot.core.state import RunState
from surefoot.core.step_state import StepStatus
from surefoot.engines.standings import standing_at
from surefoot.ports.storage import Recorded, RunRow, Standing

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import Report


@record
class RunSummary:
    """One line about a run."""

    run: RunId
    goal: str
    """The first line of its goal."""
    state: str
    """`running`, `waiting`, `paused`, `ended`, or `stopped` when it should run but no engine is at work."""
    outcome: str | None
    verified: int
    steps: int
    created_at: float
    """In seconds since the epoch."""
    repository: str | None
    """The user's folder."""
    size_bytes: int | None = None
    """What its folder took on disk when an engine last let go of it: lanes with environments, homes, its own commits.

    None: no engine did.
    """


def report(home: Home, run: RunId) -> Report:
    """Return the report of a run as plain data (`surefoot.report/1`)."""
    return told(home, home.state(run))


def spending(home: Home, run: RunId) -> Json:
    """Return what the models of a run took, as plain data (`surefoot.cost/1`)."""
    return spending_of(home.state(run))


def told(home: Home, state: RunState) -> Report:
    """Return the report of a state; with what the engine and the machine know beside it.

    Who has taken a step over is told the folder to work in, not only the lane. Steps under way on which no engine works
    are `interrupted`.
    """
    report = report_of(state)
    for question in report["questions"]:
        question["lane"] = lane_of(home, state, state.questions[question["id"]])
    if state.outcome is None and not home.is_held(state.created.run):
        counts = report["counts"]
        counts["interrupted"], counts["running"] = counts["running"], 0
        for step in report["steps"]:
            if step["state"] == StepStatus.RUNNING:
                step["state"] = "interrupted"
    return report


def runs(home: Home, run: RunId | None = None) -> list[RunSummary]:
    """Return a line about each run, newest first; about one alone, where it is named, and then no other is read."""
    rows = [row for row in home.journal.runs() if run in (None, row.run)]
    standings = home.standings() if run is None else {}
    return [
        _summary(home, row, standings.get(row.run) or standing_at(home.state(row.run)))
        for row in sorted(rows, key=lambda row: -row.created_at)
    ]


def _summary(home: Home, row: RunRow, standing: Standing) -> RunSummary:
    is_stopped = standing.state == "running" and not home.is_held(row.run)
    return RunSummary(
        run=row.run,
        goal=standing.goal,
        state="stopped" if is_stopped else standing.state,
        outcome=standing.outcome,
        verified=standing.verified,
        steps=standing.steps,
        created_at=row.created_at,
        repository=row.repository,
        size_bytes=home.noted_size(row.run),
    )


def events(home: Home, run: RunId, after: int = 0) -> Iterator[Recorded]:
    """Yield a run's events in order."""
    return home.journal.events(run, after)


def audit(home: Home, run: RunId) -> list[str]:
    """Return what is wrong with a run's journal and its commits, a line each; empty when all is well.

    The hash chain shows accidents and careless edits, not somebody who can write both the journal and the branch.
    """
    problems = home.journal.audit(run)
    if problems:
        return problems
    state = home.state(run)
    if state.created.repository is None:
        return []
    from surefoot.workspace import RunWorkspace

    space = RunWorkspace.open(home.run_folder(run), Path(state.created.repository), run)
    problems += [f"workspace: {text}" for text in space.missing()]
    published = space.published()
    if published is not None and not home.has_verified(state, published):
        text = f"refs/surefoot/{run}/head is at {published[:12]}, which the journal does not know: it was cut short"
        problems.append(text)
    hashes = {recorded.seq: recorded.hash for recorded in home.journal.events(run)}
    for node in state.steps():
        if node.commit is None:
            continue
        trailer = space.trailer(node.commit, "Surefoot-Journal")
        seq, _, digest = (trailer or "").partition(":")
        if not seq.isdigit() or hashes.get(int(seq)) != digest:
            problems.append(f"commit {node.commit[:12]} of step {node.spec.id}: its trailer does not match the journal")
    return problems
