"""What several of these tests share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, and no settings."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    folder = tmp_path / "repository"
    folder.mkdir()
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        git = ["git", "-c", "user.name=u", "-c", "user.email=u@h"]
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder
