"""Migrations of real packages, fetched from the package registry, by the plans in `examples`.

Slow: run by `make test-all` only. Read `test_running.py` for the same commands on small repositories.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
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
WAITING = 4
"""The exit code of a run that waits for a person."""
MIGRATIONS = [
    ("isodate", "plan.yaml", 0, 3, set[str]()),
    ("sqlparse", "plan.yaml", 3, 14, {"sqlparse/filters/output.py"}),
    ("sqlparse", "plan-wrong.yaml", 3, 12, {"sqlparse/filters/reindent.py", "sqlparse/formatter.py"}),
    ("Markdown", "plan.yaml", 0, 22, set[str]()),
    ("click", "plan.yaml", 0, 12, set[str]()),
]
"""Package, plan, exit code, how many files are changed, and which are left as they were."""
LIMITS = re.compile(r"attempts: 1(, parallel: \d+)?}")


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

    def plan(self, name: str, lanes: int) -> str:
        """Write the package's plan once more, for so many lanes, and return its path."""
        folder = self.folder / "plan"
        shutil.copytree(example_of(name), folder)
        path = folder / "plan.yaml"
        text, count = LIMITS.subn(f"attempts: 1, parallel: {lanes}}}", path.read_text("utf-8"))
        assert count == 1
        path.write_text(text, "utf-8")
        return str(path)

    def end(self) -> tuple[Any, ...]:
        """Return what the latest run came to: the tree of its branch, its counts, where each step stands."""
        report = self.report()
        tree = self.git("rev-parse", f"{report['branch']}^{{tree}}")
        return tree, report["counts"], [(step["id"], step["state"], step["reason"]) for step in report["steps"]]

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

    def found(self) -> set[str]:
        """Return what the report of the latest run finds, but for who started it."""
        return {finding["kind"] for finding in self.report()["findings"]} - {"as-root"}

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        command = ["git", "-C", str(self.repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commits(self) -> list[str]:
        """Return the titles of the commits of the latest run."""
        return sorted(self.git("log", "--format=%s", f"HEAD..{self.report()['branch']}").splitlines())

    def own(self) -> list[object]:
        """Return what is the user's own in the repository."""
        places = ("HEAD", "config", "index")
        refs = [ref for ref in self.git("for-each-ref").splitlines() if "surefoot/" not in ref]
        return [
            refs,
            self.git("status", "--porcelain"),
            *((self.repository / ".git" / place).read_bytes() for place in places),
        ]


def example_of(name: str) -> Path:
    """Return the folder of a package's plans."""
    return EXAMPLES / name.lower()


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
    assert package.say("run", str(example_of(name) / plan))[0] == code
    report = package.report()
    changed = files(report, "verified")
    branch = package.git("diff", "--name-only", "HEAD", report["branch"]).split()
    undone = {step["id"].partition("-")[2] for step in report["steps"] if step["state"] == "failed" or is_left(step)}
    assert (len(changed), set(branch), undone) == (count, changed, left)
    assert package.own() == before


def is_left(step: dict[str, Any]) -> bool:
    """Tell whether a step was given up, rather than not needed."""
    return step["state"] == "skipped" and step["reason"] != "nothing_to_do"


@pytest.mark.parametrize(
    ("name", "found"),
    [("isodate", set[str]()), ("sqlparse", {"batch-failures"}), ("Markdown", set[str]()), ("click", set[str]())],
)
def test_four_lanes_come_to_what_one_comes_to(name: str, found: set[str], tmp_path: Path) -> None:
    """The same files, the same steps, and no findings but that of a file which is left as it was."""
    ends: list[tuple[Any, ...]] = []
    for lanes in (4, 1):
        package = Package(tmp_path / str(lanes)).fetch(name)
        package.say("run", package.plan(name, lanes))
        assert package.say("audit")[0] == 0
        assert package.found() == found
        ends.append(package.end())
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("name", "lanes"), [("isodate", 1), ("isodate", 4), ("Markdown", 4), ("click", 4)])
def test_a_migration_killed_again_and_again_ends_as_one_that_is_not(name: str, lanes: int, tmp_path: Path) -> None:
    """The branch has the same files, each commit was made once, and all of it can be landed."""
    calm, rough = (Package(tmp_path / word).fetch(name) for word in ("calm", "rough"))
    assert calm.say("run", calm.plan(name, lanes))[0] == 0
    kill_and_resume(rough, rough.plan(name, lanes))
    assert (rough.end(), rough.commits()) == (calm.end(), calm.commits())
    assert rough.say("audit")[0] == 0
    assert rough.say("land")[0] == 0
    assert (rough.git("rev-parse", "HEAD^{tree}"), rough.git("status", "--porcelain")) == (rough.end()[0], "")


def test_a_goal_in_words_is_reached_on_a_real_package_however_often_the_engine_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A played model understands, plans and works; its careless attempt is put back, and no turn is lost or doubled."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(EXAMPLES / "isodate" / "agent.toml"))
    calm, rough = (Package(tmp_path / word).fetch("isodate") for word in ("calm", "rough"))
    goal = ("Replace six with plain Python 3 in this package", "--yes")
    words = (*goal, "--model", f"scripted:{EXAMPLES / 'isodate' / 'agent.py'}:play")
    assert calm.say("run", *words)[0] == 0
    kill_and_resume(rough, *words)
    assert (rough.end(), rough.commits()) == (calm.end(), calm.commits())
    assert calm.report()["usage"]["requests"] == 16
    assert calm.found() == {"ungrounded-claim"}
    assert rough.say("audit")[0] == 0


def kill_and_resume(package: Package, *words: str) -> None:
    """Run a plan or a goal, end the engine at random instants, resume it each time; the last one is let be."""
    chance = random.Random(20260401)
    words = ("run", *words)
    for _ in range(KILLS):
        with package.begin(*words) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()  # there is a run from here on
            time.sleep(chance.uniform(2, 15))
            engine.kill()
        words = ("resume",)
    code, _ = package.say("resume")
    while code == WAITING:  # on a slow machine one step is killed so often that a person is asked
        question = json.loads(package.say("inbox", "--json")[1])["questions"][0]["question"]
        assert package.say("answer", question, "retry")[0] == 0
        code, _ = package.say("resume")
    assert code == 0
