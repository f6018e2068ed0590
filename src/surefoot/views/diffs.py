"""The diff of a commit: counts for each file, and the changes themselves where readable.

Git's diff is read without the user's colours, drivers and filters. Binary and huge files are counted, not shown.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from surefoot.core.record import record
from surefoot.masking import masker_of

_FILE_MOST = 1000
"""A file with more changed lines than this is only counted."""
_ALL_MOST = 3000
_TIMEOUT_S = 30


@record
class Changed:
    """How much was changed in one file."""

    path: str
    added: int | None
    """Lines; None: the file is binary."""
    removed: int | None
    """Lines; None: the file is binary."""

    @property
    def size(self) -> int:
        """Return the number of changed lines; of a binary file 0."""
        return (self.added or 0) + (self.removed or 0)


@record(kw_only=False)
class Diff:
    """What one commit changed."""

    folder: Path
    commit: str
    message: str
    """Who wrote it and when, and what it says."""
    files: Sequence[Changed]
    patch: str
    left_out: Sequence[Changed]
    """Files whose changes are too many to be in the patch."""
    verb: str = "show"
    """What git calls the looking at it."""


def read_diff(folders: Sequence[Path], commit: str) -> Diff | None:
    """Return what a commit changed, from the first repository that has it, secrets masked; None: none has."""
    masker = masker_of(os.environ)
    for folder in folders:
        counts = _git(folder, "show", "--numstat", "-z", "--no-renames", "--format=", commit, "--")
        if counts is None:
            continue
        files = [_changed(row) for row in counts.strip("\n").split("\0") if row]
        shown, left_out = _chosen(files)
        paths = [f":(top,literal){file.path}" for file in shown]
        patch = _git(folder, "show", "--patch", "--no-renames", "--format=", commit, "--", *paths) if paths else ""
        message = _git(folder, "show", "--no-patch", "--format=%an, %ad%n%n%B", commit, "--")
        return Diff(folder, commit, masker.text((message or "").strip()), files, masker.text(patch or ""), left_out)
    return None


def read_tree_diff(folder: Path, trees: tuple[str, str]) -> Diff | None:
    """Return what lies between two trees of a repository; None: it has them not."""
    counts = _git(folder, "diff", "--numstat", "-z", "--no-renames", *trees, "--")
    if counts is None:
        return None
    files = [_changed(row) for row in counts.split("\0") if row]
    shown, left_out = _chosen(files)
    paths = [f":(top,literal){file.path}" for file in shown]
    patch = _git(folder, "diff", "--patch", "--no-renames", *trees, "--", *paths) if paths else ""
    return Diff(folder, " ".join(trees), "", files, patch or "", left_out, "diff")


def _changed(row: str) -> Changed:
    added, removed, path = row.lstrip("\n").split("\t", 2)
    if added == "-":
        return Changed(path=path, added=None, removed=None)
    return Changed(path=path, added=int(added), removed=int(removed))


def _chosen(files: Sequence[Changed]) -> tuple[list[Changed], list[Changed]]:
    """Take files as long as all their changes together can still be read."""
    shown, left_out, sum_ = list[Changed](), list[Changed](), 0
    for file in files:
        fits = file.size <= _FILE_MOST and sum_ + file.size <= _ALL_MOST
        (shown if fits else left_out).append(file)
        sum_ += file.size if fits else 0
    return shown, left_out


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", "--no-pager", arguments[0]]
    plainly = ["--no-color", "--no-ext-diff", "--no-textconv"]
    try:
        done = subprocess.run(
            [*command, *plainly, *arguments[1:]], capture_output=True, check=False, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def printable(text: str) -> str:
    """Return text whose odd bytes can be printed."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
