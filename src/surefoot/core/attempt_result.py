"""What making a step came to, and what is kept of attempts that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from surefoot.core.agent_types import Claim
from surefoot.core.events import ChangesObserved, Merged
from surefoot.core.ids import StepId
from surefoot.core.record import record


@record
class Result:
    """What making a step came to: trees of git and what was put out, tied to no lane."""

    made_on: str
    """The commit of the checkpoint."""
    made_on_tree: str
    generation: int
    """How often the branch had gone back by then."""
    base: str
    """The commit that it is held against: that of the checkpoint; once it is merged, the head of the run branch."""
    base_tree: str
    """The tree that it is held against: that of `base`, or in a train that of the result before it."""
    tree: str
    changed: tuple[str, ...]
    """The paths at which it differs from its base."""
    observed: ChangesObserved
    """What was found in the lane when it was made."""
    is_merged: bool = False
    """Whether it was brought onto a later head than that of its checkpoint."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    claim: Claim | None = None

    environment: str = ""
    """The environment of the lane in which it was made, once that is free again."""
    is_off_branch: bool = False
    """Whether the commit it was made on is no longer on the run branch."""

    @property
    def is_change(self) -> bool:
        """Whether it differs from what it was made on."""
        return self.observed.tree != self.made_on_tree

    def as_made(self) -> Result:
        """Return the result as it was before it was brought onto anything."""
        return replace(
            self,
            base=self.made_on,
            base_tree=self.made_on_tree,
            tree=self.observed.tree,
            changed=self.observed.changed,
            is_merged=False,
        )

    def onto(self, merged: Merged) -> Result:
        """Return the result on the head of the run branch."""
        return replace(
            self, base=merged.onto, base_tree=merged.onto_tree, tree=merged.tree, changed=merged.changed, is_merged=True
        )


@record
class Tried:
    """What an attempt came to that its checks had failed."""

    attempt: int
    failed_at: int
    """Position in the journal at which it failed."""
    changes: str
    """What names its changes; empty: there were none."""
    said: str
    """What names the output of the check that failed; empty: there was none."""


@record
class Transplant:
    """A verified result that is off the branch: it is brought there again without its body, and judged anew."""

    base: str
    """The commit that it was put on."""
    base_tree: str
    tree: str
    proof: str | None
    """What had proved it."""
    rests_on: tuple[StepId, ...] = ()
    """The steps taken off or done again with it whose results it had consumed."""
