"""Regular expressions for patterns with stars, which no pattern and no text makes slow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence


def joined(pieces: Sequence[str], unit: str) -> str:
    """Return the expression for these pieces with any number of `unit` between each two.

    Each star but the last takes as little as it can, once and for all. A piece can be matched at its first place
    without loss, because what follows it begins with another star; so nothing is tried twice, and the time goes with
    the length of the pattern times that of the text.
    """
    first, *rest = pieces
    if not rest:
        return first
    inner = "".join(f"(?>(?:{unit})*?{piece})" for piece in rest[:-1] if piece)
    return f"{first}{inner}(?:{unit})*{rest[-1]}"


def symbols_of(pattern: str) -> Iterator[str]:
    """Split a pattern into `*`, `?`, whole classes such as `[a-z]`, and single characters."""
    at = 0
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "[":
            # The first character of a class belongs to it even if it is `]`; a `[` without an end is an ordinary one.
            first = at + 1 + pattern.startswith("!", at + 1)
            close = pattern.find("]", first + 1)
            end = close + 1 if close > 0 else end
        yield pattern[at:end]
        at = end


def between_stars(symbols: Iterable[str], translated: Callable[[str], str]) -> list[str]:
    """Return what is translated of the symbols before the first `*`, between each two, and behind the last."""
    pieces = [""]
    for symbol in symbols:
        if symbol == "*":
            pieces.append("")
        else:
            pieces[-1] += translated(symbol)
    return pieces
