"""Kept journals fold to the states that were kept beside them, and what cannot be true is refused."""

from __future__ import annotations

import json

import pytest

from surefoot.core.events import EVENTS
from surefoot.errors import IllegalTransition
from surefoot.journal.codec import encode
from tests.golden.keeping import FOLDER, events_of, folded, lost, told

EVERY_KIND = (FOLDER / "every_kind.jsonl").read_text("utf-8")
NAMES = sorted(path.name.removesuffix(".state.json") for path in FOLDER.glob("*.state.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_journal_folds_to_its_kept_state(name: str) -> None:
    """What an earlier build wrote is read by this one, and means the same."""
    kept = json.loads((FOLDER / f"{name}.state.json").read_text("utf-8"))
    assert lost(kept, told(folded((FOLDER / f"{name}.jsonl").read_text("utf-8")))) == []


def test_every_kind_of_event_is_kept() -> None:
    """A new kind, and each release's form of a known one, has its line from the day it is written."""
    assert {kind.kind for kind in EVENTS} == {event.kind for event in events_of(EVERY_KIND)}


def test_every_kind_of_event_is_folded_in_a_kept_journal() -> None:
    """What a kind means for the state is kept as well."""
    kept = [event for name in NAMES for event in events_of((FOLDER / f"{name}.jsonl").read_text("utf-8"))]
    assert {kind.kind for kind in EVENTS} - {event.kind for event in kept} == set()


def test_a_kept_event_is_read_as_it_was_written() -> None:
    """All of its fields are filled, and each member of each union is in one of them."""
    for line, event in zip(EVERY_KIND.splitlines(), events_of(EVERY_KIND), strict=True):
        assert lost(json.loads(line)["body"], json.loads(encode(event).body)) == [], event.kind


def test_a_kept_journal_in_which_a_step_is_verified_unasked_is_refused() -> None:
    """Its check was never asked: no build may read that as a verified step."""
    with pytest.raises(IllegalTransition, match="step_verified"):
        folded((FOLDER / "refused.jsonl").read_text("utf-8"))
