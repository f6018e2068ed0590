"""What is found by one look through a lane, and when a look still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.workspace.git import split_names, user_git
from surefoot.workspace.store import Store
from surefoot.workspace.trees import EXCLUDES, list_differences

if TYPE_CHECKING:
    from conftest import Folder, Stage

BODIES = (
    "true",
    "touch x.log ignored-not; mkdir ignored; touch ignored/f",
    "mkdir new; touch new/{a,b.log}; mkdir -p logs/deep; touch logs/deep/c.log",
    "rm src/a.py; mkdir src/a.py; touch src/a.py/{in,in.log}",
    "rm -r src; ln -s /etc src",
    "git init -q nested; git init -q new/nested; touch new/x.log; mkfifo pipe; mkdir -p empty-one/{a,b}",
    "mkdir logs; git init -q logs/nested; touch logs/x.log; git init -q src/nested",
    "mkdir -p '*' 'we ird'; touch '*/[q]' 'we ird/:(top)' ':x' ./-y",
    "printf '!*.log\\n/src\\n' > .gitignore; touch src/{new,new.log} x.log",
    "mkdir many; for i in {1..150}; do touch $i many/$i $i.log; done",
    "mkdir -p a/__pycache__ .venv/lib; touch a/__pycache__/m a/f .venv/lib/p .coverage .coveragerc",
)


@pytest.mark.parametrize("body", BODIES)
def test_what_is_untracked_is_told_apart_as_if_all_had_been_asked_for(user: Folder, body: str) -> None:
    """Looking only where something untracked lies finds what looking everywhere does."""
    user.sh(body)
    git = user_git(user.path)
    found = list_differences(git)
    others = split_names(git.run("ls-files", "-z", "--others", *EXCLUDES))
    ignored = split_names(git.run("ls-files", "-z", "--others", "--ignored", "--directory", *EXCLUDES))
    assert {*found.others, *(f"{path}/" for path in found.nested)} == set(others)
    assert set(found.ignored) == set(ignored)


def test_a_settled_lane_is_not_looked_at_again(stage: Stage) -> None:
    """The caller's word counts; without it everything is looked at."""
    stage.space.tree("1")
    stage.space.restore("1", stage.space.base)
    late = stage.lane.write("late.txt")
    stage.space.restore("1", stage.space.base, settled=True)
    assert late.exists()
    stage.space.restore("1", stage.space.base)
    assert not late.exists()


@pytest.mark.parametrize("path", ["src/a.py", "late.txt"])
def test_a_settled_lane_that_was_found_different_is_put_back(stage: Stage, path: str) -> None:
    """Whether a tracked file was changed or another one was made."""
    stage.lane.write(path, "other\n")
    stage.space.tree("1")
    restored = stage.space.restore("1", stage.space.base, settled=True)
    assert (*restored.put_back, *restored.removed) == (path,)


def test_what_surefoot_itself_wrote_is_looked_at_in_a_settled_lane(stage: Stage) -> None:
    """A look does not outlast a put-back."""
    stage.space.restore("1", stage.space.base)
    stage.lane.write("late.txt")
    stage.space.put_back("1", stage.space.base_tree, ["run.sh"])
    assert stage.space.restore("1", stage.space.base, settled=True).removed == ("late.txt",)


def test_a_settled_lane_is_put_to_another_commit(stage: Stage) -> None:
    """That it was right for one tree says nothing of another."""
    commit = stage.step("step.txt")
    stage.space.restore("1", stage.space.base, settled=True)
    assert not (stage.lane.path / "step.txt").exists()
    stage.space.restore("1", commit, settled=True)
    assert (stage.lane.path / "step.txt").exists()


def test_an_empty_folder_is_swept_from_a_settled_lane(stage: Stage) -> None:
    """No look shows it."""
    (stage.lane.path / "nothing").mkdir()
    stage.space.tree("1")
    stage.space.restore("1", stage.space.base)
    (stage.lane.path / "nothing").mkdir()
    stage.space.restore("1", stage.space.base, settled=True)
    assert not (stage.lane.path / "nothing").exists()


@pytest.mark.parametrize(
    "body",
    [
        "echo new > new; echo b > src/a.py; mkdir -p p/q; echo deep > p/q/f",
        "chmod +x src/a.py; rm run.sh",
        "mv src moved; echo more >> moved/a.py",
        "rm src/a.py; mkdir src/a.py; echo in > src/a.py/in; rm link; echo file > link",
    ],
)
def test_a_comparison_tells_which_objects_a_commit_adds(stage: Stage, body: str) -> None:
    """The same ones as history would tell, and the tree among them."""
    stage.lane.sh(body)
    tree, store = stage.space.tree("1"), Store(stage.run_dir / "store")
    commit = stage.space.write_commit(tree, stage.space.base, "x\n", at=0)
    told = store.new_objects(commit, (stage.space.base,))
    assert sorted((commit, *store.changes(stage.space.base_tree, tree).objects)) == sorted(told)


def test_a_compared_commit_reaches_the_users_repository_whole(stage: Stage) -> None:
    """Folders and files that are new, moved or gone."""
    stage.lane.sh("mv src moved; mkdir -p p/q; echo deep > p/q/f; rm run.sh")
    tree = stage.space.tree("1")
    stage.space.changes(stage.space.base_tree, tree)
    commit = stage.space.write_commit(tree, stage.space.base, "x\n", at=0)
    stage.space.publish(commit, None)
    assert "missing" not in stage.user.git("rev-list", "--objects", "--missing=print", commit)
    assert stage.user.git("cat-file", "-t", commit) == "commit"
