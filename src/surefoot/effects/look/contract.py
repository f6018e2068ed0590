"""The contract of `look`: after an absence it is found out what holds no longer of what an agent saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from surefoot.core.approval import Precondition
from surefoot.core.event import StepEvent
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class LookRequested(StepEvent):
    """After an absence it is to be found out what holds no longer of what an agent saw."""

    is_decision: ClassVar[bool] = True


@record
class LookedAgain(StepEvent):
    """It is known which files that the agent read are not as it read them, and how its resources stand."""

    changed: tuple[str, ...] = ()
    """Files with another content now."""
    gone: tuple[str, ...] = ()
    """Files that are not there any more."""
    resources: tuple[Precondition, ...] = ()
    """What `observe` of the resources that the step uses says now."""


@record
class LookAgain(StepCommand):
    """Compare what an agent saw with what is there. Answered by `LookedAgain`."""

    spec: Step
    commit: str
    """The commit that its lane was made on."""
    tree: str
    """What the conversation left in the lane, which holds it now."""
    seen: Mapping[str, str]
    """The files that the agent read, with the digest of what it read."""
    earlier: tuple[str, ...] = ()
    """The trees that the lane held before: what these have and the last one has not was removed by the agent."""


LOOK = Effect(
    name="look",
    label="looking again",
    requested=LookRequested,
    command=LookAgain,
    results=(LookedAgain,),
    performer="surefoot.effects.look.perform:look_again",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
)
"""After an absence, what an agent saw is compared with what is there."""
