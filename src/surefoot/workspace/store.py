"""The store: trees and commits of the run, in a repository that bodies cannot write.

It borrows the user's objects, and makes its own durable.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.errors import WorkspaceError
from surefoot.workspace.folder_files import write_file
from surefoot.workspace.git import Git, own_git, split_names
from surefoot.workspace.lfs import lfs_settings, own_lfs
from surefoot.workspace.source import IDENTITY, Settings, Source, config_text

_FSYNC_EACH_MAX = 256
_NO_OBJECT_MODES = frozenset({"000000", "160000"})
"""Of what is gone, and of a submodule, whose commit lies elsewhere."""


@record(kw_only=False)
class Merge:
    """What came of bringing two results together."""

    tree: str | None
    """The tree with both; None: they conflict."""
    conflicts: tuple[str, ...] = ()
    """The paths at which they do."""


@record(kw_only=False)
class Changes:
    """How a tree differs from an older one."""

    paths: tuple[str, ...]
    """The paths at which they differ; a renamed file counts as two."""
    objects: tuple[str, ...]
    """Trees and blobs it has there, and the older one does not have there."""
    after: Mapping[str, str] = field(default_factory=dict[str, str])
    """By path the mode and the id of what it has there; zeros for what is gone."""


@record(kw_only=False)
class Store:
    """A repository without checkout or refs, used with the index and work tree of whichever lane is asked about."""

    git_dir: Path
    """Where it lies."""

    @property
    def objects(self) -> Path:
        """Return its object folder."""
        return self.git_dir / "objects"

    @property
    def git(self) -> Git:
        """Return git for questions about objects alone."""
        return own_git(self.git_dir, self.git_dir)

    def at(self, folder: Path, index: Path) -> Git:
        """Return git for questions about the files in `folder`, held against `index`."""
        return own_git(folder, self.git_dir).having(GIT_WORK_TREE=folder, GIT_INDEX_FILE=index)

    def tree_of(self, commit: str) -> str:
        """Return the id of a commit's tree."""
        return self.git.line("rev-parse", "--verify", f"{commit}^{{tree}}")

    def absent(self, trees: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
        """Return those of the words that stand in no text and in no path of these trees; none if git cannot look."""
        asked = (argument for word in words for argument in ("-e", word))
        said = self.git.attempt("grep", "-I", "-h", "-o", "-w", "-F", "--no-color", *asked, *trees, "--")
        found = set(os.fsdecode(said.out).splitlines())
        missing = [word for word in words if word not in found] if said.code <= 1 else []
        paths = "".join(
            os.fsdecode(self.git.run("ls-tree", "-r", "-z", "--name-only", one)) for one in trees if missing
        )
        return tuple(word for word in missing if word not in paths)

    def changes(self, old: str, new: str) -> Changes:
        """Compare two trees."""
        if old == new:
            return Changes((), ())
        said = split_names(self.git.run("diff-tree", "-r", "-t", "-z", "--raw", "--no-renames", old, new))
        paths: list[str] = []
        gone: set[str] = set()
        found = {new: None}
        after: dict[str, str] = {}
        for entry, path in zip(said[::2], said[1::2], strict=True):
            _, mode, before, now, _ = entry.split(" ")
            gone.add(before)
            if "040000" not in (entry[1:7], mode):
                paths.append(path)
                after[path] = f"{mode} {now}"
            if mode not in _NO_OBJECT_MODES:
                found[now] = None
        return Changes(tuple(paths), tuple(one for one in found if one not in gone), after)

    def new_objects(self, commit: str, known: Iterable[str]) -> tuple[str, ...]:
        """Return the objects `commit` adds to those reachable from the commits `known`."""
        args = ("rev-list", "--objects", "--no-object-names", commit, *(f"^{one}" for one in known))
        return tuple(self.git.run(*args).decode().split())

    def merge(self, git: Git, base: str, tree: str, onto: str, *, is_apart: bool = False) -> Merge:
        """Bring what `tree` changes relative to the commit `base` onto the commit `onto`, which descends from `base`.

        Where it does not (`is_apart`), both are given a base of their own: else git would go by history, and keep what
        was taken off the branch.

        Nothing is checked out, and no ref moves. Renamed folders are not guessed at: a file stays where it was written.
        The attributes are those of the files that `git` is set up for: what is marked `-merge` conflicts.
        """
        # merge-tree finds the base by history, so the tree is given one.
        if is_apart:
            base = self.with_tree(None, f"{base}^{{tree}}")
            onto = self.with_tree(base, f"{onto}^{{tree}}")
        theirs = self.with_tree(base, tree)
        options = ("-c", "merge.directoryRenames=false", "-c", "merge.conflictStyle=merge")
        ending = git.attempt(*options, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", onto, theirs)
        if ending.code not in {0, 1}:
            raise WorkspaceError(f"git could not merge {tree} into {onto}: {ending.err}", onto=onto, tree=tree)
        merged, *paths = split_names(ending.out)
        return Merge(None if ending.code else merged, tuple(dict.fromkeys(path for path in paths if path)))

    def with_tree(self, parent: str | None, tree: str) -> str:
        """Return a commit of `tree` on `parent` that no ref names."""
        on = () if parent is None else ("-p", parent)
        return self._git_as(*IDENTITY, 0).line("commit-tree", tree, *on)

    def write_commit(
        self,
        parent: str | None,
        tree: str,
        message: str,
        author: tuple[str, str, int],
        changes: Changes | None = None,
    ) -> tuple[str, tuple[str, ...]]:
        """Write a commit durably; return its id and the objects it adds to its parent. No ref moves.

        `changes` are those since the parent's tree, where they are known.
        """
        parents = () if parent is None else ("-p", parent)
        text = message.encode("utf-8", "surrogateescape")
        commit = self._git_as(*author).line("commit-tree", tree, *parents, stdin=text)
        if changes is None:
            added = self.new_objects(commit, () if parent is None else (parent,))
        else:
            added = (commit, *changes.objects)
        self.keep(added)
        return commit, added

    def _git_as(self, name: str, email: str, at_s: int) -> Git:
        """Return git with the author and committer of the commits it writes."""
        words = (("NAME", name), ("EMAIL", email), ("DATE", f"@{at_s} +0000"))
        return self.git.having(**{f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in words})

    def keep(self, objects: Sequence[str]) -> None:
        """Make sure the store itself has these objects, durably.

        git leaves out what it can borrow. But what is borrowed from a branch the user deletes tomorrow is gone then, so
        it is copied.
        """
        borrowed = [one for one in objects if not self._path(one).exists()]
        if borrowed:
            self._copy_borrowed(borrowed)
        if len(objects) > _FSYNC_EACH_MAX:
            os.sync()
            return
        for one in objects:
            safe_open.sync(self._path(one))

    def lend(self, objects: Sequence[str], to: Path) -> None:
        """Put these objects into another object folder, as links where possible (an object never changes).

        Raises:
            WorkspaceError: one is missing here, or cannot be written there.
        """
        for one in objects:
            target = to / one[:2] / one[2:]
            if target.exists():
                continue
            if not self._path(one).exists():
                message = f"The object {one} is missing from the run's own store {str(self.git_dir)!r}. "
                raise WorkspaceError(message + "Something outside Surefoot removed it.", object=one)
            try:
                self._lend_one(one, target)
            except OSError as error:
                message = f"The commits cannot be written to {str(to)!r}: {error.strerror}. "
                raise WorkspaceError(message + "They are kept in the run's own store.", path=str(to)) from error

    def _lend_one(self, one: str, target: Path) -> None:
        folder = target.parent
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            folder.chmod(folder.parent.stat().st_mode & 0o7777)
        try:
            os.link(self._path(one), target)
        except FileExistsError:
            return
        except OSError:
            write_file(target, self._path(one).read_bytes())
            target.chmod(0o444)

    def _path(self, one: str) -> Path:
        return self.objects / one[:2] / one[2:]

    def _copy_borrowed(self, objects: Sequence[str]) -> None:
        out = self.git.run("cat-file", "--batch", stdin="\n".join(objects).encode())
        at = 0
        for one in objects:
            end = out.index(b"\n", at)
            _, kind, size = out[at:end].split(b" ")
            at = end + 1 + int(size)
            content = out[end + 1 : at]
            at += 1
            target = self._path(one)
            target.parent.mkdir(exist_ok=True)
            write_file(target, zlib.compress(b"%s %s\0" % (kind, size) + content, 1))
            target.chmod(0o444)


def create_store(git_dir: Path, settings: Settings, source: Source) -> Store:
    """Make a store that borrows the objects of the user's repository, if they have one."""
    borrow_from = source.git_dir
    algorithm = dict(settings.carried).get("extensions.objectformat", "sha1")
    git_dir.mkdir(parents=True)
    made = own_git(git_dir, git_dir)
    made.run("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}", "--initial-branch=main", ".")
    carried = {key: value for key, value in settings.carried if not key.startswith("extensions.")}
    # Durability is the store's own affair: what a failed attempt leaves behind need not reach the disk.
    ours = {"core.safecrlf": "false", "core.fsync": "none", "core.looseCompression": "1", "gc.auto": "0"}
    lfs = () if borrow_from is None else lfs_settings(own_lfs(git_dir), source.lfs)
    config = (git_dir / "config").read_bytes() + config_text([*carried.items(), *ours.items(), *lfs])
    write_file(git_dir / "config", config)
    for name, content in (("exclude", settings.excludes), ("attributes", settings.attributes)):
        (git_dir / "info").mkdir(exist_ok=True)
        write_file(git_dir / "info" / name, content)
    if borrow_from is not None:
        write_file(git_dir / "objects/info/alternates", os.fsencode(borrow_from / "objects") + b"\n")
        if (borrow_from / "shallow").is_file():
            shutil.copyfile(borrow_from / "shallow", git_dir / "shallow")
    return Store(git_dir)
