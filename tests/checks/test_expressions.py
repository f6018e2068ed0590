"""What a regular expression of a plan may be, and what it finds."""

from __future__ import annotations

import pytest

from surefoot.expressions import expression, flaw_of

REFUSED = [
    ("(?=a)", "invalid perl operator"),
    ("(?<!a)b", "invalid"),
    (r"(a)\1", r"invalid escape sequence: \1"),
    ("(?>a)", "invalid perl operator"),
    ("a{,3}", "`{0,n}`"),
    ("(", "missing )"),
    ("((a{100}){100}){100}", "repetition"),
    ("(.{1,90}x){10}", "too large"),
    ("\ud800", "half of a character"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_cannot_be_searched_for_in_linear_time_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Also what RE2 would read as something else than Python does."""
    assert reason in flaw_of(text)


def test_with_by_line_each_line_has_a_beginning_and_an_end() -> None:
    """As in checks about files."""
    content = b"import a\nimport b\n"
    assert expression(r"^import b$", by_line=True).is_in(content)
    assert not expression(r"^import b$").is_in(content)


def test_an_expression_is_found_beside_bytes_that_are_no_text() -> None:
    """A file need not be UTF-8 as a whole."""
    assert expression("gr[üu]n").is_in(b"\xff\xfe " + "grün".encode())
