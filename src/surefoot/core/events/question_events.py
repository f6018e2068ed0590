"""Events of questions: asked, answered, approved beforehand, expired."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.approval import Package
from surefoot.core.event import Event, StepEvent
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import BlobId
from surefoot.core.policy_types import Demand
from surefoot.core.raw import AsWritten, Digest, GivenName, Handle
from surefoot.core.record import record


@record
class QuestionAsked(StepEvent):
    """A person has to say something before the step goes on."""

    version: ClassVar[int] = 3
    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    question: Handle
    """Its id: unique in the journal."""
    about: QuestionKind
    text: str
    options: tuple[str, ...] = ()
    """The answers it takes; empty: any text."""
    default: str | None = None
    """What an empty answer means."""
    shown: Digest = ""
    """Digest of what was shown."""
    package: Package | None = None
    """What the text was made of, for questions about an effect or a result; since version 2."""
    demand: Demand = Demand()
    """Whose answer it takes, and until when; since version 2."""
    like: str = ""
    """Names all questions of this kind; since version 2."""
    call: Handle = ""
    """The tool call it is about; since version 3."""


@record
class QuestionAnswered(Event):
    """A person answered."""

    version: ClassVar[int] = 2
    is_waited_for: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    question: Handle
    answer: str
    """What was said: `yes`, `no`, `take_over`, or what the question takes."""
    by: GivenName
    roles: tuple[GivenName, ...] = ()
    """The roles they have; since version 2."""
    via: GivenName = ""
    """Where they said it; since version 2."""
    reason: str = ""
    """Why, in their words; since version 2."""
    edit: AsWritten | None = None
    """The command they want run instead; since version 2."""
    diff: BlobId | None = None
    """The changes they want kept instead, as a patch; since version 2."""
    like: str = ""
    """The kind of questions that is approved with this one, for this run; since version 2."""


@record
class ApprovalRecorded(StepEvent):
    """A question was not asked because it was approved beforehand."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    by: GivenName
    """Who, and by which option."""
    shown: Digest
    """Digest of what would have been shown."""
