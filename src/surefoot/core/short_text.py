"""Texts, numbers and lists of names, as people read them."""

from __future__ import annotations

from collections.abc import Iterable


def shortened(text: str, most: int) -> str:
    """Return the text, with an ellipsis at its end where it has more characters than that."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return the first few names in a row, and how many more there are."""
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun; the plural where it takes more than an `s`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
