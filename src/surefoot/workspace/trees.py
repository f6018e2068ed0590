"""Trees of git from the files of a folder and an index.

The index is ours, never one that a body or the user works with; it is copied with its time stamp, because git judges by
it which entries to read again.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from surefoot.core.globs import matches
from surefoot.core.record import record
from surefoot.errors import WorkspaceError
from surefoot.workspace.excluded import IGNORED
from surefoot.workspace.folder_files import is_beyond_link, is_folder
from surefoot.workspace.git import Git, join_names, split_names
from surefoot.workspace.lfs_filter import KEEP_VARIABLE

_UNREAD = "could not open directory"
_PLACES_MAX = 100
EXCLUDES = ("--exclude-standard", *(f"--exclude={pattern}" for pattern in IGNORED))


@record(kw_only=False)
class Differences:
    """How a folder differs from an index."""

    tracked: tuple[str, ...]
    """Paths of the index that are changed or gone."""
    others: tuple[str, ...]
    """Files that are neither in the index nor ignored."""
    nested: tuple[str, ...]
    """Folders among those that are repositories of their own, which no tree can hold."""
    ignored: tuple[str, ...] = ()
    """Ignored files and folders, a folder as one path that ends in a slash; they make no difference."""
    gone: frozenset[str] = frozenset()
    """Those of `tracked` at which nothing is."""

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.tracked or self.others or self.nested)


def list_differences(git: Git, excludes: Sequence[str] = EXCLUDES) -> Differences:
    """Compare the folder with the index that `git` is set up for; `excludes` say what is ignored.

    Raises:
        WorkspaceError: a folder could not be read, so that nobody knows what is in it.
    """
    entries = _listed(git, "-t", "--modified", "--deleted", "--others", "--directory")
    untracked = [entry[2:] for entry in entries if entry[0] == "?"]
    tracked = dict.fromkeys(entry[2:] for entry in entries if entry[0] != "?")
    gone = frozenset(entry[2:] for entry in entries if entry[0] == "R")
    # git does not tell of what lies in a folder that has taken the place of a tracked file.
    is_covered = any(is_folder(git.cwd / path) for path in tracked if path not in gone)
    if not (untracked or is_covered):
        return Differences(tuple(tracked), (), (), gone=gone)
    others, ignored = _told_apart(git, excludes, untracked, is_covered=is_covered)
    nested = tuple(path[:-1] for path in others if path.endswith("/"))
    files = tuple(path for path in others if not path.endswith("/"))
    return Differences(tuple(tracked), files, nested, ignored, gone)


def _told_apart(
    git: Git, excludes: Sequence[str], untracked: Sequence[str], *, is_covered: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what of the untracked is not ignored, and what is."""
    # It is told apart where it is: looking through the whole folder again would take as long as the look before.
    is_short = not is_covered and len(untracked) <= _PLACES_MAX
    places = [path.rstrip("/") for path in untracked] if is_short else []
    if is_short and not any(path.endswith("/") for path in untracked):
        others = _listed(git, "--others", *excludes, "--", *places)
        return others, tuple(path for path in untracked if path not in others)
    ignored = list_ignored(git, excludes, places)
    if not is_covered and set(untracked).issubset(ignored):
        return (), ignored
    return _listed(git, "--others", *excludes, "--", *places), ignored


def list_ignored(git: Git, excludes: Sequence[str], places: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the ignored files and folders at these places (anywhere, when none are named), as `Differences` does."""
    return _listed(git, "--others", "--ignored", "--directory", *excludes, "--", *places)


def _listed(git: Git, *args: str) -> tuple[str, ...]:
    ending = git.having(GIT_LITERAL_PATHSPECS="1").attempt("ls-files", "-z", *args)
    # A closed folder among the ignored ones is not ours to open.
    if ending.code != 0 or (_UNREAD in ending.err and "--ignored" not in args):
        raise WorkspaceError(f"git could not look through {str(git.cwd)!r}: {ending.err}", folder=str(git.cwd))
    return split_names(ending.out)


def links_to_commits(git: Git, paths: Sequence[str] = ()) -> frozenset[str]:
    """Return the submodules among the paths of the index (of all, when none are named)."""
    entries = split_names(git.run("ls-files", "-z", "--stage", "--", *paths))
    return frozenset(entry.partition("\t")[2] for entry in entries if entry.startswith("160000 "))


def copy_index(index: Path, to: Path) -> None:
    """Copy an index with its time stamp."""
    if index.exists():
        shutil.copy2(index, to)
    else:
        to.unlink(missing_ok=True)


def write_tree(
    git: Git,
    root: Path,
    differences: Differences,
    exclude: Sequence[str] = (),
    heads: Mapping[str, str] | None = None,
) -> str | None:
    """Put the differences into the index that `git` is set up for and write the tree; None: there are none.

    Paths that match `exclude` are left out when untracked, and stay as they were when tracked. Submodules stay as they
    were, save those that `heads` gives another commit. What is no file any more (a pipe, say) counts as deleted.
    """
    paths = [path for path in (*differences.tracked, *differences.others) if not matches(path, exclude)]
    gone, folders = _no_files(root, set(paths).intersection(differences.tracked))
    submodules = links_to_commits(git, folders) if folders else frozenset[str]()
    gone += [path for path in folders if path not in submodules]
    paths = [path for path in paths if path not in submodules]
    moves = [(path, commit) for path, commit in (heads or {}).items() if path in submodules]
    if not paths and not moves:
        return None
    if moves:
        git.run("update-index", "-z", "--index-info", stdin=join_names(f"160000 {at}\t{path}" for path, at in moves))
    if gone:
        git.run("update-index", "--force-remove", "-z", "--stdin", stdin=join_names(gone))
    staged = join_names(sorted(set(paths).difference(gone)))
    keeping = git.having(**{KEEP_VARIABLE: "1"})
    keeping.run("update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=staged)
    return git.line("write-tree")


def _no_files(root: Path, paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return those of the paths at which a tree can hold nothing any more, and those at which there is a folder."""
    gone: list[str] = []
    folders: list[str] = []
    for path in paths:
        if is_beyond_link(root, path):
            gone.append(path)
            continue
        try:
            mode = (root / path).lstat().st_mode
        except OSError:
            continue  # git sees by itself what is deleted
        if stat.S_ISDIR(mode):
            folders.append(path)
        elif not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            gone.append(path)
    return gone, folders
