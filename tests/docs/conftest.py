"""A repository in which the examples of the documentation are tried."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a small repository, go there, and let runs live beside it."""
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    (folder / "greet.py").write_text("def greet(name):\n    return f'Hello, {name}'\n", "utf-8")
    (folder / "sub" / "done.py").write_text("# SPDX-License-Identifier: MIT\n", "utf-8")
    (folder / "names.txt").write_text("ada\nemma\n", "utf-8")
    identity = ("-c", "user.name=Una", "-c", "user.email=una@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-qm", "Start")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(folder)
    return folder
