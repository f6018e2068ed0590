"""Reads a command line that holds nothing but arguments and options in full, without the parser.

Must never understand a line otherwise than the parser does: what it is not sure of, it leaves to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from surefoot.cli.optional_file import OPTION
from surefoot.cli.options import ROWS, Command, Row

_NUMBER: Mapping[Callable[[str], Any], str] = {int: "[0-9]{1,15}", float: r"[0-9]{1,15}(\.[0-9]+)?"}


class _NotPlainError(Exception):
    """The line is the parser's."""


def read_plain(command: Command, words: Sequence[str]) -> Mapping[str, Any] | None:
    """Return what the words of a command line say about the command's rows; None: ask the parser."""
    found: dict[str, Any] = {}
    typed: list[str] = []
    rest = iter(words)
    try:
        options = _options(command)
        for word in rest:
            if not word.startswith("-"):
                typed.append(word)
                continue
            _need(word in options)
            name, switched = options[word]
            row = ROWS[name]
            _need(row.is_many or name not in found)
            value = _value(row, next(rest, "")) if switched is None else switched
            found[name] = [*found.get(name, ()), value] if row.is_many else value
        found |= _arguments(command, typed)
        _need(all(name in found for name in command.takes if ROWS[name].is_required))
    except _NotPlainError:
        return None
    return found


def _options(command: Command) -> Mapping[str, tuple[str, bool | None]]:
    """Return by option the row it belongs to, and what it switches that to."""
    found: dict[str, tuple[str, bool | None]] = {}
    for name in command.takes:
        if command.has_optional_file and OPTION in ROWS[name].declared.names:
            continue  # whether a file follows is the parser's to tell
        is_switch = ROWS[name].kind is bool
        for names in ROWS[name].declared.names:
            on, _, off = names.partition("/")
            found[on] = (name, True if is_switch else None)
            if off:
                found[off] = (name, False)
    return found


def _arguments(command: Command, typed: Sequence[str]) -> Iterator[tuple[str, Any]]:
    rest = list(typed)
    for name in command.takes:
        row = ROWS[name]
        if row.declared.names or not rest:
            continue
        if row.is_many:
            yield name, [_value(row, word) for word in rest]
            rest = []
        else:
            yield name, _value(row, rest.pop(0))
    _need(not rest)


def _value(row: Row, word: str) -> Any:
    """Return a word as a value of the row's type."""
    _need(word != "" and not word.startswith("-"))
    kind: Callable[[str], Any] = row.kind
    if isinstance(kind, type) and issubclass(kind, Enum):
        _need(word in [one.value for one in kind])
    elif kind in _NUMBER:
        _need(re.fullmatch(_NUMBER[kind], word) is not None and kind(word) >= (row.declared.least or 0))
    else:
        _need(kind in (str, Path))
    return kind(word)


def _need(is_plain: bool) -> None:  # noqa: FBT001 - it reads like an assertion
    if not is_plain:
        raise _NotPlainError
