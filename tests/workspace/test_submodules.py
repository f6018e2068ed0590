"""Submodules come from the user's copies, are put back like everything else, and are never changed in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from surefoot.workspace import RunWorkspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Folder, Stage


RUN = "20260101-abcdef"


def add(folder: Folder, library: Folder, path: str) -> None:
    """Add a submodule and commit it."""
    folder.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), path)
    folder.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", f"add {path}")


@pytest.fixture
def library(user: Folder, tmp_path: Path) -> Folder:
    """Return a repository with two commits, to be a submodule."""
    folder = replace(user, path=tmp_path / "library")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    folder.write("lib.txt", "old\n")
    folder.commit()
    folder.write("lib.txt", "new\n")
    folder.commit()
    return folder


@pytest.fixture
def staged(user: Folder, library: Folder, stage_on: Callable[..., Stage]) -> Stage:
    """Return a fresh workspace on the repository, with the library at `sub`."""
    add(user, library, "sub")
    return stage_on(user)


def test_a_lane_has_submodules_at_the_recorded_commit(staged: Stage) -> None:
    """With their contents, and git says so, too."""
    assert (staged.lane.path / "sub/lib.txt").read_text() == "new\n"
    assert staged.lane.git("submodule", "status").endswith(" sub (heads/main)")
    assert staged.lane.git("status", "--porcelain") == ""
    assert staged.space.tree("1") == staged.space.base_tree


def test_a_submodule_the_user_has_put_away_is_there_all_the_same(
    user: Folder, library: Folder, stage_on: Callable[..., Stage]
) -> None:
    """Its copy is."""
    add(user, library, "sub")
    user.git("submodule", "--quiet", "deinit", "-f", "sub")
    assert stage_on(user).lane.git("submodule", "status").endswith(" sub (heads/main)")


def test_the_users_copies_are_not_touched(user: Folder, library: Folder, stage_on: Callable[..., Stage]) -> None:
    """No byte of `.git/modules` and of the checkout."""
    add(user, library, "sub")
    before = {name: found for name, found in user.look().items() if "modules" in name or name.startswith("sub/")}
    stage = stage_on(user)
    stage.lane.sh("cd sub; echo x > lib.txt; git commit -qam x; git checkout -q HEAD~1; git gc -q")
    stage.space.restore("1", stage.space.base)
    assert {name: user.look()[name] for name in before} == before


def test_a_submodule_with_its_repository_in_the_checkout_is_a_copy_too(
    user: Folder, library: Folder, stage_on: Callable[..., Stage]
) -> None:
    """As git made them before there was `.git/modules`."""
    user.git("clone", "-q", str(library.path), "sub")
    add(user, library, "sub")
    assert (user.path / "sub/.git").is_dir()
    assert (stage_on(user).lane.path / "sub/lib.txt").read_text() == "new\n"


def test_submodules_of_submodules_are_there(
    user: Folder, library: Folder, tmp_path: Path, stage_on: Callable[..., Stage]
) -> None:
    """They come from the copies inside the copy."""
    outer = replace(user, path=tmp_path / "outer")
    outer.path.mkdir()
    outer.git("init", "-q", "-b", "main")
    add(outer, library, "inner")
    add(user, outer, "deep/sub")
    user.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
    stage = stage_on(user)
    assert (stage.lane.path / "deep/sub/inner/lib.txt").read_text() == "new\n"
    stage.lane.write("deep/sub/inner/lib.txt", "changed\n")
    assert stage.space.changed_submodules("1") == {"deep/sub": ("inner/lib.txt",)}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("echo x > sub/lib.txt", ("lib.txt",)),
        ("echo x > sub/fresh", ("fresh",)),
        ("rm sub/lib.txt", ("lib.txt",)),
        ("rm sub/.git; echo x > sub/lib.txt", ("lib.txt",)),
        ("git -C sub checkout -q HEAD~1; echo x > sub/lib.txt", ("lib.txt",)),
    ],
)
def test_changes_inside_a_submodule_are_found_and_put_back(staged: Stage, change: str, found: tuple[str, ...]) -> None:
    """No tree of the repository shows them."""
    staged.lane.sh(change)
    assert staged.space.changed_submodules("1") == {"sub": found}
    staged.space.restore("1", staged.space.base)
    assert staged.space.changed_submodules("1") == {}
    assert (staged.lane.path / "sub/lib.txt").read_text() == "new\n"
    assert staged.lane.git("-C", "sub", "status", "--porcelain") == ""


def test_another_commit_of_the_users_copy_can_be_recorded(staged: Stage) -> None:
    """The tree has the commit that is checked out, and a lane made from it, too."""
    staged.lane.sh("git -C sub checkout -q HEAD~1")
    assert staged.space.changed_submodules("1") == {}
    tree = staged.space.tree("1")
    assert staged.space.changes(staged.space.base_tree, tree) == ("sub",)
    commit = staged.space.write_commit(tree, staged.space.base, "move\n", at=0)
    assert (staged.space.open_lane("2", commit) / "sub/lib.txt").read_text() == "old\n"


def test_a_lane_is_put_to_a_tree_with_another_commit_and_back(staged: Stage) -> None:
    """As the merge queue does before it asks checks."""
    staged.lane.sh("git -C sub checkout -q HEAD~1")
    moved, base = staged.space.tree("1"), staged.space.base
    for tree, text in ((staged.space.base_tree, "new\n"), (moved, "old\n"), (staged.space.base_tree, "new\n")):
        staged.space.place("1", base, tree)
        assert (staged.space.tree("1"), (staged.lane.path / "sub/lib.txt").read_text()) == (tree, text)


def test_a_commit_that_only_the_lane_has_cannot_be_recorded(staged: Stage) -> None:
    """Nobody else could check it out."""
    staged.lane.sh("cd sub; echo x > lib.txt; git commit -qam x")
    at = staged.lane.git("-C", "sub", "rev-parse", "HEAD")
    assert staged.space.changed_submodules("1") == {"sub": (f"commit {at[:12]}",)}


@pytest.mark.parametrize("remove", ["git rm -q sub", "rm -r sub", "git submodule deinit -q -f sub"])
def test_a_submodule_that_is_removed_comes_back(staged: Stage, remove: str) -> None:
    """Whether its record is gone, too, or its files alone."""
    staged.lane.sh(remove)
    assert staged.space.changed_submodules("1") == {}
    staged.space.restore("1", staged.space.base)
    assert (staged.lane.path / "sub/lib.txt").read_text() == "new\n"


def test_a_removed_submodule_is_a_change_of_the_tree(staged: Stage) -> None:
    """Like that of a file."""
    staged.lane.sh("git rm -q sub")
    assert staged.space.changes(staged.space.base_tree, staged.space.tree("1")) == (".gitmodules", "sub")


def test_putting_a_moved_submodule_back_brings_its_files_back(staged: Stage) -> None:
    """Where a step may not write it."""
    staged.lane.sh("git -C sub checkout -q HEAD~1")
    staged.space.put_back("1", staged.space.base_tree, ["sub"])
    assert (staged.lane.path / "sub/lib.txt").read_text() == "new\n"
    assert staged.space.tree("1") == staged.space.base_tree


def test_a_submodule_without_a_copy_is_an_empty_folder(
    user: Folder, library: Folder, stage_on: Callable[..., Stage]
) -> None:
    """As in the user's checkout; a remark says so."""
    add(user, library, "sub")
    user.sh("git submodule --quiet deinit -f sub; rm -r .git/modules")
    stage = stage_on(user)
    assert list((stage.lane.path / "sub").iterdir()) == []
    assert [(one.kind, "'sub'" in one.text) for one in stage.space.remarks] == [("submodule-missing", True)]


def test_a_later_program_goes_on_with_submodules(staged: Stage) -> None:
    """It knows what they were at the checkpoint."""
    later = RunWorkspace.open(staged.run_dir, staged.user.path, RUN)
    later.adopt("1", later.base)
    staged.lane.write("sub/lib.txt", "changed\n")
    assert later.changed_submodules("1") == {"sub": ("lib.txt",)}
    assert later.written("1") == ("sub/lib.txt",)
