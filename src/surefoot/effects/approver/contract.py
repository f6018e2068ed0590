"""The contract of `approver`: the caller's own code says go or no-go to an approval request."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.approval import Package
from surefoot.core.event import StepEvent
from surefoot.core.event_words import ApproverWord
from surefoot.core.policy_types import Facts
from surefoot.core.raw import GivenName, Handle
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class ApproverAsked(StepEvent):
    """The caller's code is asked about an open question, before anybody else is waited for."""

    is_decision: ClassVar[bool] = True
    question: Handle
    approver: GivenName


@record
class ApproverAnswered(StepEvent):
    """The caller's code said whether the action may proceed."""

    is_waited_for: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    question: Handle
    approver: GivenName
    word: ApproverWord
    reason: str = ""
    fault: str = ""
    """Why there was no answer that counts: it raised, took too long, or returned something else. The word is `ask`."""


@record
class AskApprover(StepCommand):
    """Ask the caller's code. Answered by `ApproverAnswered`."""

    question: str
    approver: str
    text: str
    """What a person is shown."""
    package: Package
    facts: Facts
    is_shell: bool
    """Whether what will happen is a shell command."""
    threshold: float
    """The confidence from which on the policy asks nobody about an agent's result."""

    @property
    def subject(self) -> str:
        """The question."""
        return self.question

    def without_answer(self, at: float, fault: str) -> ApproverAnswered:
        """Return the fact that there was no answer that counts, so that a person is asked."""
        return ApproverAnswered(
            **self.at(at), question=self.question, approver=self.approver, word=ApproverWord.ASK, fault=fault
        )


def _broken(command: AskApprover, how: Breakage) -> ApproverAnswered:
    return command.without_answer(how.at, how.reason)


APPROVER = Effect(
    name="approver",
    label="asking the caller's code",
    requested=ApproverAsked,
    command=AskApprover,
    results=(ApproverAnswered,),
    performer="surefoot.effects.approver.perform:ask_approver",
    on_crash=OnCrash.REDO,
    counts_as_crash=False,
    is_cancellable=False,
    broken=_broken,
)
