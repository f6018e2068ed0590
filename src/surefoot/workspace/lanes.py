"""A lane: a worktree in which one step works, and its restoration to a commit.

Owns what a restoration means. Each lane has an index of ours that mirrors its checkpoint; what differs from it is put
back. Not held: ignored files (`ignored_state` notices that they changed), and permission bits other than execution.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from surefoot import safe_open
from surefoot.core.globs import matches
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import RestoreFailed, WorkspaceError
from surefoot.settings.lane_limits import LaneLimits
from surefoot.workspace.clone import Clone
from surefoot.workspace.excluded import CACHE_NAMES, is_cache
from surefoot.workspace.folder_files import (
    is_beyond_link,
    is_folder,
    make_folder,
    open_folders,
    remove_inside,
    remove_path,
    write_file,
)
from surefoot.workspace.git import TIMEOUT_S, Git, join_names, split_names
from surefoot.workspace.staged_files import Allowance, copy_out, differing, put_in, stage_at
from surefoot.workspace.stamps import stamp
from surefoot.workspace.store import Store
from surefoot.workspace.strays import find_strays
from surefoot.workspace.submodules import Copies, Submodule
from surefoot.workspace.trees import (
    EXCLUDES,
    Differences,
    copy_index,
    links_to_commits,
    list_differences,
    list_ignored,
    write_tree,
)
from surefoot.workspace.used_lane import find_spoilt

_LARGE = 100_000
"""An index of so many bytes is that of about a thousand files; fewer are checked out as quickly as looked through."""
_ROUNDS_MAX = 20
_RULES = frozenset({".gitignore", ".gitattributes"})
_SHA1_DIGITS = 40
_TICK_NS = 20_000_000
"""File systems tell times no finer than the clock ticks; an index is taken to be older by so much."""
_NOT_LITERAL = regex(rb"[\\*?\[\] ]")
_QUOTED = regex(rb"\\(.)", re.DOTALL)
_NO_CODE = frozenset(CACHE_NAMES) - {"__pycache__"}


@record(kw_only=False)
class Restored:
    """What a restore did."""

    tree: str
    """The tree the lane now holds."""
    put_back: tuple[str, ...]
    """Tracked paths that had been changed or deleted."""
    removed: tuple[str, ...]
    """Untracked paths that are gone now."""


class Lane:
    """One worktree. Not for use by two callers at once."""

    def __init__(
        self, name: str, run_dir: Path, store: Store, copies: Copies | None = None, limits: LaneLimits | None = None
    ) -> None:
        """Know where the lane's parts lie; nothing is made yet. `copies` are what its submodules come from."""
        self.name = name
        self._limits = limits or LaneLimits()
        self.root = run_dir / "lanes" / name
        self.home = run_dir / "homes" / name
        self._run_dir = run_dir
        self._copies = copies
        self._is_inner = False
        """Whether it is a submodule in another lane."""
        self._submodules: dict[str, tuple[Submodule, Lane]] = {}
        """The submodules it holds, by path; each is put back as a lane is."""
        self._indexes = run_dir / "indexes" / name
        self._index = self._indexes / "checkpoint"
        self._next = self._indexes / "next"
        self._first = self._indexes / "first"
        """The index as it was when all files of the lane had just been checked out."""
        self._kept = self._indexes / "kept"
        self._artifacts = self._indexes / "artifacts"
        self._stage = self._indexes / "stage"
        self._store = store
        self.clone = Clone(run_dir / "clones" / name, run_dir / "pristine")
        self._tree: str | None = None
        """The tree `_index` holds with the files' stamps; None: to be found out."""
        self._next_tree: str | None = None
        """The tree `_next` holds: what the lane held when last looked at."""
        self._converted: tuple[str, ...] = ()
        """Files of it that git stores in another form than the lane has them in."""
        self._next_exclude: tuple[str, ...] = ()
        """What was left out of it."""
        self._lacks: tuple[tuple[str, ...], str] = ((), "")
        """Endings of paths, and a tree in which no path ends like that."""
        self._seen: tuple[str, Differences] | None = None
        """What was found when the lane was last held against a tree; None: something of ours was written since."""

    def throw_away(self) -> None:
        """Remove the lane with its scratch home."""
        self._tree = self._next_tree = self._seen = None
        self._submodules = {}
        of_submodules = self._indexes.parent.glob(f"{self.name}+*")
        for part in (self.root, self.home, self._indexes, self.clone.path, *of_submodules):
            remove_path(part)

    def take_files(self, used: Lane, tree: str) -> bool:
        """Take over what another lane holds just as a checkout of `tree` writes it; tell whether that is worth it.

        For a lane that was thrown away. Nobody uses the other one, and nothing can be at work in there; afterwards it
        is gone. `restore` puts the rest back.
        """
        index = used._first
        if used._submodules or not index.exists() or index.stat().st_size < _LARGE or not is_folder(used.root):
            return False
        for folder in (self.root.parent, self.home, self._indexes):
            make_folder(folder)
        index.replace(self._index)
        safe_open.move(used.root, self.root)
        used._tree = used._next_tree = used._seen = None
        git = self.git
        git.run("read-tree", "--reset", tree)
        spoilt = find_spoilt(self.root, git, stat.S_IMODE(self.home.stat().st_mode))
        if spoilt is None or links_to_commits(git):
            self.throw_away()
            return False
        for path in spoilt:
            remove_inside(self.root, path)
        self._tree = tree
        return True

    def keep_prepared(self) -> tuple[str, ...]:
        """Ignore from now on what is untracked in the lane, which was put back before prepare; return all of that."""
        self._seen = None
        git = self.git
        out = git.run("ls-files", "-z", "--others", "--directory", "--no-empty-directory", *self._excludes())
        made = tuple(path for path in split_names(out) if "\n" not in path)
        if made:
            with self._kept.open("ab") as file:
                file.writelines(map(_exclude_pattern, made))
        inner = (f"{path}/{one}" for path, lane in self._inner() for one in lane.keep_prepared())
        return (*made, *inner)

    def ignore_artifacts(self, paths: Sequence[str]) -> None:
        """Ignore these paths from now on, and no others that were named here before."""
        self._seen = None
        make_folder(self._indexes)
        write_file(self._artifacts, b"".join(map(_exclude_pattern, paths)))

    def tracked(self) -> frozenset[str]:
        """Return the paths of the lane's checkpoint."""
        return frozenset(split_names(self.git.run("ls-files", "-z")))

    def tracks_any(self, endings: tuple[str, ...]) -> bool:
        """Tell whether a path of the checkpoint ends like that; once none does, only what has changed is looked at."""
        tree, (asked, without) = self._held(), self._lacks
        paths = self._store.changes(without, tree).paths if asked == endings else self.tracked()
        found = any(path.endswith(endings) for path in paths)
        self._lacks = ((), "") if found else (endings, tree)
        return found

    def make_way(self, path: str, *, is_folder: bool) -> None:
        """Make folders down to `path`, and remove what stands in its place.

        Raises:
            WorkspaceError: a link or file that is tracked is on the way.
        """
        self._seen = None
        tracked = self.tracked()
        for parent in reversed([*Path(path).parents][:-1]):
            if str(parent) in tracked:
                raise WorkspaceError(f"{path!r} cannot be put into the lane: git tracks {str(parent)!r} as a file")
            make_folder(self.root / parent)
        target = self.root / path
        if not (is_folder and target.is_dir() and not target.is_symlink()):
            remove_path(target)

    def remove(self, path: str) -> None:
        """Remove a path, and folders that are empty after that, never through a link."""
        self._seen = None
        remove_inside(self.root, path)

    def _excludes(self) -> tuple[str, ...]:
        return (*EXCLUDES, *(f"--exclude-from={file}" for file in (self._kept, self._artifacts) if file.exists()))

    @property
    def git(self) -> Git:
        """Return git for questions about the lane's files, held against its checkpoint."""
        return self._store.at(self.root, self._index)

    @property
    def checkpoint(self) -> str | None:
        """Return the tree the lane was last put to as a point to come back to; None: that is not known."""
        return self._tree

    def adopt(self, tree: str) -> None:
        """Take the lane as an earlier program left it: its checkpoint was `tree`, its files stay as they are."""
        if self._tree is not None or not self.root.is_dir():
            return
        make_folder(self._indexes)
        for lock in self._indexes.glob("*.lock"):
            lock.unlink()
        self._take_index(self.git, tree)
        self._tree = tree
        for submodule in self._find_submodules(tree):
            self._lane_of(submodule).adopt(submodule.store.tree_of(submodule.commit))

    def tree(self, exclude: Sequence[str], within_s: float | None = None) -> str:
        """Return the tree of what the lane holds now.

        Raises:
            EffectError: what was written is more than the limits allow, or cannot be read within the time.
        """
        held = self._held()
        next_git = self._store.at(self.root, self._next)
        if self._next_tree is not None and self._next_exclude == tuple(exclude):
            # Most checks change nothing, so that the last answer holds.
            found = self._differences(next_git, self._next_tree)
            if all(matches(path, exclude) for path in (*found.tracked, *found.others)):
                return self._next_tree
        differences = self._differences(self.git, held)
        self._next_tree = None
        if not differences:
            return held
        copy_index(self._index, self._next)
        paths = [path for path in (*differences.tracked, *differences.others) if not matches(path, exclude)]
        began_ns = time.time_ns()
        with stage_at(self._stage) as stage:
            algorithm = "sha1" if len(held) == _SHA1_DIGITS else "sha256"
            allowance = Allowance(self._limits, "writes", within_s)
            copied = copy_out(self.root, paths, stage, allowance, algorithm)
            staged = replace(self._store.at(stage, self._next), timeout_s=within_s or TIMEOUT_S)
            # The commits that are checked out in the submodules, whatever they were meant to be.
            heads = {path: at for path, lane in self._inner() if (at := lane.clone.head(lane.name)) is not None}
            self._next_tree = write_tree(staged, stage, differences, exclude, heads)
        if self._next_tree is not None:
            stamps = {path: one.status for path, one in copied.items()}
            ids = stamp(self._next, stamps, began_ns - _TICK_NS)
            self._converted = tuple(path for path, blob in ids.items() if blob != copied[path].blob)
        self._next_exclude = tuple(exclude)
        return self._next_tree or held

    def take_committed_form(self, tree: str) -> tuple[str, ...]:
        """Make what git converts (ends of lines, `ident`, encodings) look as a checkout of `tree` writes it.

        `tree` is the one the lane holds. Returns the files that were written anew.
        """
        if tree != self._next_tree or not self._converted:
            return ()
        with stage_at(self._stage) as stage:
            self._check_out_copies(self._next, stage, self._converted)
            changed = tuple(differing(stage, self._converted, self.root))
            stamps = put_in(stage, changed, self.root)
        stamp(self._next, stamps)
        self._seen, self._converted = None, ()
        return changed

    def written(self, exclude: Sequence[str]) -> tuple[str, ...]:
        """Return the paths at which the lane differs from its checkpoint, and which `tree` would look at."""
        found = self._differences(self.git, self._held())
        inner = (f"{path}/{one}" for path, lane in self._inner() for one in lane.written(()))
        return tuple(path for path in (*found.tracked, *found.others, *inner) if not matches(path, exclude))

    def changed_submodules(self) -> dict[str, tuple[str, ...]]:
        """Return the paths that differ inside submodules, by submodule: what no tree can hold.

        A submodule in which another commit is checked out, one that the user's copy has, does not differ by that.
        """
        changed: dict[str, tuple[str, ...]] = {}
        for path, lane in self._inner():
            commit = self._submodules[path][0].commit
            at = lane.clone.head(lane.name) or commit
            paths = lane.differing(at) if at == commit or lane.has_commit(at) else (f"commit {at[:12]}",)
            inner = (f"{one}/{path}" for one, paths in lane.changed_submodules().items() for path in paths)
            if found := (*paths, *inner):
                changed[path] = found
        return changed

    def put_back_submodules(self) -> None:
        """Make the submodules what they are in the checkpoint."""
        self._restore_submodules(self._held())

    def has_commit(self, commit: str) -> bool:
        """Tell whether the store of the lane has a commit."""
        return self._store.git.attempt("cat-file", "-e", f"{commit}^{{commit}}").code == 0

    def differing(self, commit: str) -> tuple[str, ...]:
        """Return the paths at which the lane differs from a commit; nothing is stored."""
        tree = self._store.tree_of(commit)
        git = self._git_at(tree)
        found = self._differences(git, tree)
        tracked = (path for path in found.tracked if not self._is_submodule(git, path))
        return (*tracked, *found.others, *found.nested)

    def _inner(self) -> list[tuple[str, Lane]]:
        """Return the submodules that are in their places, as lanes."""
        lanes = ((path, lane) for path, (_, lane) in self._submodules.items())
        places = [(path, lane) for path, lane in lanes if not is_beyond_link(self.root, f"{path}/.git")]
        return [(path, lane) for path, lane in places if is_folder(lane.root) and not _is_empty(lane.root)]

    def _find_submodules(self, tree: str) -> tuple[Submodule, ...]:
        if self._copies is None or not (self.root / ".gitmodules").is_file():
            return ()
        return self._copies.find(self._store, tree)

    def _lane_of(self, submodule: Submodule) -> Lane:
        """Return the lane that a submodule in this one is."""
        known = self._submodules.get(submodule.path)
        if known is not None and known[0].key == submodule.key:
            lane = known[1]
        else:
            name = f"{submodule.path}\0{submodule.key}".encode("utf-8", "surrogateescape")
            place = hashlib.blake2b(name, digest_size=6).hexdigest()
            lane = Lane(f"{self.name}+{place}", self._run_dir, submodule.store, submodule.copies, self._limits)
            lane._is_inner = True
            lane.root, lane.home = self.root / submodule.path, self.home
            lane.clone = Clone(self.clone.path / "modules" / place, submodule.pristine)
        self._submodules[submodule.path] = (submodule, lane)
        return lane

    def _restore_submodules(self, tree: str) -> None:
        found = self._find_submodules(tree)
        lanes = [self._lane_of(one) for one in found]
        self._submodules = {one.path: (one, lane) for one, lane in zip(found, lanes, strict=True)}
        if lanes:
            self._seen = None
        for one, lane in self._submodules.values():
            lane.clone.mend(one.commit, lane.name)
            lane.restore(one.commit, one.store.tree_of(one.commit), ())

    def put_back(self, tree: str, paths: Sequence[str]) -> None:
        """Make these paths what they are in `tree`."""
        self._seen = None
        self._held()  # which refuses a lane that is not open
        git = self._git_at(tree)
        known = frozenset(split_names(git.run("ls-files", "-z")))
        for path in paths:
            remove_inside(self.root, path)
        self._check_out(git, sorted(known.intersection(paths)))
        if not {".gitmodules", *self._submodules}.isdisjoint(paths):
            self._restore_submodules(tree)

    def _git_at(self, tree: str) -> Git:
        """Return git held against `tree`: in the index of the checkpoint, or in another one made from that."""
        if tree == self._tree:
            return self.git
        other = self._indexes / "other"
        copy_index(self._index, other)
        git = self._store.at(self.root, other)
        git.run("read-tree", "--reset", tree)
        return git

    def restore(self, commit: str, tree: str, exclude: Sequence[str], *, settled: bool = False) -> Restored:
        """Make the lane hold `commit` again; untracked files that match `exclude` may stay.

        Where it is `settled`, nothing was written since it was last looked at but by this object: what was found then
        to be no different from the tree is not looked at again.
        """
        # A folder that is made here is beyond the reach of whatever ran in the lane before.
        is_new = make_folder(self.root) and not self._is_inner
        make_folder(self.home)
        make_folder(self._indexes)
        for lock in self._indexes.glob("*.lock"):
            lock.unlink()
        git = self.git
        self._take_index(git, tree)
        is_as_seen = settled and self._seen is not None and self._seen[0] == tree and not self._seen[1]
        if is_as_seen and self._index.exists():
            self._tree = tree
            restored = Restored(tree, (), ())
        else:
            restored = self._put_all_back(git, tree, exclude, is_new=is_new)
        if is_new:
            copy_index(self._index, self._first)
        self._sweep(git)
        if not self.clone.is_whole():
            self.clone.mend(commit, self.name)
        self.clone.point_lane(self.name, self.root, commit, self._index)
        self._restore_submodules(tree)
        return restored

    def mend_settings(self) -> None:
        """Put back what decides which programs git runs here, in the submodules, too; refs and files stay."""
        self.clone.mend_settings(self.name, self.root)
        for _, lane in self._inner():
            lane.mend_settings()

    def apply_patch(self, patch: bytes) -> None:
        """Change the lane's files as a patch says.

        Raises:
            WorkspaceError: it does not fit.
        """
        held, index = self._held(), self._indexes / "other"
        copy_index(self._index, index)
        git = self._store.at(self.root, index)
        ending = git.attempt("apply", "--cached", "--whitespace=nowarn", "-", stdin=patch)
        if ending.code != 0:
            message = f"The patch does not fit what the step began with: {ending.err}. "
            raise WorkspaceError(message + "Make it against that, and try again.", lane=self.name)
        tree = git.line("write-tree")
        self.put_back(tree, self._store.changes(held, tree).paths)

    def _held(self) -> str:
        if self._tree is None:
            message = f"The lane {self.name!r} is not open. Open it, or restore it to a commit, before looking into it."
            raise WorkspaceError(message, lane=self.name)
        return self._tree

    def _differences(self, git: Git, tree: str) -> Differences:
        """List what differs from the tree that the index holds, if need be after opening folders a body has closed."""
        self._seen = None
        try:
            found = list_differences(git, self._excludes())
        except WorkspaceError:
            make_folder(self.root)
            open_folders(self.root)
            found = list_differences(git, self._excludes())
        self._seen = (tree, found)
        return found

    def _take_index(self, git: Git, tree: str) -> None:
        """Make the checkpoint's index hold `tree`, with the stamps of files that are known to be right."""
        if self._tree == tree:
            return
        self._tree = None
        if self._next_tree == tree:
            self._next.replace(self._index)
        elif git.attempt("read-tree", "--reset", tree).code != 0:
            # An index that a kill cut short; without it every file is read again.
            self._index.unlink(missing_ok=True)
            git.run("read-tree", tree)
        self._next_tree = None

    def _put_all_back(self, git: Git, tree: str, exclude: Sequence[str], *, is_new: bool) -> Restored:
        put_back: dict[str, None] = {}
        removed: dict[str, None] = {}
        self._tree = None
        changed: list[str] = []
        others: list[str] = []
        for _ in range(_ROUNDS_MAX):
            found = self._differences(git, tree)
            others = [path for path in (*found.others, *found.nested) if not matches(path, exclude)]
            changed = [path for path in found.tracked if path in found.gone or not self._is_submodule(git, path)]
            if not (changed or others):
                break
            tracked, doomed = _first_to_put_back(changed, others, is_new=is_new)
            self._seen = None
            put_back |= dict.fromkeys(tracked)
            removed |= dict.fromkeys(doomed)
            for path in doomed:
                remove_inside(self.root, path)
            self._check_out(git, tracked, is_new=is_new)
        else:
            left = ", ".join(repr(path) for path in [*changed, *others][:5])
            message = (
                f"The lane {str(self.root)!r} could not be put back: {left} differ again each time. Find out what "
                "writes there, then resume; the next attempt works in a new lane."
            )
            raise RestoreFailed(message, lane=self.name)
        if put_back or removed:
            self._need_tree(git, tree)
        self._tree = tree
        return Restored(tree, tuple(put_back), tuple(removed))

    def _need_tree(self, git: Git, tree: str) -> None:
        got = git.line("write-tree")
        if got != tree:
            message = f"The lane {str(self.root)!r} was put back to tree {got} instead of {tree}. "
            raise RestoreFailed(message + "Resume to get a new one.", lane=self.name, tree=got)

    def _check_out(self, git: Git, paths: Sequence[str], *, is_new: bool = False) -> None:
        """Check these paths out over whatever stands in their place."""
        if not paths:
            return
        if is_new:
            git.run("checkout-index", "--force", "--index", "-z", "--stdin", stdin=join_names(paths))
            return
        index = Path(git.env["GIT_INDEX_FILE"])
        with stage_at(self._stage) as stage:
            self._check_out_copies(index, stage, paths)
            try:
                stamps = put_in(stage, paths, self.root)
            except OSError:
                open_folders(self.root)
                self._check_out_copies(index, stage, paths)
                stamps = put_in(stage, paths, self.root)
        stamp(index, stamps)

    def _check_out_copies(self, index: Path, stage: Path, paths: Sequence[str]) -> None:
        """Write what an index holds at these paths into a folder of ours, by the attributes of the index alone."""
        git = self._store.at(stage, index)
        git.run("checkout-index", "--force", "-z", "--stdin", stdin=join_names(paths))

    def _is_submodule(self, git: Git, path: str) -> bool:
        """Tell whether `path` is a submodule that is in its place: what it holds is its own affair."""
        return is_folder(self.root / path) and bool(links_to_commits(git, (path,)))

    def _sweep(self, git: Git) -> None:
        """Remove what no tree shows: repositories begun inside, bytecode, pipes, empty folders. Ignored places stay."""
        strays = find_strays(os.fspath(self.root))
        if not strays:
            return
        # What `keep_prepared` was told to keep; folders end in a slash.
        lines = self._kept.read_bytes().splitlines() if self._kept.exists() else []
        prepared = (os.fsdecode(_QUOTED.sub(rb"\1", line[1:])) for line in lines)
        spared = {*links_to_commits(git), *(path.rstrip("/") for path in prepared)}
        strays = [path for path in strays if not any(path == one or path.startswith(f"{one}/") for one in spared)]
        places = {path: path if _is_empty(self.root / path) else path.rpartition("/")[0] for path in strays}
        asked = sorted({place for place in places.values() if place})
        ignored: frozenset[str] = frozenset()
        if asked:
            ignored = frozenset(split_names(git.attempt("check-ignore", "-z", "--stdin", stdin=join_names(asked)).out))
        for path, place in places.items():
            if place not in ignored:
                self.remove(path)

    def files(self) -> tuple[str, ...]:
        """Return the files `tree` would hold, without writing it."""
        out = self.git.run("ls-files", "-z", "--cached", "--others", *self._excludes())
        return tuple(path for path in split_names(out) if os.path.lexists(self.root / path))

    def ignored_state(self, caches: Sequence[str], exclude: Sequence[str], *, settled: bool = False) -> str:
        """Return a digest over the ignored files, by path, size, times and mode; `settled` as for `restore`."""
        paths = [*self.ignored_paths(settled=settled)]
        if exclude:  # untracked files that no tree holds only because a glob says so
            others = split_names(self.git.run("ls-files", "-z", "--others", *self._excludes()))
            paths += [path for path in others if matches(path, exclude)]
        lines: list[str] = []
        for path in paths:
            _describe(os.fspath(self.root), path, caches, lines)
        lines.extend(f"{path}\t{lane.ignored_state(caches, ())}" for path, lane in self._inner())
        lines.sort()
        return hashlib.blake2b("\0".join(lines).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def ignored_paths(self, *, settled: bool = False) -> tuple[str, ...]:
        """Return the ignored files and folders, a folder as one path that ends in a slash, without fixed caches."""
        return tuple(path for path in self._ignored(settled=settled) if not is_cache(path.rstrip("/")))

    def cache_folders(self, *, settled: bool = False) -> tuple[str, ...]:
        """Return the folders that have the fixed name of a cache and lie in no other ignored folder."""
        folders = (path.rstrip("/") for path in self._ignored(settled=settled) if path.endswith("/"))
        return tuple(filter(is_cache, folders))

    def _ignored(self, *, settled: bool) -> tuple[str, ...]:
        return self._seen[1].ignored if settled and self._seen is not None else list_ignored(self.git, self._excludes())


def _exclude_pattern(path: str) -> bytes:
    return b"/" + _NOT_LITERAL.sub(rb"\\\g<0>", os.fsencode(path)) + b"\n"


def _first_to_put_back(changed: list[str], others: list[str], *, is_new: bool) -> tuple[list[str], list[str]]:
    """Return what is checked out and what is removed next.

    Ignore rules come first: by a body's rules the prepared parts of the lane might look like litter. In a new lane git
    takes the rules from the index.
    """
    rules = [path for path in others if _is_rule(path)]
    tracked = changed if is_new else [path for path in changed if _is_rule(path)] or changed
    is_ruled = not rules and not any(map(_is_rule, tracked))
    return tracked, others if is_ruled else rules


def _is_rule(path: str) -> bool:
    """Tell whether a file says how git takes others: which it ignores, and which it converts."""
    return path.rpartition("/")[2] in _RULES


def _is_empty(path: Path) -> bool:
    try:
        return not any(path.iterdir())
    except OSError:
        return False


def _described(path: str, status: os.stat_result) -> str:
    return f"{path}\t{status.st_size}\t{status.st_mtime_ns}\t{status.st_ctime_ns}\t{status.st_mode}"


def _describe(root: str, path: str, caches: Sequence[str], lines: list[str]) -> None:
    """Append one line for each file at or below `path` that is in no cache; bytecode in there counts as code."""
    if not path.endswith("/"):
        try:
            status = os.lstat(f"{root}/{path}")
        except OSError:
            return
        if not matches(path, caches):
            lines.append(_described(path, status))
        return
    folders = [path]
    for folder in folders:
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                found = [(entry, folder + entry.name) for entry in entries if entry.name not in _NO_CODE]
        except OSError:
            lines.append(f"{folder}\tunreadable")
            continue
        for entry, inner in found:
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{inner}/")
            elif not entry.name.startswith(".coverage") and not (caches and matches(inner, caches)):
                lines.append(_described(inner, entry.stat(follow_symlinks=False)))
