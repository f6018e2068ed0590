"""Migrations of real packages, fetched from the package registry, by the plans in `examples`.

Owns the proof that the main thing works on code nobody here has written. Slow: run by `make test-all` only. Read
`test_running.py` for the same commands on small repositories.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
KILLS = 5
MIGRATIONS = [
    ("isodate", "plan.yaml", 0, 3, set[str]()),
    ("sqlparse", "plan.yaml", 3, 14, {"sqlparse/filters/output.py"}),
    ("sqlparse", "plan-wrong.yaml", 3, 12, {"sqlparse/filters/reindent.py", "sqlparse/formatter.py"}),
]
"""Package, plan, exit code, how many files are changed, and which are left as they were."""


@dataclass(frozen=True)
class Package:
    """The repository of a package, and the home of its runs."""

    folder: Path

    @property
    def repository(self) -> Path:
        """Return the user's repository."""
        return self.folder / "package"

    def fetch(self, name: str) -> Package:
        """Make the repository."""
        subprocess.run([sys.executable, str(EXAMPLES / "fetch.py"), name, str(self.repository)], check=True)
        return self

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program."""
        env = {**os.environ, "SUREFOOT_HOME": str(self.folder / "home")}
        command = [sys.executable, "-m", "surefoot", *arguments]
        return subprocess.Popen(command, cwd=self.repository, env=env, stdout=subprocess.PIPE, text=True)

    def say(self, *arguments: str) -> tuple[int, str]:
        """Run the program to its end; return its exit code and what it said."""
        with self.begin(*arguments) as program:
            said, _ = program.communicate()
        return program.returncode, said

    def report(self) -> dict[str, Any]:
        """Return the report of the latest run."""
        return json.loads(self.say("report", "--json")[1])

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        command = ["git", "-C", str(self.repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def own(self) -> list[object]:
        """Return what is the user's own in the repository."""
        places = ("HEAD", "config", "index")
        refs = [ref for ref in self.git("for-each-ref").splitlines() if "surefoot/" not in ref]
        return [
            refs,
            self.git("status", "--porcelain"),
            *((self.repository / ".git" / place).read_bytes() for place in places),
        ]


def files(report: dict[str, Any], *states: str) -> set[str]:
    """Return the files whose steps are in one of these states."""
    return {step["id"].partition("-")[2] for step in report["steps"] if step["state"] in states}


@pytest.mark.parametrize(("name", "plan", "code", "count", "left"), MIGRATIONS)
def test_a_real_package_is_migrated_as_far_as_its_codemod_goes(
    name: str, plan: str, code: int, count: int, left: set[str], tmp_path: Path
) -> None:
    """What is verified is on the branch, file by file; the rest is as it was; the checkout is untouched."""
    package = Package(tmp_path).fetch(name)
    before = package.own()
    assert package.say("run", str(EXAMPLES / name / plan))[0] == code
    report = package.report()
    changed = files(report, "verified")
    branch = package.git("diff", "--name-only", "HEAD", report["branch"]).split()
    undone = {step["id"].partition("-")[2] for step in report["steps"] if step["state"] == "failed" or is_left(step)}
    assert (len(changed), set(branch), undone) == (count, changed, left)
    assert package.own() == before


def is_left(step: dict[str, Any]) -> bool:
    """Tell whether a step was given up, rather than not needed."""
    return step["state"] == "skipped" and step["reason"] != "nothing_to_do"


def test_a_migration_killed_again_and_again_ends_as_one_that_is_not(tmp_path: Path) -> None:
    """The branch has the same files, and each commit was made once."""
    calm, rough = (Package(tmp_path / name) for name in ("calm", "rough"))
    chance = random.Random(20260401)
    for package in (calm, rough):
        package.fetch("isodate")
    plan = str(EXAMPLES / "isodate" / "plan.yaml")
    assert calm.say("run", plan)[0] == 0
    words = ["run", plan]
    for _ in range(KILLS):
        with rough.begin(*words) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()  # there is a run from here on
            time.sleep(chance.uniform(2, 8))
            engine.kill()
        words = ["resume"]
    assert rough.say("resume")[0] == 0
    ends = [
        (package.report()["counts"], package.git("rev-parse", f"{package.report()['branch']}^{{tree}}"))
        for package in (calm, rough)
    ]
    assert ends[0] == ends[1]
