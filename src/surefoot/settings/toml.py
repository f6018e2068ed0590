"""TOML text as a tree in which every value knows its place, the same tree as of plan files.

The standard library reads the values; their places are searched for in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import cast

from surefoot.core.regex import regex
from surefoot.planfile.tree import Flaw, Items, Kind, Place, Scalar, Table, Tree, place_at

_TOKEN = regex(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}=\n]|[^\s"\'#\[\]{}=]+|\s',
    re.DOTALL,
)
_KEY_PART = regex(r"""\s*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)\s*\.?""")
_ERROR_PLACE = regex(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_Path = tuple[str | int, ...]
_Places = Mapping[_Path, tuple[Place, Place]]
"""For each path of keys and indices where the key stands and where its value does."""


def read_toml(text: str) -> Table | Flaw:
    """Return the text as a tree, or why it is no TOML."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        match = _ERROR_PLACE.search(said)
        wrong = said[: match.start()] if match else said
        has_place = match is not None and match.group(1) is not None
        place = Place(int(match.group(1)), int(match.group(2))) if match and has_place else place_at(text, len(text))
        cure = "TOML 1.0 was expected; look at the quotes and brackets here"
        return Flaw(place, f"it is no valid TOML ({wrong}); {cure}")
    return _grown_table(values, (), dict(_placed(text)))


def _grown(value: object, path: _Path, places: _Places) -> Tree:
    if isinstance(value, dict):
        return _grown_table(cast("dict[str, object]", value), path, places)
    place = _place_of(path, places, 1)
    if isinstance(value, list):
        items = enumerate(cast("list[object]", value))
        return Items(place, tuple(_grown(item, (*path, index), places) for index, item in items))
    if isinstance(value, bool):
        return Scalar(place, Kind.FLAG, str(value).lower())
    if isinstance(value, int | float):
        return Scalar(place, Kind.NUMBER, repr(value))
    return Scalar(place, Kind.TEXT if isinstance(value, str) else Kind.TAGGED, str(value))


def _grown_table(values: Mapping[str, object], path: _Path, places: _Places) -> Table:
    entries: list[tuple[Tree, Tree]] = []
    for key, value in values.items():
        inner = (*path, key)
        entries.append((Scalar(_place_of(inner, places, 0), Kind.TEXT, key), _grown(value, inner, places)))
    return Table(_place_of(path, places, 1), tuple(entries))


def _place_of(path: _Path, places: _Places, which: int) -> Place:
    """Return where something stands, or else what it stands in."""
    while path and path not in places:
        path = path[:-1]
    return places[path][which] if path in places else Place(1, 1)


def _placed(text: str) -> Iterator[tuple[_Path, tuple[Place, Place]]]:
    """Yield the places of all headers and of all keys that begin a line."""
    table: _Path = ()
    counts: dict[_Path, int] = {}
    at = 0
    while at < len(text):
        start = at + len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
        if start >= len(text):
            return
        if text[start] == "[":
            is_many = text.startswith("[[", start)
            keys, end = _keys(text, start + 1 + is_many)
            table = _resolved(keys, counts)
            if is_many:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, (place_at(text, start), place_at(text, start))
        elif text[start] != "#":
            keys, end = _keys(text, start)
            value = end + len(text[end:]) - len(text[end:].lstrip(" \t="))
            for depth in range(1, len(keys) + 1):
                yield (*table, *keys[:depth]), (place_at(text, start), place_at(text, value))
        at = _end_of_statement(text, start)


def _keys(text: str, start: int) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    match = _KEY_PART.match(text, start)
    while match:
        keys.append(match.group(1).strip("\"'"))
        start = match.end()
        match = _KEY_PART.match(text, start) if match.group().rstrip().endswith(".") else None
    return tuple(keys), start


def _resolved(keys: tuple[str, ...], counts: Mapping[_Path, int]) -> _Path:
    """Return the path of a header: within the last element of each list of tables on the way."""
    path: _Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        path = (*path, counts[path]) if path in counts else path
    return (*path, *keys[-1:])


def _end_of_statement(text: str, at: int) -> int:
    """Return where the next statement begins: after the first end of a line outside brackets and quotes."""
    depth = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        piece = match.group() if match else text[at]
        at += len(piece)
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(piece, 0)
        if piece == "\n" and depth <= 0:
            break
    return at
