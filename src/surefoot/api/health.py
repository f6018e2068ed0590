"""The health of a home: what stands still, waits too long or is near a limit, and how much disk all of it takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.notifier import FILE, read_sent
from surefoot.api.queries import RunSummary, runs
from surefoot.core.budget import near_of
from surefoot.core.ids import RunId
from surefoot.core.notices import Notice, Occasion
from surefoot.core.record import record
from surefoot.core.state import RunState

QUIET_S = 1800.0
"""A run at work of which nothing was heard for so long may be stalled."""


class Trouble(StrEnum):
    """What may need somebody."""

    STOPPED = "stopped"
    """It should run, and no engine is at work on it."""
    QUIET = "quiet"
    """An engine is at work on it, and nothing has happened for long."""
    OVERDUE = "overdue"
    """A question was to be answered by now."""
    WAITING = "waiting"
    """A question waits for an answer."""
    LIMIT = "limit"
    """It is paused at a limit, or has used most of one."""
    FAILED = "failed"
    """It ended, and nothing of it was done."""
    UNSENT = "unsent"
    """Notices about it could not be sent."""
    PARTIAL = "partial"
    """It ended, and not all of it was done, or the goal is not proved."""


DEAD = frozenset({Trouble.STOPPED, Trouble.QUIET, Trouble.OVERDUE})
"""Of these nobody hears by the run itself."""
_SHORT = {"failed": Trouble.FAILED, "partially_completed": Trouble.PARTIAL}
"""By the outcome of a run."""


@record
class Symptom:
    """One thing that may need somebody."""

    trouble: Trouble
    run: RunId
    text: str
    since_s: float | None
    """For how long; None: that is not known."""
    next: str
    """The command to type next."""


@record
class Health:
    """How a home does."""

    symptoms: tuple[Symptom, ...]
    """The most pressing first."""
    runs: dict[str, int]
    """How many runs stand how."""
    journal_bytes: int
    lanes_bytes: int
    """What the folders of runs took on disk when engines last let go of them."""
    free_bytes: int
    """What is left on the disk of the home."""


def health(home: Home, repository: Path | None = None) -> Health:
    """Look at all runs of a home, or at those of one repository."""
    root = None if repository is None else str(repository)
    found = [one for one in runs(home) if root in (None, one.repository)]
    counts: dict[str, int] = {}
    for one in found:
        word = one.outcome or one.state
        counts[word] = counts.get(word, 0) + 1
    symptoms = [symptom for one in found for symptom in _symptoms(home, one, home.clock.now())]
    order = list(Trouble)
    return Health(
        symptoms=tuple(sorted(symptoms, key=lambda one: order.index(one.trouble))),
        runs=counts,
        journal_bytes=sum(file.stat().st_size for file in home.folder.glob("journal.db*")),
        lanes_bytes=sum(one.size_bytes or 0 for one in found),
        free_bytes=shutil.disk_usage(home.folder).free,
    )


def _symptoms(home: Home, one: RunSummary, now: float) -> Iterator[Symptom]:
    """Yield what is to be said of a run; one that has ended is not folded."""
    if one.outcome in _SHORT:
        left = "all steps are done, and the goal is not proved"
        left = left if one.verified == one.steps else f"{one.verified} of {one.steps} steps are verified"
        look = f"surefoot report {one.run}"
        yield Symptom(trouble=_SHORT[one.outcome], run=one.run, text=left, since_s=None, next=look)
    for mark in read_sent(home.run_folder(one.run) / FILE).values():
        if failed := mark.get("failed"):
            text, look = f"a notice was not sent: {failed}", f"surefoot status {one.run}"
            yield Symptom(trouble=Trouble.UNSENT, run=one.run, text=text, since_s=None, next=look)
    if one.state == "ended":
        return
    state = home.state(one.run)
    quiet_s = max(0.0, now - state.at)
    resume = f"surefoot resume {one.run}"
    if one.state == "stopped":
        text = "no engine works on it"
        yield Symptom(trouble=Trouble.STOPPED, run=one.run, text=text, since_s=quiet_s, next=resume)
    elif one.state == "running" and quiet_s > QUIET_S:
        text, look = "nothing has happened, though an engine works on it", f"surefoot watch {one.run}"
        yield Symptom(trouble=Trouble.QUIET, run=one.run, text=text, since_s=quiet_s, next=look)
    yield from _questions(state, now)
    if state.limit is not None:
        text = f"paused at the limit of {state.limit}"
        yield Symptom(trouble=Trouble.LIMIT, run=one.run, text=text, since_s=quiet_s, next=resume)
        return
    for name, _ in near_of(state):
        text, look = f"most of the limit {name} is used", f"surefoot cost {one.run}"
        yield Symptom(trouble=Trouble.LIMIT, run=one.run, text=text, since_s=None, next=look)


def dead_notices(home: Home, found: Health) -> list[Notice]:
    """Return what is told of runs that stand still, each under one name as long as nothing happens in it."""
    dead = [one for one in found.symptoms if one.trouble in DEAD]
    heads = {one.run: home.journal.head(one.run)[0] for one in dead}
    now = home.clock.now()
    return [
        Notice(
            id=f"{one.run}:{heads[one.run]}:{one.trouble}",
            occasion=Occasion.DEAD,
            run=one.run,
            at=now - (one.since_s or 0.0),
            text=one.text,
            next=one.next,
        )
        for one in dead
    ]


def _questions(state: RunState, now: float) -> Iterator[Symptom]:
    for question in state.open_questions:
        asked, is_overdue = question.asked, question.due is not None and question.due < now
        text = f"step {asked.step} asks ({asked.about.value})"
        yield Symptom(
            trouble=Trouble.OVERDUE if is_overdue else Trouble.WAITING,
            run=state.created.run,
            text=text,
            since_s=max(0.0, now - asked.at),
            next=f"surefoot inbox {asked.question}",
        )
