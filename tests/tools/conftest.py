"""What the tests of the tools share: a lane that is a real repository, and commands that are really confined."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.agent_types import Role
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import AskBody, Plan, Step
from surefoot.core.tool_table import TOOLBOX, EditableFiles, PlanInForce, StoredTexts
from surefoot.masking import Masker
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import CommandSpec, run_command
from surefoot.tools import ToolContext, ToolResult, flaw_of, use
from surefoot.tools.tool_context import misused

SHELL = ("bash", "-eo", "pipefail", "-c")
STEP = Step(id=StepId("it"), body=AskBody(question="?"))
GOAL = Plan(goal='Say "hello": everywhere', steps=(STEP,))


@dataclass
class ConfinedCommands:
    """Runs commands in a folder, confined as well as this machine can, and keeps what they print in memory."""

    root: Path
    spools: Path
    blobs: dict[BlobId, bytes] = field(default_factory=dict)
    asked: list[CommandRequest] = field(default_factory=list)

    async def run(self, request: CommandRequest) -> CommandOutcome:
        """Run a command to its end."""
        self.asked.append(request)
        self.spools.mkdir(exist_ok=True)
        spool = self.spools / f"{len(self.asked)}.out"
        spec = CommandSpec(
            argv=request.argv or (*SHELL, request.text),
            cwd=self.root / (request.cwd or "."),
            env={"PATH": os.environ["PATH"], "HOME": str(self.spools), "GIT_CONFIG_NOSYSTEM": "1", **request.env},
            timeout_s=request.timeout_s,
            writable=(self.root,),
            network=request.network,
            confine=request.confine,
            output_max=request.output_max,
        )
        ended = await run_command(spec, spool=spool, masker=Masker(), on_line=None)
        return CommandOutcome(
            exit_code=ended.exit_code,
            signal=ended.signal,
            timed_out=ended.timed_out,
            started=ended.started,
            tail=ended.tail,
            evidence=self.store(spool.read_bytes()) if spool.exists() else None,
            duration_s=ended.duration_s,
        )

    def store(self, content: bytes) -> BlobId:
        """Keep evidence."""
        blob = BlobId(hashlib.sha256(content).hexdigest())
        self.blobs[blob] = content
        return blob

    def load(self, blob: BlobId) -> bytes:
        """Return kept evidence."""
        return self.blobs[blob]


@dataclass
class Bench:
    """A lane, and somebody who uses tools in it; what was seen is remembered, as the kernel does."""

    root: Path
    commands: ConfinedCommands
    context: ToolContext
    editable: EditableFiles
    stored: StoredTexts
    in_force: PlanInForce

    async def __call__(self, tool: str, **arguments: Any) -> ToolResult:
        """Use a tool, if its arguments are good."""
        flaw = flaw_of(tool, arguments, "")
        if flaw:
            return misused(flaw)
        wanted = TOOLBOX[tool].state
        states = {type(one): one for one in (self.editable, self.stored, self.in_force)}
        result = await use(tool, arguments, replace(self.context, state=wanted and states[wanted]))
        self.editable = replace(self.editable, seen={**self.editable.seen, **result.saw})
        return result

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the lane."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))

    def text(self, name: str) -> str:
        """Return what stands in a file."""
        return (self.root / name).read_bytes().decode()

    def set(self, **fields: Any) -> None:
        """Change what every call has to work with."""
        self.context = replace(self.context, **fields)

    def git(self, *words: str) -> None:
        """Call git in the lane, as a person."""
        identity = ("-c", "user.name=Una", "-c", "user.email=una@example.org")
        subprocess.run(["git", *identity, *words], cwd=self.root, check=True, capture_output=True)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a package, committed; made once, for tests take copies."""
    root = tmp_path_factory.mktemp("repository")
    bench = bench_at(root, root.with_name("unused"))
    bench.write(
        {
            "src/greet.py": "def greet(name):\n    return 'Hello, ' + name\n\n\nclass Loud:\n    pass\n",
            "src/deep/er/names.txt": "ada\nemma\n",
            "README.md": "# Greet\n\nSays hello.\n",
            ".gitignore": "*.log\nbuilt/\n",
        }
    )
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "Start")):
        bench.git(*words)
    return root


@pytest.fixture
def lane(tmp_path: Path, repository: Path) -> Bench:
    """A copy of the repository, and a worker in it."""
    root = tmp_path / "lane"
    shutil.copytree(repository, root, symlinks=True)
    return bench_at(root, tmp_path / "spools")


def bench_at(root: Path, spools: Path) -> Bench:
    """Return somebody who uses tools in a folder."""
    commands = ConfinedCommands(root, spools)
    template = CommandRequest(confine=True)
    context = ToolContext(root=root, commands=commands, template=template, step=STEP, role=Role.WORKER)
    editable = EditableFiles(writes=("src/**", "*.md"), seen={})
    return Bench(root, commands, context, editable, StoredTexts(texts={}), PlanInForce(plan=GOAL))
