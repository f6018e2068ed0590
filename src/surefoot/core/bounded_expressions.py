"""Regular expressions that the kernel may use itself: small ones, whose time is bounded by their form.

The kernel knows no library, so it has not RE2. What makes an expression take longer than anybody waits is left out:
what repeats a group, looks around or back, and more than a few parts that repeat without bound.
"""

from __future__ import annotations

import re
from functools import lru_cache

from surefoot.core.regex import regex

LENGTH_MAX = 200
REPEATS_MAX = 3
"""So many parts may repeat: the time grows with the length of the text to that power."""
CHOICES_MAX = 8
"""So many `|` and `?` there may be: each can double the time."""
_COUNT_MAX = 100
_TOKEN = regex(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?.|\)(?:[*+]|\{\d*,?\d*\})|\{(\d*)(,?)(\d*)\}|.",
    re.DOTALL,
)


def flaw_of_expression(text: str) -> str:
    """Say why an expression cannot be used, as a clause; empty where it can."""
    if len(text) > LENGTH_MAX:
        return f"it has {len(text)} characters, and at most {LENGTH_MAX} are taken"
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{error}"
    repeats = choices = 0
    for found in _TOKEN.finditer(text):
        part = found.group()
        if flaw := _flaw_of_part(part):
            return flaw
        counts = [int(one) for one in (found[1], found[3]) if one]
        if max(counts, default=0) > _COUNT_MAX:
            return f"`{part}` counts beyond {_COUNT_MAX}"
        repeats += part in ("*", "+") or (part.startswith("{") and bool(found[2]))
        choices += part in ("?", "|")
    if choices > CHOICES_MAX:
        return f"it has {choices} of `|` and `?`, and at most {CHOICES_MAX} are taken"
    return f"{repeats} parts of it repeat, and at most {REPEATS_MAX} may" if repeats > REPEATS_MAX else ""


def _flaw_of_part(part: str) -> str:
    if part[:2] == "(?" and part[2:] != ":":
        return f"`{part}` is not taken; only `(?:` is, for what looks around or back can take for ever"
    if part[:1] == "\\" and part[1:].isdigit():
        return f"`{part}` refers back, which can take for ever"
    if part[:1] == ")" and part[1:]:
        return f"`{part}` repeats a group, which can take for ever; repeat single characters or classes"
    return ""


@lru_cache(maxsize=64)
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(text)


def matches_expression(text: str, value: str) -> bool:
    """Tell whether an expression in which `flaw_of_expression` finds nothing matches the whole value."""
    return _compiled(text).fullmatch(value) is not None
