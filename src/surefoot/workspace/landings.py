"""How the result of a run gets into the user's checkout or folder, and out of it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from surefoot import faults
from surefoot.core.record import record
from surefoot.workspace.land import (
    checked_out_at,
    find_landing,
    land_in_checkout,
    land_in_folder,
    refuse_to_take_back,
    take_back_landings,
)
from surefoot.workspace.landed_files import LandedFiles, landed_files
from surefoot.workspace.refs import Refs
from surefoot.workspace.store import Store


@record
class Landing:
    """The landings of one run. A folder that is no repository gets a copy, and a ref of the store says of what."""

    root: Path
    """The user's checkout or folder."""
    is_repository: bool
    """Whether it is a checkout."""
    base: str
    """The commit that the run started from."""
    run: str
    store: Store
    refs: Refs
    index: Path
    """Where the state of the files of a folder is kept."""
    lend: Callable[[str], None]
    """Gives the user's repository all objects of a commit."""

    def acting_files(self, commit: str) -> LandedFiles:
        """Return what the run's commit brings or changes that does something by itself once it is landed."""
        if not self.is_repository:
            return LandedFiles()
        return landed_files(self.root, self.store.changes(*self._trees(self.base, commit)).paths)

    def land(
        self, commit: str, *, squash: bool, message: str, is_from_dirty: bool = False, runs_brought_hooks: bool = False
    ) -> str:
        """Take the run's result over into the user's checkout or folder; return the commit it is at then.

        A run that started from uncommitted changes (`is_from_dirty`) takes the place of those that are still there.
        Where it brings or changes hooks, no hook runs unless `runs_brought_hooks` says so.

        Raises:
            WorkspaceError: that cannot be done cleanly; nothing is changed.
        """
        faults.point("workspace.land.before")
        if self.is_repository:
            self.lend(commit)
            landed = land_in_checkout(
                self.root,
                commit,
                squash=squash,
                message=message,
                started_from=self.base if is_from_dirty else None,
                runs_hooks=runs_brought_hooks or not self.acting_files(commit).hooks,
            )
        else:
            landed = self._copy_to_folder(commit)
        faults.point("workspace.land.after")
        return landed

    def place(self) -> tuple[str | None, str] | None:
        """Return the branch that a landing would change, None for a folder, and its commit; None: there is no branch.

        A folder counts as being at the commit that was landed in it last, or else at the base.
        """
        return checked_out_at(self.root) if self.is_repository else (None, self._copied or self.base)

    def find(self, ref: str | None, before: str, commit: str) -> str | None:
        """Return what a landing of `commit` came to that was under way when the branch was at `before`; None: nothing.

        For a landing that was killed.
        """
        if ref is not None:
            return find_landing(self.root, ref, before, commit, f"Surefoot-Run: {self.run}")
        return None if self._copied == before else self._copied

    def refuse_to_take_back(self, ref: str | None, landings: Sequence[tuple[str, str]]) -> None:
        """Refuse what `take_back` would refuse, as far as that can be told without trying.

        Raises:
            WorkspaceError: the landings cannot be taken back.
        """
        if ref is not None:
            refuse_to_take_back(self.root, ref, landings)

    def take_back(self, ref: str | None, landings: Sequence[tuple[str, str]], *, is_from_dirty: bool = False) -> str:
        """Take the run's result out of the user's checkout or folder again; return the commit it is at then.

        Args:
            ref: the branch that the run was landed on; None: the workspace is a plain folder.
            landings: where that was before and after each landing, in their order.
            is_from_dirty: whether the run started from uncommitted changes, which are then put back.

        Raises:
            WorkspaceError: that cannot be done cleanly; nothing is changed.
        """
        faults.point("workspace.take_back.before")
        if ref is not None:
            at = take_back_landings(self.root, ref, landings, started_from=self.base if is_from_dirty else None)
        else:
            at = self._copy_to_folder(self.base)
        faults.point("workspace.take_back.after")
        return at

    @property
    def _copied(self) -> str | None:
        """The commit that a folder holds the files of; None: nothing was landed there."""
        return self.refs.read().commits.get(self.refs.name("landed"))

    def _trees(self, old: str, new: str) -> tuple[str, str]:
        return self.store.tree_of(old), self.store.tree_of(new)

    def _copy_to_folder(self, commit: str) -> str:
        before = self._copied
        trees = self._trees(before or self.base, commit)
        changed = self.store.changes(*trees).paths
        self.index.parent.mkdir(exist_ok=True)
        if changed:
            land_in_folder(self.store, self.root, self.index, trees, changed)
        self.refs.write({self.refs.name("landed"): (before, commit)})
        return commit
