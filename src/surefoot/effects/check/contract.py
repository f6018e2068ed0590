"""The contract of `check`: a check is asked about a result."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.agent_types import Excerpt
from surefoot.core.event import CheckEvent
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check, Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class CheckRequested(CheckEvent):
    """A check is to be asked."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    tree: Digest = ""
    """What it is asked about; like `environment` since version 2."""
    environment: Digest = ""


@record
class CheckAnswered(CheckEvent):
    """A check was asked."""

    version: ClassVar[int] = 3
    verdict: Verdict
    text: str = ""
    evidence: BlobId | None = None
    results: BlobId | None = None
    """For tests: every id with its result."""
    flaky: tuple[str, ...] = ()
    """Tests left out because they had two answers for one tree."""
    red_before: tuple[str, ...] = ()
    """Tests that failed before the first change and still fail, so that they do not count."""
    turned_green: int = 0
    tree: Digest = ""
    environment: Digest = ""
    duration_s: float = 0.0
    changed_files: tuple[str, ...] = ()
    """Files that decide what it says, such as its script, and that steps of the run have changed; since version 2."""
    told: Excerpt | None = None
    """What an agent is told of the output, where it was asked while the agent is at work; since version 3."""


@record
class VerdictReused(CheckEvent):
    """The same question was passed before on the same tree in the same environment."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    evidence: BlobId | None = None
    results: BlobId | None = None
    changed_files: tuple[str, ...] = ()
    """As in that verdict; since version 2."""


@record
class AskCheck(StepCommand):
    """Ask one check. Answered by `CheckAnswered`."""

    moment: Moment
    index: int
    check: Check
    spec: Step | None
    tree: str
    environment: str
    changed: tuple[str, ...] = ()
    before: BlobId | None = None
    earlier: BlobId | None = None
    services: tuple[str, ...] = ()


def _check_answered(command: AskCheck, how: Breakage) -> CheckAnswered:
    return CheckAnswered(
        **command.at(how.at),
        moment=command.moment,
        check=command.index,
        verdict=Verdict.INCONCLUSIVE,
        text=f"the check broke: {how.reason}",
        evidence=how.store(how.trace.encode("utf-8", "replace")),
    )


CHECK = Effect(
    name="check",
    label="checks",
    requested=CheckRequested,
    command=AskCheck,
    results=(CheckAnswered,),
    instead=VerdictReused,
    performer="surefoot.effects.check.perform:ask_check",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
    needs_services=True,
    told_as_failed=lambda _, answered: answered.verdict is not Verdict.PASSED,
    broken=_check_answered,
)
