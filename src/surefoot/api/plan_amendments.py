"""Amendments of the plan of a run that goes on."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.amendments import Operation
from surefoot.core.events import AmendmentProposed
from surefoot.core.ids import RunId
from surefoot.core.state import RunState


def amend(home: Home, run: RunId, operations: Sequence[Operation], *, why: str = "", by: str = "") -> RunState:
    """Change the plan of a run; the engine at work, or else the next one, brings it about.

    What runs and is to change is broken off and put back first; what stays is not disturbed.

    Raises:
        UsageError: the amendment cannot hold as the run stands.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("change the plan of a run", home)

    event = AmendmentProposed(
        at=home.clock.now(),
        amendment=home.program.random_text(8),
        operations=tuple(operations),
        why=why,
        by=by or current_user(),
    )
    return say(home, run, lambda _: [event])
