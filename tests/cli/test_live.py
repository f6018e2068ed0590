"""What stands on a terminal while rows at its bottom are redrawn: those rows once, and above them what stays."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.cli.live import Region


@dataclass
class Glass:
    """A terminal, and a region on it."""

    columns: int = 20
    rows: int = 6
    drawn: list[str] = field(default_factory=list)
    """What the region shows."""
    written: str = ""

    def __post_init__(self) -> None:
        """Switch it on."""
        self.screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.Stream(self.screen)
        self.region = Region(self._write, lambda: (self.screen.columns, self.screen.lines), lambda _: self.drawn)

    def _write(self, text: str) -> None:
        self.written += text
        self._stream.feed(text)

    def show(self, *rows: str) -> None:
        """Draw these rows."""
        self.drawn = list(rows)
        self.region.refresh()

    def seen(self) -> list[str]:
        """Return the rows on the screen, without empty ones at its end."""
        return "\n".join(row.rstrip() for row in self.screen.display).rstrip("\n").split("\n")


def test_the_rows_stand_below_what_stays() -> None:
    """Lines that stay are written above them."""
    glass = Glass()
    glass.show("bar", "step")
    glass.region.above(["first"])
    glass.region.above(["second"])
    assert glass.seen() == ["first", "second", "bar", "step"]


def test_what_is_drawn_no_more_is_gone() -> None:
    """Shorter rows and fewer rows leave nothing behind."""
    glass = Glass()
    glass.show("a long row", "another", "third")
    glass.show("short")
    assert glass.seen() == ["short"]


def test_nothing_is_written_when_nothing_has_changed() -> None:
    """So that nothing can flicker."""
    glass = Glass()
    glass.show("bar")
    glass.written = ""
    glass.show("bar")
    assert glass.written == ""


def test_nothing_is_blanked_before_it_is_drawn() -> None:
    """Each row is overwritten in place, in one write."""
    glass = Glass()
    glass.show("bar", "step")
    glass.written = ""
    glass.show("bar", "step 2")
    assert glass.written.index("step 2") < glass.written.index("\x1b[J")


@pytest.mark.parametrize("row", ["x" * 50, "漢" * 19, "e\u0301" * 40, "👩‍👩‍👧‍👦" * 12])
def test_a_row_that_is_wider_than_it_seems_does_not_wrap(row: str) -> None:
    """Terminals disagree about how wide some characters are; then the next drawing would miss its place."""
    glass = Glass()
    glass.show("bar", row)
    glass.show("bar", "step")
    assert glass.seen() == ["bar", "step"]


def test_erased_rows_leave_what_stays() -> None:
    """Others write from there on."""
    glass = Glass()
    glass.show("bar")
    glass.region.above(["first"])
    glass.region.erase()
    assert glass.seen() == ["first"]


@pytest.mark.parametrize(("columns", "rows"), [(10, 6), (20, 4), (40, 10)])
def test_a_terminal_of_another_size_is_written_anew(columns: int, rows: int) -> None:
    """Nothing of the old rows is left, and what stays is still there."""
    glass = Glass()
    glass.show("a row of 18 cells.", "step")
    glass.region.above(["kept"])
    glass.screen.resize(rows, columns)
    glass.show("bar", "step")
    assert glass.seen() == ["kept", "bar", "step"]


@given(st.lists(st.one_of(st.integers(0, 9), st.just("line"), st.tuples(st.integers(8, 30), st.integers(3, 9)))))
def test_whatever_comes_the_rows_stand_once_at_the_end(acts: list[int | str | tuple[int, int]]) -> None:
    """Rows come and go, lines come, the terminal changes its size; a size that lasts until the rows are drawn again."""
    glass = Glass()
    for act in acts:
        if isinstance(act, tuple):
            glass.screen.resize(act[1], act[0])
            glass.region.refresh()
        elif isinstance(act, int):
            glass.show(*(f"row {number}" for number in range(act)))
        else:
            glass.region.above([act])
    glass.show("bar", "last")
    seen = glass.seen()
    assert (seen[-2:], [row for row in seen[:-2] if row not in {"", "line"}]) == (["bar", "last"], [])
