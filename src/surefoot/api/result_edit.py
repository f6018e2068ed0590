"""The diff that a question about a result shows, and the trial of a patch that a person wants instead."""

from __future__ import annotations

import tempfile
from pathlib import Path

from surefoot.core.record import record
from surefoot.errors import UsageError
from surefoot.workspace.git import PATCH, Git, own_git


def diff_of(run_folder: Path, trees: tuple[str, str]) -> bytes:
    """Return what lies between two trees of a run, as a patch.

    Raises:
        UsageError: the run's own repository is gone.
    """
    return _git(run_folder).run(*PATCH, *trees)


@record(kw_only=False)
class Tried:
    """A patch that fits."""

    patch: bytes
    """It, as git writes it, counts set right."""
    difference: bytes
    """What lies between the result that was shown and the one it makes."""


def try_patch(run_folder: Path, trees: tuple[str, str], patch: bytes) -> Tried:
    """Try a patch on the first of the trees.

    Raises:
        UsageError: it does not fit, or makes no difference.
        WorkspaceError: git failed.
    """
    with tempfile.TemporaryDirectory(prefix="surefoot-") as scratch:
        # Git reads the run's objects, and writes its own elsewhere.
        objects = Path(scratch) / "objects"
        objects.mkdir()
        places = {
            "GIT_OBJECT_DIRECTORY": objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": run_folder / "store" / "objects",
            "GIT_INDEX_FILE": Path(scratch) / "index",
        }
        git = _git(run_folder).having(**places)
        git.run("read-tree", trees[0])
        ending = git.attempt("apply", "--cached", "--recount", "--whitespace=nowarn", "-", stdin=patch)
        if ending.code != 0:
            raise UsageError(f"the patch does not fit what the step began with ({ending.err}); make it against that")
        tree = git.line("write-tree")
        if tree in trees:
            said = (
                "changes nothing"
                if trees[0] == trees[1]
                else (
                    "leaves nothing of the result; reject it instead"
                    if tree == trees[0]
                    else "is the one that was shown"
                )
            )
            raise UsageError(f"the patch {said}")
        return Tried(git.run(*PATCH, trees[0], tree), git.run(*PATCH, trees[1], tree))


def _git(run_folder: Path) -> Git:
    store = run_folder / "store"
    if not store.is_dir():
        raise UsageError(f"the run's own repository {str(store)!r} is gone, so its result cannot be shown")
    return own_git(store, store)
