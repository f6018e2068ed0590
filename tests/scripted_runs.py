"""Whole runs in this process: a small repository, an engine, and a model that a function plays."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path

from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core.agent_types import GoalOptions, ModelFacts, ModelRouting, Role, RoleModels
from surefoot.core.events import Event
from surefoot.core.plan import Plan
from surefoot.core.state import RunState
from surefoot.models.scripted import scripted
from surefoot.models.scripts import Script

FILES = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": "import calc\n\nassert calc.add(1, 2) == 3, 'add gave ' + str(calc.add(1, 2))\n",
    "docs/notes.md": "Notes.\n",
}
TESTS = "python3 test_calc.py"
FIX = ("edit", {"edits": [{"path": "calc.py", "old": "a - b", "new": "a + b"}]})
DONE = (
    "finish",
    {"summary": "it adds", "changed": ["calc.py"], "statements": [], "confidence": 0.95, "uncertainties": []},
)


def repository(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Make a repository with these files and one commit."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    who = ("-c", "user.name=una", "-c", "user.email=una@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message", "Add add")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def carried_out(
    folder: Path,
    plan: Plan,
    play: Script,
    files: Mapping[str, str] = FILES,
    plan_file: str | None = None,
    *,
    native_tools: bool = True,
) -> tuple[RunState, list[Event]]:
    """Carry a plan out, or the goal of one without steps; return how the run stands, and its events."""
    model = ModelFacts(name="scripted:play", native_tools=native_tools)
    routing = ModelRouting(roles={role.value: RoleModels(chain=(model,)) for role in Role}, unknown_price="tokens-only")
    options = Options(yes=True, routing=routing, asking=scripted(play))
    repo = repository(folder / "repo", files)
    path = None if plan_file is None else repo / plan_file
    source = Source(repository=repo, plan_path=path, goal_options=None if plan.steps else GoalOptions())
    events: list[Event] = []
    with Home(folder / "home") as home:
        state = create_run(home, plan, source, options=options)
        watching = Watching(observer=lambda _, event: events.append(event))
        return asyncio.run(engage(home, state, options, watching=watching)), events
