"""A run with a goal in words, made by an engine and a model that is a few lines long."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surefoot.api.engagement import Source, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.cli.goals import goal_plan
from surefoot.cli.options import Given
from surefoot.core.agent_types import Finish, GoalOptions, ModelFacts, ModelRouting, Price, Role, RoleModels, Usage
from surefoot.core.state import RunState
from surefoot.ports import Called, ModelAnswer, ModelFault, ModelRequest, Speaker

RUN = "20260101-aaaaaa"
GOAL = "Make add add"
CHECK = {"name": "sums", "run": "python3 test_calc.py", "expect": "fail_to_pass"}
STEP = {"id": "fix", "why": "it subtracts", "agent": "Make add add.", "writes": ["calc.py"], "checks": [CHECK]}
UNDERSTOOD: dict[str, Any] = {
    "summary": "add subtracts",
    "files": [{"path": "calc.py", "learned": "a minus"}],
    "scope": ["calc.py"],
    "accept": [CHECK],
    "risks": ["somebody may rest on it"],
    "questions": [],
}
CLAIM = {
    "summary": "add adds now",
    "changed": ["calc.py"],
    "statements": [{"text": "the test passes", "evidence": "2.2"}],
    "confidence": 0.9,
    "uncertainties": ["negative numbers"],
}
CALLS: dict[str, list[list[tuple[str, dict[str, Any]]]]] = {
    "SCOUT": [[("read", {"path": "calc.py"})], [("understood", UNDERSTOOD)]],
    "PLANNER": [[("plan", {"steps": [STEP]})]],
    "WORKER": [
        [("read", {"path": "calc.py"})],
        [
            ("edit", {"edits": [{"path": "calc.py", "old": "a - b", "new": "a + b"}]}),
            ("run", {"command": "python3 test_calc.py"}),
        ],
        [("finish", CLAIM)],
    ],
}
"""What each role calls, turn by turn."""


class Script:
    """A model that goes by what it has said before."""

    async def ask(
        self, request: ModelRequest, on_text: Callable[[str], None] | None = None
    ) -> ModelAnswer | ModelFault:
        """Return the calls of the turn."""
        role = next(role for role in CALLS if f"You are the {role}" in request.messages[0].text)
        turn = sum(message.speaker is Speaker.MODEL for message in request.messages)
        if on_text is not None:
            on_text("Let me see.\n")
        calls = tuple(
            Called(name=name, arguments=arguments, raw=json.dumps(arguments), provider_id=f"{role}{turn}{number}")
            for number, (name, arguments) in enumerate(CALLS[role][turn])
        )
        usage = Usage(requests=1, input_tokens=1000, output_tokens=100)
        raw = b'{"kept": true}'
        return ModelAnswer(text="Let me see.", calls=calls, finish=Finish.TOOLS, usage=usage, model="m", raw=raw)

    async def close(self) -> None:
        """Nothing is open."""


def begin(home: Home, repo: Path, *, yes: bool = False, plan_only: bool = False) -> RunState:
    """Make a repository and a run on it, and let an engine work until it stops."""
    repo.mkdir()
    (repo / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (repo / "test_calc.py").write_text("import calc\n\nassert calc.add(1, 2) == 3\n")
    who = ("-c", "user.name=una", "-c", "user.email=una@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message", "one")):
        subprocess.run(["git", *words], cwd=repo, check=True)
    model = ModelFacts(name="x:big", price=Price(input_usd=3, output_usd=15, origin="settings"))
    routing = ModelRouting(roles={role.value: RoleModels(chain=(model,)) for role in Role})
    options = Options(yes=yes, routing=routing, asking=Script())
    source = Source(repository=repo, goal_options=GoalOptions(plan_only=plan_only))
    state = create_run(home, goal_plan(GOAL, Given()), source, run_id=RUN, options=options)
    return asyncio.run(engage(home, state, options))
