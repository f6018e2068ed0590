"""The run's refs follow the journal, and no branch a person has touched is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.errors import RunExists, WorkspaceError
from surefoot.workspace import RunWorkspace, inspect_source

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Stage


RUN = "20260101-abcdef"
BRANCH = f"refs/heads/surefoot/{RUN}"
HEAD = f"refs/surefoot/{RUN}/head"


def test_a_published_commit_is_whole_in_the_users_repository(stage: Stage) -> None:
    """Commit, trees and files are there, by the user's own name, and no ref log is written."""
    commit = stage.step("src/new.py")
    assert stage.user.ref(BRANCH) is None
    assert stage.space.publish(commit, None).moved
    assert stage.user.ref(BRANCH) == stage.user.ref(HEAD) == commit
    stage.user.git("fsck", "--strict", "--connectivity-only", commit)
    assert stage.user.git("show", f"{commit}:src/new.py") == "done"
    assert stage.user.git("log", "-1", "--format=%an <%ae> %at", commit) == "Una User <una@example.org> 1700000000"
    assert not (stage.user.path / ".git/logs" / BRANCH).exists()


def test_publishing_again_is_harmless(stage: Stage) -> None:
    """A kill after the refs moved leads to the same call once more."""
    commit = stage.step()
    stage.space.publish(commit, None)
    again = stage.space.publish(commit, None)
    assert (again.moved, again.found, again.reason) == (True, commit, None)


def test_the_branch_follows_step_by_step(stage: Stage) -> None:
    """Each publication starts where the one before ended."""
    first = stage.step("one")
    stage.space.publish(first, None)
    second = stage.step("two", parent=first)
    assert stage.space.publish(second, first).found == first
    assert stage.space.branch_state() == second
    assert stage.user.git("rev-list", "--count", f"{stage.space.base}..{BRANCH}") == "2"


def test_several_unpublished_steps_are_published_at_once(stage: Stage) -> None:
    """After a crash the branch may be behind by more than one."""
    first = stage.step("one")
    second = stage.step("two", parent=first)
    assert stage.space.publish(second, None).moved
    stage.user.git("fsck", "--strict", "--connectivity-only", second)


@pytest.mark.parametrize("place", ["main", "v1^{commit}"])
def test_a_branch_moved_by_hand_is_left_alone(stage: Stage, place: str) -> None:
    """The commits are kept under the run's own ref all the same."""
    first = stage.step("one")
    stage.space.publish(first, None)
    moved_to = stage.user.git("rev-parse", place)
    stage.user.git("update-ref", BRANCH, moved_to)
    second = stage.step("two", parent=first)
    published = stage.space.publish(second, first)
    assert (published.moved, published.found) == (False, moved_to)
    assert "moved by hand" in (published.reason or "")
    assert (stage.user.ref(BRANCH), stage.user.ref(HEAD)) == (moved_to, second)


def test_a_branch_deleted_by_hand_stays_deleted(stage: Stage) -> None:
    """Somebody did not want it."""
    first = stage.step("one")
    stage.space.publish(first, None)
    stage.user.git("branch", "-D", f"surefoot/{RUN}")
    second = stage.step("two", parent=first)
    assert stage.space.publish(second, first).reason is not None
    assert (stage.user.ref(BRANCH), stage.user.ref(HEAD)) == (None, second)


@pytest.mark.parametrize("where", ["here", "worktree"])
def test_a_branch_that_is_checked_out_is_left_alone(stage: Stage, where: str) -> None:
    """Moving it would make that checkout look changed."""
    first = stage.step("one")
    stage.space.publish(first, None)
    if where == "here":
        stage.user.git("checkout", "-q", f"surefoot/{RUN}")
    else:
        stage.user.git("worktree", "add", "-q", str(stage.run_dir.parent / "wt"), f"surefoot/{RUN}")
    published = stage.space.publish(stage.step("two", parent=first), first)
    assert not published.moved
    assert "checked out" in (published.reason or "")
    assert stage.user.ref(BRANCH) == first


def test_a_branch_named_surefoot_stands_in_the_way(stage: Stage) -> None:
    """Git cannot have both; the user's stays."""
    stage.user.git("branch", "surefoot")
    commit = stage.step()
    published = stage.space.publish(commit, None)
    assert "'surefoot'" in (published.reason or "")
    assert stage.user.ref(HEAD) == commit


def test_going_back_keeps_the_old_tip(stage: Stage) -> None:
    """A restored run moves its branch backwards; what it leaves stays reachable."""
    first = stage.step("one")
    second = stage.step("two", parent=first)
    stage.space.publish(second, None)
    for _ in range(2):
        assert stage.space.publish(first, second, kept=1).moved
    assert stage.user.ref(f"refs/surefoot/{RUN}/kept/1") == second
    assert stage.user.ref(BRANCH) == first


def test_lock_files_on_the_runs_own_refs_are_removed(stage: Stage) -> None:
    """Only Surefoot writes there, so they were left by a kill."""
    stage.user.write(f".git/{BRANCH}.lock")
    stage.user.write(f".git/{HEAD}.lock")
    assert stage.space.publish(stage.step(), None).moved


def test_another_lock_file_is_named(stage: Stage) -> None:
    """Somebody else's lock is theirs to remove."""
    commit = stage.step()
    stage.space.publish(commit, None)
    stage.user.git("pack-refs", "--all")
    lock = stage.user.write(".git/packed-refs.lock")
    with pytest.raises(WorkspaceError, match=str(lock)):
        stage.space.remove()


def test_a_step_survives_that_the_user_prunes_what_it_borrowed(stage: Stage) -> None:
    """A file that existed only on a branch the user deletes is copied into the run's own store."""
    stage.user.git("checkout", "-q", "--orphan", "side")
    stage.user.write("borrowed.txt", "from a branch\n")
    stage.user.sh("git add -A -f && git commit -qm side --no-verify && git checkout -q main && git stash clear")
    commit = stage.step("mine.txt", "from a branch\n")
    stage.user.sh("git branch -D side; git reflog expire --expire=now --all; git gc -q --prune=now")
    assert stage.space.missing(commit) == ()
    stage.space.publish(commit, None)
    assert stage.user.git("show", f"{BRANCH}:mine.txt") == "from a branch"


def test_gc_in_the_users_repository_keeps_the_run_working(stage: Stage) -> None:
    """Even when nothing of the user's own refs reaches the base any more."""
    first = stage.step("one")
    stage.space.publish(first, None)
    stage.user.sh("git update-ref -d refs/stash; git checkout -q other; git branch -D main")
    stage.user.sh("git reflog expire --expire=now --all; git gc -q --prune=now")
    second = stage.step("two", parent=first)
    assert stage.space.missing(second) == ()
    assert stage.space.publish(second, first).moved


def test_missing_objects_are_reported(stage: Stage) -> None:
    """A base the user pruned away (with the run's ref) cannot be worked on."""
    stage.user.sh(f"git update-ref -d refs/surefoot/{RUN}/base; git update-ref -d refs/stash; git checkout -q other")
    stage.user.sh("git branch -D main; git reflog expire --expire=now --all; git gc -q --prune=now")
    (gone,) = stage.space.missing()
    assert stage.space.base in gone


def test_a_run_id_that_is_taken_is_refused(stage: Stage, tmp_path: Path) -> None:
    """Another home directory may know nothing of the run that has it."""
    stage.space.publish(stage.step(), None)
    with pytest.raises(RunExists, match=RUN):
        RunWorkspace.create(tmp_path / "x", inspect_source(stage.user.path), RUN, include_dirty=False, at=0)


def test_remove_leaves_only_the_branch(stage: Stage) -> None:
    """Folder and private refs go, the branch is the user's."""
    commit = stage.step()
    stage.space.publish(commit, None)
    stage.space.remove()
    assert list(stage.run_dir.iterdir()) == []
    assert stage.user.git("for-each-ref", "--format=%(refname)", "refs/surefoot", "refs/heads/surefoot") == BRANCH


def test_remove_takes_the_branch_when_asked(stage: Stage) -> None:
    """Nothing of the run is left then."""
    stage.space.publish(stage.step(), None)
    stage.space.remove(delete_branch=True)
    assert stage.user.git("for-each-ref", "refs/surefoot", "refs/heads/surefoot") == ""


def test_trailers_can_be_read_back(stage: Stage) -> None:
    """`audit` compares them with the journal."""
    tree = stage.space.base_tree
    commit = stage.space.write_commit(tree, stage.space.base, "title\n\nSurefoot-Journal: 7:abc\n", at=0)
    assert stage.space.trailer(commit, "Surefoot-Journal") == "7:abc"
    assert stage.space.trailer(commit, "Surefoot-Run") is None
