"""Whatever is done to the files of a lane, a restore gives the tree back.

Read `test_restore.py` for the cases by name.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples

if TYPE_CHECKING:
    from conftest import Stage


NAMES = ["a", "b", "d", "src", "src/a.py", "src/deep", "src/deep/b.py", "run.sh", "link", ".gitignore", "ö ö", "x.log"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map("/".join)
TEXTS = st.sampled_from(["", "a = 1\n", "a = 9\n", "*.py\n", "!*.log\nd\n"])
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), PATHS, TEXTS),
    st.tuples(st.just("remove"), PATHS, st.none()),
    st.tuples(st.just("folder"), PATHS, st.none()),
    st.tuples(st.just("link"), PATHS, PATHS),
    st.tuples(st.just("move"), PATHS, PATHS),
    st.tuples(st.just("mode"), PATHS, st.none()),
    st.tuples(st.just("init"), PATHS, st.none()),
)


def apply(root: Path, what: str, name: str, other: str | None) -> None:
    """Do one thing to a lane's files, as far as it can be done."""
    path = root / name
    with suppress(OSError):
        if what == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other or "")
        elif what == "remove":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif what == "folder":
            path.mkdir(parents=True)
        elif what == "link":
            path.symlink_to(other or "")
        elif what == "move":
            path.rename(root / (other or ""))
        elif what == "mode":
            path.chmod(path.stat().st_mode ^ 0o111)
        elif path.is_dir():
            subprocess.run(["git", "init", "-q", path], check=False, capture_output=True)


def fresh_tree(stage: Stage, lane: Path) -> str:
    """Return the lane's tree as plain git sees it with an index of its own."""
    with tempfile.TemporaryDirectory() as folder:
        git = stage.space._store.at(lane, Path(folder, "index"))
        git.run("read-tree", stage.space.base)
        git.run("add", "-A")
        return git.line("write-tree")


@pytest.fixture
def shared(stage: Stage) -> Stage:
    """Return one lane for all examples: each begins where the restore before left it."""
    return stage


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(OPERATIONS, min_size=1, max_size=8), looks=st.booleans())
def test_restore_gives_the_tree_back_after_any_operations(
    shared: Stage, steps: list[tuple[str, str, str | None]], looks: bool
) -> None:
    """By our own word and by plain git's."""
    root = shared.lane.path
    for step in steps:
        apply(root, *step)
    if looks:
        shared.space.tree("1")
    shared.space.restore("1", shared.space.base)
    assert shared.space.tree("1") == shared.space.base_tree
    assert fresh_tree(shared, root) == shared.space.base_tree


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(OPERATIONS.filter(lambda one: one[0] != "init"), min_size=1, max_size=8))
def test_a_tree_can_be_taken_and_gone_back_to(shared: Stage, steps: list[tuple[str, str, str | None]]) -> None:
    """What `tree` names is what a restore to it brings, file for file that git can hold."""
    root = shared.lane.path
    for step in steps:
        apply(root, *step)
    tree = shared.space.tree("1")
    commit = shared.space.write_commit(tree, shared.space.base, "x\n", at=0)
    shared.space.restore("1", shared.space.base)
    shared.space.restore("1", commit)
    assert shared.space.tree("1") == tree
    shared.space.open_lane("1", shared.space.base, fresh=True)
