"""The records of a check: `Question` and `Answer`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from surefoot.core.event_words import Moment, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check
from surefoot.core.record import record
from surefoot.ports import CommandRequest


@record
class Answer:
    """What a check said."""

    verdict: Verdict
    """In one word."""
    text: str = ""
    """Why, in a line or a few."""
    evidence: BlobId | None = None
    """What the verdict rests on."""
    results: BlobId | None = None
    """For tests: every id with its result."""
    flaky: tuple[str, ...] = ()
    """For tests: ids left out because they had two answers for one tree."""
    red_before: tuple[str, ...] = ()
    """For tests: ids that failed before the first change and still fail."""
    turned_green: int = 0
    """For tests: how many failed before and pass now."""
    duration_s: float = 0.0
    """How long the command ran."""


@record
class Question:
    """A check together with all it needs to be asked."""

    check: Check
    """What is asked."""
    moment: Moment
    """Before the body or after it."""
    env: Mapping[str, str]
    """The plan's and the step's variables; the check's own win."""
    changed: tuple[str, ...]
    """Paths the step changed."""
    before: BlobId | None
    """For tests asked after the body: the results from before it."""
    earlier: BlobId | None
    """For tests: the results of an earlier asking on the same tree, which failed."""
    junit_folder: Path
    """Where a command may write its JUnit XML; made when it is missing."""
    plan_folder: Path | None
    """Where `call` finds the plan's own modules."""

    def request(
        self,
        text: str = "",
        *,
        argv: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        writable: tuple[Path, ...] = (),
    ) -> CommandRequest:
        """Return the command that asks, with the check's folder, time, network, confinement and variables."""
        check = self.check
        return CommandRequest(
            text=text,
            argv=argv,
            cwd=check.cwd,
            env={**self.env, **check.env, **(env or {})},
            timeout_s=check.timeout_s,
            network=check.network,
            confine=check.confine,
            writable=writable,
        )
