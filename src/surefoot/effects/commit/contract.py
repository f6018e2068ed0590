"""The contract of `commit`: a result is written as a durable commit; no ref moves."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.plan import Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class CommitRequested(StepEvent):
    """The result is to be written as a commit."""

    is_decision: ClassVar[bool] = True


@record
class CommitWritten(StepEvent):
    """The commit is durable; no ref points to it yet."""

    commit: Digest


@record
class WriteCommit(StepCommand):
    """Write the result as a durable commit. Answered by `CommitWritten`."""

    spec: Step
    parent: str
    tree: str
    train: int | None = None
    """The number of the train in which the result was judged."""


COMMIT = Effect(
    name="commit",
    label="commit",
    requested=CommitRequested,
    command=WriteCommit,
    results=(CommitWritten,),
    performer="surefoot.effects.commit.perform:write_commit",
    on_crash=OnCrash.RESTORE,
)
