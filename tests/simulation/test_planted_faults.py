"""The faults that are planted to try the simulation: each still has its place in the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.planted_faults import FAULTS

import surefoot

SOURCE = Path(surefoot.__file__).parent


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_fault_replaces_stands_in_the_source_once(fault: str) -> None:
    """Else nothing would be planted, and nobody would know before the script runs for long."""
    _, changes = FAULTS[fault]
    assert [(SOURCE / file).read_text("utf-8").count(old) for file, old, _ in changes] == [1] * len(changes)
