"""What an amendment does to each step of a run: by how the step stands, from one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from surefoot.core.agents import problems_of_agents
from surefoot.core.amendments import Fate, Operation, StepChange, amended, is_same_work, wideners_of
from surefoot.core.candidates import problems_of_candidates
from surefoot.core.events.invalidation_events import Taint, TakingBack
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step
from surefoot.core.record import record
from surefoot.core.service_use import problems_of_services
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepState, StepStatus
from surefoot.core.taint import is_result, taking_back


class Standing(StrEnum):
    """How a step stands when its plan is amended."""

    PENDING = "not begun"
    UNDER_WAY = "under way"
    OUTSIDE = "an outside effect under way"
    IN_DOUBT = "in doubt"
    FAILED = "failed, blocked or skipped"
    DONE = "verified"
    APPLIED = "verified, with an outside effect"
    GROUP = "a group with members"


_SETTLE = "its effect cannot be taken back, and whether it was applied must be known first"
FATES: Mapping[Standing, tuple[tuple[Fate, str], tuple[Fate, str]]] = {
    Standing.PENDING: ((Fate.EDITED, "it had not begun"), (Fate.DROPPED, "it had not begun")),
    Standing.UNDER_WAY: (
        (Fate.RESTARTED, "its attempt is broken off and put back, and does not count"),
        (Fate.DROPPED, "its attempt is broken off and put back"),
    ),
    Standing.OUTSIDE: ((Fate.REFUSED, _SETTLE), (Fate.REFUSED, _SETTLE)),
    Standing.IN_DOUBT: ((Fate.REFUSED, _SETTLE), (Fate.REFUSED, _SETTLE)),
    Standing.FAILED: ((Fate.EDITED, "it is tried anew"), (Fate.DROPPED, "nothing of it is kept")),
    Standing.DONE: (
        (Fate.INVALIDATED, "it is another step now"),
        (Fate.REFUSED, "its result is on the branch; `--revert` takes it off, with what consumed it"),
    ),
    Standing.APPLIED: (
        (Fate.REFUSED, "its effect was applied; add a step for what is to follow"),
        (Fate.REFUSED, "its effect was applied; add a step that undoes it"),
    ),
    Standing.GROUP: (
        (Fate.EDITED, "its items stay; members that have not begun are made anew, those begun stay as they are"),
        (Fate.REFUSED, "its members are steps of the run; edit the group instead"),
    ),
}
"""What becomes of a step that is edited, and of one that is dropped, by how it stands; and why."""


@record
class AmendmentEffects:
    """What an amendment would make of a run as it stands."""

    plan: Plan
    """The amended plan."""
    problems: tuple[str, ...]
    """What is wrong with the operations, or with the plan they come to."""
    changes: tuple[StepChange, ...]
    """What becomes of each step, in the order of the amended plan; empty where there is a problem."""
    taken: TakingBack | None
    """The results that are taken off the branch; None: none."""
    wideners: tuple[str, ...]
    """In which ways it allows more, or proves less, than the plan in force."""

    @property
    def objections(self) -> tuple[str, ...]:
        """Why it cannot hold; empty where it can."""
        refused = (one for one in self.changes if one.fate is Fate.REFUSED)
        return (*self.problems, *(f"step {one.step!r}: {one.why}" for one in refused))


def effects_of(state: RunState, operations: Sequence[Operation], *, revert: bool = False) -> AmendmentEffects:
    """Return what an amendment would make of a run as it stands; `revert` lets it drop verified steps."""
    plan, problems = amended(state.plan, operations)
    if not problems:
        found = (*problems_of_services(plan), *problems_of_agents(plan), *problems_of_candidates(plan))
        problems = tuple(f"step {one.step!r}: {one.text}" for one in found)
    changes, taken = ((), None) if problems else _changes_by(state, plan, revert=revert)
    wideners = wideners_of(state.plan, plan)
    return AmendmentEffects(plan=plan, problems=problems, changes=changes, taken=taken, wideners=wideners)


def standing_of(node: StepState) -> Standing:
    """Tell how a step stands."""
    if node.members is not None:
        return Standing.GROUP
    if node.status is StepStatus.IN_DOUBT:
        return Standing.IN_DOUBT
    if node.status in DONE or node.transplant is not None:
        return Standing.APPLIED if node.effect.is_outside and node.applied is not False else Standing.DONE
    if node.work is not None:
        return Standing.OUTSIDE if node.effect.is_outside and node.work.has_begun else Standing.UNDER_WAY
    return Standing.PENDING if node.status is StepStatus.PENDING else Standing.FAILED


def fixed_steps(state: RunState) -> dict[StepId, tuple[str, str]]:
    """Return the steps that stand so that they cannot be edited, or dropped, each with the reasons; empty: it can."""
    found: dict[StepId, tuple[str, str]] = {}
    for name in (step.id for step in state.plan.steps if step.id in state.nodes):
        (edited, why_edited), (dropped, why_dropped) = FATES[standing_of(state.nodes[name])]
        if Fate.REFUSED in (edited, dropped):
            found[name] = (
                why_edited if edited is Fate.REFUSED else "",
                why_dropped if dropped is Fate.REFUSED else "",
            )
    return found


def _changes_by(state: RunState, plan: Plan, *, revert: bool) -> tuple[tuple[StepChange, ...], TakingBack | None]:
    """Return what becomes of each step of a run that another plan holds from here on, and which results go."""
    before = {step.id: step for step in state.plan.steps}
    found = {step.id: _change_of(state, before.get(step.id), step) for step in plan.steps}
    for name in before:
        if name not in found and name in state.nodes:
            found[name] = _drop_of(state.nodes[name], revert=revert)
    wrong = [one.step for one in found.values() if _goes(state, one)]
    taken = taking_back(state, wrong) if wrong else None
    for one in () if taken is None else taken.tainted:
        if one.by is not None and found.get(one.step, _UNCHANGED).fate is Fate.KEPT:
            found[one.step] = _consumer_of(state, one, revert=revert)
    return tuple(found.values()), taken


_UNCHANGED = StepChange(step=StepId(""), fate=Fate.KEPT, why="")


def _goes(state: RunState, change: StepChange) -> bool:
    """Tell whether a verified result goes, because its step is another one now or none at all."""
    node = state.nodes.get(change.step)
    is_other = change.fate in (Fate.INVALIDATED, Fate.DROPPED)
    return node is not None and is_other and is_result(node)


def _consumer_of(state: RunState, taint: Taint, *, revert: bool) -> StepChange:
    """Return what becomes of a step that consumed a result which goes."""
    standing = standing_of(state.nodes[taint.step])
    fate, why = FATES[standing][0]
    said = f"it {taint.why} ({taint.by}), which is taken back"
    if fate is Fate.REFUSED and standing is Standing.APPLIED and revert:
        return StepChange(step=taint.step, fate=Fate.INVALIDATED, why=f"{said}; its effect is not repeated unasked")
    return StepChange(step=taint.step, fate=fate, why=f"{said}: {why}" if fate is Fate.REFUSED else said)


def _change_of(state: RunState, before: Step | None, after: Step) -> StepChange:
    node = state.nodes.get(after.id)
    if before is None or node is None:
        return StepChange(step=after.id, fate=Fate.ADDED, why="")
    if before == after:
        return StepChange(step=after.id, fate=Fate.KEPT, why="")
    if is_same_work(before, after) and node.has_run:
        return StepChange(step=after.id, fate=Fate.KEPT, why="only words or order differ")
    fate, why = FATES[standing_of(node)][0]
    return StepChange(step=after.id, fate=fate, why=why)


def _drop_of(node: StepState, *, revert: bool) -> StepChange:
    standing = standing_of(node)
    fate, why = FATES[standing][1]
    if standing is Standing.DONE and revert:
        fate, why = Fate.DROPPED, "its result is taken off the branch"
    return StepChange(step=node.spec.id, fate=fate, why=why)
