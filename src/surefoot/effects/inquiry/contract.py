"""The contract of `inquiry`: a check is asked about a commit of the run, in the search for the step that broke it."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check, Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Command, Effect, OnCrash


@record
class InquiryRequested(Event):
    """A check is to be asked about a commit."""

    is_decision: ClassVar[bool] = True
    commit: Digest
    tree: Digest


@record
class Inquired(Event):
    """A check was asked about a commit."""

    check: Digest
    commit: Digest
    tree: Digest
    environment: Digest
    verdict: Verdict
    text: str = ""
    evidence: BlobId | None = None
    results: BlobId | None = None
    """For tests: every id with its result."""
    changed_files: tuple[str, ...] = ()
    """Files that decide what it says, such as its script, and that steps of the run have changed."""
    duration_s: float = 0.0


@record
class InquiryReused(Event):
    """The same question was passed before on the same tree in the same environment."""

    is_decision: ClassVar[bool] = True
    commit: Digest
    tree: Digest
    evidence: BlobId | None = None
    results: BlobId | None = None
    changed_files: tuple[str, ...] = ()


@record
class Inquire(Command):
    """Ask a check about a commit that a lane holds. Answered by `Inquired`."""

    lane: str
    check: Check
    commit: str
    tree: str
    environment: str
    moment: Moment
    spec: Step | None
    services: tuple[str, ...]
    before: BlobId | None = None


def _inquired(command: Inquire, how: Breakage) -> Inquired:
    return Inquired(
        at=how.at,
        check=command.check.digest,
        commit=command.commit,
        tree=command.tree,
        environment=command.environment,
        verdict=Verdict.INCONCLUSIVE,
        text=f"the check broke: {how.reason}",
        evidence=how.store(how.trace.encode("utf-8", "replace")),
    )


INQUIRY = Effect(
    name="inquiry",
    label="asking about a commit",
    requested=InquiryRequested,
    command=Inquire,
    results=(Inquired,),
    instead=InquiryReused,
    performer="surefoot.effects.inquiry.perform:inquire",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
    told_as_failed=lambda _, answered: answered.verdict is Verdict.INCONCLUSIVE,
    broken=_inquired,
)
