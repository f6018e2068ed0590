"""What a lane's tree holds, and what is noticed of the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from surefoot.errors import WorkspaceError
from surefoot.workspace.excluded import is_cache, is_never_committed

if TYPE_CHECKING:
    from conftest import Stage


def test_a_tree_holds_tracked_and_untracked_files(stage: Stage) -> None:
    """Modes, links, empty files and odd names included; ignored files are not."""
    stage.lane.sh("echo b > src/a.py; rm run.sh; mkdir n; touch n/empty x.log $'odd\\nü'; ln -s nowhere n/link")
    stage.lane.sh("printf x > $'\\xff'; chmod +x empty")
    tree = stage.space.tree("1")
    expected = {"src/a.py", "run.sh", "n/empty", "n/link", "odd\nü", "\udcff", "empty"}
    assert set(stage.space.changes(stage.space.base_tree, tree)) == expected


def test_an_unchanged_lane_has_the_tree_of_its_commit(stage: Stage) -> None:
    """Touching files changes nothing."""
    stage.lane.sh("touch src/a.py run.sh")
    assert stage.space.tree("1") == stage.space.base_tree


def test_changes_of_the_same_size_in_the_same_second_are_seen(stage: Stage) -> None:
    """Time stamps alone could not tell."""
    trees = set[str]()
    for digit in "456789":
        stage.lane.write("src/a.py", f"a = {digit}\n")
        trees.add(stage.space.tree("1"))
    assert len(trees) == 6


def test_a_body_that_has_its_own_commits_and_index_is_judged_by_its_files(stage: Stage) -> None:
    """What git says in the lane does not matter."""
    stage.lane.sh("echo b > src/a.py; git add -A; git commit -qm b; git rm -q --cached run.sh")
    assert stage.space.changes(stage.space.base_tree, stage.space.tree("1")) == ("src/a.py",)


def test_what_no_run_commits_is_in_no_tree(stage: Stage) -> None:
    """Caches and environments, though no rule of the repository ignores them; `.coveragerc` is a file of the user's."""
    stage.lane.sh("mkdir -p a/__pycache__ .venv .tox x.egg-info .mypy_cache .ruff_cache .pytest_cache")
    stage.lane.sh("touch {a/__pycache__,.venv,.tox,x.egg-info,.mypy_cache,.ruff_cache,.pytest_cache}/f")
    stage.lane.sh("touch .coverage .coverage.host.1 .coveragerc")
    assert stage.space.changes(stage.space.base_tree, stage.space.tree("1")) == (".coveragerc",)


def test_excluded_globs_are_in_no_tree(stage: Stage) -> None:
    """Untracked ones are left out, tracked ones are as they were."""
    stage.lane.sh("mkdir dist; touch dist/a dist/b.txt; echo x > src/a.py; rm run.sh")
    tree = stage.space.tree("1", exclude=["dist/*", "src/**"])
    assert stage.space.changes(stage.space.base_tree, tree) == ("run.sh",)


def test_putting_back_some_paths_keeps_the_others(stage: Stage) -> None:
    """Undeclared writes go, declared ones stay."""
    stage.lane.sh("echo b > src/a.py; rm -r src/deep; rm run.sh; mkdir -p n/m; touch n/m/x keep; rm empty; mkdir empty")
    stage.lane.sh("touch empty/x")
    stage.space.put_back("1", stage.space.base_tree, ["src/deep/b.py", "run.sh", "n/m/x", "empty", "empty/x"])
    assert set(stage.space.changes(stage.space.base_tree, stage.space.tree("1"))) == {"src/a.py", "keep"}
    assert os.access(stage.lane.path / "run.sh", os.X_OK)
    assert not (stage.lane.path / "n").exists()


def test_putting_back_to_a_tree_that_is_no_commit(stage: Stage) -> None:
    """What a check leaves goes back to what the body made."""
    stage.lane.sh("echo b > src/a.py; touch made")
    tree = stage.space.tree("1")
    stage.lane.sh("echo c > src/a.py; rm made; touch left; echo > run.sh")
    stage.space.put_back("1", tree, stage.space.changes(tree, stage.space.tree("1")))
    assert stage.space.tree("1") == tree


def test_a_lane_that_was_never_opened_is_named(stage: Stage) -> None:
    """Looking into it is a mistake of the caller's."""
    with pytest.raises(WorkspaceError, match="'2' is not open"):
        stage.space.tree("2")


@pytest.mark.parametrize(
    "change",
    ["echo x > ignored/f", "touch ignored/new", "rm ignored/f", "chmod +x ignored/f", "touch .venv/x", "echo > x.log"],
)
def test_a_change_of_ignored_files_is_noticed(stage: Stage, change: str) -> None:
    """Such a lane is made anew after a failure."""
    stage.lane.sh("mkdir ignored .venv; touch ignored/f x.log")
    before = stage.space.ignored_state("1", ())
    stage.lane.sh(change)
    assert stage.space.ignored_state("1", ()) != before


@pytest.mark.parametrize(
    "change",
    [
        "touch ignored/cache/f",
        "touch .coverage; mkdir .mypy_cache; touch .mypy_cache/x",
        "touch untracked; echo b > src/a.py",
    ],
)
def test_a_change_of_caches_or_of_the_tree_is_no_change_of_ignored_files(stage: Stage, change: str) -> None:
    """Caches may change freely, and the tree tells of the rest."""
    stage.lane.sh("mkdir -p ignored/cache .venv")
    before = stage.space.ignored_state("1", ("ignored/cache/**",))
    stage.lane.sh(change)
    assert stage.space.ignored_state("1", ("ignored/cache/**",)) == before


def test_artifacts_count_as_ignored_files(stage: Stage) -> None:
    """They are in no tree, so their change must be seen elsewhere."""
    before = stage.space.ignored_state("1", (), exclude=["dist/*"])
    stage.lane.sh("mkdir dist; touch dist/x")
    assert stage.space.ignored_state("1", (), exclude=["dist/*"]) != before


def test_what_is_not_held_is_named(stage: Stage) -> None:
    """The checkpoint record says what no restore can put back."""
    stage.lane.sh("mkdir -p ignored/a .venv src/__pycache__; touch ignored/f .venv/f x.log src/__pycache__/c")
    assert set(stage.space.not_held("1")) == {"ignored/", ".venv/", "x.log"}


def test_the_files_of_a_lane_are_those_of_its_tree(stage: Stage) -> None:
    """For key files of prepare, and for globs."""
    stage.lane.sh("touch new x.log; rm run.sh")
    files = set(stage.space.files_of_lane("1"))
    assert files == (set(stage.space.files(stage.space.base)) - {"run.sh"}) | {"new"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/__pycache__/x.pyc", (True, True)),
        (".coverage", (True, True)),
        (".coverage.host.1", (True, True)),
        (".coveragerc", (False, False)),
        ("pkg.egg-info/PKG-INFO", (False, True)),
        (".venv/bin/python", (False, True)),
        ("a.venv/x", (False, False)),
        ("my__pycache__/x", (False, False)),
    ],
)
def test_the_fixed_names(path: str, expected: tuple[bool, bool]) -> None:
    """FORMATS, "What a run commits"."""
    assert (is_cache(path), is_never_committed(path)) == expected
