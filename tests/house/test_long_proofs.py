"""What `make test` leaves out is there, so that no test is left out by an old name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.long_proofs import KEPT

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("test", KEPT)
def test_what_is_left_to_the_long_run_is_there(test: str) -> None:
    """A test that got another name gets it in the table, too."""
    path, _, name = test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (TESTS / path).read_text("utf-8"), re.MULTILINE)
