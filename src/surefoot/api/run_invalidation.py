"""Verified steps that prove wrong: taken back with what consumed them, and done again."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.events import StepsFoundWrong
from surefoot.core.events.invalidation_events import Taint
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.kernel import apply
from surefoot.core.record import record
from surefoot.core.report import report_of
from surefoot.core.report_shape import EffectShape
from surefoot.core.state import RunState
from surefoot.core.taint import taking_back
from surefoot.errors import IllegalTransition, RunNotFound, UsageError


@record
class InvalidationPreview:
    """What it would do to take steps back."""

    tainted: tuple[Taint, ...]
    """The steps that are done again, in the order of their results, each with what it consumed."""
    kept: tuple[StepId, ...]
    """Later results that are brought onto the branch again and judged anew; their bodies do not run."""
    outside_effects: tuple[EffectShape, ...]
    """What the tainted steps did outside the workspace: it stays, and is not repeated without a yes."""


def preview_invalidation(home: Home, run: RunId, steps: str | Sequence[str]) -> InvalidationPreview:
    """Return what `invalidate` would do now; nothing is changed.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: a step has no result to take back.
    """
    state = home.state(run)
    names = _named(state, steps)
    taken = taking_back(state, names)
    tainted = {one.step for one in taken.tainted}
    effects = tuple(one for one in report_of(state)["outside_effects"] if one["step"] in tainted)
    try:
        apply(state, StepsFoundWrong(at=home.clock.now(), steps=names, why="", by=current_user()))
    except IllegalTransition as error:
        raise UsageError(f"run {run!r}: {error.facts['why']}", run=run) from error
    stays = tuple(one for one in effects if one["applied"] is not False and not one["undone"])
    return InvalidationPreview(tainted=taken.tainted, kept=taken.kept, outside_effects=stays)


def invalidate(home: Home, run: RunId, steps: str | Sequence[str], *, why: str = "", by: str = "") -> RunState:
    """Take verified steps that proved wrong back, with all that consumed them, and nothing else.

    The engine at work, or else the next one, brings it about. The tainted steps are done again; later results that did
    not consume them are brought onto the branch again and judged anew. Legal while the run works and once it has ended.

    Args:
        home: where the run is.
        run: its id.
        steps: the steps, or groups, that are wrong.
        why: what is wrong with them; their next attempts are told.
        by: who says so; empty: the user.

    Raises:
        RunNotFound: the run has no such step.
        UsageError: a step has no result to take back, or the run was undone.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("take steps of a run back", home)
    who, now = by or current_user(), home.clock.now()
    return say(home, run, lambda state: [StepsFoundWrong(at=now, steps=_named(state, steps), why=why, by=who)])


def _named(state: RunState, steps: str | Sequence[str]) -> tuple[StepId, ...]:
    names = (steps,) if isinstance(steps, str) else tuple(steps)
    for name in names:
        if name not in state.nodes:
            run, near = state.created.run, nearest_said(name, state.nodes)
            raise RunNotFound(f"run {run!r} has no step {name!r}; `surefoot show {run}` lists them{near}", name=name)
    return tuple(map(StepId, names))
