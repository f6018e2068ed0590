"""A lane in which workers carry out what the kernel would ask of them."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.home import Home
from surefoot.clock import SystemClock
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Finish, ModelFacts, Role, ToolCall, Usage
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import AgentBody, Plan, Step
from surefoot.core.tool_table import TOOLBOX, EditableFiles, PlanInForce, StoredTexts, ToolState
from surefoot.ports import Called, ModelAnswer, ModelRequest
from surefoot.sandbox import detect_rung
from surefoot.workers.dispatch import perform
from surefoot.workers.run_context import RunContext
from surefoot.workspace import RunWorkspace, inspect_source

RUN = RunId("20260101-abcdef")
SPEC = Step(id=StepId("it"), body=AgentBody(instructions="Do it."), writes=("**",))
FILES = {"a.txt": "one\ntwo\n", "settings.ini": "[db]\npassword = swordfish-7\nhost = here\n", "plain.md": "***\n"}


@dataclass
class Script:
    """A model that makes the calls it is told to."""

    calls: tuple[tuple[str, Mapping[str, object]], ...] = ()
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])

    async def ask(self, request: ModelRequest, on_text: Callable[[str], None] | None = None) -> ModelAnswer:
        """Return the calls, whatever was asked."""
        del on_text
        self.asked.append(request)
        called = tuple(
            Called(name=name, arguments=arguments, raw=json.dumps(arguments), provider_id=f"p{number}")
            for number, (name, arguments) in enumerate(self.calls)
        )
        usage = Usage(requests=1, input_tokens=10, output_tokens=10)
        return ModelAnswer(text="So.", calls=called, finish=Finish.TOOLS, usage=usage, model="m", raw=b"{}")

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Lane:
    """One lane of a run, the context of its workers, and a model."""

    context: RunContext
    script: Script
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The lane's root folder."""
        return self.context.start("0")

    def perform(self, command: do.Command) -> Any:
        """Carry out a command and return its fact."""
        return asyncio.run(perform(self.context, command))

    def call(self, tool: str, **arguments: object) -> ToolCall:
        """Have the model call a tool; return the call as the journal has it."""
        self.script.calls = ((tool, arguments),)
        facts = ModelFacts(name="x:m")
        answered = self.perform(
            do.RequestModel(step=SPEC.id, attempt=1, lane=None, turn=1, role=Role.WORKER, facts=facts, parts=())
        )
        assert isinstance(answered, ev.ModelResponded)
        return answered.calls[0]

    def asking(self, call: ToolCall) -> do.UseTool:
        """Return the command by which the kernel has a call carried out."""
        return do.UseTool(
            step=SPEC.id,
            attempt=1,
            lane="0",
            call=call,
            role=Role.WORKER,
            spec=SPEC,
            state=self.state_of(call.tool),
        )

    def state_of(self, tool: str) -> ToolState | None:
        """Return what of the state the kernel would give a call."""
        editable = EditableFiles(writes=("**",), seen=dict(self.seen))
        states = (editable, StoredTexts(texts={}), PlanInForce(plan=self.context.plan))
        return next((one for one in states if type(one) is TOOLBOX[tool].state), None)

    def carry_out(self, call: ToolCall) -> ev.ToolCallFinished:
        """Carry out a call that the journal holds."""
        finished = self.perform(self.asking(call))
        assert isinstance(finished, ev.ToolCallFinished)
        self.seen |= finished.saw
        return finished

    def use(self, tool: str, **arguments: object) -> ev.ToolCallFinished:
        """Have the model call a tool, and carry that out."""
        return self.carry_out(self.call(tool, **arguments))

    def text(self, name: str) -> str:
        """Return what stands in a file of the lane."""
        return (self.root / name).read_text("utf-8")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a few files, committed."""
    root = tmp_path_factory.mktemp("checkout")
    for name, text in FILES.items():
        (root / name).write_text(text)
    who = ("-c", "user.name=una", "-c", "user.email=una@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message", "one")):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def lane(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    """A lane of a run on that repository, in an environment with a secret."""
    monkeypatch.setenv("DB_PASSWORD", "swordfish-7")
    with Home(tmp_path / "home") as home:
        folder = home.run_folder(RUN)
        folder.mkdir(parents=True)
        source = inspect_source(checkout)
        space = RunWorkspace.create(folder, source, RUN, include_dirty=False, at=0.0)
        script = Script()
        context = RunContext(
            run=RUN,
            folder=folder,
            plan=Plan(goal="nothing", steps=(SPEC,)),
            blobs=home.journal.blobs,
            clock=SystemClock(),
            source=checkout,
            rung=detect_rung(),
            workspace=space,
            models=script,
        )
        made = Lane(context, script)
        ready = made.perform(do.OpenLane(lane="0", commit=space.base, fresh=True))
        assert isinstance(ready, ev.LaneReady), ready
        yield made
