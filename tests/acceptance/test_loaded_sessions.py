"""Sessions with agents of others that are loaded again after their program was ended (M47)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.acceptance.conftest import RUN, Stage
from tests.acceptance.test_other_agents import PLAN, RIGHT, Agent, shown
from tests.programs import Program

ENDED = "Your program was ended"
AMENDED = """
why: other words
amend:
  - replace:
      id: edit
      worker: acp:stand-in
      agent: {do: Put two into a.txt., turns: 5}
      writes: [a.txt]
      checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
"""
ALLOWED = {"ask_to_run": "true"}
PUSH = {"ask_to_run": "git push origin main"}


@pytest.fixture
def agent(stage: Stage) -> Agent:
    """Return a stand-in for the stage's user."""
    return Agent(stage)


def resumed(agent: Agent, *first: Any, **more: Any) -> Any:
    """Have the agent do deeds until it waits for a person, who refuses; return what the run says that goes on."""
    after = {"when": ENDED, "deeds": [PUSH]}
    agent.will(after, [*first, PUSH], loads=True, **more)
    assert agent.run().code == 4
    agent.stage.say("reject", f"{RUN}.1", "--reason", "never", env=agent.env)
    return agent.stage.say("resume", RUN, env=agent.env)


def test_a_session_goes_on_with_the_files_as_they_were_left(agent: Agent) -> None:
    """The edit is not made again, and what the person said meanwhile is the answer to the same request."""
    said = resumed(agent, RIGHT)
    assert said.code == 0, said.out + said.err
    assert [(row["loaded"], row["files"]["a.txt"]) for row in agent.heard("loaded")] == [("s1", "two\n")]
    assert len(agent.heard("cwd")) == 1
    assert [row["chosen"] for row in agent.heard("asked")] == ["no"]
    assert shown(agent.stage, "a.txt") == "two"


def test_a_session_that_nobody_worked_on_for_long_is_told_to_look_again(agent: Agent) -> None:
    """As our own agents are; one that is taken up soon is told nothing of it (M142)."""
    assert resumed(agent, RIGHT).code == 0
    assert "Nobody worked on this run" not in agent.heard("prompt")[-1]["prompt"]


def test_an_absence_is_told_to_a_session_that_goes_on(agent: Agent) -> None:
    """The program of the agent is new, what it saw may be old (M142)."""
    (agent.stage.user / "surefoot.toml").write_text('[run]\nabsence = "1ms"\n', "utf-8")
    assert resumed(agent, RIGHT).code == 0
    assert "Look again before you rest on it" in agent.heard("prompt")[-1]["prompt"]


@pytest.mark.parametrize(("absence", "begun"), [("1ms", 2), ("1h", 1)])
def test_a_session_whose_resource_has_changed_in_an_absence_begins_anew(agent: Agent, absence: str, begun: int) -> None:
    """What it saw of the resource holds no longer; in a short time it may have changed the resource itself (M142)."""
    version = agent.stage.folder / "version"
    version.write_text("1\n", "utf-8")
    (agent.stage.user / "surefoot.toml").write_text(f'[run]\nabsence = "{absence}"\n', "utf-8")
    observed = f"limits: {{resources: {{db: {{observe: cat {version}}}}}}}\nsteps:"
    plan = PLAN.replace("steps:", observed).replace("    writes:", "    uses: [db]\n    writes:")
    agent.will({"when": ENDED, "deeds": [PUSH]}, [RIGHT, PUSH], loads=True)
    assert agent.run(plan=plan).code == 4
    version.write_text("2\n", "utf-8")
    agent.stage.say("reject", f"{RUN}.1", "--reason", "never", env=agent.env)
    agent.stage.say("resume", RUN, env=agent.env)
    assert len(agent.heard("cwd")) == begun


def test_what_a_session_tells_of_its_history_is_not_reported_again(agent: Agent) -> None:
    """The agent sends it while it loads; the journal has it already."""
    resumed(agent, RIGHT)
    assert "said before the end" not in agent.stage.say("show", RUN, "edit", "--output").out


def test_where_the_agent_has_no_such_session_the_attempt_begins_anew(agent: Agent) -> None:
    """That does not count as an attempt, and begins on the restored file."""
    said = resumed(agent, {"client_read": "a.txt"}, RIGHT, forgets=True)
    assert said.code == 0, said.out + said.err
    assert [row["content"] for row in agent.heard("read")] == ["one\n", "one\n"]
    assert len(agent.heard("cwd")) == 2
    assert agent.stage.say("show", RUN, "edit", "--json").json["attempts"] == 1


def killed(agent: Agent, *deeds: Any) -> Any:
    """Have the agent do deeds, kill the run after them, and return what the run says that goes on."""
    there = agent.stage.meeting / "there"
    first = [*deeds, {"touch": str(there)}, {"wait": str(agent.stage.meeting / "go")}]
    agent.will({"when": ENDED, "deeds": [{"say": "done"}]}, [*first, RIGHT], loads=True)
    command = agent.stage.command("run", agent.stage.plan(PLAN), "--run-id", RUN)
    with Program(command, {**agent.stage.env, **agent.env}, agent.stage.user) as program:
        while not there.exists():
            assert program.is_running, program.wait().out
            time.sleep(0.02)
        program.kill()
    agent.stage.go()
    return agent.stage.say("resume", RUN, env=agent.env)


def test_a_killed_session_goes_on_where_nothing_was_written_since(agent: Agent) -> None:
    """Each request for a permission notes what the files are; here that is what they still are."""
    said = killed(agent, RIGHT, ALLOWED)
    assert said.code == 0, said.out + said.err
    assert [row["files"]["a.txt"] for row in agent.heard("loaded")] == ["two\n"]
    assert len(agent.heard("cwd")) == 1


def test_a_killed_session_that_wrote_since_begins_anew(agent: Agent) -> None:
    """It would know of a change that was put back."""
    assert killed(agent, {"client_read": "a.txt"}, ALLOWED, {"write": ["a.txt", "half"]}).code == 0
    assert agent.heard("loaded") == []
    assert [row["content"] for row in agent.heard("read")] == ["one\n", "one\n"]


def test_an_instruction_that_a_person_changed_begins_a_new_session(agent: Agent) -> None:
    """The old one was about something else."""
    agent.will([RIGHT, PUSH], loads=True)
    assert agent.run().code == 4
    file = agent.stage.folder / "amended.yaml"
    file.write_text(AMENDED, "utf-8")
    assert agent.stage.say("amend", RUN, str(file), "--yes", env=agent.env).code == 0
    agent.will([RIGHT], loads=True)
    assert agent.stage.say("resume", RUN, env=agent.env).code == 0
    assert agent.heard("loaded") == []
