"""Real agents of others as workers, each against a stand-in for its provider; run by `make test-agents`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import RUN, Said, Stage
from tests.programs import Program

BIN = Path(__file__).resolve().parents[2] / ".agents/node_modules/.bin"
PROVIDER = Path(__file__).with_name("agent_provider.py")
PLAN = """
goal: Replace one by two
steps:
  - id: edit
    agent: {do: Replace one by two in a.txt., turns: TURNS}
    worker: acp:NAME
    writes: [a.txt]
    retry: {maximum_attempts: 2}
    checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
"""
NAMES = ("claude", "codex", "gemini", "opencode", "qwen")
pytestmark = [
    pytest.mark.agents,
    pytest.mark.skipif(not BIN.is_dir(), reason="`make test-agents` has not fetched them"),
]


class Agent:
    """A real agent whose model is a script."""

    def __init__(self, stage: Stage, name: str) -> None:
        """Prepare the settings of a user who has this agent."""
        self.stage, self.name, self.lane = stage, name, stage.home / "runs" / RUN / "lanes/1"
        self.provider: subprocess.Popen[str] | None = None
        self.log = stage.folder / "asked.jsonl"
        self.env = {"PATH": f"{BIN}:{stage.env['PATH']}"}
        stage.meeting.mkdir(exist_ok=True)

    def will(self, *first: list[str], after: list[list[str]] | None = None, is_far: bool = False) -> None:
        """Say which tools its model shall call, once it has read the file: some agents overwrite none unread.

        Where its provider is far, only the proxy of the user knows its name.
        """
        script, read = self.stage.folder / "script.json", ["read", str(self.lane / "a.txt")]
        deeds = {"first": first} if after is None else {"first": first, "after": after}
        script.write_text(json.dumps({name: [read, *given] for name, given in deeds.items()}), "utf-8")
        command = [sys.executable, str(PROVIDER), str(script), str(self.log)]
        self.provider = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.provider.stdout is not None
        port = self.provider.stdout.readline().strip()
        url = f"http://{'provider.test' if is_far else '127.0.0.1'}:{port}"
        self.env |= {name: f"http://127.0.0.1:{port}" for name in ("HTTP_PROXY", "HTTPS_PROXY") if is_far}
        options = {"baseURL": f"{url}/v1", "apiKey": "x"}
        stub = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"m": {"name": "m"}}}
        self.env |= {
            "ANTHROPIC_API_KEY": "sk-ant-made-up-1234567890",
            "ANTHROPIC_BASE_URL": url,
            "GEMINI_API_KEY": "AIza-made-up-1234567890",
            "GOOGLE_GEMINI_BASE_URL": url,
            "OPENAI_API_KEY": "sk-made-up-1234567890",
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_MODEL": "m",
            "OPENCODE_CONFIG_CONTENT": json.dumps({"provider": {"stub": stub}, "model": "stub/m"}),
            "SUREFOOT_CONFIG": str(self.stage.folder / "settings.toml"),
        }
        self.settle()

    def settle(self) -> None:
        """Write what tells agents of their provider, where no variable of the table does."""
        text = "[workers.opencode]\ncommand = ['opencode', 'acp']\nvariables = ['OPENCODE_CONFIG_CONTENT']\n"
        text += "hosts = ['provider.test']\n"
        Path(self.env["SUREFOOT_CONFIG"]).write_text(text, "utf-8")
        home = Path(self.stage.env["HOME"]) / ".codex"
        home.mkdir(exist_ok=True)
        stub = f"name = 'stub'\nbase_url = '{self.env['OPENAI_BASE_URL']}'\nwire_api = 'responses'\n"
        text = f"model = 'm'\nmodel_provider = 'stub'\n[model_providers.stub]\n{stub}env_key = 'OPENAI_API_KEY'\n"
        (home / "config.toml").write_text(text, "utf-8")

    def plan(self, turns: int = 20) -> str:
        """Write the plan for this agent, and return its path."""
        return self.stage.plan(PLAN.replace("NAME", self.name).replace("TURNS", str(turns)))

    def run(self, turns: int = 20) -> Said:
        """Run the plan to its end."""
        return self.stage.say("run", self.plan(turns), "--run-id", RUN, env=self.env)

    def write(self, text: str, path: str = "a.txt") -> list[str]:
        """Return the call that writes a file."""
        return ["write", str(self.lane / path), text]


@pytest.fixture(params=NAMES)
def agent(stage: Stage, request: pytest.FixtureRequest) -> Iterator[Agent]:
    """Return each agent in turn."""
    made = Agent(stage, request.param)
    yield made
    if made.provider is not None:
        made.provider.kill()
        made.provider.communicate()


def result(agent: Agent) -> str:
    """Return the file as the run branch has it."""
    return agent.stage.git("show", f"surefoot/{RUN}:a.txt")


def test_an_edit_is_accepted(agent: Agent) -> None:
    """The check decides."""
    agent.will(agent.write("two\n"))
    said = agent.run()
    assert (said.code, result(agent)) == (0, "two"), said.out


def test_its_provider_is_reached_by_a_proxy(agent: Agent) -> None:
    """Whose name this machine does not know, so that nothing but the proxy can lead there."""
    agent.will(agent.write("two\n"), is_far=True)
    said = agent.run()
    assert (said.code, result(agent)) == (0, "two"), said.out
    assert "CONNECT provider.test" in agent.log.read_text("utf-8")


def test_a_wrong_edit_is_put_back(agent: Agent) -> None:
    """The next attempt begins on the restored file, and is told what failed."""
    agent.will(agent.write("three\n"), after=[agent.write("two\n")])
    said = agent.run()
    assert (said.code, result(agent)) == (0, "two"), said.out
    assert "restored" in said.out


def test_a_refused_permission_has_no_effect(agent: Agent) -> None:
    """What a person refuses is not done, and the edit before it counts."""
    pushed = agent.stage.meeting / "pushed"
    agent.will(agent.write("two\n"), ["run", f"git push origin main; touch {pushed}"])
    assert agent.run().code == 4
    assert agent.stage.say("reject", f"{RUN}.1", "--reason", "never", env=agent.env).code == 0
    said = agent.stage.say("resume", RUN, env=agent.env)
    assert (said.code, pushed.exists()) == (0, False), said.out


def test_a_kill_and_a_resume(agent: Agent) -> None:
    """What was half done is put back, and a new session does the whole step."""
    go = agent.stage.meeting / "go"
    agent.will(agent.write("half\n"), ["hold", str(go)], agent.write("two\n"))
    command = agent.stage.command("run", agent.plan(), "--run-id", RUN)
    with Program(command, {**agent.stage.env, **agent.env}, agent.stage.user) as program:
        while not go.with_suffix(".held").exists():
            assert program.is_running, program.wait().out
            time.sleep(0.05)
        program.kill()
    go.touch()
    said = agent.stage.say("resume", RUN, env=agent.env)
    assert (said.code, result(agent)) == (0, "two"), said.out


@pytest.mark.parametrize("now", [False, True])
def test_a_message_is_the_next_prompt(agent: Agent, *, now: bool) -> None:
    """After the turn under way, or in its place; the agent goes on with what it had done."""
    go = agent.stage.meeting / "go"
    agent.will(["hold", str(go)], agent.write("three\n"), ["stop", "Make it two."], agent.write("two\n"))
    command = agent.stage.command("run", agent.plan(), "--run-id", RUN)
    with Program(command, {**agent.stage.env, **agent.env}, agent.stage.user) as program:
        while not go.with_suffix(".held").exists():
            assert program.is_running, program.wait().out
            time.sleep(0.05)
        assert agent.stage.say("tell", f"{RUN}:edit", "Make it two.", *["--now"] * now, env=agent.env).code == 0
        if not now:
            go.touch()
        ended = program.wait()
    assert (ended.code, result(agent)) == (0, "two"), ended.out
    assert "attempt 2" not in ended.out


def test_a_limit_cancels_the_turn(agent: Agent) -> None:
    """After two calls the agent is told to stop; what it left passes the check."""
    agent.will(*[agent.write(f"two {number}\n") for number in range(9)])
    said = agent.run(turns=2)
    assert said.code == 0, said.out
    assert "cancelled at its limit of 2 tool calls" in said.out
