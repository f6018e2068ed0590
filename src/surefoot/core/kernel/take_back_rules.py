"""The rules by which results that were found wrong are taken back: what consumed them and runs is broken off first."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.event_words import Phase
from surefoot.core.kernel.interrupts import acceptance_interrupts, endings_of
from surefoot.core.kernel.ladder_rules import invalidating
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.take_back_fold import steps_in_the_way
from surefoot.core.state import RunState
from surefoot.core.taint import is_result, taking_back


def take_back(state: RunState, now: float) -> list[Proposal]:
    """Return what takes back what was found wrong; nothing where there is none, or where it waits for what runs."""
    if not state.found_wrong or state.phase not in (Phase.EXECUTE, Phase.VALIDATE):
        return []
    names = (name for said in state.found_wrong for name in said.steps)
    # What was rolled back meanwhile is off the branch already.
    wrong = [name for name in names if name in state.nodes and is_result(state.nodes[name])]
    taken = taking_back(state, wrong)
    in_the_way = steps_in_the_way(state, taken)
    if in_the_way or state.accept.open:
        # What may not be ended is waited for; a result that is being brought back takes moments.
        ending = endings_of([node for node in in_the_way if node.transplant is None], now)
        return acceptance_interrupts(state, now, is_busy=state.accept.open) + ending
    return invalidating(state, wrong, now) or [Proposal(ev.ResultsTakenBack(at=now, taken=taken))]
