"""Dead letters: the steps and runs of a home that cannot go on by themselves, with the reason and the way on.

A letter is taken up again with its own limits anew, or closed with a reason: then it is listed no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from surefoot.api.answers import answer, masker_for
from surefoot.api.engine_claim import set_aside
from surefoot.api.health import QUIET_S
from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.api.queries import RunSummary, runs
from surefoot.core.escalations import escalations_of
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import DeadLetterClosed, DeadLetterTakenUp, Event, StepsInvalidated
from surefoot.core.graph_state import closing_of
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.messages import MESSAGE_MAX
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.step_state import StepStatus
from surefoot.core.ways_on import BLOCK, RETRY
from surefoot.errors import RunNotFound, UsageError


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
    question: str | None = None
    """The question that a person is to answer; None: there is none."""
    closed_by: str | None = None
    """Who leaves it as it is; None: nobody has said so."""
    closed_why: str = ""

    @property
    def item(self) -> str:
        """What it is called: `RUN:STEP`, or `RUN` for a run as a whole."""
        return self.run if self.step is None else f"{self.run}:{self.step}"


def dead_letters(
    home: Home, repository: Path | None = None, run: RunId | None = None, *, with_closed: bool = False
) -> list[DeadLetter]:
    """Return what cannot go on by itself: of one run, of the runs of one repository, or of all runs.

    What somebody leaves as it is is among them only on request.
    """
    root, now = None if repository is None else str(repository), home.clock.now()
    found = (one for one in runs(home, run) if root in (None, one.repository))
    letters = (letter for one in found for letter in _letters(home, one, now))
    return [letter for letter in letters if with_closed or letter.closed_by is None]


def retry_dead_letter(home: Home, run: RunId, step: str | None = None, *, by: str = "") -> RunState:
    """Set a dead letter to be tried again, with its ladder, its attempts and its own limits anew.

    `step` is left out for the run as a whole. An engine has to work on the run afterwards: `engage` it. What the run
    as a whole may use stays as it is.

    Raises:
        RunNotFound: there is no such run, or no such step.
        UsageError: it is no dead letter, or another thing is to be done about it first; the message says which.
        RunHeld: an engine is at work on the run.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("take up a dead letter", home)
    letter, who = _letter_of(home, run, step), by or current_user()
    match letter.why:
        case Why.LIMIT | Why.IN_DOUBT | Why.WAITING:
            raise UsageError(f"{letter.item} is not tried again: {letter.reason}; `{letter.next}` goes on", run=run)
        case Why.STOPPED:
            return home.state(run)
        case Why.ASKED:
            assert letter.question is not None
            assert letter.step is not None
            wanted = (letter.step,)
            say(home, run, lambda _: _taken_up(home, who, wanted))
            return answer(home, letter.question, RETRY)
        case Why.FAILED | Why.BLOCKED:
            assert letter.step is not None
            node = home.state(run).nodes[letter.step]
            wanted = node.blocked_by if letter.why is Why.BLOCKED else (letter.step,)
            with set_aside(home, run, "pause"):
                now = home.clock.now()
                anew = StepsInvalidated(at=now, steps=wanted, by=who)
                return say(home, run, lambda _: [*_taken_up(home, who, wanted), anew])


def close_dead_letter(home: Home, run: RunId, step: str | None = None, why: str = "", *, by: str = "") -> RunState:
    """Leave what cannot go on as it is, and say why: it is listed no more. `step` is left out for the run as a whole.

    Where a person is asked about the failed step, that question is answered with `block`. A step that is tried again
    and given up again is another letter, and so is a run that an engine has taken up since.

    Raises:
        RunNotFound: there is no such run, or no such step.
        UsageError: it is no dead letter, a person has to answer something else first, or the reason is too long.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("close a dead letter", home)
    letter, text = _letter_of(home, run, step), why.strip()
    if len(text) > MESSAGE_MAX:
        raise UsageError(f"what you say has {len(text):,} characters; at most {MESSAGE_MAX:,} go with a dead letter")
    if letter.closed_by is not None:
        said = f": {letter.closed_why}" if letter.closed_why else ""
        raise UsageError(
            f"{letter.closed_by} has closed {letter.item} before{said}; `surefoot dead` lists what is left", run=run
        )
    if letter.why in (Why.IN_DOUBT, Why.WAITING):
        raise UsageError(f"{letter.item} cannot be closed: {letter.reason}; `{letter.next}` settles it", run=run)

    def words(state: RunState) -> list[Event]:
        masked = masker_for(state).text(text)
        event = DeadLetterClosed(
            at=home.clock.now(), step=letter.step, attempt=letter.attempts, why=masked, by=by or current_user()
        )
        return [event]

    state = say(home, run, words)
    return state if letter.question is None else answer(home, letter.question, BLOCK, say=text)


def _taken_up(home: Home, who: str, steps: tuple[StepId, ...]) -> list[Event]:
    return [DeadLetterTakenUp(at=home.clock.now(), step=name, by=who) for name in steps]


def _letter_of(home: Home, run: RunId, step: str | None) -> DeadLetter:
    """Return the dead letter that is meant."""
    found = dead_letters(home, run=run, with_closed=True)
    wanted = next((one for one in found if one.step == step), None)
    if wanted is not None:
        return wanted
    state = home.state(run)
    if step is not None and StepId(step) not in state.nodes:
        near = nearest_said(step, state.nodes)
        raise RunNotFound(f"run {run!r} has no step {step!r}; `surefoot show {run}` lists them{near}", name=step)
    others = ", ".join(one.item for one in found if one.closed_by is None)
    what = f"run {run!r}" if step is None else f"step {step!r} of run {run!r}"
    has = f"its dead letters: {others}" if others else "`surefoot dead` lists the dead letters"
    raise UsageError(f"{what} is no dead letter; {has}", run=run)


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
            yield replace(_letter(state, asked.step, Why.ASKED, reason, since, way), question=asked.question)
        elif since > QUIET_S or (question.due is not None and question.due < now):
            yield _letter(state, asked.step, Why.WAITING, f"it asks ({asked.about.value})", since, way)


def _letter(state: RunState, step: StepId | None, why: Why, reason: str, since_s: float | None, way: str) -> DeadLetter:
    node = None if step is None else state.nodes[step]
    closed = state.closed_letters.get("") if node is None else closing_of(state, node)
    return DeadLetter(
        run=state.created.run,
        step=step,
        why=why,
        reason=reason,
        attempts=0 if node is None else node.attempt,
        since_s=since_s,
        next=way,
        closed_by=None if closed is None else closed.by,
        closed_why="" if closed is None else closed.why,
    )
