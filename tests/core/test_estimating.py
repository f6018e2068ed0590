"""Estimates of tokens stay on the safe side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.token_estimate import tokens_at_most, tokens_of


@given(st.text(), st.text())
def test_more_text_never_takes_fewer_tokens(text: str, more: str) -> None:
    """A brief that grows is never estimated to have shrunk."""
    assert tokens_of(text + more) >= tokens_of(text)


@given(st.text())
def test_at_worst_is_more_than_usual(text: str) -> None:
    """What is put aside covers what is expected."""
    assert tokens_at_most(text) > tokens_of(text)


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("def add(left, right):\n    return left + right\n", 12),
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("Привет, как дела сегодня?", 12),
        ("鱼与熊掌不可兼得", 14),
    ],
)
def test_the_estimate_is_not_below_what_tokenizers_count(text: str, counted: int) -> None:
    """The counts are those of the vocabulary `cl100k_base`."""
    assert tokens_of(text) >= counted


@pytest.mark.parametrize(
    ("text", "counted"), [('{"a":[1,2,3],"b":{"c":null}}', 15), ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4", 25)]
)
def test_what_is_put_aside_covers_dense_texts(text: str, counted: int) -> None:
    """Texts of brackets and of digits take more tokens for their length than any prose."""
    assert tokens_at_most(text) >= counted


def test_half_a_surrogate_pair_is_counted_like_any_character() -> None:
    """Names that are no UTF-8 come out of git as such halves."""
    assert tokens_of("\udc80") > 0
