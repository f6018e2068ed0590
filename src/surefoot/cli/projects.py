"""How to set up and test a project, guessed from its files without running any of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from surefoot.core.record import record

_EXTRAS = ("test", "tests", "testing", "dev")
_Values = Mapping[str, object]


@record
class Project:
    """What `init` fills in; empty texts where nothing is known."""

    prepare: str = ""
    key: tuple[str, ...] = ()
    """The files its result depends on."""
    path: str = ""
    """Where its programs are."""
    tests: str = ""
    """The command that runs the tests, judged test by test."""
    check: str = ""
    """The command that runs the tests, judged by its exit status."""


def look_at_project(root: Path) -> Project:
    """Return what the files of a project say; what cannot be read says nothing."""
    if any((root / name).is_file() for name in ("pyproject.toml", "setup.py", "requirements.txt")):
        return _python(root)
    if (root / "package.json").is_file():
        return _node(root)
    return Project()


def _python(root: Path) -> Project:
    text = _content(root / "pyproject.toml")
    is_pytest = "pytest" in text or any((root / name).is_file() for name in ("pytest.ini", "conftest.py"))
    is_pytest = is_pytest or (root / "tests" / "conftest.py").is_file()
    tests = "python -m pytest -q" if is_pytest else ""
    if (root / "uv.lock").is_file():
        return Project(prepare="uv sync --frozen", key=("pyproject.toml", "uv.lock"), path=".venv/bin", tests=tests)
    what = _installed(root, text) + (" pytest" if is_pytest else "")
    key = tuple(name for name in ("pyproject.toml", "setup.py", "requirements.txt") if (root / name).is_file())
    prepare = f"python3 -m venv .venv && .venv/bin/pip install {what}"
    return Project(prepare=prepare, key=key, path=".venv/bin", tests=tests)


def _installed(root: Path, text: str) -> str:
    project: _Values = {}
    with suppress(tomllib.TOMLDecodeError):
        project = cast("_Values", tomllib.loads(text).get("project", {}))
    if not project and not (root / "setup.py").is_file():
        return "-r requirements.txt" if (root / "requirements.txt").is_file() else "-e ."
    extras = cast("_Values", project.get("optional-dependencies", {}))
    extra = next((name for name in _EXTRAS if name in extras), None)
    return "-e ." if extra is None else f"-e '.[{extra}]'"


def _node(root: Path) -> Project:
    try:
        package = cast("_Values", json.loads(_content(root / "package.json")))
        has_tests = "test" in cast("_Values", package.get("scripts", {}))
    except (ValueError, AttributeError, TypeError):
        has_tests = False
    is_locked = (root / "package-lock.json").is_file()
    return Project(
        prepare="npm ci" if is_locked else "npm install",
        key=("package.json", "package-lock.json") if is_locked else ("package.json",),
        path="node_modules/.bin",
        check="npm test" if has_tests else "",
    )


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
