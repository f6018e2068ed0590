"""Patterns over the words of a simple command, such as `git push*`.

`*` and `?` match within a word, `{a,b}` is one of several, `[*]` a star itself. A word `*` is any number of words; a
pattern that ends in `*` allows any further words, unless its last word is `;`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import prod

from surefoot.core.regex import regex
from surefoot.core.stars import between_stars, joined, symbols_of

_ANY_WORDS = None
"""Stands in a pattern for any number of words."""
_CHOICE = regex(r"\{([^{}]*,[^{}]*)\}")
_CHOICES_MAX = 256
"""A word with more alternatives than these matches nothing: someone has written a mistake, or an attack."""

_Word = frozenset[str] | re.Pattern[str]


def matches_command(words: Sequence[str], pattern: str) -> bool:
    """Tell whether the pattern describes the command."""
    parts = _parts(pattern)
    if not parts or (parts[0] is not None and (not words or not matches_text(words[0], parts[0]))):
        return False
    if parts[1:] == (_ANY_WORDS,):
        return True
    # Walk along both; where it goes wrong, the last star takes one word more. Never more than words times parts.
    at = part = 0
    star, resumed = -1, 0
    while at < len(words):
        asked = parts[part] if part < len(parts) else ""
        if asked is _ANY_WORDS:
            star, resumed = part, at
            part += 1
        elif asked and matches_text(words[at], asked):
            at, part = at + 1, part + 1
        elif star >= 0:
            resumed += 1
            at, part = resumed, star + 1
        else:
            return False
    return all(rest is _ANY_WORDS for rest in parts[part:])


def matches_one(words: Sequence[str], patterns: tuple[str, ...]) -> bool:
    """Tell whether one of the patterns describes the command."""
    likely = _likely(patterns, words[0]) if words else patterns
    return bool(likely) and any(matches_command(words, pattern) for pattern in likely)


def matches_text(text: str, pattern: str) -> bool:
    """Tell whether a single word, such as the name of a host or of a step, is what the pattern describes."""
    # Most commands differ in their first word: what comes after it is not even compiled.
    asked = _word(pattern)
    return text in asked if isinstance(asked, frozenset) else asked.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # a plan has many commands and few programs
def _likely(patterns: tuple[str, ...], first: str) -> tuple[str, ...]:
    """Return the patterns that commands with this first word may match."""
    begins = ((pattern, next(iter(_parts(pattern)), "")) for pattern in patterns)
    return tuple(pattern for pattern, asked in begins if asked is None or matches_text(first, asked))


@lru_cache(maxsize=4096)
def _parts(pattern: str) -> tuple[str | None, ...]:
    texts = pattern.split()
    is_all = texts[-1:] == [";"]
    parts = [_ANY_WORDS if text == "*" else text for text in texts[: len(texts) - is_all]]
    if texts and texts[-1].endswith("*") and texts[-1] != "*":
        parts.append(_ANY_WORDS)
    return tuple(parts)


@lru_cache(maxsize=4096)
def _word(pattern: str) -> _Word:
    options = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(_CHOICE.split(pattern))]
    if prod(map(len, options)) > _CHOICES_MAX:
        return frozenset()
    chosen = ["".join(parts) for parts in product(*options)]
    if not any(mark in text for text in chosen for mark in "*?["):
        return frozenset(chosen)
    translated = (joined(between_stars(symbols_of(text), _translated_symbol), ".") for text in chosen)
    return re.compile("|".join(f"(?:{text})" for text in translated), re.DOTALL)


def _translated_symbol(symbol: str) -> str:
    if symbol == "?":
        return "."
    if len(symbol) == 1:
        return re.escape(symbol)
    inside = symbol[1:-1]
    is_negated = inside.startswith("!")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[is_negated:])
    return f"[{'^' if is_negated else ''}{members}]"
