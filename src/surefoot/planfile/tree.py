"""YAML 1.2 text as a tree in which every value knows its line and column, counted from 1."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from surefoot.core.record import record

DEPTH_MAX = 50
"""No plan nests deeper; more is a mistake or an attack."""

QUOTE_BRACES = (
    "a value with `{` in it stands unquoted in a `{…}` or `[…]`, where YAML reads braces itself; "
    'a quoted text was expected; put the value in quotes, as in {run: "echo {file}"}'
)


class Kind(Enum):
    """What an unquoted or quoted piece of YAML is read as."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    NOTHING = "nothing"
    TAGGED = "tagged"


@record(kw_only=False)
class Place:
    """Where something begins."""

    line: int
    """From 1."""
    column: int
    """From 1."""


@record(kw_only=False)
class Flaw:
    """Something wrong at a place."""

    place: Place
    text: str
    """What is wrong; what was expected; what to do."""


@record(kw_only=False, eq=False)
class Scalar:
    """A single value."""

    place: Place
    kind: Kind
    text: str
    """As written, without quotes."""


@record(kw_only=False, eq=False)
class Items:
    """A list."""

    place: Place
    items: tuple[Tree, ...]


@record(kw_only=False, eq=False)
class Table:
    """A mapping, its keys not yet judged."""

    place: Place
    entries: tuple[tuple[Tree, Tree], ...]
    """Keys and values in the order of the file; keys may repeat."""


Tree = Scalar | Items | Table


def place_of(mark: object) -> Place:
    """Return the place that a mark of a library, which counts from 0, means."""
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    return Place(int(line) + 1, int(column) + 1)


def missing_value(mark: object) -> Place:
    """Return the place of a value that is missing, behind the end of its key: the libraries name what comes next."""
    end = place_of(mark)
    return Place(end.line, end.column + 1)


def place_at(text: str, index: int) -> Place:
    """Return the place of the character at an index."""
    before = text[:index]
    return Place(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def text_of(content: bytes) -> str | Flaw:
    """Return the text of a file, or where it is no UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        wrong = f"the byte 0x{content[error.start]:02x} is no UTF-8; UTF-8 text was expected; save the file as UTF-8"
        return Flaw(place_at(before, len(before)), wrong)


def problems_of(file: object, flaws: Iterable[Flaw]) -> tuple[str, ...]:
    """Return the flaws of a file as people read them, in the order of the file."""
    ordered = sorted(flaws, key=lambda flaw: (flaw.place.line, flaw.place.column))
    return tuple(f"{file}:{flaw.place.line}:{flaw.place.column}: {flaw.text}" for flaw in ordered)
