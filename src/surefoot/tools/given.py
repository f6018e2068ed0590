"""Arguments that have been found good, taken out with their types.

Owns the way from plain JSON to typed values. Must never judge: `surefoot.tools.shapes` has. Read
`surefoot.tools.using` next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

Arguments = Mapping[str, object]
"""What a tool is given, as JSON has it; null means left out."""


def text(arguments: Arguments, key: str, default: str = "") -> str:
    """Return a text."""
    value = arguments.get(key)
    return value if isinstance(value, str) else default


def number(arguments: Arguments, key: str, default: int) -> int:
    """Return a whole number."""
    value = arguments.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def number_or_none(arguments: Arguments, key: str) -> int | None:
    """Return a whole number, or None where none is given."""
    return None if arguments.get(key) is None else number(arguments, key, 0)


def flag(arguments: Arguments, key: str) -> bool:
    """Return whether something is switched on."""
    return arguments.get(key) is True


def texts(arguments: Arguments, key: str) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(each for each in _list(arguments, key) if isinstance(each, str))


def objects(arguments: Arguments, key: str) -> tuple[Arguments, ...]:
    """Return a list of objects."""
    return tuple(cast("Arguments", each) for each in _list(arguments, key) if isinstance(each, Mapping))


def table(arguments: Arguments, key: str) -> Arguments | None:
    """Return an object, or None where none is given."""
    value = arguments.get(key)
    return cast("Arguments", value) if isinstance(value, Mapping) else None


def _list(arguments: Arguments, key: str) -> Sequence[object]:
    value = arguments.get(key)
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
