"""The contract of `body`: a command or a function of a step runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import FirstLook
from surefoot.core.event import StepEvent
from surefoot.core.event_words import Ending, Status
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Step
from surefoot.core.policy_types import Tier
from surefoot.core.raw import Handle, ProviderName
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class BodyStarted(StepEvent):
    """The body is to run."""

    version: ClassVar[int] = 3
    is_decision: ClassVar[bool] = True
    key: Handle
    """The idempotency key, equal in all attempts."""
    tier: Tier | None = None
    """How much say a person had; a question, or an approval, before this says who had it. Since version 2."""
    rule: Handle = ""
    """The rule that decided. Since version 2."""
    session: ProviderName = ""
    """The session with an agent of others that is gone on with; empty: a new one, or none. Since version 3."""


@record
class BodyFinished(StepEvent):
    """The body ended."""

    version: ClassVar[int] = 4

    ending: Ending
    evidence: BlobId | None = None
    """Its whole output."""
    duration_s: float = 0.0
    """How long it ran."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it put out for later steps."""
    remarks: tuple[str, ...] = ()
    """Deprecations and warnings it printed, each once; since version 3."""
    unexpected: tuple[Handle, ...] = ()
    """Keys of outputs that are not what the step expects, or are missing; since version 4."""


@record
class RunStep(StepCommand):
    """Run the body. Answered by `BodyFinished`."""

    spec: Step
    key: str
    services: tuple[str, ...] = ()
    outputs: Mapping[StepId, Mapping[str, str]] = field(default_factory=dict[StepId, Mapping[str, str]])
    """What earlier steps put out, for a body that is a function."""
    brief: str = ""
    """For an agent of others: what it is told."""
    session: str = ""
    """The session with it that is gone on with; empty: a new one."""
    look: FirstLook | None = None
    """What of the repository it is shown besides."""
    candidate: int = 0
    """Which of several results of the step it makes, counted from 1; 0: there is only one."""
    rests_on: str | None = None
    """For effects outside: the commit whose files an approval was given for, as far as the commands name them."""


@record
class AnswerPermission(StepCommand):
    """Tell the agent of others that is at work what it may do. It is no effect: the agent's body goes on."""

    call: str
    is_allowed: bool
    reason: str = ""


@record
class PromptAgent(StepCommand):
    """Say something to the agent of others that has ended its turn; without words its session ends. It is no effect."""

    text: str


@record
class CancelTurn(StepCommand):
    """Have the agent of others that is at work end its turn. It is no effect: the agent's body goes on."""

    turn: int


AgentCommand = AnswerPermission | PromptAgent | CancelTurn
"""What is said to an agent of others while its body runs."""


def _broken(command: RunStep, how: Breakage) -> BodyFinished:
    ending = Ending(status=Status.ERROR, error_type=how.error_type, text=how.trace[-2000:])
    return BodyFinished(**command.at(how.at), ending=ending)


def _can_be_done_again(command: RunStep, finished: BodyFinished) -> bool:
    return finished.ending.status is not Status.OK and not command.spec.effect.is_outside


BODY = Effect(
    name="body",
    label="body",
    requested=BodyStarted,
    command=RunStep,
    results=(BodyFinished,),
    performer="surefoot.effects.body.perform:run_step",
    on_crash=OnCrash.DOUBT,
    is_ended_by_pause=True,
    needs_services=True,
    is_waited_for_outside=True,
    told_as_failed=_can_be_done_again,
    broken=_broken,
)
