"""Conditions of rules over what a step puts out: `outputs.amount > 1000`, `outputs.target matches 'v[0-9]+'`.

A value that is missing, or is no number where numbers are compared, holds: a person is asked rather than nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Final

from surefoot.core.bounded_expressions import flaw_of_expression, matches_expression
from surefoot.core.patterns import matches_text
from surefoot.core.record import record
from surefoot.core.regex import regex

EXAMPLES = (
    '`outputs.amount > 1000`, `outputs.target == "live"`, `outputs.target ~ "live-*"` or '
    '`outputs.target matches "v[0-9]+"`'
)
_FORM: Final = regex(r"\s*outputs\.([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|==|!=|>|<|!~|~|matches(?=[\s\"']))\s*(.*?)\s*")
_NUMBER: Final = regex(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_QUOTED: Final = regex(r"\"([^\"]*)\"|'([^']*)'")
_ORDERS: Final = {">": gt, ">=": ge, "<": lt, "<=": le}
_MATCHES: Final = "matches"
_PATTERNS: Final = ("~", "!~", _MATCHES)
_SHOWN_MAX = 80
VALUE_MAX = 500
"""A longer value is not compared with a regular expression: the condition cannot be told, and holds."""


@record
class Condition:
    """One condition, read."""

    key: str
    operator: str
    text: str
    """What the value is compared with."""
    number: float | None
    """The same as a number; None: texts are compared."""


def condition(text: str) -> Condition | str:
    """Read a condition, or say what is wrong with it, as the end of a sentence."""
    form = _FORM.fullmatch(text)
    if form is None:
        return "is no condition over a value that a step puts out"
    key, operator, wanted = form.groups()
    quoted = _QUOTED.fullmatch(wanted)
    if quoted is not None:
        said, number = quoted[1] if quoted[1] is not None else quoted[2], None
    elif _NUMBER.fullmatch(wanted):
        said, number = wanted, float(wanted)
    else:
        return "compares with something that is neither a number nor a text in quotes"
    if operator in _ORDERS and number is None:
        return f"compares with a text by `{operator}`, which orders numbers"
    if operator in _PATTERNS and number is not None:
        return f"compares with a number by `{operator}`, which takes a pattern in quotes"
    if operator == _MATCHES and (flaw := flaw_of_expression(said)):
        return f"has a regular expression that cannot be used here: {flaw}"
    return Condition(key=key, operator=operator, text=said, number=number)


def why_it_holds(text: str, outputs: Mapping[str, str]) -> str | None:
    """Say why a condition holds, or cannot be told, as a clause; None: it does not hold."""
    read = condition(text)
    if isinstance(read, str):
        return f"`{text}` {read}"
    value = outputs.get(read.key)
    if value is None:
        return f"it puts out no `{read.key}`, and `{text}` asks about one"
    shown = f"{read.key} is {value[:_SHOWN_MAX]!r}"
    if read.operator == _MATCHES and len(value) > VALUE_MAX:
        return f"{shown} … has {len(value):,} characters, too many to be compared: {text}"
    if read.number is None:
        return f"{shown}: {text}" if _holds_of_text(read, value) else None
    if not _NUMBER.fullmatch(value.strip()):
        return f"{shown}, which is no number: {text}"
    return f"{shown}: {text}" if _holds_of_number(read, float(value), read.number) else None


def _holds_of_number(read: Condition, value: float, wanted: float) -> bool:
    if read.operator in _ORDERS:
        return bool(_ORDERS[read.operator](value, wanted))
    return (value == wanted) is (read.operator == "==")


def _holds_of_text(read: Condition, value: str) -> bool:
    if read.operator in ("==", "!="):
        return (value == read.text) is (read.operator == "==")
    if read.operator == _MATCHES:
        return matches_expression(read.text, value)
    return matches_text(value, read.text) is (read.operator == "~")
