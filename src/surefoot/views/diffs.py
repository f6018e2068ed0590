"""The diff of a commit: counts for each file, and the changes themselves where readable.

Git's diff is read without the user's colours, drivers and filters. Binary and huge files are counted, not shown.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
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
        found = _read(folder, commit, "show", "--format=", commit)
        if found is not None:
            said = _git(folder, "show", "--no-patch", "--format=%an, %ad%n%n%B", commit, "--") or ""
            return replace(found, message=masker.text(said.strip()), patch=masker.text(found.patch))
    return None


def read_tree_diff(folder: Path, trees: tuple[str, str]) -> Diff | None:
    """Return what lies between two trees of a repository; None: it has them not."""
    return _read(folder, " ".join(trees), "diff", *trees)


def _read(folder: Path, name: str, verb: str, *asked: str) -> Diff | None:
    """Return what git finds changed; the patch has files as long as all their changes together can still be read."""
    counts = _git(folder, verb, "--numstat", "-z", "--no-renames", *asked, "--")
    if counts is None:
        return None
    files, shown, left_out, lines = list[Changed](), list[str](), list[Changed](), 0
    for row in counts.strip("\n").split("\0"):
        if not row:
            continue
        added, removed, path = row.lstrip("\n").split("\t", 2)
        is_text = added != "-"
        file = Changed(path=path, added=int(added) if is_text else None, removed=int(removed) if is_text else None)
        files.append(file)
        if file.size <= _FILE_MOST and lines + file.size <= _ALL_MOST:
            shown.append(f":(top,literal){path}")
            lines += file.size
        else:
            left_out.append(file)
    patch = _git(folder, verb, "--patch", "--no-renames", *asked, "--", *shown) if shown else ""
    return Diff(folder, name, "", files, patch or "", left_out, verb)


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
