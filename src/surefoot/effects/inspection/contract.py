"""The contract of `inspection`: what a body wrote is found out."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class InspectionRequested(StepEvent):
    """What the body wrote is to be found out."""

    is_decision: ClassVar[bool] = True


@record
class ChangesObserved(StepEvent):
    """What the body wrote is known, and what it may not keep was put back."""

    version: ClassVar[int] = 7
    tree: Digest
    """The tree with what it keeps."""
    changed: tuple[str, ...]
    """Paths it keeps."""
    undeclared: tuple[str, ...] = ()
    """Paths put back: inside the scope, not among its `writes`."""
    outside: tuple[str, ...] = ()
    """Paths outside the scope: the attempt fails."""
    secrets: tuple[str, ...] = ()
    """Paths that hold the value of an `env_from` variable: the attempt fails."""
    lane_changed: bool = False
    """Whether ignored files other than declared caches changed, or something outside the lane may have."""
    lines: int | None = None
    """Lines added and taken away, where a rule asks for it; since version 2."""
    digest: Digest = ""
    """Names the changes themselves, whatever they were made to; since version 2."""
    keys: tuple[str, ...] = ()
    """Paths it keeps in which something has the form of a key; since version 2."""
    left: tuple[str, ...] = ()
    """Paths it made where git ignores them and that it declares nowhere, a folder as one; since version 3."""
    check_files: tuple[str, ...] = ()
    """Paths it keeps, or that git ignores, which decide what checks of the plan say; since version 4."""
    spoiled: tuple[str, ...] = ()
    """The first files that it changed of what `prepare` had made, and that it declares nowhere; since version 4."""
    run_outside: tuple[str, ...] = ()
    """Paths it keeps or made that a check, a probe or `observe` runs outside the sandbox; since version 4."""
    deleted: tuple[str, ...] = ()
    """Those of the changed paths at which there is nothing any more; since version 5."""
    weakened: tuple[str, ...] = ()
    """What a model's body took from the tests, a line each (`surefoot.core.weakened_tests`); since version 6."""
    absent: tuple[str, ...] = ()
    """Names of code in the claim that no file has, before or after, and no text that its agent saw; since version 7."""


@record
class Inspect(StepCommand):
    """Find out what the body wrote. Answered by `ChangesObserved`."""

    spec: Step
    tree: str
    commit: str
    scope: tuple[str, ...]
    writes: tuple[str, ...]
    checkpoint: int = 0
    """Which of the lane's checkpoints the body began at."""
    denied: tuple[str, ...] = ()
    """Globs over files that the run may not change, whatever the step may write."""
    counts_lines: bool = False
    """Whether a rule asks how many lines were changed."""
    by_hand: bool = False
    """Whether a person has worked in the lane."""
    names: tuple[str, ...] = ()
    """Names of code that its agent speaks of in the end."""
    known: tuple[BlobId, ...] = ()
    """What that agent wrote and was told: a name that stands there is not made up."""
    failed: tuple[tuple[BlobId, BlobId], ...] = ()
    """Its calls that failed, as arguments and output: a name that only comes back from there proves nothing."""


INSPECTION = Effect(
    name="inspection",
    label="looking at what it wrote",
    requested=InspectionRequested,
    command=Inspect,
    results=(ChangesObserved,),
    performer="surefoot.effects.inspection.perform:inspect",
    on_crash=OnCrash.RESTORE,
)
