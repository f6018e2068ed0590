"""What the tests of the checks share: commands that really run, and a short way to ask."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from surefoot.checks import Answer, Question, ask
from surefoot.core.check_kinds import CheckQuestion, Expect
from surefoot.core.event_words import Moment
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check
from surefoot.ports import CommandOutcome, CommandRequest

SHELLS = {"bash": ("bash", "-eo", "pipefail", "-c"), "sh": ("sh", "-e", "-c")}
TAIL = 4000


@dataclass
class RealCommands:
    """Runs commands in a folder and keeps what they print in memory."""

    root: Path
    blobs: dict[BlobId, bytes] = field(default_factory=dict)
    asked: list[CommandRequest] = field(default_factory=list)

    async def run(self, request: CommandRequest) -> CommandOutcome:
        """Run a command to its end; a time-out ends its process group."""
        self.asked.append(request)
        argv = request.argv or (*SHELLS[request.shell], request.text)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env = {"PATH": path, "HOME": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", **request.env}
        try:
            started = await asyncio.create_subprocess_exec(
                *argv,
                cwd=self.root / (request.cwd or "."),
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return CommandOutcome(exit_code=None, started=False, tail=str(error))
        timed_out = False
        reading = asyncio.ensure_future(started.communicate())
        try:
            output, _ = await asyncio.wait_for(asyncio.shield(reading), request.timeout_s)
        except TimeoutError:
            timed_out = True
            os.killpg(started.pid, signal.SIGKILL)
            output, _ = await reading
        code = started.returncode
        assert code is not None
        return CommandOutcome(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            timed_out=timed_out,
            tail=output.decode(errors="replace")[-TAIL:],
            evidence=self.store(output),
        )

    def store(self, content: bytes) -> BlobId:
        """Keep evidence."""
        blob = BlobId(hashlib.sha256(content).hexdigest())
        self.blobs[blob] = content
        return blob

    def load(self, blob: BlobId) -> bytes:
        """Return kept evidence."""
        return self.blobs[blob]


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """An empty lane."""
    folder = tmp_path / "lane"
    folder.mkdir()
    return folder


@pytest.fixture
def commands(lane: Path) -> RealCommands:
    """Commands that run in the lane."""
    return RealCommands(lane)


@dataclass
class Asker:
    """Asks checks in the lane."""

    commands: RealCommands
    scratch: Path

    async def __call__(
        self,
        kind: CheckQuestion,
        *,
        expect: Expect = Expect.PASS,
        after: Answer | None = None,
        earlier: Answer | None = None,
        changed: tuple[str, ...] = (),
        **options: Any,
    ) -> Answer:
        """Ask after the body; `after` and `earlier` are the answers from before it and of the asking before this."""
        check = Check(name="it", ask=kind, expect=expect, **options)
        question = Question(
            check=check,
            moment=Moment.AFTER,
            env={"LAYER": "step", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            changed=changed,
            before=after.results if after else None,
            earlier=earlier.results if earlier else None,
            junit_folder=self.scratch / "junit",
            plan_folder=self.scratch / "plan",
        )
        return await ask(question, self.commands)


@pytest.fixture
def asking(commands: RealCommands, tmp_path: Path) -> Asker:
    """A short way to ask."""
    return Asker(commands, tmp_path)


@pytest.fixture
def write(lane: Path) -> Callable[[Mapping[str, str]], None]:
    """Write files into the lane."""

    def write_all(files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = lane / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))

    return write_all
