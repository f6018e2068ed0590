"""One case given to one system: what came of it, judged where no system could have changed the tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.repair.cases import Case

REQUESTS_MAX = 12
"""So many requests a case may take, for every system but the repair in one request."""
SECONDS_MAX = 600.0
"""So long a case may take; a request or command that is under way then is ended."""
_JUDGING_S = 90


@dataclass(slots=True, kw_only=True)
class Trial:
    """What one system made of one case."""

    system: str
    """Which system: `bare`, `steps`, `goals` or `one-shot`."""
    case: str
    """Its name."""
    model: str
    """Who was asked, without the folder of its file."""
    solved: bool = False
    """Whether the hidden tests pass on what the system left."""
    says_done: bool = False
    """Whether the system said that the case is repaired."""
    requests: int = 0
    """Requests that were answered, usable or not."""
    input_tokens: int = 0
    """Tokens sent."""
    output_tokens: int = 0
    """Tokens written."""
    calls: dict[str, int] = field(default_factory=dict[str, int])
    """Calls by tool."""
    misuses: dict[str, int] = field(default_factory=dict[str, int])
    """Of those, the ones that were wrong in themselves: refused, or carried out and not as asked."""
    end: str = ""
    """Why it ended, in a few words."""
    taken_s: float = 0.0
    """How long it took."""
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where and when."""

    def count(self, tool: str, calls: int = 1, *, misused: int = 0) -> None:
        """Count calls, and how many of them were misused."""
        self.calls[tool] = self.calls.get(tool, 0) + calls
        if misused:
            self.misuses[tool] = self.misuses.get(tool, 0) + misused

    @property
    def is_false(self) -> bool:
        """Tell whether the system said that it is done, and is not."""
        return self.says_done and not self.solved


def judge(case: Case, repository: Path, folder: Path) -> bool:
    """Tell whether the program that stands in a repository passes visible and hidden tests, which are laid out anew."""
    root = folder / case.name
    for name, content in case.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    made = repository / case.name / case.path
    if not made.is_file():
        return False
    (root / case.path).write_bytes(made.read_bytes())
    commands = [command for command in (case.visible, case.held_back) if command]
    return all(passes(command, root) for command in commands)


def passes(command: str, folder: Path) -> bool:
    """Tell whether a command of a case ends well."""
    return run(command, folder)[0] == 0


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command of a case; return its exit status and what it printed."""
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
    try:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_JUDGING_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no end after {_JUDGING_S} s"
    return done.returncode, done.stdout.decode("utf-8", "replace")


def shown(model: str) -> str:
    """Return a model's name without the folder of its file."""
    return re.sub(r"^(local:).*/", r"\1", model)


def file_of(folder: Path, system: str, case: str) -> Path:
    """Return where the trial of a system at a case is kept."""
    return folder / system / f"{case.replace('/', '-')}.json"


def keep(trial: Trial, folder: Path) -> None:
    """Keep a trial, so that a later run need not make it again."""
    path = file_of(folder, trial.system, trial.case)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(trial), indent=1), "utf-8")


def kept(folder: Path) -> list[Trial]:
    """Return all trials that are kept."""
    return [Trial(**json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*/*.json"))]
