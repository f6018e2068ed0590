"""What the caller's own code is asked before an action that needs approval, and what it may answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from surefoot.core.approval import Package
from surefoot.core.ids import RunId, StepId
from surefoot.core.policy_types import Effect, Facts
from surefoot.core.record import record

TIMEOUT_S = 60.0
"""A person is asked where the caller's code has not answered after so many seconds."""


@record(kw_only=False)
class Proceed:
    """Do it: the answer counts as one person's approval of exactly this."""

    reason: str = ""


@record(kw_only=False)
class Ask:
    """Ask a person. The reason is shown with the question."""

    reason: str = ""


@record(kw_only=False)
class Refuse:
    """Do not do it. The attempt fails with the reason."""

    reason: str


Reply = Proceed | Ask | Refuse | bool | Literal["proceed", "ask", "refuse"]
"""What the caller's code may answer; True is `Proceed()`, False is `Ask()`."""


@record
class ApprovalRequest:
    """One action that needs approval, as a person would be shown it."""

    run: RunId
    question: str
    """The id of the question that is open meanwhile; a person may answer first."""
    step: StepId
    action: str
    """What will happen: the command or the function. For a result, what it was made by."""
    effect: Effect
    """The class that counts, whatever the step declares."""
    rule: str
    """The rule that asks."""
    reason: str
    """Why it asks."""
    confidence: float
    """How sure whoever did the work says to be, from 0 to 1; who says nothing counts as 0."""
    threshold: float
    """The confidence that `[approvals] confidence` wants of an agent's result."""
    facts: Facts
    """What rules are compared with: commands as read, hosts, files, resources, cost, lines changed."""
    shown: Package
    """All a person is shown: evidence, claim, uncertainties, undo, preconditions and what has changed of them."""
    text: str
    """The same as a person reads it."""

    @property
    def is_about_result(self) -> bool:
        """Tell whether the work is done, and the question is whether to keep it."""
        return self.shown.trees is not None


class Approver:
    """Base of approvers: code of the caller that says go or no-go. `Options(should_proceed=…)` takes one.

    A plain function from request to reply does as well; a class has a name and a time limit of its own.
    """

    name: str = ""
    """Who the journal says has answered; empty: the name of the class."""
    timeout_s: float = TIMEOUT_S
    """A person is asked after so many seconds without an answer."""

    def should_proceed(self, request: ApprovalRequest) -> Reply | Awaitable[Reply]:
        """Answer a request; may be `async`. One that is not is called on a thread of its own."""
        raise NotImplementedError


ShouldProceed = Callable[[ApprovalRequest], Reply | Awaitable[Reply]]
"""A function that says go or no-go, async or not."""
