"""A run's own workspace: store, clones, lanes, and the run's refs in the user's repository.

Every operation may be repeated after a kill.

```
run_dir/                      $SUREFOOT_HOME/runs/RUN
    workspace.json            what was made, named so last: until then it is `claimed.json`, and nothing was
    store/                    the run's objects; bodies never write here
    pristine/                 what the clones shall look like
    clones/NAME               the repository the bodies of a lane see; they may write here
    lanes/NAME, homes/NAME    its worktree and a scratch home; bodies write here
    indexes/NAME/             how the files of a lane were when it was right
    removed/                  lanes that are being deleted
    submodules/KEY            store and pristine clone of a submodule
```
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from surefoot import faults
from surefoot.core.regex import regex
from surefoot.errors import RunExists, WorkspaceError, WorkspaceMissing
from surefoot.settings.lane_limits import LaneLimits
from surefoot.workspace.base_commit import Remark, find_start
from surefoot.workspace.clone import write_pristine
from surefoot.workspace.folder_files import make_folder, remove_path, remove_soon, size_of, write_file
from surefoot.workspace.git import PATCH, git_version, split_names, user_git
from surefoot.workspace.lanes import Lane, Restored
from surefoot.workspace.lfs import lend_contents, own_lfs, users_lfs
from surefoot.workspace.refs import Published, Refs
from surefoot.workspace.source import Source, SourceKind, read_settings
from surefoot.workspace.store import Changes, Merge, Store, create_store
from surefoot.workspace.submodules import Copies

if TYPE_CHECKING:
    from surefoot.workspace.landings import Landing

_LANE_PARTS = ("lanes", "homes", "clones", "indexes")
_LANDING = ("indexes", "landing")
"""What lies among the parts of lanes and is none."""
_REMOVED = "removed"
"""Where lanes that are thrown away wait for it."""
_PARTS = ("workspace.json", "claimed.json", "store", "pristine", "clones", "lanes", "homes", "indexes", "submodules")
_FORMAT = "1"
_LANE_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class _Record(TypedDict):
    """What `workspace.json` holds."""

    format: str
    run: str
    kind: SourceKind
    root: str
    git_dir: str | None
    base: str
    base_tree: str
    name: str
    email: str


class RunWorkspace:
    """Where a run works. Different lanes may be used at once from different places, one lane may not."""

    def __init__(self, run_dir: Path, record: _Record, limits: LaneLimits | None = None) -> None:
        """Know where everything lies; use `create` or `open`."""
        run_dir = run_dir.resolve()
        self._run_dir = run_dir
        self.limits = limits or LaneLimits()
        """How much a step may write and keep."""
        self._record = record
        self._store = Store(run_dir / "store")
        self._copies = Copies(run_dir, Path(record["root"])) if record["git_dir"] is not None else None
        self._lanes: dict[str, Lane] = {}
        self._trees: dict[str, str] = {record["base"]: record["base_tree"]}
        self._last_changes: tuple[str, str, Changes] = ("", "", Changes((), ()))
        self._since_base: tuple[str, tuple[str, ...]] = ("", ())
        """Two trees that were compared last: what is committed next, as a rule."""
        self._last_added: tuple[str, str, tuple[str, ...]] = ("", "", ())
        """The commit written last, its parent, and the objects it adds to it: what is published next, as a rule."""
        self.root = Path(record["root"])
        self.remarks: tuple[Remark, ...] = ()
        """What a person should know about what the run starts from; told when it is created."""
        # The run's refs stand in the user's repository, or in the store when the user has none.
        self._refs = Refs(self._store.git, self._store.git_dir, record["run"])
        if self.git_dir is not None:
            git = user_git(self.git_dir).having(GIT_DIR=self.git_dir, GIT_OPTIONAL_LOCKS="1")
            self._refs = Refs(git, self.git_dir, record["run"])

    @classmethod
    def create(
        cls, run_dir: Path, source: Source, run: str, *, include_dirty: bool, at: float, base: str | None = None
    ) -> RunWorkspace:
        """Make the workspace of a new run, and a ref in the user's repository that keeps what it borrows.

        What an earlier, killed call left behind is removed first.

        Args:
            run_dir: the run's own folder.
            source: what the run shall change.
            run: the run's id.
            include_dirty: start from what is in the checkout rather than from HEAD.
            at: the time, in seconds since the epoch; the base commit bears it where one is made.
            base: start from this commit of the repository rather than from HEAD.

        Raises:
            RunExists: the repository already has a run of that name.
            WorkspaceError: the checkout is in the middle of a merge, or git failed.
        """
        faults.point("workspace.create.before")
        run_dir = run_dir.resolve()
        git_version()
        for part in _PARTS:
            remove_path(run_dir / part)
        source = source if base is None else replace(source, head=base)
        settings = read_settings(source)
        store = create_store(run_dir / "store", settings, source)
        author = (settings.name, settings.email, int(at))
        base, remarks = find_start(source, settings, store, author, run=run, include_dirty=include_dirty)
        record = _Record(
            format=_FORMAT,
            run=run,
            kind=source.kind,
            root=str(source.root),
            git_dir=None if source.git_dir is None else str(source.git_dir),
            base=base,
            base_tree=store.tree_of(base),
            name=settings.name,
            email=settings.email,
        )
        workspace = cls(run_dir, record)
        workspace.remarks = remarks
        text = json.dumps(record, indent=1)
        write_file(run_dir / "claimed.json", text.encode("utf-8", "surrogateescape"))
        workspace._claim_base(source)
        faults.point("workspace.create.claimed")
        write_pristine(run_dir / "pristine", store, source, settings)
        (run_dir / "claimed.json").replace(run_dir / "workspace.json")
        faults.point("workspace.create.after")
        return workspace

    @classmethod
    def remove_unfinished(cls, run_dir: Path) -> None:
        """Remove what a killed `create` left in the user's repository: the ref that keeps the base."""
        for name in ("claimed.json", "workspace.json"):
            with suppress(FileNotFoundError, NotADirectoryError):
                workspace = cls(run_dir, _read_record(run_dir / name))
                if not workspace._refs.git_dir.is_dir():
                    continue
                workspace._refs.unlock()
                found = workspace._refs.read()
                place, head = workspace._refs.name("base"), workspace._refs.name("head")
                if head not in found.commits and found.commits.get(place) == workspace.base:
                    workspace._refs.write({place: (workspace.base, None)})

    @classmethod
    def open(cls, run_dir: Path, source_root: Path, run: str, *, limits: LaneLimits | None = None) -> RunWorkspace:
        """Return the workspace of a run that was created before for the folder `source_root`.

        Raises:
            WorkspaceMissing: it, or the repository it belongs to, is gone.
        """
        git_version()
        try:
            record = _read_record(run_dir / "workspace.json")
        except (FileNotFoundError, NotADirectoryError) as error:
            message = (
                f"The workspace of run {run} in {str(run_dir)!r} is gone. The verified commits are still on the branch "
                f"surefoot/{run} of the repository; `surefoot report {run}` says how far the run got. Start a new run "
                "to do the rest."
            )
            raise WorkspaceMissing(message, run=run, path=str(run_dir)) from error
        workspace = cls(run_dir, record, limits)
        assert workspace.root == source_root, "the journal and workspace.json name different folders"
        if gone := workspace.missing():
            raise _unusable(run, gone)
        return workspace

    # --- what it is

    @property
    def base(self) -> str:
        """Return the commit the run started from."""
        return self._record["base"]

    @property
    def base_tree(self) -> str:
        """Return the tree of that commit."""
        return self._record["base_tree"]

    @property
    def kind(self) -> SourceKind:
        """Return whether the user's place is a repository or a plain folder."""
        return self._record["kind"]

    @property
    def git_dir(self) -> Path | None:
        """Return the folder of the user's repository itself; None: the user's place is a plain folder."""
        return None if self._record["git_dir"] is None else Path(self._record["git_dir"])

    def clone_path(self, name: str) -> Path:
        """Return the repository that the lane `name` is a worktree of; commands there must be able to write it."""
        return self._lane(name).clone.path

    @property
    def readable(self) -> tuple[Path, ...]:
        """Return what commands in lanes must be able to read beside a lane and its clone."""
        borrowed = _alternates(self._store.objects)
        user = [] if self.git_dir is None else [self.root, self.git_dir]
        return tuple(dict.fromkeys([self._store.git_dir, *user, *borrowed]))

    def repository(self, name: str, commit: str) -> Path:
        """Return the clone of the lane `name`, as it is without a body's work, with `commit` as its HEAD."""
        self.reset_refs(name, commit)
        return self.clone_path(name)

    def checked_out(self, name: str) -> str | None:
        """Return the commit that a body has checked out in the lane `name`; None when that cannot be told."""
        return self._lane(name).clone.head(name)

    def mend_settings(self, name: str) -> None:
        """Put back what decides which programs git runs in the lane `name`; refs and what is checked out stay."""
        self._lane(name).mend_settings()

    def lane_path(self, name: str) -> Path:
        """Return where the lane `name` is checked out."""
        return self._lane(name).root

    def home_path(self, name: str) -> Path:
        """Return the scratch home that lives as long as the lane."""
        return self._lane(name).home

    def missing(self, head: str | None = None) -> tuple[str, ...]:
        """Say what of the workspace is gone: folders, what it borrows, objects of base or `head`."""
        parts = [self._run_dir / name for name in ("store", "pristine")]
        gone = [f"the folder {str(part)!r} is gone" for part in parts if not part.is_dir()]
        gone += self._missing_of_user()
        if gone:
            return tuple(gone)
        commits = [self.base] if head is None else [self.base, head]
        ending = self._store.git.attempt("rev-list", "--objects", "--no-walk", "--quiet", *commits)
        if ending.code != 0:
            return (f"objects of {' or '.join(commits)} are missing ({ending.err})",)
        return ()

    def refuse_without_repository(self) -> None:
        """Refuse to go on where the user's repository, or one that it borrows from, was deleted or moved.

        Raises:
            WorkspaceMissing: it is gone; the message names the folder.
        """
        if gone := self._missing_of_user():
            raise _unusable(self._record["run"], gone)

    def _missing_of_user(self) -> tuple[str, ...]:
        gone = [] if self.root.is_dir() else [f"the user's folder {str(self.root)!r} is gone"]
        places = _alternates(self._store.objects)
        gone.extend(f"the object folder {str(place)!r} is gone" for place in places if not place.is_dir())
        return tuple(gone)

    # --- lanes

    def open_lane(self, name: str, commit: str, *, fresh: bool = False, used: Sequence[str] = ()) -> Path:
        """Make the lane `name` hold `commit`, as a new one if `fresh`, and return where it is.

        A new one may take over the files of a `used` lane that are as a checkout writes them: the lane is gone then.
        """
        faults.point("workspace.open_lane.before")
        lane = self._lane(name)
        if fresh:
            lane.throw_away()
            any(lane.take_files(self._lane(one), self.commit_tree_of(commit)) for one in used)
        self.reset_refs(name, commit)
        self._restore(lane, commit, ())
        faults.point("workspace.open_lane.after")
        return lane.root

    def keep_prepared(self, name: str) -> tuple[str, ...]:
        """Treat as ignored what prepare has just made in a lane that held its commit; return what git would not ignore.

        A folder without tracked files is named, and ignored, as a whole.
        """
        return self._lane(name).keep_prepared()

    def ignore_artifacts(self, name: str, paths: Sequence[str]) -> None:
        """Treat these paths of a lane as ignored, and no others that were named here before."""
        self._lane(name).ignore_artifacts(paths)

    def tracked(self, name: str) -> frozenset[str]:
        """Return the paths of the commit a lane was put to."""
        return self._lane(name).tracked()

    def checkpoint_of(self, name: str) -> str | None:
        """Return the tree that a lane was last put to as a point to come back to; None: that is not known."""
        return self._lane(name).checkpoint

    def tracks_any(self, name: str, endings: tuple[str, ...]) -> bool:
        """Tell whether the commit a lane was put to has a file whose path ends like that."""
        return self._lane(name).tracks_any(endings)

    def make_way(self, name: str, path: str, *, is_folder: bool) -> None:
        """Make folders down to a path of a lane, and remove what stands in its place, never through a link."""
        self._lane(name).make_way(path, is_folder=is_folder)

    def remove_from_lane(self, name: str, path: str) -> None:
        """Remove a path of a lane, and folders that are empty after that, never through a link."""
        self._lane(name).remove(path)

    def empty_home(self, name: str) -> None:
        """Remove what lies in the scratch home of a lane."""
        home = self._lane(name).home
        for path in home.iterdir() if home.is_dir() else ():
            remove_path(path)

    def adopt(self, name: str, commit: str) -> None:
        """Go on with a lane whose checkpoint an earlier program took at `commit`; no file is touched."""
        self._lane(name).adopt(self.commit_tree_of(commit))

    def restore(self, name: str, commit: str, *, exclude: Sequence[str] = (), settled: bool = False) -> Restored:
        """Put tracked and untracked files of a lane back to `commit`, and everything git was in the middle of.

        Untracked files that match `exclude` (artifacts and scratch) stay, as ignored ones do; `__pycache__` does not.
        The caller may say that the lane is `settled`: that nobody else can have written there since it was last looked
        at as a whole. What was found then still holds, and is not looked at again.

        Raises:
            RestoreFailed: the lane does not hold the commit's tree afterwards.
        """
        faults.point("workspace.restore.before")
        restored = self._restore(self._lane(name), commit, exclude, settled=settled)
        faults.point("workspace.restore.after")
        return restored

    def tree(self, name: str, *, exclude: Sequence[str] = (), within_s: float | None = None) -> str:
        """Return the tree of a lane's files: tracked ones, and untracked ones that are not ignored.

        Of the paths that match `exclude`, untracked ones are left out and tracked ones are as in the checkpoint. So are
        submodules; repositories inside the lane are left out.

        Raises:
            EffectError: there is more to read than the limits allow, or it takes longer than `within_s`.
        """
        return self._lane(name).tree(exclude, within_s)

    def take_committed_form(self, name: str, tree: str) -> tuple[str, ...]:
        """Make what git converts in a lane that holds `tree` look as a checkout writes it; return what was changed."""
        return self._lane(name).take_committed_form(tree)

    def written(self, name: str, *, exclude: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the paths at which a lane differs from its checkpoint, gone ones included; nothing is stored."""
        return self._lane(name).written(exclude)

    def changed_submodules(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return what of a lane's submodules differs, by submodule: no commit of the repository can hold that."""
        return self._lane(name).changed_submodules()

    def put_back_submodules(self, name: str) -> None:
        """Make the submodules of a lane what they are in its checkpoint."""
        self._lane(name).put_back_submodules()

    def place(self, name: str, commit: str, tree: str, *, exclude: Sequence[str] = ()) -> None:
        """Make a lane hold the files of `tree` with `commit` checked out; what matches `exclude` may stay."""
        faults.point("workspace.place.before")
        lane = self._lane(name)
        if lane.checkpoint != self.commit_tree_of(commit):
            self._restore(lane, commit, exclude)
        left = self.changes(tree, lane.tree(exclude))
        if left:
            lane.put_back(tree, left)
        faults.point("workspace.place.after")

    def hold(self, name: str, commit: str, tree: str, *, exclude: Sequence[str] = ()) -> None:
        """Put a lane to `tree` as if it were that of `commit`: what `prepare` makes there is then told from a result.

        Untracked files that match `exclude` stay. `place` or `restore` puts the lane back to the commit's own tree.
        """
        self._lane(name).restore(commit, tree, exclude)

    def put_back(self, name: str, tree: str, paths: Sequence[str]) -> None:
        """Make these paths of a lane what they are in `tree`; those it does not have are removed."""
        faults.point("workspace.put_back.before")
        self._lane(name).put_back(tree, paths)
        faults.point("workspace.put_back.after")

    def ignored_state(
        self, name: str, caches: Sequence[str], *, exclude: Sequence[str] = (), settled: bool = False
    ) -> str:
        """Return a digest over what of a lane is in no tree, save caches.

        Args:
            name: the lane.
            caches: globs of files that may change freely, on top of the caches by fixed names.
            exclude: the globs `tree` leaves out; what they match is looked at here.
            settled: as for `restore`; which paths are ignored is not found out again.
        """
        return self._lane(name).ignored_state(caches, exclude, settled=settled)

    def not_held(self, name: str, *, settled: bool = False) -> tuple[str, ...]:
        """Return the ignored paths of a lane, which no restore puts back; a folder as one path ending in a slash."""
        return self._lane(name).ignored_paths(settled=settled)

    def cache_folders(self, name: str, *, settled: bool = False) -> tuple[str, ...]:
        """Return the folders of a lane that have the fixed name of a cache and lie in no other ignored folder."""
        return self._lane(name).cache_folders(settled=settled)

    # --- commits and refs

    def commit_tree_of(self, commit: str) -> str:
        """Return the tree of a commit."""
        tree = self._trees.get(commit)
        if tree is None:
            tree = self._trees[commit] = self._store.tree_of(commit)
        return tree

    def files(self, commit: str) -> tuple[str, ...]:
        """Return the paths of the files of a commit."""
        return split_names(self._store.git.run("ls-tree", "-r", "-z", "--name-only", commit))

    def blobs(self, commit: str) -> dict[str, tuple[str, int]]:
        """Return the files of a commit: the path of each with the id and the size, in bytes, of its content."""
        rows = [row.partition("\t") for row in split_names(self._store.git.run("ls-tree", "-r", "-l", "-z", commit))]
        found = [(path, facts.split()) for facts, _, path in rows]
        return {path: (blob, int(size)) for path, (_, kind, blob, size) in found if kind == "blob"}

    def found(self, tree: str, paths: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return those of the paths that are files of a tree, with the id and the size, in bytes, of their contents."""
        asked = [path for path in paths if "\n" not in path]
        if not asked:
            return {}
        questions = "".join(f"{tree}:{path}\n" for path in asked).encode("utf-8", "surrogateescape")
        rows = self._store.git.run("cat-file", "--batch-check", stdin=questions).decode("utf-8", "replace").split("\n")
        answers = [(path, row.split(" ")) for path, row in zip(asked, rows, strict=False)]
        return {path: (row[0], int(row[2])) for path, row in answers if row[1:2] == ["blob"]}

    def entries(self, commit: str) -> dict[str, tuple[str, str]]:
        """Return what a commit holds: the mode and the object of each path, of a submodule its commit."""
        rows = [row.partition("\t") for row in split_names(self._store.git.run("ls-tree", "-r", "-z", commit))]
        return {path: (facts.split()[0], facts.split()[2]) for facts, _, path in rows}

    def commits_between(self, since: str, until: str) -> tuple[str, ...]:
        """Return the commits after `since` up to `until`, the latest first."""
        return () if since == until else tuple(self._store.git.line("rev-list", f"{since}..{until}").split())

    def history(self, until: str, count: int) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Return the latest so many commits: id, subject, and the paths that each changed."""
        asked = ("log", f"-{count}", "-z", "--name-only", "--no-renames", "--format=%x01%H%x00%s%x00", until)
        rows = self._store.git.run(*asked).decode("utf-8", "replace").split("\x01")[1:]
        parts = (row.split("\0") for row in rows)
        return tuple((one[0], one[1], tuple(path for each in one[2:] if (path := each.strip("\n")))) for one in parts)

    def changed_in(self, commits: Sequence[str]) -> frozenset[str]:
        """Return the paths that any of these commits has changed."""
        plainly = ("-r", "-m", "-z", "--name-only", "--no-commit-id", "--no-renames")
        given = "".join(f"{commit}\n" for commit in commits).encode("ascii")
        return frozenset(split_names(self._store.git.run("diff-tree", "--stdin", *plainly, stdin=given)))

    def content(self, blob: str) -> bytes:
        """Return the content of a file by its id."""
        return self._store.git.run("cat-file", "blob", blob)

    def absent(self, trees: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
        """Return those of the words that stand in no text and in no path of these trees."""
        return self._store.absent(trees, words) if words else ()

    def difference(self, old: str, new: str, path: str) -> bytes:
        """Return the changes of one file between two commits, as a patch."""
        plainly = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
        return self._store.git.run("diff", *plainly, old, new, "--", f":(top,literal){path}")

    def patch(self, old_tree: str, new_tree: str, path: str | None = None) -> bytes:
        """Return what differs between two trees, or of that one path, as a patch that `apply_patch` takes."""
        only = () if path is None else ("--", f":(top,literal){path}")
        return self._store.git.run(*PATCH, old_tree, new_tree, *only)

    def files_of_lane(self, name: str) -> tuple[str, ...]:
        """Return the paths of a lane's files: tracked ones, and untracked ones that are not ignored."""
        return self._lane(name).files()

    def trailer(self, commit: str, key: str) -> str | None:
        """Return the value of a trailer of a commit's message; None if it has none of that name."""
        found = self._store.git.line("log", "-1", f"--format=%(trailers:key={key},valueonly)", commit).strip()
        return found or None

    def changes(self, old_tree: str, new_tree: str) -> tuple[str, ...]:
        """Return the paths at which two trees differ; a renamed file counts as two."""
        return self._compare(old_tree, new_tree).paths

    def keep_tree(self, old_tree: str, new_tree: str) -> None:
        """Keep what a tree has and an older one has not, durably, though no commit holds it."""
        self._store.keep(self._compare(old_tree, new_tree).objects)

    def digest_of_changes(self, old_tree: str, new_tree: str, paths: Sequence[str]) -> str:
        """Name what changed at these paths, so that equal changes have one name on whatever they were made."""
        after = self._compare(old_tree, new_tree).after
        lines = (f"{path}\0{after.get(path, '')}\0".encode("utf-8", "surrogateescape") for path in paths)
        return hashlib.sha256(b"".join(lines)).hexdigest()[:24]

    def deleted(self, old_tree: str, new_tree: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Return those of the paths at which the old tree has something and the new one nothing."""
        after = self._compare(old_tree, new_tree).after
        return tuple(path for path in paths if after.get(path, "").startswith("000000"))

    def _compare(self, old_tree: str, new_tree: str) -> Changes:
        if self._last_changes[:2] == (old_tree, new_tree):
            return self._last_changes[2]
        found = self._store.changes(old_tree, new_tree)
        if old_tree != new_tree:
            self._last_changes = (old_tree, new_tree, found)
        return found

    def since_base(self, tree: str) -> tuple[str, ...]:
        """Return the paths at which a tree differs from the one that the run began from."""
        known, paths = self._since_base
        if known != tree:  # several checks are asked of one tree
            paths = self._store.changes(self.base_tree, tree).paths
            self._since_base = (tree, paths)
        return paths

    def count_lines(self, old_tree: str, new_tree: str) -> int:
        """Return how many lines were added and taken away between two trees; files that are not text count none."""
        out = self._store.git.run("diff-tree", "-r", "--numstat", "-z", "--no-renames", old_tree, new_tree)
        rows = (row.split("\t", 2) for row in split_names(out))
        return sum(int(number) for row in rows for number in row[:2] if number.isdigit())

    def merge(
        self, name: str, base: str, tree: str, onto: str, *, onto_tree: str | None = None, is_apart: bool = False
    ) -> Merge:
        """Bring what `tree` changes relative to the commit `base` onto the commit `onto`; no file is touched.

        With `onto_tree` it is brought onto these files, in place of those of `onto`. `is_apart` says that `onto` does
        not descend from `base`. The lane `name` has the attributes that say how files are merged.
        """
        faults.point("workspace.merge.before")
        if onto_tree is not None and onto_tree != self.commit_tree_of(onto):
            onto = self._store.with_tree(onto, onto_tree)
        merged = self._store.merge(self._lane(name).git, base, tree, onto, is_apart=is_apart)
        faults.point("workspace.merge.after")
        return merged

    def authors(self, since: str, until: str, paths: Sequence[str], key: str) -> tuple[str, ...]:
        """Return the trailer `key` of the commits after `since` up to `until` that changed one of the paths."""
        if not paths:
            return ()
        literal = (f":(top,literal){path}" for path in paths)
        asked = (f"--format=%(trailers:key={key},valueonly)", f"{since}..{until}", "--", *literal)
        return tuple(dict.fromkeys(filter(None, self._store.git.line("log", *asked).split("\n"))))

    def write_commit(self, tree: str, parent: str, message: str, *, at: float) -> str:
        """Write a commit durably, in the user's name, and return its id. No ref moves.

        After this the commit outlives a power cut, and whatever the user deletes or collects in their repository.
        """
        faults.point("workspace.write_commit.before")
        author = (self._record["name"], self._record["email"], int(at))
        old, new, changes = self._last_changes
        known = changes if (old, new) == (self.commit_tree_of(parent), tree) else None
        commit, added = self._store.write_commit(parent, tree, message, author, known)
        self._trees[commit] = tree
        self._last_added = (commit, parent, added)
        faults.point("workspace.write_commit.after")
        return commit

    def publish(self, new: str, old: str | None, *, kept: int | None = None) -> Published:
        """Let the run's refs in the user's repository follow to `new`. Repeating it is harmless.

        Args:
            new: where the journal says the run is.
            old: where the journal last put it; None when it was never put anywhere.
            kept: number under which `old` is kept, when the run goes back.

        Raises:
            WorkspaceError: a lock file of another git is in the way, or git failed.
        """
        faults.point("workspace.publish.before")
        self._refs.unlock()
        found = self._refs.read()
        if self.kind == "git":
            known = (found.commits.get(self._refs.name("head")), self.base)
            self._lend(new, [one for one in known if one is not None])
        faults.point("workspace.publish.fetched")
        published = self._refs.publish(found, new, old, kept)
        faults.point("workspace.publish.after")
        return published

    def branch_state(self) -> str | None:
        """Return the commit the run's branch is at; None if there is no such branch."""
        return self._refs.read().commits.get(self._refs.branch)

    def published(self) -> str | None:
        """Return the commit this run published last; None if it published none."""
        return self._refs.read().commits.get(self._refs.name("head"))

    def users_commit(self, ref: str) -> str | None:
        """Return the commit a ref of the user's repository is at; None if there is no such ref."""
        ending = user_git(self.root).attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return ending.out.decode().strip() if ending.code == 0 else None

    def is_within(self, commit: str, head: str) -> bool:
        """Tell whether a commit is part of the history of another."""
        return self._store.git.attempt("merge-base", "--is-ancestor", commit, head).code == 0

    def apply_patch(self, name: str, commit: str, patch: bytes, *, exclude: Sequence[str] = ()) -> None:
        """Make a lane hold a commit and, on top of it, what a patch says.

        Raises:
            WorkspaceError: the patch does not fit.
        """
        lane = self._lane(name)
        self._restore(lane, commit, exclude)
        lane.apply_patch(patch)

    def is_held_elsewhere(self, commit: str) -> bool:
        """Tell whether the user's repository or folder has the commit's work without the run."""
        if self.kind != "git":
            landed = self._refs.read().commits.get(self._refs.name("landed"))
            return landed is not None and self.commit_tree_of(landed) == self.commit_tree_of(commit)
        ending = self._refs.git.attempt("for-each-ref", "--format=%(refname)", "--contains", commit)
        names = os.fsdecode(ending.out).split() if ending.code == 0 else []
        return any(not name.startswith("refs/surefoot/") for name in names)

    def reset_refs(self, name: str, head: str) -> None:
        """Put refs, settings and hooks of a lane's clone back to what they should be, whatever a body did to them."""
        faults.point("workspace.reset_refs.before")
        self._lane(name).clone.mend(head, name)
        faults.point("workspace.reset_refs.after")

    @cached_property
    def landing(self) -> Landing:
        """Return how the run's result gets into the user's checkout or folder, and out of it again."""
        from surefoot.workspace.landings import Landing  # no run needs it

        return Landing(
            root=self.root,
            is_repository=self.kind == "git",
            base=self.base,
            run=self._record["run"],
            store=self._store,
            refs=self._refs,
            index=self._run_dir.joinpath(*_LANDING),
            lend=self.lend,
        )

    def lend(self, commit: str) -> None:
        """Give the user's repository all objects of a commit of the run."""
        self._lend(commit, [self.base])

    def size_of_lanes(self) -> int:
        """Return how many bytes all lanes take with their scratch homes and environments."""
        return sum(size_of(self._run_dir / part) for part in (*_LANE_PARTS, _REMOVED))

    def free_lanes(self, within_s: float = math.inf) -> None:
        """Remove all lanes with their scratch homes and environments, which are made anew when needed.

        For a run on which no engine works and in which nobody has taken a step over. The lanes are gone when this
        returns; to delete their files may go on behind it where it takes longer than `within_s`.
        """
        removed = self._run_dir / _REMOVED
        earlier = [path.name for path in removed.glob("*")]
        fresh = removed / next(name for name in map(str, itertools.count()) if name not in earlier)
        for part in _LANE_PARTS:
            for path in sorted((self._run_dir / part).glob("*")):
                if (part, path.name) != _LANDING:
                    make_folder(fresh / part)
                    path.replace(fresh / part / path.name)
        self._lanes.clear()
        for name in (fresh.name, *earlier):
            remove_soon(removed / name, within_s)
        with suppress(OSError):  # something is being deleted still
            removed.rmdir()

    def remove(self, *, delete_branch: bool = False) -> None:
        """Remove the workspace and the run's refs; the branch stays unless it is asked to go, too."""
        faults.point("workspace.remove.before")
        if self._refs.git_dir.is_dir():
            self._refs.unlock()
            found = self._refs.read()
            own = f"refs/surefoot/{self._record['run']}/"
            doomed = [name for name in found.commits if name.startswith(own)]
            if delete_branch and self._refs.branch in found.commits:
                if place := found.checkouts.get(self._refs.branch):
                    message = f"The branch surefoot/{self._record['run']} is checked out in {place!r}. "
                    message += "Switch to another branch there, then remove the run."
                    raise WorkspaceError(message, path=place)
                doomed.append(self._refs.branch)
            self._refs.write({name: (found.commits[name], None) for name in doomed})
        for part in _PARTS:
            remove_path(self._run_dir / part)
        remove_soon(self._run_dir / _REMOVED, math.inf)
        faults.point("workspace.remove.after")

    # --- inner parts

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            if not _LANE_NAME.fullmatch(name):
                raise WorkspaceError(f"{name!r} cannot be the name of a lane. Use letters, digits, `.`, `_` and `-`.")
            lane = self._lanes[name] = Lane(name, self._run_dir, self._store, self._copies, self.limits)
        return lane

    def _restore(self, lane: Lane, commit: str, exclude: Sequence[str], *, settled: bool = False) -> Restored:
        return lane.restore(commit, self.commit_tree_of(commit), exclude, settled=settled)

    def _lend(self, commit: str, known: Sequence[str]) -> None:
        """Give the user's repository the objects it lacks for `commit`."""
        if commit in known:
            return
        assert self.git_dir is not None
        last, parent, objects = self._last_added
        if last != commit or parent not in known:
            objects = self._store.new_objects(commit, known)
        own = own_lfs(self._store.git_dir)
        if own.is_dir():
            lend_contents(self._store.git, objects, own, users_lfs(self.git_dir))
        self._store.lend(objects, self.git_dir / "objects")

    def _claim_base(self, source: Source) -> None:
        """Keep the base in the user's repository, so that its gc keeps what the run borrows."""
        self._refs.unlock()
        found = self._refs.read()
        if self._refs.name("head") in found.commits or self._refs.branch in found.commits:
            run = self._record["run"]
            message = f"{str(source.root)!r} already has a run or a branch surefoot/{run}. Choose another id."
            raise RunExists(message, run=run)
        if self.kind == "git" and source.head is not None:
            self._lend(self.base, [source.head])
        name = self._refs.name("base")
        self._refs.write({name: (found.commits.get(name), self.base)})


def _unusable(run: str, gone: tuple[str, ...]) -> WorkspaceMissing:
    return WorkspaceMissing(
        f"The workspace of run {run} cannot be used: {'; '.join(gone)}. Put back what is named and resume, or start a "
        f"new run; what was verified is on the branch surefoot/{run} as far as the repository still has it.",
        run=run,
        missing=gone,
    )


def _read_record(path: Path) -> _Record:
    record = cast("_Record", json.loads(path.read_bytes().decode("utf-8", "surrogateescape")))
    if record["format"] != _FORMAT:
        run_dir = str(path.parent)
        message = f"The workspace in {run_dir!r} was made by another release of Surefoot. Use that one for this run."
        raise WorkspaceError(message, path=run_dir)
    return record


def _alternates(objects: Path) -> tuple[Path, ...]:
    """Return the object folders a store borrows from, directly or through others."""
    found: dict[Path, None] = {}
    asked = [objects]
    for place in asked:
        try:
            lines = (place / "info/alternates").read_bytes().splitlines()
        except OSError:
            continue
        for line in lines:
            borrowed = Path(os.path.normpath(place / os.fsdecode(line)))
            if line and not line.startswith(b"#") and borrowed not in found:
                found[borrowed] = None
                asked.append(borrowed)
    return tuple(found)
