"""The commit a run starts from: of a checkout with changes or a plain folder, with remarks on what a lane lacks.

A base that no lane could hold is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from surefoot.core.record import record
from surefoot.core.short_text import counted, listed
from surefoot.errors import WorkspaceError
from surefoot.workspace.collisions import is_case_blind, refuse_collisions
from surefoot.workspace.git import join_names, split_names, user_git
from surefoot.workspace.lfs import lfs_settings, missing_contents, own_lfs
from surefoot.workspace.partial_clone import bring_promised
from surefoot.workspace.source import Settings, Source
from surefoot.workspace.store import Store
from surefoot.workspace.submodules import Copies
from surefoot.workspace.trees import copy_index, list_differences, write_tree

_SHOWN_MAX = 3
_LFS = "lfs"


@record(kw_only=False)
class Remark:
    """Something a person should know about what a run starts from."""

    kind: str
    """A word for it."""
    text: str
    """What it is, and what to do."""


def find_start(
    source: Source, settings: Settings, store: Store, author: tuple[str, str, int], *, run: str, include_dirty: bool
) -> tuple[str, tuple[Remark, ...]]:
    """Return the commit a run starts from, made where there is none, and what lanes hold otherwise than the checkout.

    Raises:
        WorkspaceError: a lane could not hold it, or a merge is under way in the checkout.
    """
    brought = 0
    if source.head is not None:
        brought = bring_promised(source.root, source.head, settings.promisors)
    commit, nested = _commit_of(source, store, author, run=run, include_dirty=include_dirty)
    _refuse_collisions(source, settings, store, commit)
    remarks: list[Remark] = []
    if brought:
        objects = "object was" if brought == 1 else "objects were"
        text = f"the repository is a partial clone; {brought} {objects} fetched into it, for lanes hold all of a commit"
        remarks.append(Remark("partial-clone", text))
    if nested:
        text = (
            f"{_named(nested)}: a repository inside the {'checkout' if source.kind == 'git' else 'folder'}, which no "
            "commit can hold; lanes lack it. Make it a submodule, or take its `.git` away"
        )
        remarks.append(Remark("nested-repository", text))
    remarks.extend(_filter_remarks(source, store, commit))
    paths = Copies(store.git_dir.parent, source.root).missing(store, commit) if source.kind == "git" else ()
    if paths:
        text = (
            f"your copies have no checkout to give for "
            f"{counted(len(paths), 'submodule')} ({_named(paths)}): lanes hold an empty folder there. "
            "`git submodule update --init` gets them"
        )
        remarks.append(Remark("submodule-missing", text))
    return commit, tuple(remarks)


def _refuse_collisions(source: Source, settings: Settings, store: Store, commit: str) -> None:
    why = ""
    if is_case_blind(store.git_dir):
        why = f"the file system of {str(store.git_dir.parent)!r} makes no difference between them. Let $SUREFOOT_HOME "
        why += "name a folder on one that does, or rename one of the two."
    elif dict(settings.carried).get("core.ignorecase", "false").lower() == "true":
        why = f"core.ignorecase is set in {str(source.root)!r}. Rename one of the two; if the file system there tells "
        why += "them apart, set core.ignorecase to false instead."
    if why:
        refuse_collisions(split_names(store.git.run("ls-tree", "-r", "-z", "--name-only", commit)), why)


def _commit_of(
    source: Source, store: Store, author: tuple[str, str, int], *, run: str, include_dirty: bool
) -> tuple[str, tuple[str, ...]]:
    """Return the commit, and the nested repositories it cannot hold."""
    if source.kind == "git" and not include_dirty:
        assert source.head is not None
        return source.head, ()
    index = store.git_dir / "base-index"
    git = store.at(source.root, index)
    message = f"The folder as surefoot run {run} found it\n"
    if source.kind == "git":
        # The user's git works with a copy of their index, and puts objects into the run's store.
        users = user_git(source.root)
        copy_index(Path(users.line("rev-parse", "--path-format=absolute", "--git-path", "index")), index)
        settings = lfs_settings(own_lfs(store.git_dir), source.lfs)
        git = users.having(GIT_INDEX_FILE=index, GIT_OBJECT_DIRECTORY=store.objects).setting(settings)
        if git.run("ls-files", "--unmerged"):
            text = f"A merge with conflicts is under way in {str(source.root)!r}, so its files cannot be a base. "
            raise WorkspaceError(text + "Finish or abort the merge, or start without --include-dirty.")
        message = f"The uncommitted changes surefoot run {run} started from\n"
    differences = list_differences(git)
    tree = write_tree(git, source.root, differences) or git.line("write-tree")
    index.unlink(missing_ok=True)
    if source.head is not None and tree == store.tree_of(source.head):
        return source.head, differences.nested
    commit, _ = store.write_commit(source.head, tree, message, author)
    return commit, differences.nested


def _filter_remarks(source: Source, store: Store, commit: str) -> Iterator[Remark]:
    """Remark on filters that are not applied, and on contents of LFS files that are not there."""
    places = (".gitattributes", "**/.gitattributes")
    asked = ("grep", "--quiet", "--fixed-strings", "-e", "filter=", commit, "--", *places)
    attributes = store.git_dir / "info" / "attributes"
    if store.git.attempt(*asked).code != 0 and not (attributes.is_file() and b"filter=" in attributes.read_bytes()):
        return
    blobs = _filtered(store, commit)
    own = {name: paths for name, paths in blobs.items() if name == _LFS and source.kind == "git"}
    others = Counter({name: len(paths) for name, paths in blobs.items() if name not in own})
    if others:
        text = (
            f"git attributes name filters ({', '.join(sorted(others))}), which no run applies: lanes hold such files "
            "as git stores them, and what a step writes to them is committed unfiltered"
        )
        yield Remark("filters-not-applied", text)
    pointers = own.get(_LFS, {})
    absent = missing_contents(store.git, list(pointers), (own_lfs(store.git_dir), source.lfs))
    if absent:
        paths = sorted(pointers[one] for one in absent)
        text = (
            f"the contents of {counted(len(paths), 'Git LFS file')} are not in "
            f"{str(source.lfs)!r} ({_named(paths)}): lanes hold the pointers. `git lfs fetch` gets the contents"
        )
        yield Remark("lfs-missing", text)


def _filtered(store: Store, commit: str) -> dict[str, dict[str, str]]:
    """Return the files that have a filter: path by blob, by filter."""
    index = store.git_dir / "base-index"
    git = store.at(store.git_dir, index)
    git.run("read-tree", commit)
    entries = [entry.split(" ", 2) for entry in split_names(git.run("ls-files", "-z", "--stage"))]
    blobs = {rest.partition("\t")[2]: one for mode, one, rest in entries if mode.startswith("100")}
    said = split_names(git.run("check-attr", "--cached", "-z", "--stdin", "filter", stdin=join_names(blobs)))
    index.unlink()
    found: dict[str, dict[str, str]] = {}
    for path, name in zip(said[::3], said[2::3], strict=True):
        if name not in {"unspecified", "unset", "set"}:
            found.setdefault(name, {})[blobs[path]] = path
    return found


def _named(paths: Sequence[str]) -> str:
    return listed(map(repr, paths), _SHOWN_MAX)
