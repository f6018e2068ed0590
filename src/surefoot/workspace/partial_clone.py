"""The missing objects of a partial clone, fetched when a run is created, as `git checkout` would.

At no other time does a run make the user's git reach for a remote. Only objects are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import WorkspaceError
from surefoot.workspace.git import QUIET, Git, persons_git

_ROUNDS_MAX = 100
_TIMEOUT_S = 3600.0
_FETCH = (
    *("-c", "fetch.negotiationAlgorithm=noop", "-c", "gc.auto=0", "-c", "maintenance.auto=false"),
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none"),
    "--stdin",
)


def bring_promised(root: Path, commit: str, promisors: Sequence[str]) -> int:
    """Fetch what `commit` needs and a partial clone does not have yet; return how many objects came.

    Raises:
        WorkspaceError: no remote gave them.
    """
    if not promisors:
        return 0
    git = persons_git(root, timeout_s=_TIMEOUT_S, options=QUIET)
    brought = 0
    # Folders come first, and only then is it known what is in them.
    for _ in range(_ROUNDS_MAX):
        absent = _absent(git, commit)
        if not absent:
            return brought
        said = _fetch(git, promisors, absent)
        left = len(_absent(git, commit) & absent)
        if left:
            text = (
                f"{str(root)!r} is a partial clone: {left} of the objects that commit {commit[:12]} consists of are "
                f"not in it, and could not be fetched from {' or '.join(map(repr, promisors))} ({said}). Let `git -C "
                f"{root} fetch {promisors[0]}` work, then start the run again."
            )
            raise WorkspaceError(text, path=str(root), missing=left)
        brought += len(absent)
    raise WorkspaceError(f"The folders of commit {commit[:12]} in {str(root)!r} are nested too deep to be fetched.")


def _absent(git: Git, commit: str) -> frozenset[str]:
    out = git.run("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk", commit)
    return frozenset(line[1:].decode() for line in out.split() if line.startswith(b"?"))


def _fetch(git: Git, promisors: Sequence[str], absent: frozenset[str]) -> str:
    """Ask the remotes in turn; return what the last one that was asked complained about."""
    said = ""
    for remote in promisors:
        ending = git.attempt(*_FETCH, remote, stdin="".join(f"{one}\n" for one in sorted(absent)).encode())
        said = ending.err.replace("\n", " ")
        if ending.code == 0:
            break
    return said or "the remote does not have them"
