"""What `init` fills in of the project it is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.cli.projects import Project, look_at_project
from surefoot.cli.starter import starter
from surefoot.core.check_kinds import CommandCheck, TestsCheck
from surefoot.core.plan import Prepare
from surefoot.planfile import parse_plan

PYPROJECT = '[project]\nname = "p"\noptional-dependencies = {test = ["pytest"]}\n'


def look(folder: Path, files: dict[str, str]) -> Project:
    """Look at a project of these files."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return look_at_project(folder)


@pytest.mark.parametrize(
    ("files", "prepare", "asked"),
    [
        ({"pyproject.toml": PYPROJECT, "uv.lock": ""}, "uv sync --frozen", TestsCheck(command="python -m pytest -q")),
        (
            {"pyproject.toml": PYPROJECT},
            "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' pytest",
            TestsCheck(command="python -m pytest -q"),
        ),
        ({"requirements.txt": "six"}, "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt", None),
        (
            {"package.json": '{"scripts": {"test": "x"}}', "package-lock.json": ""},
            "npm ci",
            CommandCheck(command="npm test"),
        ),
        ({"package.json": "["}, "npm install", None),
    ],
)
def test_the_first_plan_prepares_and_tests_as_the_project_does(
    files: dict[str, str], prepare: str, asked: TestsCheck | CommandCheck | None, tmp_path: Path
) -> None:
    """It is a plan that can run, with the project's own commands."""
    plan = parse_plan(starter("surefoot.yaml", look(tmp_path, files)), "surefoot.yaml").plan
    assert isinstance(plan.prepare, Prepare)
    assert (plan.prepare.run, plan.prepare.network) == (prepare, True)
    assert [check.ask for check in plan.accept][:-1] == ([] if asked is None else [asked])


def test_the_first_plan_of_an_unknown_project_has_both_as_comments(tmp_path: Path) -> None:
    """It runs in any repository."""
    text = starter("surefoot.yaml", look(tmp_path, {}))
    assert (parse_plan(text, "p").plan.prepare, "# prepare:" in text, "@" in text) == (None, True, False)
