"""Pause, cancel, retry and restore of a run."""

from __future__ import annotations

from surefoot.api.engagement import engage
from surefoot.api.engine_claim import set_aside
from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.graph_state import results_after
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.state import RunState
from surefoot.core.step_state import StepStatus
from surefoot.errors import RunNotFound, UsageError

_RETRIED = frozenset({StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.BLOCKED, StepStatus.CANCELLED})


async def pause(home: Home, run: RunId, *, by: str = "") -> RunState:
    """Ask that nothing new starts; the engine at work stops once what runs has finished.

    Where no engine is at work, what the last one left behind is put back at once.

    Raises:
        UsageError: the run has ended.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("pause a run", home)
    event = ev.PauseRequested(at=home.clock.now(), by=by or current_user())
    state = say(home, run, lambda state: [] if state.is_paused else [event])
    return await _settle(home, run, state)


async def cancel(home: Home, run: RunId, *, by: str = "") -> RunState:
    """End the run here: what can be repeated is ended and put back, an outside effect under way is waited for.

    Raises:
        UsageError: the run has ended.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("cancel a run", home)
    event = ev.CancelRequested(at=home.clock.now(), by=by or current_user())
    return await _settle(home, run, say(home, run, lambda _: [event]))


async def _settle(home: Home, run: RunId, state: RunState) -> RunState:
    """Let an engine do what was asked for, unless one is at work that will."""
    if home.is_held(run):
        return state
    return await engage(home, run, resume=False)


def retry(home: Home, run: RunId, steps: tuple[str, ...], *, by: str = "") -> RunState:
    """Set steps to be tried again (none named: all that failed, were skipped or cancelled), with what waited for them.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: a step is verified or still under way.
        RunHeld: an engine is at work on the run.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("set steps to be tried again", home)
    who, now = by or current_user(), home.clock.now()

    def words(state: RunState) -> list[Event]:
        nodes, retried = (*state.system_steps(), *state.steps()), _RETRIED - {StepStatus.BLOCKED}
        failed = (one.spec.id for one in nodes if one.status in retried and one.reason != "nothing_to_do")
        wanted = tuple(map(StepId, steps)) or tuple(failed)
        for name in wanted:
            _step_of(state, name)
        return [ev.StepsInvalidated(at=now, steps=wanted, by=who)]

    with set_aside(home, run, "pause"):
        return say(home, run, words)


def _step_of(state: RunState, name: StepId) -> None:
    if name not in state.nodes:
        run, near = state.created.run, nearest_said(name, state.nodes)
        raise RunNotFound(f"run {run!r} has no step {name!r}; `surefoot show {run}` lists them{near}", name=name)


async def restore(home: Home, run: RunId, to: str, *, by: str = "") -> RunState:
    """Take the run branch back to where a step left it; later steps are to be done again. Needs a paused or ended run.

    The old tip is kept under `refs/surefoot/RUN/kept/N`.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: the run is under way, or the step left no point to go back to.
        RunHeld: an engine is at work on the run.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("restore a run", home)
    who, now = by or current_user(), home.clock.now()

    def words(state: RunState) -> list[Event]:
        name = StepId(to)
        _step_of(state, name)
        if state.outcome is None and not state.is_paused:
            raise UsageError(f"run {run!r} is neither paused nor ended; `surefoot pause {run}` first", run=run)
        target = state.nodes[name]
        if target.head_after is None:
            raise UsageError(f"step {name!r} is {target.status}, so there is nothing to go back to", step=to)
        pending = results_after(state, target)
        return [ev.RunRestored(at=now, to=name, commit=target.head_after, pending=pending, by=who)]

    with set_aside(home, run, "pause"):
        state = say(home, run, words)
    return await _settle(home, run, state)
