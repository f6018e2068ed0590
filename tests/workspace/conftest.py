"""What the tests of the workspace stand on: a user's repository, and a run's workspace beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from surefoot.workspace import RunWorkspace, inspect_source

RUN = "20260101-abcdef"
AT = 1_700_000_000.0


@dataclass(frozen=True)
class Folder:
    """A folder and what a person, or a body, does in it."""

    path: Path

    def git(self, *args: str, env: dict[str, str] | None = None) -> str:
        """Run git as somebody would at a prompt."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, (args, done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def sh(self, text: str) -> None:
        """Run a shell command in the folder."""
        done = subprocess.run(["bash", "-c", text], cwd=self.path, check=False, capture_output=True)
        assert done.returncode == 0, (text, done.stderr.decode("utf-8", "replace"))

    def write(self, name: str, text: str = "") -> Path:
        """Write a file, with its folders."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, message: str = "change") -> str:
        """Commit everything and return the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def ref(self, name: str) -> str | None:
        """Return where a ref is."""
        return self.git("for-each-ref", "--format=%(objectname)", name) or None

    def look(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and content of every file and link, `.git` included."""
        found: dict[str, tuple[int, bytes]] = {}
        for folder, names, files in os.walk(self.path):
            for name in [*names, *files]:
                path = Path(folder, name)
                if path.is_symlink():
                    found[str(path.relative_to(self.path))] = (0, os.fsencode(path.readlink()))
                elif path.is_file():
                    found[str(path.relative_to(self.path))] = (path.stat().st_mode, path.read_bytes())
        return found


@dataclass(frozen=True)
class Stage:
    """A user's repository and the workspace of a run on it, with one lane."""

    user: Folder
    space: RunWorkspace
    lane: Folder
    run_dir: Path

    def step(self, name: str = "step.txt", text: str = "done\n", parent: str | None = None) -> str:
        """Do a step's work: write a file in the lane and commit it as the run does."""
        parent = parent or self.space.base
        self.lane.write(name, text)
        commit = self.space.write_commit(self.space.tree("1"), parent, f"step {name}\n", at=AT)
        self.space.restore("1", commit)
        return commit


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's git settings out."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\n\tname = Una User\n\temail = una@example.org\n")
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the user's repository once."""
    someone = {f"GIT_{who}_{what}": "una" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    os.environ.update(someone)
    folder = Folder(tmp_path_factory.mktemp("template") / "user")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    folder.write(".gitignore", "*.log\nignored/\nhook-was-here\n")
    folder.write("src/a.py", "a = 1\n")
    folder.write("src/deep/b.py", "b = 1\n")
    folder.write("with space \n newline ü.txt", "odd\n")
    folder.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    folder.write("empty")
    (folder.path / "link").symlink_to("src/a.py")
    folder.commit("first")
    folder.git("tag", "-a", "v1", "-m", "one")
    folder.git("branch", "other")
    folder.write("src/a.py", "a = 2\n")
    folder.commit("second")
    folder.write("src/a.py", "a = 3\n")
    folder.git("stash")
    hook = folder.write(".git/hooks/reference-transaction", "#!/bin/sh\ntouch hook-was-here\n")
    hook.chmod(0o755)
    for name in ("post-checkout", "post-commit", "pre-commit", "post-merge", "post-index-change"):
        folder.write(f".git/hooks/{name}", hook.read_text()).chmod(0o755)
    for name in someone:
        del os.environ[name]
    return folder.path


@pytest.fixture
def user(_template: Path, tmp_path: Path) -> Folder:
    """Return a small repository with two commits, a tag, a branch, a stash, hooks and a few awkward files."""
    folder = Folder(Path(shutil.copytree(_template, tmp_path / "user", symlinks=True)))
    folder.git("-c", "core.hooksPath=/dev/null", "update-index", "-q", "--refresh")
    return folder


def stage_of(user: Folder, run_dir: Path, *, include_dirty: bool = False) -> Stage:
    """Create a workspace on a repository or folder, with lane 1 at the base."""
    space = RunWorkspace.create(run_dir, inspect_source(user.path), RUN, include_dirty=include_dirty, at=AT)
    return Stage(user, space, Folder(space.open_lane("1", space.base)), run_dir)


@pytest.fixture
def stage_on(tmp_path: Path) -> Callable[..., Stage]:
    """Return what makes a fresh workspace on a repository that a test has made odd."""
    return partial(stage_of, run_dir=tmp_path / "runs" / RUN)


@pytest.fixture
def stage(user: Folder, tmp_path: Path) -> Stage:
    """Return a fresh workspace on the repository."""
    return stage_of(user, tmp_path / "runs" / RUN)


@pytest.fixture
def stage_with_submodule(user: Folder, tmp_path: Path) -> Stage:
    """Return a fresh workspace on the repository, which has a submodule `sub`."""
    user.git("update-index", "--add", "--cacheinfo", f"160000,{user.git('rev-parse', 'HEAD')},sub")
    user.git("commit", "-q", "-m", "sub")
    return stage_of(user, tmp_path / "runs" / RUN)


@pytest.fixture
def folder_stage(tmp_path: Path) -> Stage:
    """Return a fresh workspace on a plain folder."""
    folder = Folder(tmp_path / "plain")
    folder.write("a.txt", "a\n")
    folder.write("sub/b.txt", "b\n")
    folder.write(".gitignore", "*.log\n")
    folder.write("x.log", "ignored\n")
    folder.write(".venv/python", "never\n")
    return stage_of(folder, tmp_path / "runs" / RUN)
