"""Kept journals fold to the states that were kept beside them, and what cannot be true is refused.

Owns the promise that a journal of an earlier build stays readable. Read `keeping.py` next.
"""

from __future__ import annotations

import json

import pytest

from surefoot.errors import IllegalTransition
from tests.golden.keeping import FOLDER, folded, lost, told

NAMES = ("plan", "lanes", "approvals", "services", "goal", "agent")


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_journal_folds_to_its_kept_state(name: str) -> None:
    """What an earlier build wrote is read by this one, and means the same."""
    kept = json.loads((FOLDER / f"{name}.state.json").read_text("utf-8"))
    assert lost(kept, told(folded((FOLDER / f"{name}.jsonl").read_text("utf-8")))) == []


def test_a_kept_journal_in_which_a_step_is_verified_unasked_is_refused() -> None:
    """Its check was never asked: no build may read that as a verified step."""
    with pytest.raises(IllegalTransition, match="step_verified"):
        folded((FOLDER / "refused.jsonl").read_text("utf-8"))
