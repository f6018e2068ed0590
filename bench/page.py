"""What was found, as tables on the terminal and as a page of the documentation."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import apsw
from rich.console import Console
from rich.table import Table

from bench.measuring import Bars, Section, Setting, versions

REMARKS = Path(__file__).with_name("remarks.md")
"""What people make of the figures, put behind the goals."""
HEAD = """# How fast it is

Made by `make bench`; do not edit. A figure counts only together with its durability and with the others of the same
run: the ratios were taken side by side, the milliseconds are those of one machine on one day.
"""


def conditions(load: Sequence[float], setting: Setting) -> list[tuple[str, str]]:
    """Return what the figures depend on; `load` is the machine's load before anything was measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    after = os.getloadavg()
    return [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("cores", str(cores)),
        ("load of the machine before and after", f"{load[0]:.1f} and {after[0]:.1f} (our own included)"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", platform.python_version()),
        ("SQLite", f"{apsw.sqlite_lib_version()} ({versions(('apsw',))})"),
        ("git", _answer("git", "--version").removeprefix("git version ")),
        ("disk of the temporary folder", _disk()),
        ("rounds", f"{setting.rounds}{' (a smoke run: the figures mean nothing)' if setting.quick else ''}"),
    ]


def _disk() -> str:
    lines = _answer("df", "--output=source,fstype", os.environ.get("TMPDIR", "/tmp")).splitlines()  # noqa: S108
    return " ".join(lines[-1].split()) if lines else "unknown"


def _answer(*command: str) -> str:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def print_section(console: Console, section: Section) -> None:
    """Show one section on the terminal."""
    if section.rows:
        console.print(_table(section.title, section.columns, section.rows))
    for note in section.notes:
        console.print(note, markup=False, highlight=False)


def print_goals(console: Console, sections: Sequence[Section]) -> None:
    """Show what was set and what was reached."""
    console.print(_table("Goals", GOAL_COLUMNS, [goal.cells() for section in sections for goal in section.goals]))


GOAL_COLUMNS = ("", "measured", "must", "aim", "")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def picture_of(picture: str, bars: Bars) -> str:
    """Return the file name of a plot, whose name begins with that of the page's pictures."""
    return f"{picture}-{bars.name}.svg" if bars.name else f"{picture}.svg"


def write_page(path: Path, picture: str, told: Sequence[tuple[str, str]], sections: Sequence[Section]) -> None:
    """Write the page; a plot without a name stands at its head, any other one in its section."""
    parts = [HEAD]
    parts += [_shown(picture, one.bars) for one in sections if one.bars is not None and not one.bars.name]
    parts += ["## Goals\n", _markdown(GOAL_COLUMNS, [goal.cells() for one in sections for goal in one.goals])]
    parts += [REMARKS.read_text(encoding="utf-8"), "## Conditions\n", _markdown(("", ""), told)]
    for section in sections:
        parts.append(f"## {section.title}\n")
        parts += section_parts(section, picture)
    path.write_text("\n".join(parts), encoding="utf-8")


def section_parts(section: Section, picture: str) -> list[str]:
    """Return what stands below the heading of a section."""
    parts: list[str] = []
    if section.bars is not None and section.bars.name:
        parts.append(_shown(picture, section.bars))
    if section.rows:
        parts.append(_markdown(section.columns, section.rows))
    if section.notes:
        parts.append("".join(f"- {note}\n" for note in section.notes))
    return parts


def _shown(picture: str, bars: Bars) -> str:
    return f"![{bars.title}; {bars.unit}]({picture_of(picture, bars)})\n"


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)
