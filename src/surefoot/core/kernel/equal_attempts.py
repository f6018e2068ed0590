"""What failed attempts came to, and where a new one comes to the same."""

from __future__ import annotations

from surefoot.core.agent_acts import steady
from surefoot.core.attempt import Attempt
from surefoot.core.attempt_result import Tried
from surefoot.core.plan import digest_of
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import first_unpassed

TRIED_MAX = 8


def tried_in(node: StepState, work: Attempt, seq: int) -> Tried:
    """Return what an attempt came to whose checks did not pass."""
    index = first_unpassed(node.spec.checks, work.checks)
    said = "" if index is None else steady(work.checks[index].text)
    named = digest_of((index, said)) if said else ""
    return Tried(attempt=node.attempt, failed_at=seq, changes=_changes_of(work), said=named)


def same_changes(node: StepState, work: Attempt) -> Tried | None:
    """Return the failed attempt that had come to the very changes of this one."""
    changes = _changes_of(work)
    return next((one for one in reversed(node.tried) if changes and one.changes == changes), None)


def same_failure(node: StepState) -> Tried | None:
    """Return the attempt before the one that has just failed, where a check told both the same."""
    before, last = node.tried[-2:] if len(node.tried) > 1 else (None, None)
    is_same = before is not None and last is not None and last.attempt == node.attempt and last.said == before.said
    return before if is_same and before is not None and before.said else None


def _changes_of(work: Attempt) -> str:
    changes = work.changes
    return (changes.digest or changes.tree) if changes is not None and changes.changed else ""
