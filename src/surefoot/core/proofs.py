"""How strongly a verified result is proved, and what the checks of a step would not notice."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Verdict
from surefoot.core.plan import Check
from surefoot.core.verdicts import CheckRecord, turned_green


class Proof(StrEnum):
    """What a verified step rests on, the weakest first."""

    CLAIM = "claim"
    """The word of its agent: the step is unproved."""
    EXIT_STATUS = "exit-status-only"
    PROBE = "probe"
    CHECKS = "checks"
    """They passed, and no more is known: they were green before as well, or nobody asked."""
    FAIL_TO_PASS = "fail_to_pass"  # noqa: S105 - the word of the plan file, not a password
    """A check, or a test of it, was red before the step."""
    HELD_BACK = "held-back"
    """A check that the agent did not know of, and that is not known to have been green before the step."""
    MUTATION = "mutation"
    """Each small change of what the step wrote makes a check fail."""
    AGREEMENT = "agreement"
    """Independent attempts came to results that behave alike."""

    @property
    def is_by_checks(self) -> bool:
        """Whether checks speak for the result."""
        return self.is_at_least(Proof.CHECKS)

    def is_at_least(self, other: Proof) -> bool:
        """Tell whether it is as strong as another one, or stronger."""
        order = list(Proof)
        return order.index(self) >= order.index(other)


def is_by_checks(proof: str | None) -> bool:
    """Tell whether checks speak for a result, by the word that the journal has for its proof."""
    return proof is not None and proof in {*Proof} and Proof(proof).is_by_checks


def proof_by(pairs: Sequence[tuple[Check, CheckRecord]]) -> Proof:
    """Return what these checks, of which each proves something, prove together."""
    if any(check.held_back and record.before is not Verdict.PASSED for check, record in pairs):
        return Proof.HELD_BACK
    if any(check.expect is Expect.FAIL_TO_PASS or turned_green(check, record) for check, record in pairs):
        return Proof.FAIL_TO_PASS
    return Proof.CHECKS
