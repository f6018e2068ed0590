"""What is written where: lines to the terminal or a pipe, JSON for programs, the live line at the bottom.

Owns standard output and error. Must never let a reader who has gone away (`| head`, a closed terminal) stop a run. Read
`surefoot.cli.progress` next.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING

from surefoot.cli.lines import Line, Style, clean, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_RICH: Mapping[Style, str] = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "head": "bold",
}
_NARROWEST = 20


@dataclass
class Screen:
    """Standard output, as a person sees it."""

    is_json: bool = False
    """Whether standard output is for one JSON document and nothing else."""
    is_quiet: bool = False
    """Whether only results and errors are shown."""
    _live: Live | None = field(default=None, init=False)

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
    def has_live_line(self) -> bool:
        """Tell whether a line at the bottom can be redrawn."""
        return self.is_terminal and not self.is_json and not self.is_quiet and not self._console.is_dumb_terminal

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines to standard output, as wide as the terminal; unless that is for JSON."""
        if self.is_json:
            return
        if not self.is_terminal:
            for line in lines:
                self._write(sys.stdout, clean(line.text) + "\n")
            return
        width = max(_NARROWEST, self._console.width)
        for line in lines:
            self._print(line, wrapped(line, width))

    def note(self, lines: Iterable[Line]) -> None:
        """Write lines that tell how it goes; `--quiet` leaves them out."""
        if not self.is_quiet:
            self.show(lines)

    def text(self, content: str) -> None:
        """Write text as it is, such as Markdown; that it cannot be written is an error, unless nobody reads it."""
        try:
            sys.stdout.write(content)
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go(sys.stdout)

    def error(self, text: str) -> None:
        """Write an error to standard error."""
        self._write(sys.stderr, f"surefoot: {clean(text)}\n")

    def document(self, value: object) -> None:
        """Write one JSON document to standard output."""
        self.text(json.dumps(value, indent=2) + "\n")

    def start_live(self, draw: Callable[[int], str]) -> None:
        """Show a line at the bottom; `draw` is asked for it again and again, with the width there is."""
        from rich.live import Live

        self._live = Live(
            get_renderable=lambda: self._live_text(draw),
            console=self._console,
            transient=True,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def stop_live(self) -> None:
        """Take the line at the bottom away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _live_text(self, draw: Callable[[int], str]) -> Text:
        from rich.text import Text

        width = max(_NARROWEST, self._console.width - 1)
        return Text(draw(width)[:width], style="dim", no_wrap=True, overflow="ellipsis")

    def _print(self, line: Line, rows: Sequence[str]) -> None:
        from rich.text import Text

        for number, row in enumerate(rows):
            text = Text(clean(row))
            end = line.styled if line.styled is not None else len(row)
            if line.style and (number == 0 or line.styled is None):
                text.stylize(_RICH[line.style], 0, end)
            try:
                self._console.print(text, soft_wrap=True)
            except OSError:
                _let_go(sys.stdout)

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
