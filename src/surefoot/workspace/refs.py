"""The run's refs in the user's repository: `refs/surefoot/RUN/*` and `refs/heads/surefoot/RUN`.

No other ref is ever written there; each update is a compare-and-set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from surefoot.core.record import record
from surefoot.errors import WorkspaceError
from surefoot.workspace.git import Git

_NO_LOG = ("-c", "core.logAllRefUpdates=false")


@record(kw_only=False)
class Published:
    """What became of the run's branch."""

    moved: bool
    """Whether `surefoot/RUN` is at the new commit."""
    found: str | None
    """Where it was found before; None: nowhere."""
    reason: str | None
    """Why it was left alone. The commits are kept by `refs/surefoot/RUN/head` all the same."""


@record(kw_only=False)
class RefState:
    """What stands where at one moment."""

    commits: Mapping[str, str]
    """Commit by full ref name."""
    checkouts: Mapping[str, str]
    """The user's worktree that has a branch checked out, by full ref name."""


@record(kw_only=False)
class Refs:
    """The refs of one run in one repository."""

    git: Git
    """Git, set up for that repository."""
    git_dir: Path
    """The repository's shared folder."""
    run: str
    """The run."""

    @property
    def branch(self) -> str:
        """Return the full name of the run's branch."""
        return f"refs/heads/surefoot/{self.run}"

    def name(self, what: str) -> str:
        """Return the full name of a ref only Surefoot cares about."""
        return f"refs/surefoot/{self.run}/{what}"

    def read(self) -> RefState:
        """Read the run's refs, and whether a branch stands in the way of its branch."""
        places = (f"refs/surefoot/{self.run}", self.branch, "refs/heads/surefoot")
        out = self.git.run("for-each-ref", "--format=%(objectname) %(refname) %(worktreepath)", *places)
        parts = [line.split(" ", 2) for line in out.decode("utf-8", "surrogateescape").splitlines()]
        return RefState({name: one for one, name, _ in parts}, {name: path for _, name, path in parts if path})

    def unlock(self) -> None:
        """Remove lock files that a kill left on the run's own refs; nobody else writes there.

        Raises:
            WorkspaceError: one of them cannot be removed.
        """
        names = [self.git_dir / f"{self.branch}.lock", *(self.git_dir / "refs/surefoot" / self.run).rglob("*.lock")]
        for lock in names:
            if not os.path.lexists(lock):
                continue
            try:
                lock.unlink(missing_ok=True)
            except OSError as error:
                message = f"The left-over lock {str(lock)!r} cannot be removed: {error.strerror}. Make it removable, "
                raise WorkspaceError(message + "then go on with `surefoot resume`.", path=str(lock)) from error

    def write(self, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Move refs in one transaction; each change is (old, new), None for a ref that is not there.

        Raises:
            WorkspaceError: one of them is not at its old commit, or is locked by another git.
        """
        lines: list[str] = []
        for name, (old, new) in changes.items():
            if old == new:
                continue
            width = len(new or old or "")
            if new is None:
                lines.append(f"delete {name}\0{old}\0")
            else:
                lines.append(f"update {name}\0{new}\0{old or '0' * width}\0")
        if lines:
            self.git.run(*_NO_LOG, "update-ref", "--stdin", "-z", stdin="".join(lines).encode())

    def publish(self, found: RefState, new: str, old: str | None, kept: int | None) -> Published:
        """Move head and then branch to `new`; the branch only if it is where the run left it.

        `old` is where the journal last put it, None when it was never put anywhere.
        """
        branch_at = found.commits.get(self.branch)
        reason = self._reason_against(found, new, old)
        changes: dict[str, tuple[str | None, str | None]] = {}
        if kept is not None and old is not None:
            place = self.name(f"kept/{kept}")
            if found.commits.get(place, old) != old:
                message = f"{place} already keeps {found.commits[place]}, so {old} cannot be kept under that number. "
                message += "Rename or delete that ref, then go on with `surefoot resume`."
                raise WorkspaceError(message, ref=place)
            changes[place] = (found.commits.get(place), old)
        changes[self.name("head")] = (found.commits.get(self.name("head")), new)
        if reason is None:
            changes[self.branch] = (branch_at, new)
        self.write(changes)
        return Published(reason is None, branch_at, reason)

    def _reason_against(self, found: RefState, new: str, old: str | None) -> str | None:
        """Return why the branch must be left alone, or None."""
        at = found.commits.get(self.branch)
        short = self.branch.removeprefix("refs/heads/")
        if at == new:
            return None
        if place := found.checkouts.get(self.branch):
            return f"The branch {short} is checked out in {place!r}; moving it would make that checkout look changed."
        if "refs/heads/surefoot" in found.commits:
            return f"A branch named 'surefoot' stands in the way of {short}; rename it to get the run's branch."
        # Whoever moved it last moved `head` along, and nobody else writes that: it was this run, before a kill.
        if at == old or (at is not None and at == found.commits.get(self.name("head"))):
            return None
        if at is None:
            return f"The branch {short} was deleted by hand; it stays so."
        return f"The branch {short} was moved by hand to {at}; it stays there."
