"""The user's repository stays as it was, byte for byte, apart from the two ref namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.errors import WorkspaceError, WorkspaceMissing
from surefoot.workspace import RunWorkspace, inspect_source

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Folder, Stage


RUN = "20260101-abcdef"
OURS = (".git/objects/", ".git/refs/surefoot/", ".git/refs/heads/surefoot/")


def look(user: Folder) -> dict[str, tuple[int, bytes]]:
    """Return the user's files, without objects and the run's own refs."""
    return {name: found for name, found in user.look().items() if not f"{name}/".startswith(OURS)}


def cycle(space: RunWorkspace) -> None:
    """Do what a run does, with a body that is hard on git."""
    base, lane = space.base, space.open_lane("1", space.base)
    (lane / "src/new.py").write_text("x = 1\n")
    space.ignored_state("1", ())
    space.put_back("1", space.base_tree, ["src/a.py"])
    commit = space.write_commit(space.tree("1"), base, "step\n", at=0)
    space.publish(commit, None)
    space.restore("1", base)
    space.reset_refs("1", commit)
    space.publish(base, commit, kept=1)
    space.open_lane("clean", commit, fresh=True)
    space.missing(commit)


@pytest.mark.parametrize("include_dirty", [False, True])
def test_a_whole_cycle_leaves_the_users_repository_alone(user: Folder, tmp_path: Path, include_dirty: bool) -> None:
    """Refs, logs, stash, hooks, settings, index, HEAD and files: nothing changes, no hook runs."""
    user.write("src/a.py", "a = 'dirty'\n")
    user.write("staged.py", "staged\n")
    user.sh("git add staged.py; git update-index --refresh -q; touch src/deep/b.py; true")
    before = look(user)
    source = inspect_source(user.path)
    cycle(RunWorkspace.create(tmp_path / "run", source, RUN, include_dirty=include_dirty, at=0))
    assert look(user) == before


def test_packed_refs_keep_their_meaning(user: Folder, tmp_path: Path) -> None:
    """In a repository whose refs are packed, all of the user's read the same afterwards."""
    user.git("pack-refs", "--all")
    before = user.git("for-each-ref"), look(user)
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    cycle(space)
    space.remove(delete_branch=True)
    assert (user.git("for-each-ref"), look(user)) == before


@pytest.mark.parametrize(
    "body",
    [
        "echo y > src/a.py; git stash -q",
        "git checkout -q -b mine; git commit -q --allow-empty -m x; git tag t; git branch -f main",
        "git gc -q --prune=now; git reset -q --hard HEAD~1; git update-ref -d refs/tags/v1",
        "mkdir -p $(git rev-parse --git-common-dir)/hooks; git config core.hooksPath x; git config user.name Eve",
        "d=$(git rev-parse --git-common-dir); rm -rf $d/objects $d/refs; ln -s /tmp $d/refs; ln -s /tmp $d/hooks",
        "rm -rf $(git rev-parse --git-common-dir)",
        "d=$(git rev-parse --git-common-dir); mkdir -p $d/refs/heads/deep; touch $d/{config,HEAD}.lock $d/shallow",
    ],
)
def test_the_clone_is_as_new_after_any_body(stage: Stage, body: str) -> None:
    """Refs, settings and hooks of the run's clone go back, and the user's repository sees nothing of it."""
    refs, settings, user = stage.lane.git("show-ref"), stage.lane.git("config", "--list"), look(stage.user)
    stage.lane.sh(body)
    stage.space.reset_refs("1", stage.space.base)
    stage.space.restore("1", stage.space.base)
    assert stage.lane.git("show-ref") == refs
    assert stage.lane.git("config", "--list") == settings
    assert (
        sorted(p.name for p in (stage.run_dir / "clones" / "1").iterdir() if "lock" in p.name or p.name == "hooks")
        == []
    )
    assert look(stage.user) == user


def test_lanes_see_tags_branches_and_remotes(user: Folder, tmp_path: Path) -> None:
    """Version numbers are often made from tags, and a step may push to a remote by name."""
    user.git("remote", "add", "origin", "https://somebody:secret@example.org/x.git")
    user.git("remote", "add", "near", "../bare.git")
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    lane = type(user)(space.open_lane("1", space.base))
    assert lane.git("describe") == user.git("describe")
    assert lane.git("rev-parse", "other") == user.git("rev-parse", "other")
    assert lane.git("remote", "get-url", "origin") == "https://example.org/x.git"
    assert lane.git("remote", "get-url", "near") == str(tmp_path / "bare.git")


def test_include_dirty_starts_from_what_is_there(user: Folder, tmp_path: Path) -> None:
    """Staged, changed, deleted and untracked files are in the base, ignored ones and litter are not."""
    user.write("staged.py", "staged\n")
    user.sh("git add staged.py; echo b > src/a.py; rm run.sh; touch new.txt x.log; mkdir .venv; touch .venv/y")
    source = inspect_source(user.path)
    assert source.head is not None
    space = RunWorkspace.create(tmp_path / "run", source, RUN, include_dirty=True, at=0)
    assert set(source.dirty) == {"staged.py", "src/a.py", "run.sh", "new.txt"}
    assert user.git("rev-parse", f"{space.base}^") == source.head
    assert set(space.changes(space.commit_tree_of(source.head), space.base_tree)) == set(source.dirty)


def test_include_dirty_of_a_clean_checkout_is_head(user: Folder, tmp_path: Path) -> None:
    """No commit is made for nothing."""
    source = inspect_source(user.path)
    assert RunWorkspace.create(tmp_path / "run", source, RUN, include_dirty=True, at=0).base == source.head


def test_include_dirty_refuses_a_merge_with_conflicts(user: Folder, tmp_path: Path) -> None:
    """Files full of conflict marks are no base."""
    user.sh("git checkout -q -b x HEAD~1; echo c > src/a.py; git commit -qam c --no-verify; ! git merge main")
    with pytest.raises(WorkspaceError, match="merge with conflicts"):
        RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=True, at=0)


def test_a_workspace_can_be_opened_again(stage: Stage) -> None:
    """A new engine finds everything as the old one left it."""
    commit = stage.step()
    space = RunWorkspace.open(stage.run_dir, stage.user.path, RUN)
    assert (space.base, space.base_tree, space.kind) == (stage.space.base, stage.space.base_tree, "git")
    space.open_lane("1", commit)
    assert space.tree("1") == space.commit_tree_of(commit)


def test_a_clone_deleted_by_hand_is_built_again(stage: Stage) -> None:
    """Nothing that counts was in it."""
    commit = stage.step()
    stage.lane.sh(f"rm -rf {stage.run_dir}/clones {stage.run_dir}/lanes {stage.run_dir}/indexes")
    space = RunWorkspace.open(stage.run_dir, stage.user.path, RUN)
    space.open_lane("1", commit)
    assert stage.lane.git("status", "--porcelain") == ""
    assert stage.lane.git("rev-parse", "HEAD") == commit


@pytest.mark.parametrize("part", ["workspace.json", "store", "pristine", "../../user", "../../user/.git"])
def test_a_part_that_is_gone_is_named(stage: Stage, part: str) -> None:
    """What cannot be built again is said, with what is left."""
    stage.lane.sh(f"rm -rf '{stage.run_dir / part}'")
    with pytest.raises(WorkspaceMissing, match="is gone"):
        RunWorkspace.open(stage.run_dir, stage.user.path, RUN)


def test_what_a_killed_creation_left_behind_is_replaced(stage: Stage) -> None:
    """Nothing was published yet, so the run id is free."""
    (stage.run_dir / "workspace.json").unlink()
    space = RunWorkspace.create(stage.run_dir, inspect_source(stage.user.path), RUN, include_dirty=False, at=0)
    space.open_lane("1", space.base)
    assert space.tree("1") == space.base_tree


def test_a_linked_worktree_is_a_checkout_like_any_other(user: Folder, tmp_path: Path) -> None:
    """The run belongs to the repository behind it."""
    linked = type(user)(tmp_path / "linked")
    user.git("worktree", "add", "-q", "-b", "topic", str(linked.path))
    before = look(user), linked.look()
    space = RunWorkspace.create(tmp_path / "run", inspect_source(linked.path), RUN, include_dirty=False, at=0)
    cycle(space)
    assert user.ref(f"refs/surefoot/{RUN}/head") == space.base
    assert (look(user), linked.look()) == before
