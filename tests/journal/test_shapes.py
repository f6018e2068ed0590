"""What is not what an annotation says is refused.

Owns the refusals of the reader; the round trips stand in `test_codec`.
"""

from __future__ import annotations

import pytest

from surefoot.core.plan import Check, RunBody, Step
from surefoot.journal.shapes import REFUSALS, read

WRONG = {
    "a field nobody knows": (RunBody, b'{"command":"x","shell":"sh","more":1}'),
    "a missing field": (RunBody, b'{"shell":"sh"}'),
    "a number for a text": (RunBody, b'{"command":1,"shell":"sh"}'),
    "a list for an object": (RunBody, b'["x"]'),
    "a text for a list": (Step, b'{"id":"a","body":{"name":"f"},"needs":"b"}'),
    "an unknown word": (Step, b'{"id":"a","body":{"name":"f"},"effect":"none"}'),
    "no member of a union": (Check, b'{"name":"c","ask":{"nothing":1}}'),
    "no JSON": (RunBody, b"{"),
    "a pit of lists": (RunBody, b"[" * 200_000),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_not_as_annotated_is_refused(case: tuple[type[object], bytes]) -> None:
    """Nothing is guessed or turned into something else."""
    kind, body = case
    with pytest.raises(REFUSALS):
        read(kind, body)
