"""What the crash proofs stand on: stages on which whole runs are killed and resumed as real programs.

A stage is one folder: `user/` (the user's repository), `plan/`, `home/` (`$SUREFOOT_HOME`) and `world/`, where steps
leave their outside effects: a line in `effects` for each that was applied, one in `keyed` for each that was repeated
under its key. Every body adds its step to `meeting/ran` when it begins, and every command of an agent its call.
"""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from surefoot import api
from surefoot.core.budget import spent_by
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import AgentBody, digest_of
from surefoot.core.report import status_of
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.sandbox import mark_prefix_of
from tests.crash.conversations import Conversations, finished_calls, wrongs_of_conversations
from tests.forked import Launcher
from tests.programs import Ended, Program, variables_for

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"
OUTSIDE = ("put", "put-probed", "send", "pay")
"""Steps of the scenarios with outside effects."""


@dataclass(frozen=True)
class Ending:
    """What has to be equal to an unkilled run, by FORMATS."""

    outcome: str
    tree: str
    steps: frozenset[tuple[str, str]]
    effects: tuple[tuple[str, int], ...]
    failures: frozenset[tuple[str, int]]
    """How often agents have failed, which no crash counts as."""


@dataclass(frozen=True)
class Stage:
    """One run, and all it can touch."""

    folder: Path
    run: str
    launcher: Launcher
    before: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, "tuple[int, bytes]"])
    """The user's repository as it was."""

    @property
    def user(self) -> Path:
        """Return the user's repository."""
        return self.folder / "user"

    @property
    def home(self) -> Path:
        """Return `$SUREFOOT_HOME`."""
        return self.folder / "home"

    @property
    def meeting(self) -> Path:
        """Return the folder that all steps may write, where they wait for each other and for the test."""
        return self.folder / "meeting"

    @property
    def run_folder(self) -> Path:
        """Return the folder of the run."""
        return self.home / "runs" / self.run

    @property
    def plan(self) -> Path:
        """Return the plan file."""
        return self.folder / "plan" / "plan.yaml"

    def order(self, **more: object) -> str:
        """Return the order to work on the run, as JSON."""
        usual = {"home": str(self.home), "plan": str(self.plan), "repository": str(self.user), "run": self.run}
        consent = {"yes": True, "allow": ["send", "pay"], "answers": {"*": "truth"}}
        if "Ask about everything" in self.plan.read_text("utf-8"):
            consent = {"answers": {"*": "truth", "hand": "take_over"}}
        if "Let code decide" in self.plan.read_text("utf-8"):
            consent = {"approver": "proceed", "answers": {"*": "truth"}}
        return json.dumps(usual | consent | more)

    def work(self, env: Mapping[str, str] | None = None, **more: object) -> Ended:
        """Carry out an order to its end, and return how it ended."""
        self.start(env, **more)
        return Ended(self.launcher.wait(), (self.folder / "output").read_text("utf-8"))

    def start(self, env: Mapping[str, str] | None = None, **more: object) -> int:
        """Start an order, to be waited for with the launcher; return the id of its program."""
        output = self.folder / "output"
        output.unlink(missing_ok=True)
        own = {"SUREFOOT_MEETING": str(self.meeting)}
        return self.launcher.start(self.order(**more), output, {**own, **(env or {})})

    def killed(self, point: str) -> int:
        """Work on the run with a kill at a fault point (`NAME:N`), and return the exit status."""
        return self.work({"SUREFOOT_FAULT": point}).code

    def begin(self, env: Mapping[str, str] | None = None, **more: object) -> Program:
        """Start an order as a program beside this one; it prints every event."""
        command = [sys.executable, str(HERE / "driver.py"), self.order(watch=True, **more)]
        own = {"SUREFOOT_MEETING": str(self.meeting)}
        return Program(command, {**self.launcher.env, **own, **(env or {})})

    def go(self) -> None:
        """Let bodies go on that wait for this: `until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done`."""
        (self.meeting / "go").touch()

    def state(self) -> RunState:
        """Return the state of the run."""
        with api.Home(self.home) as home:
            return home.state(RunId(self.run))

    def conversations(self) -> Conversations:
        """Return what the journal says of the conversations with models."""
        with api.Home(self.home) as home:
            return Conversations(each.event for each in api.events(home, RunId(self.run)))

    def git(self, *args: str) -> str:
        """Run git in the user's repository."""
        done = subprocess.run(
            ["git", *args], cwd=self.user, env=self.launcher.env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def step(self, name: str) -> StepState:
        """Return the state of a step."""
        return self.state().nodes[StepId(name)]

    # --- what there is to see afterwards

    def look(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and content of all the user's files, `.git` included, without objects and the run's own refs."""
        ours = (".git/objects/", ".git/refs/surefoot/", f".git/refs/heads/surefoot/{self.run}")
        found: dict[str, tuple[int, bytes]] = {}
        for folder, names, files in os.walk(self.user):
            for name in (*names, *files):
                path = Path(folder, name)
                place = str(path.relative_to(self.user))
                if f"{place}/".startswith(ours) or (path.is_dir() and not path.is_symlink()):
                    continue
                content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                found[place] = (path.lstat().st_mode, content)
        return found

    def lines(self, name: str) -> Counter[str]:
        """Count the lines of a log: `world/effects`, `world/keyed`, `meeting/ran`."""
        path = self.folder / name
        return Counter(path.read_text("utf-8").splitlines() if path.exists() else ())

    def verified(self) -> dict[str, int]:
        """Return how often the bodies of steps verified so far were begun, and the calls that have a result."""
        with api.Home(self.home) as home:
            if home.journal.head(RunId(self.run))[0] == 0:
                return {}
            steps = home.state(RunId(self.run)).steps()
            done = [str(node.spec.id) for node in steps if node.status == "verified"]
            done += finished_calls(each.event for each in api.events(home, RunId(self.run)))
        ran = self.lines("meeting/ran")
        return {step: ran[step] for step in done}

    def ending(self) -> Ending:
        """Return how the run ended."""
        state = self.state()
        effects = self.lines("world/effects") + Counter(set(self.lines("world/keyed")))
        counts = {step.rpartition(":")[2]: count for step, count in effects.items()}
        return Ending(
            outcome=str(state.outcome),
            tree=self.git("rev-parse", f"refs/heads/surefoot/{self.run}^{{tree}}"),
            steps=frozenset((node.spec.id, status_of(node).value) for node in state.steps()),
            effects=tuple((step, counts.get(step, 0)) for step in OUTSIDE),
            failures=frozenset(
                (name, node.failures) for name, node in state.nodes.items() if isinstance(node.spec.body, AgentBody)
            ),
        )

    def wrongs(self, verified: Mapping[str, int] | None = None) -> list[str]:
        """Return what must never be, whatever was killed; `verified` is what was verified at the last kill."""
        run = RunId(self.run)
        with api.Home(self.home) as home:
            state, found = home.state(run), api.audit(home, run)
        assert state.branch is not None
        if (at := self.git("rev-parse", f"refs/heads/surefoot/{self.run}")) != state.branch.head:
            found.append(f"the branch is at {at}, the journal at {state.branch.head}")
        found += self.changed()
        found += [f"process {pid} has outlived the run" for pid in self.left_over()]
        ran = self.lines("meeting/ran")
        conversations = self.conversations()
        found += wrongs_of_conversations(conversations, ran, spent_by(state).lost_usd)
        again = [step for step, count in (verified or {}).items() if ran[step] != count]
        found += [
            f"{step} was done and ran again" for step in again if not step.startswith(tuple(conversations.redone))
        ]
        return found

    def left_over(self) -> list[str]:
        """Return the processes that carry the mark of an effect of the run."""
        mark = b"SUREFOOT_EFFECT=" + mark_prefix_of(self.run_folder).encode()
        found: list[str] = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                if any(variable.startswith(mark) for variable in entry.read_bytes().split(b"\0")):
                    found.append(entry.parent.name)
            except OSError:
                continue
        return found

    def changed(self) -> list[str]:
        """Return what has changed in the user's repository beside the run's refs."""
        now = self.look()
        return [
            f"{name} has changed" for name in self.before.keys() | now.keys() if self.before.get(name) != now.get(name)
        ]


@dataclass(frozen=True)
class Unkilled:
    """A run nobody killed."""

    ending: Ending
    passed: Counter[str]
    """How often each fault point was passed."""


@pytest.fixture(scope="session")
def _environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables programs get."""
    return variables_for(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def _launcher(_environment: dict[str, str]) -> Iterator[Launcher]:
    launcher = Launcher(HERE / "driver.py", _environment)
    yield launcher
    launcher.close()


@pytest.fixture(scope="session")
def _user(tmp_path_factory: pytest.TempPathFactory, _environment: dict[str, str]) -> Path:
    """Make the user's repository once: commits, a tag, a stash, hooks, settings, a staged and an unstaged change."""
    folder = tmp_path_factory.mktemp("template") / "user"
    folder.mkdir()
    text = """
    git init -q -b main; mkdir sub; printf '*.log\\n' > .gitignore; echo key > key.txt; ln -s a.txt link
    for f in a b sub/1 sub/2 sub/3; do echo one > $f.txt; done
    git add -A; git commit -qm first; git tag -a v1 -m v1; git branch other
    echo stashed > a.txt; git stash -q
    echo staged > staged.txt; git add staged.txt; echo loose > loose.txt; echo x > ignored.log
    git config user.nickname una
    for hook in reference-transaction post-commit post-checkout pre-commit; do
        printf '#!/bin/sh\\ntouch hook-was-here\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
    done
    """
    subprocess.run(["bash", "-ec", text], cwd=folder, env=_environment, check=True)
    return folder


Setting = Callable[..., Stage]


@pytest.fixture
def setting(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, _user: Path, _launcher: Launcher
) -> Setting:
    """Return what makes a stage for a scenario by name, or for a plan's text."""
    return lambda scenario: make_stage(tmp_path_factory.mktemp("stage"), scenario, _user, _launcher)


def stand_in(folder: Path) -> str:
    """Return the command that is an agent of others; it writes down in `meeting/heard` what it hears."""
    program = HERE.parent / "acceptance" / "stand_in_agent.py"
    return f"{sys.executable} {program} {SCENARIOS / 'worker.json'} {folder / 'meeting' / 'heard'}"


def make_stage(folder: Path, scenario: str, user: Path, launcher: Launcher) -> Stage:
    """Make a stage; the run's id is its own, because left-over programs are searched for by it on the whole machine."""
    for name in ("world", "plan"):
        (folder / name).mkdir()
    (folder / "world" / "effects").touch()
    shutil.copytree(user, folder / "user", symlinks=True)
    text = scenario if "\n" in scenario else (SCENARIOS / f"{scenario}.yaml").read_text("utf-8")
    (folder / "plan" / "plan.yaml").write_text(
        text.replace("@WORLD@", str(folder / "world")).replace("@AGENT@", stand_in(folder)), "utf-8"
    )
    run = f"20260101-{os.urandom(3).hex()}"
    stage = Stage(folder, run, launcher)
    stage.git("update-index", "-q", "--refresh")
    return Stage(folder, run, launcher, stage.look())


@pytest.fixture(scope="session")
def unkilled(tmp_path_factory: pytest.TempPathFactory, _user: Path, _launcher: Launcher) -> Callable[[str], Unkilled]:
    """Return what carries out a scenario once for all test processes, and remembers how it ended."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def carry_out(scenario: str) -> Unkilled:
        stage = make_stage(tmp_path_factory.mktemp("unkilled"), scenario, _user, _launcher)
        trace = stage.folder / "trace"
        ended = stage.work({"SUREFOOT_FAULT_TRACE": str(trace)})
        assert (ended.code, stage.wrongs()) == (0, []), ended.out
        return Unkilled(stage.ending(), Counter(trace.read_text("utf-8").splitlines()))

    @cache
    def remembered(scenario: str) -> Unkilled:
        name = digest_of(scenario)
        with (shared / f"unkilled-{name}").open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if not (content := file.read()):
                content = pickle.dumps(carry_out(scenario))
                file.write(content)
            return pickle.loads(content)  # noqa: S301 - written by another test process

    return remembered
