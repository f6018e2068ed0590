"""Estimates of tokens in a text, for any model: a tokenizer of one vendor is wrong for the next."""

from __future__ import annotations

import math

_CHARACTERS_A_TOKEN = 3.2
"""Code and prose in English have between 3.3 and 4.6 characters a token with the vocabularies in use."""
_CHARACTERS_A_TOKEN_LEAST = 2
"""Files full of digests and numbers come down to 2.1. What is nothing but base64 or single digits goes below."""
AT_MOST = _CHARACTERS_A_TOKEN / _CHARACTERS_A_TOKEN_LEAST
"""A text takes at most so many times the tokens that it is estimated at, where it is no longer at hand itself."""


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text, as one part of a request: rather too many than too few."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN + _rare_bytes(text) / 2) + 4


def tokens_at_most(text: str) -> int:
    """Estimate the tokens of a text at worst: for money that is put aside before a request."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN_LEAST + _rare_bytes(text)) + 8


def _rare_bytes(text: str) -> int:
    """Count the bytes beyond one a character: scripts other than Latin take more tokens for as many characters."""
    return 0 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) - len(text)
