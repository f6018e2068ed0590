"""The landing of a run's result in the user's checkout or folder, with the user's hooks and settings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from surefoot.core.short_text import listed
from surefoot.errors import WorkspaceError
from surefoot.workspace.folder_files import remove_inside, write_file
from surefoot.workspace.git import Git, join_names, persons_git, split_names, user_git
from surefoot.workspace.store import Store
from surefoot.workspace.trees import copy_index, list_differences

_SHOWN_MAX = 10
_TIMEOUT_S = 3600.0


_NO_HOOKS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


def land_in_checkout(
    source_root: Path,
    commit: str,
    *,
    squash: bool,
    message: str,
    started_from: str | None = None,
    runs_hooks: bool = True,
) -> str:
    """Merge a run's commit into the branch the user has checked out; return the commit the branch is at then.

    Fast-forward where possible, else a merge commit; with `squash` one ordinary commit. Who signs commits gets one they
    can sign: a merge commit also where a fast-forward would do. Changes of the user's stay where the run has not
    changed the same paths.

    Args:
        source_root: the checkout.
        commit: what is landed.
        squash: whether it becomes one ordinary commit.
        message: of the commit that is made, if one is.
        started_from: the commit of the user's uncommitted changes that the run started from, if it did; what is still
            as that commit has it may be replaced by the run's result.
        runs_hooks: whether the user's hooks run.

    Raises:
        WorkspaceError: changes of the user's are in the way, the two do not go together, or a hook refused; nothing is
            changed.
    """
    git = persons_git(source_root, timeout_s=_TIMEOUT_S, options=() if runs_hooks else _NO_HOOKS)
    before = git.line("rev-parse", "HEAD")
    _refuse_busy(git, source_root)
    if git.attempt("merge-base", "--is-ancestor", commit, before).code == 0:
        return before
    merged = _merged_tree(git, before, commit)
    if merged == git.line("rev-parse", f"{before}^{{tree}}"):
        return before
    held = _held_changes(git, source_root, (before, merged), started_from)
    signs = git.attempt("config", "--type=bool", "--get", "commit.gpgSign").out.strip() == b"true"
    way = "--no-ff" if signs else "--ff"
    steps: list[tuple[str, ...]] = [("merge", "--quiet", "--no-edit", "--no-autostash", "-m", message, way, commit)]
    if squash:
        steps = [
            ("merge", "--quiet", "--no-autostash", "--ff", "--squash", commit),
            ("commit", "--quiet", "--no-edit", "-m", message),
        ]
    with _set_aside(git, source_root, before, started_from, held):
        for step in steps:
            ending = git.attempt(*step)
            if ending.code != 0:
                _take_back(git, before)
                said = ending.err or os.fsdecode(ending.out).strip() or f"it ended with exit status {ending.code}"
                what = f"git {step[0]} refused to land {commit[:12]} in {str(source_root)!r}"
                raise WorkspaceError(f"{what}; nothing was changed: {said}", command=step[0])
    return git.line("rev-parse", "HEAD")


def checked_out_at(source_root: Path) -> tuple[str, str] | None:
    """Return the full name of the branch that is checked out, and its commit; None: no branch is."""
    git = user_git(source_root)
    ref = git.attempt("symbolic-ref", "--quiet", "HEAD")
    return (os.fsdecode(ref.out).strip(), git.line("rev-parse", "HEAD")) if ref.code == 0 else None


def find_landing(source_root: Path, ref: str, before: str, commit: str, trailer: str) -> str | None:
    """Return the commit by which a run was landed on a branch since it was at `before`; None: it was not.

    Args:
        source_root: the checkout.
        ref: the branch.
        before: where it was when the landing began.
        commit: what was landed.
        trailer: what the message of a commit says that was made for it.
    """
    git = user_git(source_root)
    listed_since = git.attempt("rev-list", "--first-parent", "--parents", f"{before}..{ref}")
    for line in os.fsdecode(listed_since.out).splitlines():
        one, *parents = line.split()
        is_squashed = parents == [before] and trailer in os.fsdecode(git.run("log", "-1", "--format=%B", one))
        if one == commit or commit in parents[1:] or is_squashed:
            return one
    return None


def take_back_landings(
    source_root: Path, ref: str, landings: Sequence[tuple[str, str]], *, started_from: str | None = None
) -> str:
    """Put the checked-out branch back to where it was before a run was landed; return that commit.

    Args:
        source_root: the checkout.
        ref: the branch.
        landings: where the branch was before and after each landing, in their order.
        started_from: the commit of the user's uncommitted changes that the run started from, if it did; what a landing
            has replaced of them is in the checkout again.

    Raises:
        WorkspaceError: something was built on the landing, or changes are in the way; nothing is changed.
    """
    git = persons_git(source_root, timeout_s=_TIMEOUT_S, options=_NO_HOOKS)
    refuse_to_take_back(source_root, ref, landings)
    first, last = landings[0][0], landings[-1][1]
    if git.line("rev-parse", "HEAD") == first:
        return first
    names = ("diff-tree", "-r", "-z", "--no-renames", "--name-only")
    held: frozenset[str] = frozenset()
    if started_from is not None:
        held = frozenset(split_names(git.run(*names, f"{started_from}^", started_from)))
        held &= frozenset(split_names(git.run(*names, first, last)))
    git.run("reset", "--quiet", "--keep", first)
    if started_from is not None and held:
        _put(git, source_root, started_from, sorted(held))
        git.run("reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=join_names(sorted(held)))
    return first


def refuse_to_take_back(source_root: Path, ref: str, landings: Sequence[tuple[str, str]]) -> None:
    """Refuse to take landings back where something was built on them, or changes are in the way.

    Raises:
        WorkspaceError: so it is; the message has a command for what can be done instead.
    """
    git = user_git(source_root)
    _refuse_busy(git, source_root)
    short, root = ref.removeprefix("refs/heads/"), str(source_root)
    current = git.line("symbolic-ref", "HEAD")
    if current != ref:
        text = f"The run was landed on branch {short}, and {root!r} has another one checked out. "
        raise WorkspaceError(f"{text}`git switch {short}`, then undo.", path=root)
    first, last, tip = landings[0][0], landings[-1][1], git.line("rev-parse", "HEAD")
    if tip != first:
        if tip != last or any(one[1] != other[0] for one, other in pairwise(landings)):
            raise _built_on(git, f"Commits were built on the landing in {root!r} (branch {short})", landings)
        remotes = git.run("for-each-ref", "--format=%(refname:short)", "--contains", last, "refs/remotes")
        if remotes:
            where = listed(os.fsdecode(remotes).split(), _SHOWN_MAX)
            raise _built_on(git, f"The landing was pushed ({where})", landings)
    dirty = split_names(git.run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no"))
    if dirty:
        text = f"{root!r} has uncommitted changes: {_named([entry[3:] for entry in dirty])}. "
        raise WorkspaceError(f"{text}Commit or stash them, then undo.", path=root)


def _built_on(git: Git, why: str, landings: Sequence[tuple[str, str]]) -> WorkspaceError:
    """Return the error for a landing that no branch can go back behind, with the commands that revert it."""
    commands: list[str] = []
    for before, landed in reversed(landings):
        parents = git.line("rev-list", "--parents", "-1", landed).split()[1:]
        what = f"-m 1 {landed[:12]}" if len(parents) > 1 else f"{before[:12]}..{landed[:12]}"
        commands.append(f"`git revert --no-edit {what}`")
    text = f"{why}, so the branch cannot go back behind it. {', then '.join(commands)} takes the work back by a commit."
    return WorkspaceError(f"{text} Nothing was changed.")


def _refuse_busy(git: Git, root: Path) -> None:
    if git.attempt("symbolic-ref", "--quiet", "HEAD").code != 0:
        text = f"No branch is checked out in {str(root)!r}. Switch to the branch that shall get the result, then land."
        raise WorkspaceError(text, path=str(root))
    for name in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"):
        if Path(root, git.line("rev-parse", "--git-path", name)).exists():
            text = f"A merge, rebase or the like is under way in {str(root)!r}. Finish or abort it, then land."
            raise WorkspaceError(text, path=str(root))


def _held_changes(git: Git, root: Path, trees: tuple[str, str], started_from: str | None) -> tuple[str, ...]:
    """Return the user's uncommitted changes that the run's result holds; refuse others that are in its way.

    This is the rule of `git merge`: what is not committed may stay, unless it is staged or the merge changes the path.
    """
    changed = frozenset(split_names(git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", *trees)))
    untracked = "no" if started_from is None else "all"
    out = git.run("status", "--porcelain=v1", "-z", "--no-renames", f"--untracked-files={untracked}")
    dirty = {entry[3:]: entry[:2] for entry in split_names(out)}
    in_the_way = [path for path in dirty if path in changed]
    own = in_the_way if started_from is None else _differing_from(git, started_from, in_the_way)
    if own:
        text = f"The run changes files of {str(root)!r} that have uncommitted changes of yours: {_named(own)}. "
        raise WorkspaceError(f"{text}Commit or stash them, then land.", path=str(root), paths=tuple(own))
    staged = [path for path, tag in dirty.items() if tag[0] not in " ?" and path not in changed]
    if staged:
        text = f"Changes are staged in {str(root)!r}, and git merges only without: {_named(staged)}. "
        raise WorkspaceError(f"{text}Commit or stash them, then land.", path=str(root), paths=tuple(staged))
    return tuple(in_the_way)


def _differing_from(git: Git, commit: str, paths: Sequence[str]) -> list[str]:
    """Return the paths at which the checkout is not as in `commit`."""
    if not paths:
        return []
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "index")
        copy_index(_index_of(git), index)
        trial = git.having(GIT_INDEX_FILE=index)
        trial.run("update-index", "--add", "--remove", "-z", "--stdin", stdin=join_names(paths))
        found = split_names(trial.run("diff-index", "--cached", "-z", "--no-renames", "--name-only", commit))
    return sorted(frozenset(found).intersection(paths))


@contextmanager
def _set_aside(git: Git, root: Path, head: str, started_from: str | None, held: Sequence[str]) -> Generator[None]:
    """Put the changes that `started_from` holds back to `head` while git merges; they return if it does not succeed."""
    if started_from is None or not held:
        yield
        return
    index = _index_of(git)
    before = index.read_bytes() if index.exists() else None
    _put(git, root, head, held)
    try:
        yield
    except BaseException:
        _put(git, root, started_from, held)
        if before is not None:
            write_file(index, before)
        raise


def _put(git: Git, root: Path, commit: str, paths: Sequence[str]) -> None:
    """Make paths of the checkout, and of its index, what they are in `commit`."""
    known = frozenset(split_names(git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)))
    absent, present = [path for path in paths if path not in known], [path for path in paths if path in known]
    git.run("update-index", "--force-remove", "-z", "--stdin", stdin=join_names(absent))
    for path in absent:
        remove_inside(root, path)
    if present:
        words = ("checkout", "--quiet", commit, "--pathspec-from-file=-", "--pathspec-file-nul")
        git.run("--literal-pathspecs", *words, stdin=join_names(present))


def _index_of(git: Git) -> Path:
    return Path(git.line("rev-parse", "--path-format=absolute", "--git-path", "index"))


def _merged_tree(git: Git, ours: str, theirs: str) -> str:
    """Return what the two come to together; refuse what does not go together."""
    ending = git.attempt("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
    tree, *conflicts = split_names(ending.out) or ("",)
    paths = list(dict.fromkeys(conflicts))
    if ending.code == 1 and paths:
        text = (
            f"The run's result and the branch checked out in {str(git.cwd)!r} changed the same places: "
            f"{_named(paths)}. Nothing was changed. Merge {theirs[:12]} by hand, or rebase it, and settle them there."
        )
        raise WorkspaceError(text, paths=tuple(paths))
    if ending.code != 0:
        text = f"git could not merge {theirs[:12]} in {str(git.cwd)!r}; nothing was changed: {ending.err}"
        raise WorkspaceError(text)
    return tree


def _take_back(git: Git, before: str) -> None:
    """Undo a merge that stopped half way. Nothing was staged, and what is not staged is kept by both ways."""
    if git.attempt("merge", "--abort").code == 0:
        return
    is_touched = git.attempt("diff-index", "--cached", "--quiet", "HEAD").code != 0
    if is_touched or git.line("rev-parse", "HEAD") != before:
        git.run("reset", "--quiet", "--merge", before)


def _named(paths: Sequence[str]) -> str:
    return listed(map(repr, paths), _SHOWN_MAX)


def land_in_folder(store: Store, folder: Path, index: Path, trees: tuple[str, str], changed: Sequence[str]) -> None:
    """Copy the changed paths into a plain folder, if they are there as the run found (or already left) them.

    Args:
        store: where the trees are.
        folder: the user's folder.
        index: a file of ours to work with.
        trees: what the folder was, and what it shall be.
        changed: paths that differ between the two.

    Raises:
        WorkspaceError: some of the paths were changed meanwhile; nothing is copied.
    """
    was, shall = trees
    git = store.at(folder, index)
    not_was = _differing(git, index, was)
    known = frozenset(split_names(git.run("ls-files", "-z")))
    not_shall = _differing(git, index, shall)
    # An ignored file shows in no difference; one that stands where a new file shall go counts as changed all the same.
    not_was |= {path for path in changed if path not in known and os.path.lexists(folder / path)}
    touched = [path for path in changed if path in not_was and path in not_shall]
    if touched:
        text = (
            f"In {str(folder)!r} these files have changed since the run began: {_named(touched)}. Nothing was copied. "
            "Put them back, or merge by hand from the report's commits, then land."
        )
        raise WorkspaceError(text, paths=tuple(touched))
    wanted = frozenset(changed) & not_shall
    present = wanted.intersection(split_names(git.run("ls-files", "-z")))
    for path in sorted(wanted - present):
        remove_inside(folder, path)
    if present:
        git.run("checkout-index", "--force", "-z", "--stdin", stdin=join_names(sorted(present)))


def _differing(git: Git, index: Path, tree: str) -> frozenset[str]:
    """Return the paths at which the folder is not as in `tree`; the index holds `tree` afterwards."""
    index.unlink(missing_ok=True)
    git.run("read-tree", tree)
    git.attempt("update-index", "-q", "--refresh")
    found = list_differences(git)
    return frozenset((*found.tracked, *found.others))
