"""Which lines of a body's output deserve a look although it ended well."""

from __future__ import annotations

import pytest

from surefoot.workers.output_warnings import KEPT_MAX, Remarks


def heard(*lines: str) -> tuple[str, ...]:
    """Return what is kept of these lines."""
    remarks = Remarks()
    for line in lines:
        remarks.hear(line)
    return remarks.found


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a.py:3: DeprecationWarning: f is old", "DeprecationWarning: f is old"),
        ("  FutureWarning: this will change", "FutureWarning: this will change"),
        ("npm WARN deprecated x@1: use y", "npm WARN deprecated x@1: use y"),
        ("DEPRECATION: legacy editable install", "DEPRECATION: legacy editable install"),
        ("The option --old is deprecated.", "The option --old is deprecated."),
        ("main.c:7:3: warning: unused variable", "main.c:7:3: warning: unused variable"),
        ("warning: no files were found", "warning: no files were found"),
    ],
)
def test_deprecations_and_warnings_of_tools_are_kept(line: str, kept: str) -> None:
    """In their own words (M128)."""
    assert heard("building", line, "done") == (kept,)


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: Running pip as the 'root' user can result in broken permissions",
        "[notice] A new release of pip is available: 24.0 -> 25.0",
        "warning: in the working copy of 'a.txt', LF will be replaced by CRLF the next time Git touches it",
        "3 passed, 1 warning in 0.02s",
        "def warn(text):",
        "Downloading six-1.16.0-py2.py3-none-any.whl (11 kB)",
    ],
)
def test_what_tools_print_at_every_call_is_not_kept(line: str) -> None:
    """Nobody would read on."""
    assert heard(line) == ()


def test_each_warning_is_kept_once_and_only_a_few_of_them() -> None:
    """A body that warns a thousand times does not fill the journal."""
    lines = [f"warning: number {number}" for number in range(20)]
    assert heard(*lines, *lines) == tuple(lines[:KEPT_MAX])
