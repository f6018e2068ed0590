"""The systems on trial: how each is started, and how its answers are read.

Read `bench.matrix.programs` for what a user of each library would write, `bench.matrix.plans` for Surefoot's plans.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.matrix.driving import Question, Standing, System
from bench.matrix.plans import PLANS
from bench.matrix.world import TrialFailed, World

PROGRAMS = Path(__file__).with_name("programs")
RUN = "20260101-matrix"
OF_THIS_MACHINE = re.compile(r" \(pid [^)]*\)|/\S*/(?=\S)")
STATES = {0: "ended", 3: "failed", 4: "waiting", 5: "failed", 6: "stuck", 7: "failed", 8: "refused"}


@dataclass(frozen=True, slots=True)
class Library:
    """A system that is a library: its flows are a Python program, copied into the folder of each trial."""

    name: str
    """What the page calls it."""
    packages: Sequence[str]
    """What is installed, for the versions."""
    program: str
    """The file in `programs`."""
    module: str
    """What can be imported where it is installed."""

    def is_installed(self) -> bool:
        """Tell whether it can be put on trial here."""
        return find_spec(self.module) is not None

    def prepare(self, world: World, flow: str) -> bool:
        """Copy the program; tell whether it has such a flow."""
        if f'"{flow}":' not in (PROGRAMS / self.program).read_text("utf-8"):
            return False
        shutil.copy(PROGRAMS / self.program, world.folder / "program.py")
        return True

    def command(self, world: World, flow: str, verb: str, told: Sequence[str]) -> list[str]:
        """Return the program with its arguments."""
        return [sys.executable, str(world.folder / "program.py"), str(world.folder), flow, verb, *told]

    def read(self, world: World, verb: str, status: int, out: str, err: str) -> Standing:
        """Return what the program printed last, or its error."""
        assert world
        lines = [line for line in out.splitlines() if line.startswith("{")]
        if status != 0 or not lines:
            return Standing("failed", told=_last(err) or f"{verb} ended with status {status}")
        said: dict[str, Any] = json.loads(lines[-1])
        asked = [Question(each["id"], each["text"]) for each in said["questions"]]
        return Standing(said["state"], asked, said.get("told", ""))


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Surefoot, as a user runs it: a plan file and the command line."""

    name: str = "Surefoot"
    """What the page calls it."""
    packages: Sequence[str] = ("surefoot",)
    """What is installed, for the versions."""

    def is_installed(self) -> bool:
        """Tell that it is always there."""
        return True

    def prepare(self, world: World, flow: str) -> bool:
        """Write the plan, and make the repository it runs on; tell whether there is such a plan."""
        folder = world.folder
        if flow not in PLANS:
            return False
        (folder / "plan.yaml").write_text(PLANS[flow].text(folder), encoding="utf-8")
        repository = folder / "workspace"
        for command in ("init -q -b main", "add -A", "commit -q -m start"):
            own = ["-c", "user.name=matrix", "-c", "user.email=matrix@localhost"]
            subprocess.run(["git", *own, *command.split()], check=True, cwd=repository)
        return True

    def command(self, world: World, flow: str, verb: str, told: Sequence[str]) -> list[str]:
        """Return the command of `surefoot`."""
        own = {
            "run": ["run", str(world.folder / "plan.yaml"), "--run-id", RUN, *PLANS[flow].options()],
            "resume": ["resume", RUN],
            "answer": ["answer", *told],
        }
        repository = [] if verb == "answer" else ["--repo", str(world.folder / "workspace")]
        return [sys.executable, "-m", "surefoot", *own[verb], *repository]

    def read(self, world: World, verb: str, status: int, out: str, err: str) -> Standing:
        """Return what the exit code and the report say."""
        assert isinstance(out, str)
        if verb == "answer":
            return Standing("answered" if status == 0 else "refused", told=_last(err) if status else "")
        if status not in STATES:
            raise TrialFailed(f"surefoot {verb} ended with status {status}: {_last(err)}")
        state = STATES[status]
        if state == "refused":
            return Standing(state, told=_last(err))
        report = self._report(world)
        asked = [Question(each["id"], each["text"], each["kind"]) for each in report.get("questions", [])]
        return Standing(state, asked, "" if state in {"ended", "waiting"} else _last(err))

    def _report(self, world: World) -> dict[str, Any]:
        command = [sys.executable, "-m", "surefoot", "report", RUN, "--json", "--repo", str(world.folder / "workspace")]
        own = os.environ | {"SUREFOOT_HOME": str(world.folder / "home")}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=own)
        return json.loads(done.stdout) if done.stdout.startswith("{") else {}


def _last(text: str) -> str:
    """Return the last line without what differs from machine to machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return OF_THIS_MACHINE.sub("", lines[-1]) if lines else ""


SUREFOOT = CommandLine()
LANGGRAPH = Library("LangGraph", ("langgraph", "langgraph-checkpoint-sqlite"), "langgraph_graphs.py", "langgraph")
DBOS = Library("DBOS", ("dbos",), "dbos_flows.py", "dbos")
CAYU = Library("Cayu", ("cayu",), "cayu_sessions.py", "cayu")
SYSTEMS: tuple[System, ...] = (SUREFOOT, LANGGRAPH, DBOS, CAYU)
