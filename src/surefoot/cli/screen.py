"""Output: lines to a terminal or pipe, JSON for programs, live rows at the bottom.

A reader who has gone away (`| head`, a closed terminal) stops no run.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import IO, TYPE_CHECKING

from surefoot.cli.echo import echo_off, nothing
from surefoot.cli.live import Region, Size
from surefoot.cli.pager import page
from surefoot.cli.wrap import wrapped
from surefoot.masking import Masker, masker_of
from surefoot.views.lines import Line, Style, clean

if TYPE_CHECKING:
    from rich.console import Console

_RICH: Mapping[Style, str] = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "head": "bold",
}
_NARROWEST, _USUAL = 20, 80
_REMEMBERED = 200


@dataclass
class Screen:
    """Standard output, as a person sees it."""

    is_json: bool = False
    """Whether standard output is for one JSON document and nothing else."""
    is_quiet: bool = False
    has_pager: bool = True
    _region: Region | None = field(default=None, init=False)
    _kept: deque[str] = field(default_factory=lambda: deque[str](maxlen=_REMEMBERED), init=False)
    """What was written last, for a terminal that has to be written anew."""

    _echo: Callable[[], None] = field(default=nothing, init=False)
    """Lets the terminal show again what is typed."""

    def __post_init__(self) -> None:
        """Let file names that are no text through, visibly."""
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person sees standard output."""
        return sys.stdout.isatty()

    @property
    def can_ask(self) -> bool:
        """Tell whether a person is there to answer."""
        return not self.is_json and self.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    @property
    def has_live_rows(self) -> bool:
        """Tell whether rows at the bottom can be redrawn: a person looks on, at a terminal that can."""
        is_watched = self.is_terminal and not self.is_json and not self.is_quiet
        return is_watched and not self._console.is_dumb_terminal and not os.environ.get("CI")

    @property
    def is_live(self) -> bool:
        """Tell whether there are such rows now."""
        return self._region is not None

    @property
    def width(self) -> int:
        """Return how many columns there are; 80 where no terminal says."""
        return max(_NARROWEST, self._console.width) if self.is_terminal else _USUAL

    @property
    def draws_lines(self) -> bool:
        """Tell whether lines and boxes can be written."""
        try:
            "┌─┃▼…".encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return not (self.is_terminal and self._console.is_dumb_terminal)

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    @cached_property
    def _masker(self) -> Masker:
        """What stands in for secrets, wherever they come from: a commit, a plan, an error."""
        return masker_of(os.environ)

    def _masked(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            text = self._masker.text(line.text)
            yield line if text == line.text else replace(line, text=text)

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines to standard output, as wide as the terminal; unless that is for JSON."""
        if self.is_json:
            return
        if not self.is_terminal:
            for line in self._masked(lines):
                self._write(sys.stdout, clean(line.text) + "\n")
            return
        width = max(_NARROWEST, self._console.width)
        for line in self._masked(lines):
            rows = [self._painted(line, row, number) for number, row in enumerate(wrapped(line, width))]
            if self._region is not None:
                self._region.above(rows)
                continue
            self._kept.extend(rows)
            for row in rows:
                self._emit(row + "\n")

    def page(self, lines: Iterable[Line]) -> None:
        """Write lines as `show` does; on a terminal, more of them than it has rows come page by page."""
        if not self.is_terminal or self.is_json or not self.has_pager or self._console.is_dumb_terminal:
            self.show(lines)
            return
        width, height = self._size()
        every = list(self._masked(lines))
        rows = [
            self._painted(line, row, number)
            for line in every
            for number, row in enumerate(wrapped(line, max(_NARROWEST, width)))
        ]
        if len(rows) < height or not page("\n".join(rows) + "\n"):
            self.show(every)

    def note(self, lines: Iterable[Line]) -> None:
        """Write lines that tell how it goes; `--quiet` leaves them out."""
        if not self.is_quiet:
            self.show(lines)

    def text(self, content: str) -> None:
        """Write text as it is, such as Markdown; that it cannot be written is an error, unless nobody reads it."""
        try:
            sys.stdout.write(self._masker.text(content))
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go(sys.stdout)

    def fail(self, code: str, message: str) -> None:
        """Tell an error: for JSON as the document, else as `error` does."""
        if self.is_json:
            self.document({"error": {"code": code, "message": message}})
        else:
            self.error(message)

    def error(self, text: str) -> None:
        """Write an error to standard error."""
        self._write(sys.stderr, f"surefoot: {clean(self._masker.text(text))}\n")

    def trace(self, text: str) -> None:
        """Write where an error came from to standard error, line by line."""
        self._write(sys.stderr, self._masker.text(text))

    def document(self, value: object) -> None:
        """Write one JSON document to standard output."""
        self.text(json.dumps(self._masker.plain(value), indent=2) + "\n")

    def start_live(self, draw: Callable[[int, int], Sequence[Line]]) -> None:
        """Show rows at the bottom; `draw` is asked for them at each refresh, with the columns and rows there are."""

        def rows(size: Size) -> list[str]:
            width = max(_NARROWEST, size[0]) - 1
            lines = self._masked(draw(width, max(1, size[1] - 1)))
            return [self._painted(line, _cut(line.text, width)) for line in lines]

        self._region = Region(self._emit, self._size, rows, self._kept)
        self._echo = echo_off()
        self._region.refresh()

    def refresh(self) -> None:
        """Draw the rows at the bottom as they are now."""
        if self._region is not None:
            self._region.refresh()

    def stop_live(self) -> None:
        """Take the rows at the bottom away."""
        if self._region is not None:
            self._region.erase()
            self._region = None
            self._echo()

    def _size(self) -> Size:
        size = self._console.size
        return size.width, size.height

    def _painted(self, line: Line, row: str, number: int = 0) -> str:
        """Return a row of a line with its colours."""
        from rich.text import Text

        text = Text(clean(row))
        end = line.styled if line.styled is not None else len(row)
        has_styles = not os.environ.get("NO_COLOR")  # which takes away colours, bold and dim
        if has_styles and line.style and (number == 0 or line.styled is None):
            text.stylize(_RICH[line.style], 0, end)
        with self._console.capture() as captured:
            self._console.print(text, soft_wrap=True, end="")
        return captured.get()

    def _emit(self, text: str) -> None:
        self._write(sys.stdout, text)

    def _write(self, stream: IO[str], text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError:
            _let_go(stream)


def _let_go(stream: IO[str]) -> None:
    """Go on without a reader: what is written from here on goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _cut(text: str, width: int) -> str:
    """Return text that is at most so many columns wide."""
    from rich.cells import cell_len, set_cell_size

    text = text.replace("\n", " ").expandtabs()
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
