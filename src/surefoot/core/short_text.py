"""Texts and lists of names, shortened for people."""

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
