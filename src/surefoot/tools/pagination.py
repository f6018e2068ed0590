"""Texts shortened for a model; nothing is cut without a note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from surefoot.core.record import record

LINES_MAX = 400
"""So many lines of one text are shown at once."""
LINE_MAX = 500
"""Longer lines lose their end."""


@record(kw_only=False)
class Page:
    """Some of the lines of a text."""

    lines: tuple[str, ...]
    start: int
    """The number of the first, from 1."""
    total: int

    @property
    def end(self) -> int:
        """The number of the last line."""
        return self.start + len(self.lines) - 1


def page_of(lines: Sequence[str], start: int, count: int, bytes_max: int) -> Page:
    """Return at most so many lines from `start` on, and no more bytes than allowed, but at least one line."""
    shown: list[str] = []
    room = bytes_max
    for line in lines[start - 1 : start - 1 + count]:
        short = shortened(line)
        room -= len(short.encode("utf-8", "replace")) + 8
        if room < 0 and shown:
            break
        shown.append(short)
    return Page(tuple(shown), start, len(lines))


def numbered(page: Page) -> str:
    """Return the lines of a page with their numbers."""
    width = len(str(page.end))
    return "\n".join(f"{page.start + at:>{width}}  {line}" for at, line in enumerate(page.lines))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as an editor counts them, without their ends."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def shortened(line: str) -> str:
    """Return a line without what goes beyond the longest that is shown."""
    return line if len(line) <= LINE_MAX else f"{line[:LINE_MAX]}… ({len(line) - LINE_MAX} more characters)"


def head_and_tail(text: str, bytes_max: int) -> str:
    """Return beginning and end of a text, twice as much of the end, and how much stands between them."""
    content = text.encode("utf-8", "replace")
    if len(content) <= bytes_max:
        return text
    head = content[: bytes_max // 3].decode("utf-8", "ignore")
    tail = content[-(bytes_max - bytes_max // 3) :].decode("utf-8", "ignore")
    between = len(content) - len(head.encode()) - len(tail.encode())
    return f"{head}\n[… {between} bytes left out …]\n{tail}"


def capped(lines: Iterable[str], bytes_max: int) -> tuple[list[str], int]:
    """Return the lines that have room, from the first on, and how many have none."""
    shown: list[str] = []
    left_out = 0
    for line in lines:
        bytes_max -= len(line.encode("utf-8", "replace")) + 1
        if bytes_max < 0:
            left_out += 1
        else:
            shown.append(line)
    return shown, left_out


def size_said(size: int) -> str:
    """Say how big a file is."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
