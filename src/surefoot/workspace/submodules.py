"""Submodules of a commit, from the copies that the user has (`.git/modules/NAME`, or in the checkout).

The run borrows each through a store of its own.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import field
from pathlib import Path, PurePosixPath
from threading import Lock

from surefoot.core.record import record
from surefoot.workspace.clone import write_pristine
from surefoot.workspace.folder_files import is_folder, remove_path
from surefoot.workspace.git import split_names, user_git
from surefoot.workspace.source import Source, read_settings
from surefoot.workspace.store import Store, create_store

_MAKING = Lock()
"""Lanes that are opened at once want the same stores."""


@record(kw_only=False)
class Submodule:
    """A submodule of a tree."""

    path: str
    """Where it belongs."""
    commit: str
    """The commit that is recorded there."""
    key: str
    """Names what was made for it below the run's folder."""
    store: Store
    """Its objects."""
    pristine: Path
    """What the clone of it shall look like."""
    copies: Copies
    """Where its own submodules come from."""


_Found = tuple[tuple[Submodule, ...], tuple[str, ...]]


@record(frozen=False, kw_only=False)
class Copies:
    """Where the submodules of one repository come from."""

    run_dir: Path
    """The run's folder."""
    checkout: Path
    """The user's checkout of the repository; it need not be there."""
    modules: Path | None = None
    """The folder of copies; None: to be asked of git."""
    _found: dict[str, _Found] = field(default_factory=dict[str, _Found], init=False)

    def find(self, store: Store, tree: str) -> tuple[Submodule, ...]:
        """Return those submodules of a tree that the user's copies can fill."""
        return self._look(store, tree)[0]

    def missing(self, store: Store, tree: str) -> tuple[str, ...]:
        """Return the paths of those that they cannot."""
        return self._look(store, tree)[1]

    def _look(self, store: Store, tree: str) -> _Found:
        answer = self._found.get(tree)
        if answer is None:
            found: list[Submodule] = []
            missing: list[str] = []
            # The name of each submodule by its path, as `.gitmodules` has it.
            asked = ("config", "--blob", f"{tree}:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$")
            entries = (entry.partition("\n") for entry in split_names(store.git.attempt(*asked).out))
            names = {path.rstrip("/"): key[len("submodule.") : -len(".path")] for key, _, path in entries if path}
            for path, commit in _recorded(store, tree, list(names)):
                copy = self._copy(names[path], path)
                one = None if copy is None else self._open(copy, path, commit)
                if one is None:
                    missing.append(path)
                else:
                    found.append(one)
            answer = (tuple(found), tuple(missing))
            # Lanes ask at once, mostly about the same tree; what came before is not asked about again.
            self._found = {tree: answer}
        return answer

    def _copy(self, name: str, path: str) -> Path | None:
        """Return the git directory of the user's copy."""
        if self.modules is None:
            asked = ("rev-parse", "--path-format=absolute", "--git-path", "modules")
            self.modules = Path(user_git(self.checkout).line(*asked))
        places = [self.checkout / path / ".git"]
        if ".." not in PurePosixPath(name).parts and not name.startswith("/"):
            places.insert(0, self.modules / name)
        return next((place for place in places if is_folder(place / "objects")), None)

    def _open(self, copy: Path, path: str, commit: str) -> Submodule | None:
        """Return the submodule, if its copy has all that the commit consists of."""
        key = hashlib.blake2b(os.fsencode(copy), digest_size=6).hexdigest()
        folder = self.run_dir / "submodules" / key
        store = Store(folder / "store")
        with _MAKING:
            if not (folder / "ready").exists():
                remove_path(folder)
                source = Source(copy, "git", copy, None, ())
                settings = read_settings(source)
                create_store(store.git_dir, settings, source)
                write_pristine(folder / "pristine", store, source, settings)
                (folder / "ready").touch()
        if store.git.attempt("rev-list", "--objects", "--no-walk", "--quiet", commit).code != 0:
            return None
        copies = Copies(self.run_dir, self.checkout / path, copy / "modules")
        return Submodule(path, commit, key, store, folder / "pristine", copies)


def _recorded(store: Store, tree: str, paths: list[str]) -> list[tuple[str, str]]:
    """Return those of the paths at which the tree records a commit, with it."""
    if not paths:
        return []
    literal = store.git.having(GIT_LITERAL_PATHSPECS="1")
    entries = [entry.split(None, 3) for entry in split_names(literal.run("ls-tree", "-z", tree, "--", *paths))]
    return [(path, one) for mode, _, one, path in entries if mode == "160000"]
