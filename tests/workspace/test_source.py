"""What the user pointed at, and what git says when it cannot."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.errors import GitUnavailable, WorkspaceError
from surefoot.workspace import RunWorkspace, git_version, inspect_source
from surefoot.workspace.git import user_git

if TYPE_CHECKING:
    from conftest import Folder


RUN = "20260101-abcdef"


def program(folder: Path, text: str) -> None:
    """Put a program named git into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "git").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "git").chmod(0o755)


def test_a_folder_inside_a_repository_means_the_repository(user: Folder) -> None:
    """The run works on the whole of it."""
    source = inspect_source(user.path / "src/deep")
    assert (source.root, source.kind, source.head) == (user.path, "git", user.git("rev-parse", "HEAD"))
    assert (source.git_dir, source.dirty) == (user.path / ".git", ())


def test_looking_does_not_touch_the_index(user: Folder) -> None:
    """Not even its time stamps are refreshed."""
    user.sh("touch src/a.py; touch litter; mkdir .venv; touch .venv/x")
    before = (user.path / ".git/index").read_bytes()
    assert inspect_source(user.path).dirty == ("litter",)
    assert (user.path / ".git/index").read_bytes() == before


def test_a_folder_without_git_is_a_folder(tmp_path: Path) -> None:
    """It gets a repository beside it."""
    assert inspect_source(tmp_path).kind == "folder"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ("git init -q --bare .", "bare repository"),
        ("git init -q .", "no commit yet"),
        ("git init -q .; cd .git", "no commit yet"),
        ("echo gitdir: /nonexistent > .git", "cannot read the repository"),
    ],
)
def test_a_repository_a_run_cannot_work_on_is_refused(user: Folder, tmp_path: Path, make: str, words: str) -> None:
    """With what to do."""
    folder = replace(user, path=tmp_path / "odd")
    folder.path.mkdir()
    folder.sh(make)
    with pytest.raises(WorkspaceError, match=words):
        inspect_source(folder.path)


def test_the_git_directory_itself_is_refused(user: Folder) -> None:
    """There is no checkout in it."""
    with pytest.raises(WorkspaceError, match="without a checkout"):
        inspect_source(user.path / ".git")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(WorkspaceError, match="nowhere"):
        inspect_source(tmp_path / "nowhere")


def test_the_installed_git_is_new_enough() -> None:
    """Otherwise nothing here could pass."""
    assert git_version() >= (2, 38)


def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitUnavailable, match="Install git"):
        git_version()


def test_an_old_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lacks the merge without a checkout."""
    program(tmp_path / "bin", "echo git version 2.37.9")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(GitUnavailable, match=r"2\.37\.9.* too old"):
        git_version()


def test_a_git_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all it started."""
    program(tmp_path / "bin", "sleep 1000 & wait")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(WorkspaceError, match="did not end within 0 s"):
        replace(user_git(tmp_path), timeout_s=0.1).run("status")


def test_gits_own_words_are_in_the_error(user: Folder) -> None:
    """The last lines of what it complained about."""
    with pytest.raises(WorkspaceError, match=r"exit status 128.*fatal: Not a valid object name nonsense"):
        user_git(user.path).run("cat-file", "-t", "nonsense")


def test_variables_that_point_git_elsewhere_are_not_inherited(
    user: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run started from a hook has GIT_DIR and GIT_INDEX_FILE set."""
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent")
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    space.open_lane("1", space.base)
    assert space.tree("1") == space.base_tree


def test_the_users_rules_that_stand_in_no_gitignore_hold(user: Folder, tmp_path: Path) -> None:
    """Global ones and the repository's private ones are carried over."""
    user.write("../global-rules", "*.global\n")
    user.git("config", "core.excludesFile", str(tmp_path / "global-rules"))
    user.write(".git/info/exclude", "*.private\n")
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    lane = replace(user, path=space.open_lane("1", space.base))
    lane.sh("touch a.global b.private c.other")
    assert space.changes(space.base_tree, space.tree("1")) == ("c.other",)
    assert lane.git("status", "--porcelain") == "?? c.other"


def test_line_endings_are_the_users(user: Folder, tmp_path: Path) -> None:
    """A file is stored as the user's own git would store it."""
    user.git("config", "core.autocrlf", "input")
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    lane = replace(user, path=space.open_lane("1", space.base))
    (lane.path / "src/a.py").write_bytes(b"a = 2\r\n")
    assert space.tree("1") == space.base_tree


def test_without_an_identity_commits_are_surefoots(user: Folder, tmp_path: Path) -> None:
    """Nobody has to set one up."""
    Path(os.environ["HOME"], ".gitconfig").unlink()
    space = RunWorkspace.create(tmp_path / "run", inspect_source(user.path), RUN, include_dirty=False, at=0)
    space.publish(space.write_commit(space.base_tree, space.base, "x\n", at=0), None)
    assert user.git("log", "-1", "--format=%an <%ae>", f"surefoot/{RUN}") == "Surefoot <surefoot@localhost>"


def test_repositories_with_long_ids_work(user: Folder, tmp_path: Path) -> None:
    """The store takes the user's object format."""
    folder = replace(user, path=tmp_path / "long")
    folder.path.mkdir()
    folder.git("init", "-q", "--object-format=sha256", "-b", "main")
    folder.commit()
    space = RunWorkspace.create(tmp_path / "run", inspect_source(folder.path), RUN, include_dirty=False, at=0)
    (space.open_lane("1", space.base) / "x").touch()
    commit = space.write_commit(space.tree("1"), space.base, "x\n", at=0)
    assert space.publish(commit, None).moved
    assert len(commit) == 64


def test_a_shallow_repository_works(user: Folder, tmp_path: Path) -> None:
    """Its history ends early, in the workspace too."""
    folder = replace(user, path=tmp_path / "shallow")
    user.git("clone", "-q", "--depth=1", f"file://{user.path}", str(folder.path))
    space = RunWorkspace.create(tmp_path / "run", inspect_source(folder.path), RUN, include_dirty=False, at=0)
    lane = replace(user, path=space.open_lane("1", space.base))
    assert lane.git("rev-list", "--count", "HEAD") == "1"
    assert space.missing() == ()
