"""What the acceptance tests stand on: a user's repository, a home of its own, and `surefoot` as a real program."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.alarms import alarms_in
from tests.forked import Launcher
from tests.programs import Program, variables_for

RUN = "20260101-abc123"

_EDIT = """
goal: Replace one by two
steps:
  - id: first
    run: sed -i s/one/two/ a.txt
    checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
  - id: second
    needs: [first]
    run: sed -i s/one/two/ b.txt
    checks: [{run: grep -q two b.txt, expect: fail_to_pass}]
"""
PLANS = {
    "edit": _EDIT,
    "partial": _EDIT.replace("run: sed -i s/one/two/ b.txt", "run: sed -i s/one/three/ b.txt"),
    "failing": """
goal: Fail
steps:
  - {id: wrong, run: "echo so it goes; exit 3", checks: [{file: a.txt, exists: true}]}
""",
    "asking": """
goal: Ask first
steps:
  - {id: edit, run: "echo two > a.txt", checks: [{file: a.txt, contains: two}]}
  - id: send
    needs: [edit]
    run: echo sent > sent.txt
    effect: irreversible
    undo: Send a correction.
    checks: [{file: sent.txt, exists: true}]
""",
    "holding": """
goal: Be stopped
steps:
  - id: hold
    run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo held > held.txt
    checks: [{file: held.txt, exists: true}]
  - {id: after, needs: [hold], run: "echo after > after.txt", checks: [{file: after.txt, exists: true}]}
""",
}
"""Plans by name; a text that is no name is a plan itself."""


@dataclass(frozen=True)
class Said:
    """How a program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return standard output as the one JSON document it is."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Stage:
    """A user's repository, their home, and the program."""

    folder: Path
    env: Mapping[str, str] = field(repr=False)
    launcher: Launcher = field(repr=False)

    @property
    def user(self) -> Path:
        """Return the user's repository."""
        return self.folder / "user"

    @property
    def home(self) -> Path:
        """Return `$SUREFOOT_HOME`."""
        return self.folder / "state"

    @property
    def meeting(self) -> Path:
        """Return the folder that all steps may write, where they wait for each other and for the test."""
        return self.folder / "meeting"

    def plan(self, plan: str) -> str:
        """Write a plan (see `PLANS`) beside the repository and return its path."""
        path = self.folder / "plan.yaml"
        path.write_text(PLANS.get(plan, plan), "utf-8")
        return str(path)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of the program."""
        return [sys.executable, "-m", "surefoot", *arguments]

    def say(self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Said:
        """Run the program to its end, without a terminal."""
        order = json.dumps({"arguments": arguments, "cwd": str(cwd or self.user)})
        output, errors = self.folder / "output", self.folder / "errors"
        for path in (output, errors):
            path.unlink(missing_ok=True)
        self.launcher.start(order, output, {**self.env, **(env or {})}, errors)
        return Said(self.launcher.wait(), output.read_text("utf-8"), errors.read_text("utf-8"))

    def run(self, plan: str, *arguments: str) -> Said:
        """Run a plan under the id `RUN`."""
        return self.say("run", self.plan(plan), "--run-id", RUN, *arguments)

    def begin(self, *arguments: str) -> Program:
        """Start the program beside the test."""
        return Program(self.command(*arguments), self.env, self.user)

    @contextmanager
    def held(self, plan: str = "holding", *arguments: str) -> Generator[Program]:
        """Run a plan such as `holding` beside the test; its first step has begun and holds until `go`."""
        with self.begin("run", self.plan(plan), "--run-id", RUN, *arguments) as program:
            while not (self.meeting / "begun").exists():
                assert program.is_running, program.wait().out
                time.sleep(0.02)
            yield program

    def bash(self, text: str) -> None:
        """Run a line of shell in the user's repository."""
        subprocess.run(["bash", "-c", text], cwd=self.user, env=dict(self.env), check=True, capture_output=True)

    def go(self) -> None:
        """Let the step `hold` go on."""
        (self.meeting / "go").touch()

    def states(self) -> dict[str, str]:
        """Return the state of each step."""
        return {step["id"]: step["state"] for step in self.say("report", RUN, "--json").json["steps"]}

    def git(self, *arguments: str) -> str:
        """Run git in the user's repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.user, env=dict(self.env), check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables the program gets."""
    return {**variables_for(tmp_path_factory.mktemp("person")), "TERM": "xterm"}


@pytest.fixture(scope="session")
def launcher(environment: dict[str, str]) -> Iterator[Launcher]:
    """Start the program that the command line is forked from."""
    launcher = Launcher(Path(__file__).with_name("driver.py"), environment)
    yield launcher
    launcher.close()


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, environment: dict[str, str], launcher: Launcher
) -> Iterator[Stage]:
    """Make a repository with two files, and a home for runs; afterwards no run that ended well has raised an alarm."""
    own = {"SUREFOOT_HOME": str(tmp_path / "state"), "SUREFOOT_MEETING": str(tmp_path / "meeting")}
    stage = Stage(tmp_path, {**environment, **own}, launcher)
    stage.user.mkdir()
    (stage.user / "a.txt").write_text("one\n", "utf-8")
    (stage.user / "b.txt").write_text("one\n", "utf-8")
    stage.git("init", "-q", "-b", "main")
    stage.git("add", "-A")
    stage.git("commit", "-qm", "Start")
    yield stage
    stage.meeting.mkdir(exist_ok=True)
    stage.go()  # a step that is still held would outlive its test
    meant = {kind for mark in request.node.iter_markers("raises_alarms") for kind in mark.args}
    assert list(alarms_in(stage.home, meant)) == []
