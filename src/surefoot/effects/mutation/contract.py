"""The contract of `mutation`: whether the checks of a step notice small changes of what it wrote is found out."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.event_words import Mutant
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check, Step
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand

MISSED_MAX = 0.1
"""So large a share of small changes of the functions that a step changed may be missed; none of its own lines."""


@record
class MutationRequested(StepEvent):
    """Whether the checks of a step notice small changes of what it wrote is to be found out."""

    is_decision: ClassVar[bool] = True


@record
class MutantsTried(StepEvent):
    """Small changes were made, one at a time, and the checks asked about each; the lane is as it was."""

    version: ClassVar[int] = 3

    noticed: int = 0
    """How many made a check fail."""
    survivors: tuple[Mutant, ...] = ()
    """Those that no check noticed."""
    left_out: int = 0
    """How many were not tried, for want of time."""
    alike: int = 0
    """How many no check noticed, and `compare` of the step printed the same of. Since version 2."""
    around: int = 0
    """How many changes of other lines of the same functions were made. Since version 3."""
    missed_around: tuple[Mutant, ...] = ()
    """Those of them that no check noticed, though `compare` shows another result. Since version 3."""
    text: str = ""
    """Why there was nothing to try; empty: there was."""
    evidence: BlobId | None = None
    """Each change with what was said of it, as JSON."""
    duration_s: float = 0.0

    @property
    def tried(self) -> int:
        """How many changes were made."""
        return self.noticed + len(self.survivors) + self.alike

    @property
    def is_open(self) -> bool:
        """Whether the checks leave open what the step does.

        They do where they miss a change of what it wrote, where they notice none of those that were made, and where
        they miss more than a tenth of all changes of the functions that this stands in. What `compare` shows no
        difference of is not missed.
        """
        if self.survivors or (self.tried and not self.noticed):
            return True
        return len(self.missed_around) > MISSED_MAX * (self.tried + self.around)

    @property
    def is_proof(self) -> bool:
        """Whether there were changes, each was noticed, and the functions that they stand in are held as well."""
        return self.tried > 0 and not self.is_open


@record
class TryMutants(StepCommand):
    """Change what the step wrote in small ways, one at a time, and ask its checks. Answered by `MutantsTried`."""

    spec: Step
    base_tree: str
    """The tree that the result is held against."""
    tree: str
    changed: tuple[str, ...]
    checks: tuple[Check, ...]
    """Those that can notice something, the fastest first."""
    before: tuple[BlobId | None, ...]
    """For tests: the results from before the body, by check."""
    took_s: tuple[float, ...]
    """How long each took on the result itself."""
    services: tuple[str, ...] = ()


def _mutants_tried(command: TryMutants, how: Breakage) -> MutantsTried:
    return MutantsTried(
        **command.at(how.at),
        text=f"trying small changes broke: {how.reason}",
        evidence=how.store(how.trace.encode("utf-8", "replace")),
    )


MUTATION = Effect(
    name="mutation",
    label="trying small changes",
    requested=MutationRequested,
    command=TryMutants,
    results=(MutantsTried,),
    performer="surefoot.effects.mutation.perform:try_mutants",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
    needs_services=True,
    broken=_mutants_tried,
)
