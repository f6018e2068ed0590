"""A lane comes back to its checkpoint, whatever a body did to it."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage


BODIES = {
    "deleted": "rm -r src 'with space \n newline ü.txt'",
    "modified": "echo x >> src/a.py; echo > empty",
    "same size and second": "printf 'a = 9\\n' > src/a.py",
    "untracked": "mkdir -p new/er && touch new/er/file 'new/ odd\nname' && ln -s /etc/passwd new/link",
    "mode changed": "chmod -x run.sh; chmod +x src/a.py",
    "file to folder": "rm src/a.py && mkdir -p src/a.py/in && touch src/a.py/in/side",
    "file to empty folder": "rm src/a.py && mkdir src/a.py",
    "folder to file": "rm -r src && echo > src",
    "folder to link": "mv src elsewhere && ln -s elsewhere src",
    "folder to link to nowhere": "rm -r src && ln -s /nonexistent src",
    "link to file": "rm link && cp src/a.py link",
    "link to folder": "rm link && mkdir link && touch link/x",
    "file to pipe": "rm src/a.py && mkfifo src/a.py && mkfifo another",
    "empty folders": "mkdir -p some/empty/folders src/empty",
    "nested repositories": "git init -q nested; git clone -q . src/nested; touch nested/x",
    "a repository begun in a tracked folder": "git init -q src/deep && touch src/deep/new",
    "ignore rules": "echo '*' >> .gitignore; mkdir n; echo '*.txt' > n/.gitignore; touch n/a.txt n/b",
    "ignore rules taken away": "rm .gitignore",
    "commit": "echo y > src/a.py; touch z; git add -A; git commit -qm body",
    "stash": "echo y > src/a.py; git stash -q; echo y > run.sh; git stash -q",
    "branch": "git checkout -q -b mine; echo y > src/a.py; git commit -qam body; git branch -f main",
    "other branch": "git checkout -q other",
    "hard reset": "git reset -q --hard HEAD~1",
    "gc": "git gc -q --prune=now",
    "worktree": "git worktree add -q ../../more HEAD; git worktree add -q inside HEAD; git worktree prune",
    "merge under way": "git checkout -q -b m HEAD~1; echo c > src/a.py; git commit -qam c; ! git merge main",
    "rebase under way": "git checkout -q -b r HEAD~1; echo c > src/a.py; git commit -qam c; ! git rebase main",
    "stale locks": "cd $(git rev-parse --git-dir) && touch index.lock HEAD.lock ../../packed-refs.lock",
    "index removed": "rm $(git rev-parse --git-dir)/index",
    "git link broken": "echo gitdir: /nonexistent > .git",
    "a repository of its own": "rm .git && git init -q && git add -A && git commit -qm x",
    "everything removed": "rm -rf * .git* .??*",
    "bytecode": "mkdir -p src/__pycache__ gone/__pycache__; touch src/__pycache__/a.pyc gone/__pycache__/x",
    "closed folders": "mkdir -p closed/in && touch closed/in/x && chmod 500 closed/in && chmod 000 closed",
    "closed files": "chmod 000 src/a.py && touch src/closed && chmod 000 src/closed",
    "closed tracked folder": "touch src/deep/new && chmod 500 src/deep",
    "sparse": "git config core.sparseCheckout true; git update-index --skip-worktree src/a.py; rm src/a.py",
    "settings": "git config core.fsmonitor 'exit 1'; git config core.worktree /tmp; git config core.bare true",
    "attributes": "echo '* text eol=crlf' > .gitattributes; git rm -rq --cached .; git reset -q --hard",
}


def files_of(folder: Path) -> dict[str, object]:
    """Return all there is in a lane, by kind."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        name = str(path.relative_to(folder))
        if stat.S_ISLNK(status.st_mode):
            found[name] = ("link", str(path.readlink()))
        elif stat.S_ISREG(status.st_mode):
            found[name] = (status.st_mode & 0o100, path.read_bytes())
        else:
            found[name] = stat.S_IFMT(status.st_mode)
    return found


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_restore_brings_back_what_a_body_did(stage: Stage, body: str) -> None:
    """After a restore the lane is, file for file, what it was; git in it works and finds nothing to do."""
    before = files_of(stage.lane.path)
    stage.lane.sh(body)
    stage.space.reset_refs("1", stage.space.base)
    stage.space.restore("1", stage.space.base)
    assert files_of(stage.lane.path) == before
    assert stage.lane.git("status", "--porcelain", "--ignored") == ""
    assert stage.lane.git("rev-parse", "HEAD") == stage.space.base
    assert stage.lane.git("stash", "list") == ""


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_tree_of_what_a_body_did_can_always_be_told(stage: Stage, body: str) -> None:
    """No state a body leaves makes looking at it fail, and a restore after the look is as good."""
    before = files_of(stage.lane.path)
    stage.lane.sh(body)
    tree = stage.space.tree("1")
    stage.space.changes(stage.space.base_tree, tree)
    stage.space.restore("1", stage.space.base)
    assert files_of(stage.lane.path) == before


def test_ignored_files_survive_a_restore(stage: Stage) -> None:
    """What prepare made stays, even when a body took its ignore rule away."""
    stage.lane.sh("mkdir ignored .venv && touch ignored/built .venv/python x.log")
    stage.lane.sh("sed -i /ignored/d .gitignore; mkdir n; echo '!*.log' > n/.gitignore; touch n/y.log")
    restored = stage.space.restore("1", stage.space.base)
    assert {str(path.relative_to(stage.lane.path)) for path in stage.lane.path.rglob("*")} >= {
        "ignored/built",
        ".venv/python",
        "x.log",
    }
    assert set(restored.removed) == {"n/.gitignore"} | ({"n/y.log"} & set(restored.removed))


def test_a_repository_in_an_ignored_folder_survives_a_restore(stage: Stage) -> None:
    """A checkout that prepare put into an ignored folder is not litter, nor are empty folders there."""
    stage.lane.sh("mkdir -p ignored/empty && git init -q ignored/dependency && mkdir ignored/__pycache__")
    stage.space.restore("1", stage.space.base)
    assert (stage.lane.path / "ignored/dependency/.git").is_dir()
    assert (stage.lane.path / "ignored/empty").is_dir()
    assert (stage.lane.path / "ignored/__pycache__").is_dir()


def test_what_prepare_made_survives_a_restore_though_no_rule_ignores_it(stage: Stage) -> None:
    """It counts as ignored from then on: in no tree, kept by restores, noticed when it changes."""
    stage.lane.sh("mkdir bin 'a [b]' && touch bin/tool 'a [b]/x*' '#c d' && git init -q vendor && touch vendor/file")
    assert set(stage.space.keep_prepared("1")) == {"#c d", "a [b]/", "bin/", "vendor/"}
    before = stage.space.ignored_state("1", ())
    stage.lane.sh("touch src/new")
    assert stage.space.restore("1", stage.space.base).removed == ("src/new",)
    assert (stage.space.tree("1"), stage.space.ignored_state("1", ())) == (stage.space.base_tree, before)
    assert (stage.lane.path / "vendor/.git").is_dir()
    stage.lane.sh("echo changed > bin/tool")
    assert stage.space.ignored_state("1", ()) != before


def test_excluded_files_survive_a_restore(stage: Stage) -> None:
    """Artifacts and scratch that no rule ignores stay where a later step needs them."""
    stage.lane.sh("mkdir dist && touch dist/a.whl dist/b.txt")
    restored = stage.space.restore("1", stage.space.base, exclude=["dist/*.whl"])
    assert (stage.lane.path / "dist/a.whl").exists()
    assert restored.removed == ("dist/b.txt",)


def test_links_out_of_the_lane_are_not_followed(stage: Stage, tmp_path: Path) -> None:
    """A body's link to a folder elsewhere is removed; what it points to is left alone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("mine\n")
    stage.lane.sh(f"rm -r src && ln -s {outside} src && ln -s {outside} more")
    stage.space.put_back("1", stage.space.base_tree, ["src/a.py", "more/a.py"])
    stage.space.restore("1", stage.space.base)
    assert (outside / "a.py").read_text() == "mine\n"


def test_a_lane_that_was_deleted_is_made_again(stage: Stage) -> None:
    """The folder itself may be gone."""
    before = files_of(stage.lane.path)
    subprocess.run(["rm", "-rf", stage.lane.path], check=True)
    assert stage.space.tree("1") != stage.space.base_tree
    stage.space.restore("1", stage.space.base)
    assert files_of(stage.lane.path) == before


def test_a_lane_moves_on_to_a_later_commit_and_back(stage: Stage) -> None:
    """Restoring works in both directions between commits of the run."""
    later = stage.step("src/new.py")
    assert files_of(stage.lane.path)["src/new.py"] == (0, b"done\n")
    stage.space.restore("1", stage.space.base)
    assert "src/new.py" not in files_of(stage.lane.path)
    stage.space.restore("1", later)
    assert stage.space.tree("1") == stage.space.commit_tree_of(later)


def test_a_fresh_lane_keeps_nothing(stage: Stage) -> None:
    """Opening a lane afresh throws ignored files and the scratch home away."""
    stage.lane.sh("mkdir ignored && touch ignored/x")
    (stage.space.home_path("1") / "x").touch()
    stage.space.open_lane("1", stage.space.base, fresh=True)
    assert not (stage.lane.path / "ignored").exists()
    assert list(stage.space.home_path("1").iterdir()) == []


def test_a_lane_that_is_open_already_is_restored(stage: Stage) -> None:
    """Opening it again keeps what is ignored, and nothing else."""
    stage.lane.sh("touch x.log y; rm run.sh")
    stage.space.open_lane("1", stage.space.base)
    assert (stage.lane.path / "x.log").exists()
    assert stage.space.tree("1") == stage.space.base_tree


def test_two_lanes_do_not_see_each_other(stage: Stage) -> None:
    """What happens in one lane leaves the other as it is."""
    other = stage.space.open_lane("clean", stage.space.base)
    stage.lane.sh("echo z > src/a.py; git add -A; git commit -qm z")
    assert stage.space.tree("clean") == stage.space.base_tree
    assert files_of(other)["src/a.py"] == (0, b"a = 2\n")


def test_what_a_submodule_holds_is_left_alone(stage_with_submodule: Stage) -> None:
    """A populated submodule stays as it is, in the tree and on disk."""
    stage = stage_with_submodule
    stage.lane.sh("git init -q sub && git -C sub commit -q --allow-empty -m mine")
    assert stage.space.tree("1") == stage.space.base_tree
    stage.space.restore("1", stage.space.base)
    assert (stage.lane.path / "sub/.git").is_dir()


def test_a_removed_submodule_comes_back_as_a_folder(stage_with_submodule: Stage) -> None:
    """As after any checkout, it is an empty one."""
    stage = stage_with_submodule
    stage.lane.sh("rm -rf sub; touch src/other")
    stage.space.restore("1", stage.space.base)
    assert list((stage.lane.path / "sub").iterdir()) == []
    assert stage.space.tree("1") == stage.space.base_tree


def test_settings_a_body_leaves_are_never_carried_out(stage: Stage, tmp_path: Path) -> None:
    """The body is confined, the look at its work is not: its own commands must not run there."""
    ran = tmp_path / "ran"
    stage.lane.sh(f"git config core.fsmonitor 'touch {ran}'; git config filter.x.clean 'touch {ran}; cat'")
    stage.lane.sh(f"git config filter.x.smudge 'touch {ran}; cat'; echo '* filter=x' > .gitattributes")
    stage.lane.write("src/a.py", "changed\n")
    ran.unlink(missing_ok=True)
    stage.space.tree("1")
    stage.space.put_back("1", stage.space.base_tree, ["src/a.py"])
    stage.space.reset_refs("1", stage.space.base)
    stage.space.restore("1", stage.space.base)
    assert not ran.exists()
