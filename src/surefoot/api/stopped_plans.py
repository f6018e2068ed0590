"""Plans that were stopped as wrong: nothing goes on with one before there is another, unless a person says so."""

from __future__ import annotations

from surefoot.core.amendment_state import StopStage
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.untrusted_text import in_line
from surefoot.errors import UsageError

_WHY_MAX = 400


def refuse_stopped_plan(state: RunState, act: str = "resume") -> None:
    """Refuse to go on with a plan that was stopped as wrong, before there is another one.

    Raises:
        UsageError: a person decides what follows, and has not changed the plan.
    """
    stop = state.stop
    is_left = stop is not None and stop.stage is StopStage.RESTED and state.amending is None and state.undoing is None
    if stop is None or not is_left:
        return
    run, by, why = state.created.run, in_line(stop.asked.by), in_line(shortened(stop.asked.why, _WHY_MAX))
    raise UsageError(
        f"the plan of run {run} was stopped as wrong by {by}: {why}. Give it another plan "
        f"(`surefoot {act} {run} --plan FILE`, or `surefoot amend {run} FILE` first), "
        f"or go on with this one as it is: `surefoot {act} {run} --same-plan`"
    )
