"""Draw what we print beside what rich prints: rows of text, live rows on a terminal made narrower, a missing pager.

Usage: `python scripts/terminal_pictures.py` writes `docs/internals/terminal.svg`.
"""

import contextlib
import io
import os
import pydoc
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pyte
from pyte import modes
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from surefoot.cli.live import Region
from surefoot.cli.pager import page
from surefoot.cli.wrap import wrapped
from surefoot.views.lines import Line

FILE = Path(__file__).resolve().parents[1] / "docs" / "internals" / "terminal.svg"
WIDE, NARROW, HIGH = 58, 34, 11
SAID = "tests failed, see /home/una/.surefoot/runs/20261101-aaaaaa/evidence/3f2a9c51b7/stderr.txt and run "
COMMAND = "surefoot show 20261101-aaaaaa port-widgets"
EDGE, LEFT, TOP, CHARACTER, ROW = 16, 24, 58, 7.3, 17
COLUMNS = 82
"""What a panel has room for: a path that is longer than a row is left to the terminal."""


def ours_wrapped() -> list[str]:
    """Return a line of a report in our rows."""
    return wrapped(Line(f"failed  port-widgets: {SAID}{COMMAND}", hang=8), WIDE)


def rich_wrapped() -> list[str]:
    """Return it in the rows of a table of rich."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("failed", f"port-widgets: {SAID}{COMMAND}")
    return printed(table)


def printed(what: object) -> list[str]:
    """Return what rich prints on a terminal of that width."""
    glass = io.StringIO()
    Console(file=glass, width=WIDE, color_system=None, highlight=False).print(what)
    return [row.rstrip() for row in glass.getvalue().splitlines()]


def live_rows(done: int) -> list[str]:
    """Return the rows of a run at work."""
    steps = [f"running  step-{number} of the migration to Python 3" for number in range(1, 4)]
    return [f"{done} of 12 steps verified, 3 running, 6 waiting", *steps]


class Glass(io.StringIO):
    """A terminal that breaks its rows anew when it is made narrower, as most do."""

    def __init__(self) -> None:
        """Begin wide and empty."""
        super().__init__()
        self.show(WIDE, ())

    def show(self, width: int, rows: Sequence[str]) -> None:
        """Become that wide, with these rows on it and the cursor below them."""
        self.screen = pyte.Screen(width, HIGH)
        self.screen.set_mode(modes.LNM)
        self.stream = pyte.Stream(self.screen)
        self.stream.feed("".join(f"{row}\r\n" for row in rows))

    def write(self, text: str, /) -> int:
        """Show what is written."""
        self.stream.feed(text)
        return len(text)

    def stream_in(self, text: str) -> None:
        """Show what is written."""
        self.write(text)

    def narrower(self) -> None:
        """Be made narrower by the person in front of it."""
        rows = [row.rstrip() for row in self.screen.display]
        self.show(NARROW, rows[: self.screen.cursor.y + (self.screen.cursor.x > 0)])

    def rows(self) -> list[str]:
        """Return what stands on it."""
        return [row.rstrip() for row in self.screen.display]


def ours_live() -> list[str]:
    """Draw live rows, make the terminal narrower, and draw again."""
    glass, done, width = Glass(), 3, WIDE
    region = Region(
        write=glass.stream_in, size=lambda: (width, HIGH), draw=lambda s: [r[: s[0]] for r in live_rows(done)]
    )
    region.above(["$ surefoot run plan.yaml"])
    glass.narrower()
    done, width = 4, NARROW
    region.refresh()
    return glass.rows()


def rich_live() -> list[str]:
    """Do the same with the live display of rich."""
    glass = Glass()
    console = Console(file=glass, force_terminal=True, width=WIDE, height=HIGH, color_system=None, highlight=False)
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        console.print("$ surefoot run plan.yaml")
        live.update(Text("\n".join(live_rows(3)), no_wrap=True), refresh=True)
        glass.narrower()
        console.width = NARROW
        live.update(Text("\n".join(live_rows(4)), no_wrap=True, overflow="crop"), refresh=True)
        return glass.rows()


def without_pager(show: Callable[[], object]) -> list[str]:
    """Return what reaches the terminal where `$PAGER` names a program that is not there."""
    before, (read, write) = dict(os.environ), os.pipe()
    kept = os.dup(1)
    os.environ |= {"PAGER": "most -s", "TERM": "xterm", "PATH": os.defpath}
    os.dup2(write, 1)
    try:
        with contextlib.suppress(OSError):
            show()
    finally:
        os.dup2(kept, 1)
        os.close(write)
        os.environ.clear()
        os.environ.update(before)
    with os.fdopen(read, "rb") as told:
        return told.read().decode().splitlines()


REPORT = "partially completed: 14 of 15 verified\nnext: surefoot retry port-widgets"


def ours_paged() -> list[str]:
    """Show a report in our pager; where there is none the command prints it."""

    def show() -> None:
        if not page(REPORT):
            os.write(1, REPORT.encode())

    return without_pager(show)


def rich_paged() -> list[str]:
    """Show it as the pager of rich does, which is that of `pydoc`."""
    return without_pager(lambda: pydoc.pipepager(REPORT, os.environ["PAGER"]))


PANELS = (
    (f"A long path in {WIDE} columns", ours_wrapped, rich_wrapped),
    (f"Live rows after the terminal was made {NARROW} columns wide", ours_live, rich_live),
    ("A report, where $PAGER names a program that is missing", ours_paged, rich_paged),
)


def panel(title: str, rows: Sequence[str], x: float, y: float) -> tuple[str, float]:
    """Return one picture and where it ends."""
    shown = list(rows) or ["(nothing)"]
    while shown and not shown[-1]:
        shown.pop()
    wide, high = COLUMNS * CHARACTER + 2 * EDGE, len(shown) * ROW + 2 * EDGE
    parts = [f'<text class="title" x="{x:g}" y="{y - 8:g}">{escape(title)}</text>']
    parts.append(f'<rect class="card" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="6"/>')
    for number, row in enumerate(shown):
        place = f'x="{x + EDGE:g}" y="{y + EDGE + 12 + number * ROW:g}"'
        parts.append(f'<text class="mono" {place} xml:space="preserve">{escape(row)}</text>')
    return "\n".join(parts), y + high


def picture() -> str:
    """Return the whole picture as SVG."""
    parts: list[str] = []
    right, y = LEFT * 2 + COLUMNS * CHARACTER + 2 * EDGE, float(TOP)
    for title, ours, theirs in PANELS:
        parts.append(f'<text class="head" x="{LEFT}" y="{y - 30:g}">{escape(title)}</text>')
        left_part, left_end = panel("Surefoot", ours(), LEFT, y)
        right_part, right_end = panel("rich", theirs(), right, y)
        parts += [left_part, right_part]
        y = max(left_end, right_end) + TOP + 14
    wide = right + COLUMNS * CHARACTER + 2 * EDGE + LEFT
    style = (
        "text { font: 12px ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif; fill: #1f2328; } "
        ".head { font-size: 14px; font-weight: 600; } .title { fill: #59636e; } "
        ".mono { font: 12px ui-monospace, Menlo, 'DejaVu Sans Mono', monospace; } "
        ".card { fill: #f6f8fa; stroke: #d0d7de; } .page { fill: #ffffff; } "
        "@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .title { fill: #9198a1; } "
        ".card { fill: #161b22; stroke: #3d444d; } .page { fill: #0d1117; } }"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {y - 40:.0f}" width="{wide:.0f}">'
        f'<style>{style}</style><rect class="page" width="100%" height="100%"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


if __name__ == "__main__":
    FILE.write_text(picture(), "utf-8")
