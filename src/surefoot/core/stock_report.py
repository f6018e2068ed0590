"""The stock of a run and the stops of its plan, as plain data for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core.amendment_state import PlanStop
from surefoot.core.event_words import Outcome
from surefoot.core.state import RunState
from surefoot.core.stock import StockStep, red_checks, stock_of

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import StockShape, StockStepShape, StopShape


def stock_in_report(state: RunState) -> StockShape | None:
    """Return the stock where the plan is stopped, or the run ended short of it or with a red acceptance."""
    is_short = state.outcome not in (None, Outcome.COMPLETED) and bool(state.stops or red_checks(state))
    if state.stop is None and not is_short:
        return None
    stock = stock_of(state)
    return {
        "why": stock.why,
        "done": list(map(_step, stock.done)),
        "left": list(map(_step, stock.left)),
        "head": stock.head,
        "tree": stock.tree,
        "learnt": [*stock.learnt],
        "ways": [*stock.ways],
    }


def _step(one: StockStep) -> StockStepShape:
    return {"step": one.step, "state": one.status, "commit": one.commit, "proof": one.proof}


def stop_in_report(stop: PlanStop) -> StopShape:
    """Return who stopped the plan, and what came of it."""
    asked = stop.asked
    return {
        "at": asked.at,
        "by": asked.by,
        "step": asked.step,
        "why": asked.why,
        "state": stop.stage.value,
        "said": stop.said,
        "settled": stop.settled,
    }
