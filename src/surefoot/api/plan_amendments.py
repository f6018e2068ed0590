"""Amendments of the plan of a run that goes on."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.amendments import AmendmentOrigin, Operation
from surefoot.core.events import AmendmentProposed, PlanStopped
from surefoot.core.ids import RunId
from surefoot.core.state import RunState
from surefoot.errors import UsageError
from surefoot.planfile.amendment_reader import ReadAmendment, read_amendment


def amendment_in(home: Home, state: RunState, text: str, name: str) -> ReadAmendment:
    """Read an amendment, or a whole plan, for a run; `name` stands for the file in places.

    Raises:
        PlanInvalid: it cannot be read.
    """
    copy = home.run_folder(state.created.run) / "plan.yaml"
    return read_amendment(text, name, state.plan, copy.read_text("utf-8") if copy.is_file() else "")


def amend(
    home: Home,
    run: RunId,
    change: str | Sequence[Operation],
    *,
    why: str = "",
    by: str = "",
    origin: AmendmentOrigin = AmendmentOrigin.PERSON,
    revert: bool = False,
) -> RunState:
    """Change the plan of a run; the engine at work, or else the next one, brings it about.

    What runs and is to change is broken off and put back first; what stays is not disturbed.

    Args:
        home: where the run is.
        run: its id.
        change: the text of an amendment, or of the whole plan as it should be, as a file has it; or the operations.
        why: the reason, in the place of that of the text.
        by: who wants it; empty: the user.
        origin: where operations come from; a text is a file's.
        revert: whether results of verified steps that it drops are taken off the branch, with what consumed them.

    Raises:
        PlanInvalid: the text cannot be read.
        UsageError: the amendment cannot hold as the run stands.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("change the plan of a run", home)

    if isinstance(change, str):
        read = amendment_in(home, home.state(run), change, "amendment")
        change, why, origin = read.operations, why or read.why, AmendmentOrigin.FILE
    event = AmendmentProposed(
        at=home.clock.now(),
        amendment=home.program.random_text(8),
        operations=tuple(change),
        why=why,
        by=by or current_user(),
        origin=origin,
        revert=revert,
    )
    return say(home, run, lambda _: [event])


def stop_plan(home: Home, run: RunId, why: str, *, by: str = "") -> RunState:
    """Stop a plan that is wrong: nothing new starts, what runs is ended and does not count, and stock is taken.

    Where the run has a planner, the planner is asked for another plan of what is left; else the run pauses. The engine
    at work does so, or else the next one.

    Raises:
        UsageError: the run was completed or cancelled, or no reason is given.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("stop the plan of a run", home)
    if not why.strip():
        raise UsageError("say why the plan is wrong: the next plan rests on it")
    event = PlanStopped(at=home.clock.now(), why=why.strip(), by=by or current_user())
    return say(home, run, lambda _: [event])
