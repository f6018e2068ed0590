"""Messages of people to agents at work."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.api.answers import masker_for
from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.events import ConstraintAdded, Event, MessageSent
from surefoot.core.ids import RunId, StepId
from surefoot.core.messages import MESSAGE_MAX, flaw_of_message, has_reader
from surefoot.core.state import RunState
from surefoot.errors import RunNotFound, UsageError
from surefoot.planfile.amendment_reader import read_constraint


def tell(home: Home, run: RunId, text: str, *, step: str | None = None, now: bool = False, by: str = "") -> RunState:
    """Say something to the agent at a step, or to the agents that talk now (else to the next that does).

    The message stands at the end of the agent's next request, once. With `now` the turn under way is broken off.

    Raises:
        UsageError: the text is empty or too long, the run or the step has ended, or no agent would read it.
        RunNotFound: there is no such run, or the run has no such step.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("say something to an agent", home)
    return say(home, run, lambda state: [message(home, state, text, step=step, now=now, by=by)])


def keep(home: Home, run: RunId, text: str, *, deny: Sequence[str] = (), by: str = "") -> RunState:
    """Let something hold from here on for planner, workers and reviewer alike, whatever the goal and the steps say.

    It stands in every later brief, word for word. Files that `deny` names as globs are not changed any more. Agents at
    work are told, too.

    Raises:
        UsageError: the text is empty or too long.
        PlanInvalid: a glob of `deny` is none of a file of the repository.
        RunNotFound: there is no such run.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("say what holds for a run", home)
    who = by or current_user()

    def words(state: RunState) -> list[Event]:
        constraint = read_constraint(_said(state, text), deny, state.plan)
        kept = ConstraintAdded(at=home.clock.now(), constraint=constraint, by=who)
        is_read = state.outcome is None and has_reader(state)
        return [kept, *([message(home, state, text, step=None, now=False, by=by)] if is_read else [])]

    return say(home, run, words)


def message(home: Home, state: RunState, text: str, *, step: str | None, now: bool, by: str = "") -> MessageSent:
    """Return the event of a message, secrets masked.

    Raises:
        UsageError: nobody would read it, or it is empty or too long.
        RunNotFound: the run has no such step.
    """
    run, to = state.created.run, None if step is None else StepId(step)
    flaw = flaw_of_message(state, to)
    if flaw and state.outcome is None and to is not None and to not in state.nodes:
        raise RunNotFound(f"run {run!r}: {flaw}", name=to)
    if flaw:
        raise UsageError(f"run {run!r}: {flaw}", run=run)
    return MessageSent(
        at=home.clock.now(),
        message=home.program.random_text(8),
        to=to,
        text=_said(state, text),
        by=by or current_user(),
        is_urgent=now,
    )


def _said(state: RunState, text: str) -> str:
    """Return what a person says, secrets masked.

    Raises:
        UsageError: it is empty or too long.
    """
    run, said = state.created.run, masker_for(state).text(text.strip())
    if not said:
        raise UsageError("the message is empty; say what the agent should know", run=run)
    if len(said) > MESSAGE_MAX:
        raise UsageError(
            f"the message has {len(said):,} characters, at most {MESSAGE_MAX:,} are read in every request; say it in "
            "fewer words, or put it into a file of the repository and name the file",
            run=run,
        )
    return said
