"""Changes in a terminal: the count in each file, and the lines of a patch."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from surefoot.core.short_text import counted
from surefoot.core.untrusted_text import printable
from surefoot.views.diffs import Diff
from surefoot.views.lines import Line, Style, clean, one_line

_MARKS: tuple[tuple[str, Style], ...] = (
    ("+++", "head"),
    ("---", "head"),
    ("diff ", "head"),
    ("@@", "warn"),
    ("+", "good"),
    ("-", "bad"),
)


def stat_lines(diff: Diff) -> Iterator[Line]:
    """Yield a line for each file with how much was changed in it."""
    for file in diff.files:
        size = "binary" if file.added is None else f"+{file.added} -{file.removed}"
        yield Line(f"  {size:>11}  {_shown(file.path)}", hang=15)
    added, removed = sum(file.added or 0 for file in diff.files), sum(file.removed or 0 for file in diff.files)
    yield Line(f"  {counted(len(diff.files), 'file')} changed, +{added} -{removed}", "dim")


def patch_lines(diff: Diff) -> Iterator[Line]:
    """Yield the changes, coloured by what they do."""
    yield from coloured(diff.patch)
    for file in diff.left_out:
        command = (
            f"git -C {shlex.quote(str(diff.folder))} {diff.verb} {diff.commit} -- {shlex.quote(_shown(file.path))}"
        )
        yield Line(f"  … {_shown(file.path)}: {file.size} changed lines; see {command}", "dim", is_whole=True)


def coloured(patch: str) -> Iterator[Line]:
    """Yield the lines of a patch, coloured by what they do."""
    for row in clean(printable(patch)).rstrip("\n").split("\n") if patch else ():
        styles: list[Style] = [style for mark, style in _MARKS if row.startswith(mark)]
        yield Line(f"  {row}", styles[0] if styles else "", is_whole=True)


def _shown(path: str) -> str:
    return one_line(printable(path))
