"""Which files a glob over files means.

Owns FORMATS' rules for globs over files: `*` and `?` stop at `/`, `**` spans zero or more folders, `[...]` and `[!...]`
are classes (so `[*]` is a star), braces are ordinary characters, `./` in front is dropped, and a `/` at the end means
all that is in the folder. Names that begin with a dot are like any other. Must never look at a disk: paths come in as
text, with `/` between folders. Globs over step ids are another thing: see `surefoot.core.ids`. Read
`surefoot.core.policy` next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

_STANDS_FOR_ANY = "\ue000"
"""A character of the private-use area: no glob names it, so only a wildcard of the other glob can match it."""


def matches(path: str, globs: Sequence[str]) -> bool:
    """Tell whether one of the globs matches the path (relative, `/` between folders)."""
    return bool(globs) and _any_of(tuple(globs)).fullmatch(path) is not None


@lru_cache(maxsize=2048)
def translate(glob: str) -> re.Pattern[str]:
    """Return the pattern whose `fullmatch` accepts exactly the paths the glob matches."""
    return re.compile(_pattern(glob), re.DOTALL)


@lru_cache(maxsize=2048)
def samples(glob: str) -> tuple[str, ...]:
    """Return paths that stand for all the glob matches: another glob that matches each of them covers this one.

    What a wildcard leaves open is filled with characters only a wildcard can match: none, one and two for `*`, as many
    folders for `**`.
    """
    parts = _parts(glob)
    found: dict[str, None] = {}
    for size in range(3):
        folders: list[str] = []
        for index, part in enumerate(parts):
            if part == "**":
                folders += [_STANDS_FOR_ANY * max(size, 1)] * (size + (index == len(parts) - 1))
            else:
                folders.append("".join(_sample(symbol, size) for symbol in _symbols(part)) or _STANDS_FOR_ANY)
        found["/".join(folders)] = None
    return tuple(found)


@lru_cache(maxsize=512)
def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_pattern(glob)})" for glob in globs), re.DOTALL)


def _pattern(glob: str) -> str:
    if not glob:
        return "(?!)"
    *folders, last = _parts(glob)
    pattern = "".join("(?:[^/]+/)*" if part == "**" else _part_pattern(part) + "/" for part in folders)
    return pattern + (".+" if last == "**" else _part_pattern(last))


def _parts(glob: str) -> list[str]:
    """Split at `/`, with one `**` for several in a row: they mean the same, and only make matching slow."""
    names = [part for part in glob.split("/") if part not in {"", "."}]
    if glob.endswith("/") or not names:
        names.append("**")
    return [part for index, part in enumerate(names) if part != "**" or index == 0 or names[index - 1] != "**"]


def _symbols(part: str) -> Iterator[str]:
    """Split one path component into `*`, `?`, whole classes and single characters."""
    at = 0
    while at < len(part):
        end = at + 1
        if part[at] == "[":
            # The first character of a class belongs to it even if it is `]`; a `[` without an end is an ordinary one.
            first = at + 1 + part.startswith("!", at + 1)
            close = part.find("]", first + 1)
            end = close + 1 if close > 0 else end
        yield part[at:end]
        at = end


def _part_pattern(part: str) -> str:
    patterns = (_symbol_pattern(symbol) for symbol in _symbols(part))
    return re.sub(r"(?:\[\^/\]\*)+", "[^/]*", "".join(patterns))


def _symbol_pattern(symbol: str) -> str:
    if symbol == "*":
        return "[^/]*"
    if symbol == "?":
        return "[^/]"
    return _class_pattern(symbol) if len(symbol) > 1 else re.escape(symbol)


def _class_pattern(symbol: str) -> str:
    is_negated = symbol.startswith("[!")
    chosen = symbol[1 + is_negated : -1]
    pieces: list[str] = []
    at = 0
    while at < len(chosen):
        if chosen[at + 1 : at + 2] == "-" and at + 2 < len(chosen):
            low, high = chosen[at], chosen[at + 2]
            # A range that runs backwards holds nothing.
            pieces += [f"{re.escape(low)}-{re.escape(high)}"] if low <= high else []
            at += 3
        else:
            pieces.append(re.escape(chosen[at]))
            at += 1
    if not pieces:
        return "[^/]" if is_negated else "(?!)"
    return f"(?!/)[{'^' if is_negated else ''}{''.join(pieces)}]"


def _sample(symbol: str, size: int) -> str:
    if symbol in {"*", "?"}:
        return _STANDS_FOR_ANY * (1 if symbol == "?" else size)
    if len(symbol) == 1:
        return symbol
    # A class of one character is that character in quotes; any other leaves something open.
    return symbol[1] if len(symbol) == 3 else _STANDS_FOR_ANY
