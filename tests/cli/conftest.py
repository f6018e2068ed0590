"""What the tests of the command line stand on: a terminal, a home with runs, and reports made by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from surefoot.api.home import Home
from surefoot.cli import main
from surefoot.cli.screen import Screen
from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.report import _COUNTED
from surefoot.core.report_shape import AskingShape, CheckShape, Report, StepShape
from surefoot.ports.storage import Batch

RUN = "20260101-abc123"
ASKING: AskingShape = {
    **dict.fromkeys(("asked", "open", "answered", "by_approver", "beforehand", "expired", "withdrawn"), 0),
    **dict.fromkeys(("unchanged", "edited", "rejected", "taken_over"), 0),
    **dict.fromkeys(("median_s", "longest_s", "per_verified_step", "remark", "unchanged_share")),
}
"""Of a run that has asked nothing."""


@dataclass(frozen=True)
class Terminal:
    """A real terminal of 40 columns that can show colours."""

    end: int
    """The end at which a person sits."""
    stdin: IO[str]
    """What the program reads."""
    stdout: IO[str]
    """What the program writes."""
    monkeypatch: pytest.MonkeyPatch

    def screen(self, **wishes: bool) -> Screen:
        """Return a screen on it; only from now on does the test's own output go there."""
        self.monkeypatch.setattr(sys, "stdin", self.stdin)
        self.monkeypatch.setattr(sys, "stdout", self.stdout)
        return Screen(**wishes)

    def seen(self) -> str:
        """Return what came since the last look."""
        self.stdout.write("\0")  # what was written before has come when this has
        self.stdout.flush()
        came = b""
        while not came.endswith(b"\0"):
            came += os.read(self.end, 1 << 16)
        return came[:-1].decode()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Open a terminal, whatever the one that runs the tests can do."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    end, program = os.openpty()
    with os.fdopen(program, "w", encoding="utf-8") as stdout, os.fdopen(os.dup(program), encoding="utf-8") as stdin:
        yield Terminal(end, stdin, stdout, monkeypatch)
        monkeypatch.undo()
    os.close(end)


@dataclass(frozen=True)
class Runs:
    """The home that the environment names, as far as tests fill it."""

    home: Home

    def begin(self, run: str = RUN, *, at: float = 1.0, repository: Path | None = None, goal: str = "g") -> RunId:
        """Write the first event of a run with the steps `build` and `bind`."""
        steps = tuple(Step(id=StepId(name), body=RunBody(command="true")) for name in ("build", "bind"))
        where = None if repository is None else str(repository)
        event = RunCreated(at=at, run=RunId(run), plan=Plan(goal=goal, steps=steps), repository=where)
        self.home.journal.append([Batch(event.run, 0, [event])])
        return event.run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Make a home without runs; the current folder is one without a repository."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    with Home() as home:
        yield Runs(home)


class Shapes:
    """Makes the parts of a report; what is not named is as plain as can be."""

    def check(self, name: str = "c", verdict: str = "passed", **changes: Any) -> CheckShape:
        """Return a check that was asked once."""
        return {
            "name": name,
            "expect": "pass",
            "before": None,
            "after": verdict,
            "verdict": verdict,
            "text": "",
            "expected": "",
            "actual": None,
            "flags": [],
            "flaky_tests": [],
            "changed_files": [],
            "tests": None,
            "evidence": None,
            **changes,
        }

    def step(self, name: str = "a", state: str = "verified", **changes: Any) -> StepShape:
        """Return a step; a verified one has a commit and one check."""
        is_verified = state == "verified"
        return {
            "id": name,
            "title": "",
            "risk": "",
            "state": state,
            "reason": None,
            "attempts": 1,
            "effect": "reversible",
            "optional": False,
            "worker": None,
            "tier": "log" if is_verified else None,
            "rule": "effect-reversible" if is_verified else None,
            "proof": "checks" if is_verified else None,
            "mutation": None,
            "candidates": [],
            "train": None,
            "parked": False,
            "commit": "1234567890" if is_verified else None,
            "blocked_by": [],
            "tainted_by": [],
            "split_of": None,
            "checks": [self.check()] if is_verified else [],
            "recoveries": [],
            "claim": None,
            "expected": None,
            "actual": None,
            "put_back": [],
            "undeclared_writes": [],
            "outputs": {},
            "artifacts": None,
            "output": None,
            "started_at": None,
            "ended_at": None,
            **changes,
        }

    def report(self, *steps: StepShape, **changes: Any) -> Report:
        """Return a report of these steps; its counts fit them."""
        states = [step["state"] for step in steps]
        counts = {word: states.count(word) for word in _COUNTED}
        counts["exit_status_only"] = sum(step["proof"] == "exit-status-only" for step in steps)
        proofs = [step["proof"] for step in steps if step["state"] == "verified"]
        counts["nothing_to_do"] = sum(step["reason"] == "nothing_to_do" for step in steps)
        return {
            "schema": "surefoot.report/1",
            "run": RUN,
            "goal": "Leave six behind",
            "state": "ended",
            "outcome": "partially_completed",
            "reason": None,
            "at_seq": 1,
            "repository": "/src/project",
            "base": "aaaaaaaaaa",
            "branch": f"surefoot/{RUN}",
            "head": "bbbbbbbbbb",
            "rung": "bubblewrap",
            "phase": "validate",
            "selection": None,
            "forked_from": None,
            "counts": counts,
            "proofs": {proof: proofs.count(proof) for proof in ("checks", "exit-status-only") if proof in proofs},
            "steps": list(steps),
            "accept": [],
            "questions": [],
            "messages": [],
            "constraints": [],
            "words": [],
            "amendments": [],
            "stops": [],
            "stock": None,
            "queue": [],
            "trains": [],
            "samples": [],
            "landings": [],
            "undo": None,
            "asking": ASKING,
            "approver_answers": [],
            "findings": [],
            "escalations": [],
            "rollback_points": [],
            "outside_effects": [],
            "reach": [],
            "look_at": [],
            "tool_calls": [],
            "usage": {"active_s": 61.0, "cost_usd": 0, "lost_usd": 0, "tokens": 0, "requests": 0},
            "due": None,
            "next": f"surefoot retry {RUN}",
            **changes,
        }


@pytest.fixture
def shapes() -> Shapes:
    """Make reports by hand."""
    return Shapes()


@dataclass(frozen=True)
class Said:
    """What a command line came to."""

    code: int
    """Its exit code."""
    out: str
    """What it printed."""
    err: str
    """Its errors."""

    @property
    def json(self) -> Any:
        """Return what it printed as the JSON document it is."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Desk:
    """A repository with the files a.txt and b.txt, a home for runs, and the program within this process."""

    folder: Path
    """What lies around both."""
    capsys: pytest.CaptureFixture[str]

    @property
    def user(self) -> Path:
        """Return the repository; it is the current folder."""
        return self.folder / "user"

    def say(self, *words: str) -> Said:
        """Carry out a command line."""
        self.capsys.readouterr()
        return Said(main(words), *self.capsys.readouterr())

    def plan(self, steps: str) -> str:
        """Write a plan with these steps (and more keys, in front of them) and return its path."""
        path = self.folder / "plan.yaml"
        path.write_text(f"goal: Change a and b\n{steps}", "utf-8")
        return str(path)

    def run(self, steps: str, *words: str) -> Said:
        """Carry out such a plan as run `RUN`."""
        return self.say("run", self.plan(steps), "--run-id", RUN, *words)

    def git(self, *words: str) -> str:
        """Call git in the repository."""
        return subprocess.run(["git", *words], cwd=self.user, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def _repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the repository of a desk once."""
    folder = tmp_path_factory.mktemp("desk") / "user"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("one\n", "utf-8")
    someone = ("-c", "user.name=Una", "-c", "user.email=una@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*someone, "commit", "-qm", "Start"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def desk(
    _repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    """Return a copy of the repository, as the current folder, and a home without runs."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("SUREFOOT_RUNG", "plain")
    shutil.copytree(_repository, tmp_path / "user")
    monkeypatch.chdir(tmp_path / "user")
    return Desk(tmp_path, capsys)
