"""System steps: what is done for a run as a whole, beside the steps of its plan.

A person approves the surrounding commands, decides about acceptance checks without an answer, and whether a plan
holds that a step has made doubtful. Agents understand the goal, plan, and review the result. System steps go the way of
any step, but what they write is thrown away, and no plan can name them.
"""

from __future__ import annotations

from surefoot.core.agent_types import Role
from surefoot.core.event_words import Phase
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, AskBody, OnFailure, RetryPolicy, Step
from surefoot.core.policy_types import Effect

COMMANDS = StepId("(commands)")
BASELINE = StepId("(baseline)")
UNDERSTANDING = StepId("(understand)")
PLANNING = StepId("(plan)")
REVIEWING = StepId("(review)")
REPLANNING = StepId("(replan)")
PLAN_HOLDS = StepId("(plan-holds)")
PHASES: dict[StepId, tuple[Phase, ...]] = {
    COMMANDS: (Phase.UNDERSTAND, Phase.PLAN),
    UNDERSTANDING: (Phase.UNDERSTAND,),
    PLANNING: (Phase.PLAN,),
    REVIEWING: (Phase.VALIDATE,),
    BASELINE: (Phase.UNDERSTAND, Phase.PLAN),
    REPLANNING: (Phase.EXECUTE,),
    PLAN_HOLDS: (Phase.EXECUTE,),
}
SYSTEM_STEPS = tuple(PHASES)
"""Their names; what was added later stands last, for the order is a part of the state. The parentheses keep them apart
from every id a plan can have.
"""
_ROLES = {UNDERSTANDING: Role.SCOUT, PLANNING: Role.PLANNER, REPLANNING: Role.REPLANNER, REVIEWING: Role.REVIEWER}
_TITLES = {
    COMMANDS: "Approve the commands around the steps",
    UNDERSTANDING: "Understand the goal",
    BASELINE: "Go on without a baseline",
    PLANNING: "Make the plan",
    REVIEWING: "Review the result",
    REPLANNING: "Look whether the plan has to change",
    PLAN_HOLDS: "Decide whether the plan still holds",
}

_UNDO = "(undo:"
_CANDIDATE = "(candidate:"


def is_system_step(name: StepId) -> bool:
    """Tell whether a step of that name is done for the run as a whole."""
    return name in PHASES or name.startswith((_UNDO, _CANDIDATE))


def candidate_step_id(step: StepId, number: int) -> StepId:
    """Return the name of the system step that makes a candidate of a step beside the attempt of the step itself."""
    return StepId(f"{_CANDIDATE}{step}:{number})")


def candidate_made_by(name: StepId) -> tuple[StepId, int] | None:
    """Return the step for which a system step makes a candidate, and which one; None: it makes none."""
    if not name.startswith(_CANDIDATE):
        return None
    step, _, number = name[len(_CANDIDATE) : -1].rpartition(":")
    return StepId(step), int(number)


def undo_step_id(step: StepId) -> StepId:
    """Return the name of the system step that takes back the outside effect of a step."""
    return StepId(f"{_UNDO}{step})")


def undone_by_step(name: StepId) -> StepId | None:
    """Return the step whose outside effect a system step takes back; None: it takes none back."""
    return StepId(name[len(_UNDO) : -1]) if name.startswith(_UNDO) else None


def attempted_step(name: StepId) -> StepId:
    """Return the step that an attempt is at: of a candidate that is made beside it, too."""
    made = candidate_made_by(name)
    return name if made is None else made[0]


def step_said(name: StepId) -> str:
    """Say which step it is, and of a candidate that is made beside it which one."""
    made = candidate_made_by(name)
    return f"step {name}" if made is None else f"candidate {made[1]} of step {made[0]}"


def is_other_candidate(name: str, own: StepId) -> bool:
    """Tell whether two names stand for attempts at one step that are made at once and know nothing of each other."""
    return name != own and attempted_step(StepId(name)) == attempted_step(own)


def system_step_of(name: StepId, instructions: str = "") -> Step:
    """Return a system step; what it is about may stand in its instructions."""
    if name not in _ROLES:
        body = AskBody(question=_TITLES[name])
        return Step(
            id=name,
            title=_TITLES[name],
            body=body,
            effect=Effect.READ,
            retry=RetryPolicy(maximum_attempts=1),
            on_failure=OnFailure.STOP if name == PLAN_HOLDS else OnFailure.BLOCK,
        )
    return Step(
        id=name,
        title=_TITLES[name],
        body=AgentBody(instructions=instructions or _TITLES[name], role=_ROLES[name]),
        effect=Effect.READ,
        writes=(),
        retry=RetryPolicy(initial_interval_s=0.0, retry_unknown=True),
        on_failure=OnFailure.BLOCK if name in (REVIEWING, REPLANNING) else OnFailure.ASK,
    )
