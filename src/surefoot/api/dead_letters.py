"""Dead letters: the steps and runs of a home that cannot go on by themselves, with the reason and the way on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from surefoot.api.health import QUIET_S
from surefoot.api.home import Home
from surefoot.api.queries import RunSummary, runs
from surefoot.core.escalations import escalations_of
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import RunId, StepId
from surefoot.core.record import record
from surefoot.core.state import RunState, StepStatus


class Why(StrEnum):
    """Why something cannot go on by itself."""

    FAILED = "failed"
    """The step was given up."""
    BLOCKED = "blocked"
    """It needs a step that was given up."""
    IN_DOUBT = "in_doubt"
    """Nobody knows whether its effect happened."""
    ASKED = "asked"
    """It was given up, and a person is asked how to go on."""
    WAITING = "waiting"
    """It waits for a person, and has done so for long."""
    STOPPED = "stopped"
    """The run should go on, and no engine works on it."""
    LIMIT = "limit"
    """The run is paused at a limit."""


@record
class DeadLetter:
    """One step or run that cannot go on by itself."""

    run: RunId
    step: StepId | None
    """None: it is the run as a whole."""
    why: Why
    reason: str
    attempts: int
    since_s: float | None
    """For how long; None: that is not known."""
    next: str
    """The command that goes on."""


def dead_letters(home: Home, repository: Path | None = None, run: RunId | None = None) -> list[DeadLetter]:
    """Return what cannot go on by itself: of one run, of the runs of one repository, or of all runs."""
    root, now = None if repository is None else str(repository), time.time()
    found = (one for one in runs(home) if root in (None, one.repository) and run in (None, one.run))
    return [letter for one in found for letter in _letters(home, one, now)]


def _letters(home: Home, one: RunSummary, now: float) -> Iterator[DeadLetter]:
    if one.outcome in ("completed", "cancelled"):
        return
    state = home.state(one.run)
    if state.undone_by is not None:
        return
    yield from _of_run(one, state, now)
    yield from _given_up(state, now)
    yield from _open(state, now)
    for node in state.steps():
        if node.status is StepStatus.BLOCKED:
            by = ", ".join(node.blocked_by)
            name = node.blocked_by[0] if node.blocked_by else node.spec.id
            way = f"surefoot retry {one.run} {name}"
            yield _letter(state, node.spec.id, Why.BLOCKED, f"it needs {by}, which was given up", None, way)


def _of_run(one: RunSummary, state: RunState, now: float) -> Iterator[DeadLetter]:
    resume, quiet_s = f"surefoot resume {one.run}", max(0.0, now - state.at)
    if state.limit is not None and state.outcome is None:
        yield _letter(state, None, Why.LIMIT, f"paused at the limit of {state.limit}", quiet_s, resume)
    elif one.state == "stopped":
        yield _letter(state, None, Why.STOPPED, "no engine works on it", quiet_s, resume)


def _given_up(state: RunState, now: float) -> Iterator[DeadLetter]:
    """Yield the steps that have failed; those about which a person is asked have a question."""
    for one in escalations_of(state):
        node = state.nodes[StepId(one["step"])]
        if node.status is StepStatus.FAILED:
            reason = f"{one['diagnosis']}: {one['last_error']} ({one['reason']})"
            since = None if node.ended_at is None else max(0.0, now - node.ended_at)
            way = f"surefoot retry {state.created.run}{'' if node.is_system_step else f' {node.spec.id}'}"
            yield _letter(state, node.spec.id, Why.FAILED, reason, since, way)


def _open(state: RunState, now: float) -> Iterator[DeadLetter]:
    """Yield the questions without whose answer a step cannot go on: about failures, doubts, and old ones."""
    given_up = {one["step"] for one in escalations_of(state)}
    for question in state.open_questions:
        asked, since = question.asked, max(0.0, now - question.asked.at)
        way = f"surefoot inbox {asked.question}"
        if asked.about is QuestionKind.IN_DOUBT:
            yield _letter(state, asked.step, Why.IN_DOUBT, "nobody knows whether its effect happened", since, way)
        elif asked.step in given_up:
            node = state.nodes[asked.step]
            reason = "" if node.last_failure is None else f"{node.last_failure.diagnosis}: {node.last_failure.reason}"
            yield _letter(state, asked.step, Why.ASKED, reason, since, way)
        elif since > QUIET_S or (question.due is not None and question.due < now):
            yield _letter(state, asked.step, Why.WAITING, f"it asks ({asked.about.value})", since, way)


def _letter(state: RunState, step: StepId | None, why: Why, reason: str, since_s: float | None, way: str) -> DeadLetter:
    attempts = 0 if step is None else state.nodes[step].attempt
    return DeadLetter(
        run=state.created.run, step=step, why=why, reason=reason, attempts=attempts, since_s=since_s, next=way
    )
