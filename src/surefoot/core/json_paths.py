"""Paths into JSON documents, and equality of JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from surefoot.core.regex import regex

_INDEX = regex(r"\[(\d+)\]")


def values_at(document: object, path: str) -> Iterator[object]:
    """Yield what stands at a path: dotted (`a.b[0]` or `a.b.0`), or a pointer of RFC 6901 (`/a/b/0`).

    A key may have dots itself, as versions do, so that a dotted path may lead to several places.
    """
    if path.startswith("/"):
        keys = [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
        yield from _below(document, keys, sizes_max=1)
    else:
        keys = _INDEX.sub(r".\1", path).removeprefix(".").split(".")
        yield from _below(document, keys, sizes_max=len(keys))


def _below(value: object, keys: Sequence[str], sizes_max: int) -> Iterator[object]:
    if not keys:
        yield value
    elif isinstance(value, dict):
        table = cast("dict[str, object]", value)
        for size in range(1, min(len(keys), sizes_max) + 1):
            key = ".".join(keys[:size])
            if key in table:
                yield from _below(table[key], keys[size:], sizes_max)
    elif isinstance(value, list) and keys[0].isdecimal():
        items = cast("list[object]", value)
        if int(keys[0]) < len(items):
            yield from _below(items[int(keys[0])], keys[1:], sizes_max)


def is_same(one: object, other: object) -> bool:
    """Tell whether two values are equal as JSON has it: `true` is not 1, while 1 and 1.0 are one number."""
    if isinstance(one, dict) and isinstance(other, dict):
        table, others = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return table.keys() == others.keys() and all(is_same(table[key], others[key]) for key in table)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        items, rest = cast("Sequence[object]", one), cast("Sequence[object]", other)
        return len(items) == len(rest) and all(map(is_same, items, rest))
    return one == other and isinstance(one, bool) == isinstance(other, bool)
