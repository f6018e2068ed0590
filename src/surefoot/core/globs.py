"""Globs over files, and whether two globs can match one file.

`*` and `?` stop at `/`, `**` spans zero or more folders, `[...]` and `[!...]` are classes (so `[*]` is a star), braces
are ordinary characters, a leading `./` is dropped, a final `/` means everything in the folder, and a leading dot is
like any other character. Globs over step ids are in `surefoot.core.ids`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TypeVar

from surefoot.core.regex import regex
from surefoot.core.stars import between_stars, joined, symbols_of

_MAGIC = regex(r"([*?\[])")
_STANDS_FOR_ANY = "\ue000"
"""A character of the private-use area: no glob names it, so only a wildcard of the other glob can match it."""
GLOB_LENGTH_MAX = 1_000
"""A glob with more characters is refused where it is read: someone has written a mistake, or an attack."""
_COMPARED_MAX = 100_000
"""So many pairs of globs are compared, then no more."""
_LAST_CHARACTER = 0x10FFFF
_NOT_A_SLASH = ((0, ord("/") - 1), (ord("/") + 1, _LAST_CHARACTER))

_Place = TypeVar("_Place")
_Ranges = tuple[tuple[int, int], ...]
"""Characters by their numbers: ranges from first to last, in order, not touching."""
_Row = tuple[tuple[_Place | None, ...], int]
"""What a pattern asks for, one after the other, and where None in it stands for any number of anything, as bits."""


def matches(path: str, globs: Sequence[str]) -> bool:
    """Tell whether one of the globs matches the path (relative, `/` between folders)."""
    if not globs:
        return False
    exact, pattern = _any_of(tuple(globs))
    return path in exact or (pattern is not None and pattern.fullmatch(path) is not None)


def with_content(globs: Sequence[str]) -> tuple[str, ...]:
    """Return globs that match what these match and, where that is a folder, all that is in it."""
    return (*globs, *(f"{glob.rstrip('/')}/**" for glob in globs))


def literal(path: str) -> str:
    """Return the glob that matches this path and no other."""
    return _MAGIC.sub(r"[\1]", path)


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
                folders.append("".join(_sample(symbol, size) for symbol in symbols_of(part)) or _STANDS_FOR_ANY)
        found["/".join(folders)] = None
    return tuple(found)


@lru_cache(maxsize=65536)
def may_overlap(one: str, other: str) -> bool:
    """Tell whether some path matches both globs.

    Exact in both directions for paths as git has them: relative, with no empty component.
    """
    (start, name, end), (other_start, other_name, other_end) = _fixed_parts(one), _fixed_parts(other)
    if not (start.startswith(other_start) or other_start.startswith(start)):
        return False
    if not (name.startswith(other_name) or other_name.startswith(name)):
        return False
    if not (end.endswith(other_end) or other_end.endswith(end)):
        return False
    row, other_row = _components_of(one), _components_of(other)
    if row is None or other_row is None:
        return False
    return _can_agree(row, other_row, lambda reached, part: _folders_for(row[0], reached, part))


def any_overlap(ones: Sequence[str], others: Sequence[str]) -> tuple[str, str] | None:
    """Return the first pair of globs that some path matches both of, or None when no path does."""
    return next(((one, other) for one in ones for other in others if may_overlap(one, other)), None)


def overlapping(ones: Mapping[str, object], others: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Yield each glob with those of the others that some path matches, too; of two in both mappings, one order only."""
    is_same = ones is others
    position = {glob: at for at, glob in enumerate(ones)} if is_same else {}
    exact: dict[tuple[str, ...], list[str]] = {}
    below: dict[tuple[str, ...], list[str]] = {}
    for glob in others:
        folder = literal_folder(glob)
        exact.setdefault(folder, []).append(glob)
        for depth in range(len(folder) + 1):
            below.setdefault(folder[:depth], []).append(glob)
    compared = 0
    for one in ones:
        folder = literal_folder(one)
        near = [glob for depth in range(len(folder)) for glob in exact.get(folder[:depth], ())]
        near += below.get(folder, ())
        if is_same:
            near = [other for other in near if position[other] >= position[one]]
        compared += len(near)
        if compared > _COMPARED_MAX:
            return
        found = [other for other in near if one == other or may_overlap(one, other)]
        if found:
            yield one, found


@lru_cache(maxsize=4096)
def literal_folder(glob: str) -> tuple[str, ...]:
    """Return the path components before the first with a wildcard: globs that part there share no path."""
    folder: list[str] = []
    for part in _parts(glob):
        symbols = symbols_of(part) if _MAGIC.search(part) else ()
        if any(symbol[0] in "*?[" and (len(symbol) > 1 or symbol != "[") for symbol in symbols):
            break
        folder.append(part)
    return tuple(folder)


@lru_cache(maxsize=512)
def _any_of(globs: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the paths of those globs that match one path each, and the pattern of the others."""
    exact = {glob: "/".join(_parts(glob)) for glob in globs if glob and not _MAGIC.search(glob)}
    exact = {glob: path for glob, path in exact.items() if not path.endswith("**")}  # a folder is all that is in it
    others = [f"(?:{_pattern(glob)})" for glob in globs if glob not in exact]
    return frozenset(exact.values()), re.compile("|".join(others), re.DOTALL) if others else None


def _pattern(glob: str) -> str:
    if not glob:
        return "(?!)"
    *folders, last = _parts(glob)
    runs = [""]
    for part in folders:
        if part == "**":
            runs.append("")
        else:
            runs[-1] += _part_pattern(part) + "/"
    runs[-1] += ".+" if last == "**" else _part_pattern(last)
    return joined(runs, "[^/]+/")


def _parts(glob: str) -> list[str]:
    """Split at `/`, with one `**` for several in a row: they mean the same, and only make matching slow."""
    names = [part for part in glob.split("/") if part not in {"", "."}]
    if glob.endswith("/") or not names:
        names.append("**")
    return [part for index, part in enumerate(names) if part != "**" or index == 0 or names[index - 1] != "**"]


def _part_pattern(part: str) -> str:
    return joined(between_stars(symbols_of(part), _symbol_pattern), "[^/]")


def _symbol_pattern(symbol: str) -> str:
    if len(symbol) == 1:
        return "[^/]" if symbol == "?" else re.escape(symbol)
    is_negated, pieces = _class_pieces(symbol)
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in pieces)
    if not pieces:
        return "[^/]" if is_negated else "(?!)"
    return f"(?!/)[{'^' if is_negated else ''}{inside}]"


def _class_pieces(symbol: str) -> tuple[bool, list[tuple[str, str]]]:
    """Return whether a class is negated, and its ranges as they are written."""
    is_negated = symbol.startswith("[!")
    chosen = symbol[1 + is_negated : -1]
    pieces: list[tuple[str, str]] = []
    at = 0
    while at < len(chosen):
        is_range = chosen[at + 1 : at + 2] == "-" and at + 2 < len(chosen)
        low, high = chosen[at], chosen[at + 2 * is_range]
        # A range that runs backwards holds nothing.
        pieces += [(low, high)] if low <= high else []
        at += 1 + 2 * is_range
    return is_negated, pieces


def _sample(symbol: str, size: int) -> str:
    if symbol in {"*", "?"}:
        return _STANDS_FOR_ANY * (1 if symbol == "?" else size)
    if len(symbol) == 1:
        return symbol
    # A class of one character is that character in quotes; any other leaves something open.
    return symbol[1] if len(symbol) == 3 else _STANDS_FOR_ANY


# --- two globs


@lru_cache(maxsize=4096)
def _fixed_parts(glob: str) -> tuple[str, str, str]:
    """Return how each path a glob matches, and its last component, begin and end, as far as no wildcard is there."""
    parts = _parts(glob)
    folder = literal_folder(glob)
    if len(folder) == len(parts):
        return "/".join(parts), parts[-1], parts[-1]
    symbols = [*symbols_of(parts[-1])]
    first, last = "".join(takewhile(_is_fixed, symbols)), "".join(takewhile(_is_fixed, reversed(symbols)))
    return "/".join((*folder, "")) if folder else "", first, last[::-1]


def _is_fixed(symbol: str) -> bool:
    return len(symbol) == 1 and symbol not in "*?"


def _row(places: Sequence[_Place | None]) -> _Row[_Place]:
    return tuple(places), sum(1 << at for at, place in enumerate(places) if place is None)


@lru_cache(maxsize=4096)
def _components_of(glob: str) -> _Row[str] | None:
    """Return what each path component may be; nothing for a glob that matches nothing."""
    if not glob:
        return None
    names: list[str | None] = []
    parts = _parts(glob)
    for index, part in enumerate(parts):
        if part == "**":
            # At the end it stands for all that is in the folder, so for one component or more.
            names += ["*", None] if index == len(parts) - 1 else [None]
        else:
            names.append(part)
    return None if any(name is not None and () in _characters_of(name)[0] for name in names) else _row(names)


@lru_cache(maxsize=4096)
def _characters_of(part: str) -> _Row[_Ranges]:
    """Return the characters that each place of a path component allows."""
    return _row([None if symbol == "*" else _ranges_of(symbol) for symbol in symbols_of(part)])


def _ranges_of(symbol: str) -> _Ranges:
    if symbol == "?":
        return _NOT_A_SLASH
    if len(symbol) == 1:
        return ((ord(symbol), ord(symbol)),)
    is_negated, pieces = _class_pieces(symbol)
    merged: list[tuple[int, int]] = []
    for low, high in sorted((ord(low), ord(high)) for low, high in pieces):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    if is_negated:
        ends = [-1, *(end for pair in merged for end in pair), _LAST_CHARACTER + 1]
        merged = [(low + 1, high - 1) for low, high in zip(ends[::2], ends[1::2], strict=True)]
    return _shared(tuple(merged), _NOT_A_SLASH)


def _shared(ones: _Ranges, others: _Ranges) -> _Ranges:
    both = ((max(low, from_), min(high, to)) for low, high in ones for from_, to in others)
    return tuple((low, high) for low, high in both if low <= high)


@lru_cache(maxsize=65536)
def _parts_agree(one: str, other: str) -> bool:
    """Tell whether one component can be both; nothing but stars on both sides can be any name."""
    return _can_agree(_characters_of(one), _characters_of(other), lambda _, ranges: _places_for(one, ranges))


@lru_cache(maxsize=65536)
def _places_for(part: str, ranges: _Ranges) -> int:
    """Return the places of a component that can be one of these characters, as bits."""
    places = enumerate(_characters_of(part)[0])
    return sum(1 << at for at, own in places if own is not None and _shared(own, ranges))


def _folders_for(names: Sequence[str | None], reached: int, part: str) -> int:
    """Return which of the components that are reached can be this one, too, as bits."""
    found = 0
    for at, own in enumerate(names):
        if own is not None and reached >> at & 1 and _parts_agree(own, part):
            found |= 1 << at
    return found


def _can_agree(one: _Row[_Place], other: _Row[_Place], fitting: Callable[[int, _Place], int]) -> bool:
    """Tell whether one row of things fits both patterns.

    Walks along one of them with all places of the other that can be reached so far, as bits; `fitting` returns those of
    them that a thing can be at.
    """
    places, stars = one
    end = 1 << len(places)
    reached = _past_stars(1, stars)
    for place in other[0]:
        if place is None:  # takes whatever comes in the other pattern, from the first place that is reached
            reached = 2 * end - (reached & -reached)
            continue
        reached = (reached & fitting(reached, place)) << 1 | reached & stars
        if not reached:
            return False
        if reached & stars:
            reached = _past_stars(reached, stars)
    return bool(reached & end)


def _past_stars(reached: int, stars: int) -> int:
    """Return the places that are reached where stars take nothing, too."""
    while skipped := (reached & stars) << 1 & ~reached:
        reached |= skipped
    return reached


def is_inside(glob: str, scope: tuple[str, ...]) -> bool:
    """Tell whether one glob of the scope covers all that `glob` matches; where that is hard to tell, it does not."""
    if glob in scope or "**" in scope:
        return True
    return any(all(matches(sample, (outer,)) for sample in samples(glob)) for outer in scope)
