"""The step after which a check of a run fails, found by asking the check about commits of the run."""

from __future__ import annotations

from surefoot.api.engagement import Watching, engage
from surefoot.api.engine_claim import set_aside
from surefoot.api.home import Home
from surefoot.api.identity import refuse_steps
from surefoot.api.journal_append import say
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.blame import NamedCheck, checks_of, judge_answers, stops_of
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.inquiries import BlameState, blame_key
from surefoot.core.plan import Check
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE
from surefoot.errors import RunNotFound, UsageError

_LISTED_MAX = 12


async def blame(
    home: Home,
    run: RunId,
    *,
    check: str | None = None,
    command: str | None = None,
    options: Options | None = None,
    watching: Watching | None = None,
) -> BlameState:
    """Find the step after which a check fails; what was answered before, by a killed search, is not asked again.

    `check` names a check of the run (`STEP:NAME` one of a step); `command` is asked instead. Without either it is the
    acceptance check that did not pass.

    Raises:
        RunHeld: an engine is at work on the run.
        RunNotFound: the run has no such check.
        UsageError: the run has neither ended nor is it paused, or which check is meant is not clear.
        StepMayNotAnswer: this program was started by a step.
    """
    found = request_blame(home, run, check=check, command=command, options=options)
    if found.ended is None:
        state = await engage(home, run, options, watching=watching, resume=False)
        found = state.inquiries[blame_key(found.asked)]
    return found


def request_blame(
    home: Home, run: RunId, *, check: str | None = None, command: str | None = None, options: Options | None = None
) -> BlameState:
    """Have the next engine of a run look for the step; return the search, ended where its outcome is known already.

    Raises:
        RunHeld: an engine is at work on the run.
        RunNotFound: the run has no such check.
        UsageError: the run has neither ended nor is it paused, or which check is meant is not clear.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("ask which step broke a check", home)
    with set_aside(home, run, "pause"):
        state = home.state(run)
        asked = _asked(home, state, check, command, (options or Options()).who)
        known = state.inquiries.get(blame_key(asked))
        if known is not None and _still_holds(state, known):
            return known
        state = say(home, run, lambda _: [asked])
        return state.inquiries[blame_key(asked)]


def _still_holds(state: RunState, known: BlameState) -> bool:
    """Tell whether a search has an outcome that asking again, with the same answers, would have."""
    if known.ended is None or known.ended.outcome.is_asked_anew:
        return False
    return judge_answers(stops_of(state, known.asked.since), known).outcome is known.ended.outcome


def _asked(home: Home, state: RunState, check: str | None, command: str | None, by: str) -> ev.BlameRequested:
    if check and command:
        raise UsageError("--check names a check of the run and --run gives one; use one of them")
    now = home.clock.now()
    if command:
        own = Check(name=command, ask=CommandCheck(command=command))
        return ev.BlameRequested(at=now, check=own, by=by)
    named = _named(state, check) if check else _red(state)
    return ev.BlameRequested(at=now, check=named.check, step=named.step, since=_since(state, named), by=by)


def _since(state: RunState, named: NamedCheck) -> StepId | None:
    """Return the step from which on a check of its own has to pass: it may well fail before that step."""
    node = None if named.step is None else state.nodes[named.step]
    if node is None or node.status not in DONE or node.commit is None or named.check.expect is Expect.PASS_TO_PASS:
        return None
    return node.spec.id


def _red(state: RunState) -> NamedCheck:
    """Return the acceptance check that did not pass; where there is none, the only one."""
    known = [one for one in checks_of(state) if one.step is None]
    red = [one for one in known if one.is_red]
    if red or len(known) == 1:
        return (red or known)[0]
    raise UsageError(
        f"no acceptance check of run {state.created.run!r} is red; {_choice(state)}", run=state.created.run
    )


def _named(state: RunState, name: str) -> NamedCheck:
    known = checks_of(state)
    found = [one for one in known if name in (one.check.name, f"{one.step}:{one.check.name}")]
    found = [one for one in found if one.step is None] or found
    if not found:
        near = nearest_said(name, [one.check.name for one in known])
        raise RunNotFound(f"run {state.created.run!r} has no check {name!r}{near}; {_choice(state)}", name=name)
    if len({one.check.digest for one in found}) > 1:
        several = listed([f"{one.step}:{one.check.name}" for one in found], _LISTED_MAX)
        raise UsageError(f"several checks have the name {name!r}; take one of {several}", run=state.created.run)
    return found[0]


def _choice(state: RunState) -> str:
    once = {one.check.digest: one for one in reversed(checks_of(state))}
    known = [one.check.name if one.step is None else f"{one.step}:{one.check.name}" for one in reversed(once.values())]
    named = f"name one with --check ({listed(known, _LISTED_MAX)}), or " if known else ""
    return f"{named}give a command with --run"
