"""A run whose models are servers of a test's own: what they say, and what came of it.

The command line is called in this very program, since each start of its own would load the providers' libraries anew;
everything else is real: servers, repository, sandbox, journal.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from surefoot.cli.app import app
from tests.acceptance.conftest import RUN, Said
from tests.models.server import Asked, Raw, Reply, Server, completions_stream, error, messages_stream

CLAIM = {
    "summary": "it says two", "changed": ["a.txt"], "statements": [], "confidence": 1.0, "uncertainties": [],
}  # fmt: skip
READ = Reply(text="Let me look.\n", calls=[("read", {"path": "a.txt"})])
EDIT = Reply(calls=[("edit", {"edits": [{"path": "a.txt", "old": "one", "new": "two"}]})])
DONE = Reply(calls=[("finish", CLAIM)])
PLAN = """
goal: Say two
steps:
  - id: fix
    agent: Write two.
    writes: [a.txt]
    retry: {initial_interval: 0.1s, maximum_attempts: 2}
    checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
"""
KEY = "sk-bad-a1B2c3D4e5F6g7H8"
MODELS = {"openai": "bad:small", "anthropic": "anthropic:claude-sonnet-5-5"}
"""By the interface their server speaks."""
STREAMS = {"openai": completions_stream, "anthropic": messages_stream}
_PROVIDER = '[providers.{name}]\nbase_url = "{url}"\nkind = "{kind}"\nkey_env = "BAD_KEY"\n[prices."{name}:*"]\n'
_PRICE = "input_usd = 1\noutput_usd = 2\n"


def turned_away(kind: str, status: int, message: str, **headers: str) -> Raw:
    """Return an answer that turns a request away, in the words of an interface."""
    told = {"type": "api_error", "message": message}
    return error(status, {"type": "error", "error": told} if kind == "anthropic" else {"error": told}, **headers)


@dataclass(frozen=True)
class Scene:
    """A repository with one agent step to do, and the program."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def home(self) -> Path:
        """Return `$SUREFOOT_HOME`."""
        return self.folder / "state"

    def say(self, *words: str) -> Said:
        """Say a command."""
        self.capsys.readouterr()
        code = app(list(words), standalone_mode=False)
        return Said(code or 0, *self.capsys.readouterr())

    def run(self, kind: str = "openai", *words: str) -> Said:
        """Run the plan by the model behind the server of that kind."""
        return self.say("run", "../plan.yaml", "--run-id", RUN, "--model", MODELS[kind], "--json", *words)

    def resume(self, *words: str) -> Said:
        """Go on with it."""
        return self.say("resume", RUN, "--json", *words)

    def found(self) -> list[dict[str, Any]]:
        """Return the findings of it."""
        return json.loads(self.say("findings", RUN, "--json").out)["findings"]

    def cost(self) -> Any:
        """Return what it took."""
        return json.loads(self.say("cost", RUN, "--json").out)

    def settings(self, urls: Mapping[str, tuple[str, str]], timeout: str = "60s") -> None:
        """Name providers by their address and interface."""
        said = [_PROVIDER.format(name=name, url=url, kind=kind) + _PRICE for name, (url, kind) in urls.items()]
        (self.folder / "surefoot.toml").write_text("\n".join([f'[models]\ntimeout = "{timeout}"', *said]))


def scene_in(folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scene:
    """Make a repository in a folder, and let the program know nothing of whoever runs the tests."""
    user = folder / "user"
    user.mkdir()
    (user / "a.txt").write_text("one\n")
    (folder / "plan.yaml").write_text(PLAN)
    who = ("-c", "user.name=una", "-c", "user.email=una@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message", "Start")):
        subprocess.run(["git", *words], cwd=user, check=True)
    for name, value in {"SUREFOOT_HOME": "state", "SUREFOOT_CONFIG": "surefoot.toml", "HOME": "home"}.items():
        patch.setenv(name, str(folder / value))
    for name in ("BAD_KEY", "ANTHROPIC_API_KEY"):
        patch.setenv(name, KEY)
    for name in ("SUREFOOT_MODEL", "OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        patch.delenv(name, raising=False)
    patch.chdir(user)
    return Scene(folder, capsys)


def say_next(server: Server, *replies: Reply | Raw) -> None:
    """Let the server say these from now on; what it was asked before is forgotten."""
    for reply in server.replies:
        if isinstance(reply, Raw) and reply.waits is not None:
            reply.waits.set()
    server.replies[:] = replies
    server.asked.clear()


def results_in(asked: Asked) -> Sequence[str]:
    """Return the results of tool calls that a request tells the model, by either interface."""
    found: list[str] = []
    for message in asked.body["messages"]:
        content = message["content"]
        if message["role"] == "tool":
            found.append(str(content))
        elif not isinstance(content, str):
            found += [json.dumps(block) for block in content or () if block["type"] == "tool_result"]
    return found
