"""What people say to a run: answers, pause, cancel, retry, restore.

Owns the rule that a word is folded before it is written, so that what comes too late is refused and not silently kept.
Must never perform an effect of a run. Read `surefoot.core.kernel.apply` next.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from surefoot.api.home import Home
from surefoot.api.running import current_user, engage
from surefoot.clock import SystemClock
from surefoot.core import events as ev
from surefoot.core.course import results_after
from surefoot.core.events import Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.state import QuestionState, RunState, StepStatus
from surefoot.errors import IllegalTransition, JournalConflict, NotAwaitingAnswer, RunHeld, RunNotFound, UsageError
from surefoot.journal import Batch
from surefoot.journal.claim import holder_of

_RETRIED = frozenset({StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.BLOCKED, StepStatus.CANCELLED})
_ALIASES = {"y": "yes", "n": "no"}


def _say(home: Home, run: RunId, say: Callable[[RunState], Event | None]) -> RunState:
    """Fold the event that `say` makes of the present state, and append it at that very position."""
    while True:
        state = home.state(run)
        expected = state.seq
        event = say(state)
        if event is None:
            return state
        try:
            apply(state, event)
        except IllegalTransition as error:
            raise UsageError(f"run {run!r}: {error.facts['why']}", run=run) from error
        batch = Batch(run=run, expected=expected, events=(event,), token=None, durable=True)
        result = home.journal.append([batch])[0]
        if isinstance(result, JournalConflict):
            continue
        if isinstance(result, Exception):
            raise result
        return state


def answer(home: Home, question: str, text: str, *, by: str = "") -> RunState:
    """Answer a question by its id (`RUN.NUMBER`).

    Raises:
        NotAwaitingAnswer: it is not open any more (the message says who answered, and when), or takes another answer.
        RunNotFound: there is no such question.
    """
    run = RunId(question.rpartition(".")[0])
    if home.journal.head(run)[0] == 0:
        raise RunNotFound(f"there is no question {question!r}; `surefoot status` shows the open ones", name=question)
    clock, who = SystemClock(), by or current_user()

    def say(state: RunState) -> Event:
        word = checked_answer(state, question, text)
        return ev.QuestionAnswered(at=clock.now(), question=question, answer=word, by=who)

    return _say(home, run, say)


def checked_answer(state: RunState, question: str, text: str) -> str:
    """Return the answer as the question takes it.

    Raises:
        NotAwaitingAnswer: the question is not open, or does not take this answer.
        RunNotFound: there is no such question.
    """
    found = state.questions.get(question)
    if found is None:
        raise RunNotFound(f"there is no question {question!r}; `surefoot status` shows the open ones", name=question)
    if not found.is_open:
        raise NotAwaitingAnswer(f"question {question} is not open: {_closed(found)}", question=question)
    word = text.strip() or (found.asked.default or "")
    options = found.asked.options
    if options and word not in options:
        word = _ALIASES.get(word.lower(), word.lower())
    if not word or (options and word not in options):
        taken = ", ".join(options) or "any text"
        raise NotAwaitingAnswer(f"question {question} does not take {text!r}; it takes: {taken}", question=question)
    return word


def _closed(question: QuestionState) -> str:
    given = question.answered
    if given is None:
        return f"it was withdrawn ({question.withdrawn})"
    when = ev_time(given.at)
    return f"{given.by} answered {given.answer!r} at {when}"


def ev_time(at: float) -> str:
    """Return a time of the journal as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


async def pause(home: Home, run: RunId, *, by: str = "") -> RunState:
    """Ask that nothing new starts; the engine at work stops once what runs has finished.

    Where no engine is at work, what the last one left behind is put back at once.

    Raises:
        UsageError: the run has ended.
    """
    event = ev.PauseRequested(at=SystemClock().now(), by=by or current_user())
    state = _say(home, run, lambda state: None if state.is_paused else event)
    return await _settle(home, run, state)


async def cancel(home: Home, run: RunId, *, by: str = "") -> RunState:
    """End the run here: what can be repeated is ended and put back, an outside effect under way is waited for.

    Raises:
        UsageError: the run has ended.
    """
    event = ev.CancelRequested(at=SystemClock().now(), by=by or current_user())
    return await _settle(home, run, _say(home, run, lambda _: event))


async def _settle(home: Home, run: RunId, state: RunState) -> RunState:
    """Let an engine do what was asked for, unless one is at work that will."""
    if home.is_held(run):
        return state
    return await engage(home, run, resume=False)


def refuse_held(home: Home, run: RunId) -> None:
    """Refuse what must not be done to a run while an engine is at work on it.

    Raises:
        RunHeld: one is.
    """
    holder = holder_of(home.run_folder(run))
    if holder is not None:
        text = f"run {run!r} is being worked on ({holder.said}); `surefoot pause {run}` first"
        raise RunHeld(text, run=run, holder=holder)


def retry(home: Home, run: RunId, steps: tuple[str, ...], *, by: str = "") -> RunState:
    """Set steps to be tried again (none named: all that failed, were skipped or cancelled), with what waited for them.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: a step is verified or still under way.
        RunHeld: an engine is at work on the run.
    """
    who, now = by or current_user(), SystemClock().now()
    refuse_held(home, run)

    def say(state: RunState) -> Event:
        wanted = tuple(StepId(step) for step in steps) or _to_retry(state)
        for name in wanted:
            _step_of(state, name)
        return ev.StepsReset(at=now, steps=wanted, by=who)

    return _say(home, run, say)


def _to_retry(state: RunState) -> tuple[StepId, ...]:
    retried = _RETRIED - {StepStatus.BLOCKED}
    return tuple(n.spec.id for n in state.steps() if n.status in retried and n.reason != "nothing_to_do")


def _step_of(state: RunState, name: StepId) -> None:
    if name not in state.nodes:
        raise RunNotFound(f"run {state.created.run!r} has no step {name!r}; `surefoot show` lists them", name=name)


async def restore(home: Home, run: RunId, to: str, *, by: str = "") -> RunState:
    """Take the run branch back to where a step left it; later steps are to be done again. Needs a paused or ended run.

    The old tip is kept under `refs/surefoot/RUN/kept/N`.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: the run is under way, or the step left no point to go back to.
    """
    who, now = by or current_user(), SystemClock().now()

    def say(state: RunState) -> Event:
        name = StepId(to)
        _step_of(state, name)
        if state.outcome is None and not state.is_paused:
            raise UsageError(f"run {run!r} is neither paused nor ended; `surefoot pause {run}` first", run=run)
        target = state.nodes[name]
        if target.head_after is None:
            raise UsageError(f"step {name!r} is {target.status}, so there is nothing to go back to", step=to)
        pending = results_after(state, target)
        return ev.RunRestored(at=now, to=name, commit=target.head_after, pending=pending, by=who)

    return await _settle(home, run, _say(home, run, say))
