"""Commands of an agent are confined, timed and told; git only looks.

Read `tests/sandbox` for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from surefoot.core.agent_types import Role
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Step
from surefoot.ports import CommandRequest
from surefoot.tools.git_tool import flaw_of_git


async def test_a_command_runs_in_the_lane_and_its_end_is_told(lane: Any) -> None:
    """Exit status and output; a failure is no misuse."""
    result = await lane("run", command="cat names.txt; exit 3", cwd="src/deep/er")
    assert (result.ok, result.is_misuse, result.exit_code) == (False, False, 3)
    assert result.text == "exit status 3\nada\nemma"


async def test_a_pipe_fails_with_any_of_its_commands(lane: Any) -> None:
    """As in steps of a plan."""
    assert (await lane("run", command="false | cat")).exit_code == 1


async def test_long_output_keeps_its_beginning_and_its_end(lane: Any) -> None:
    """What is left out is said, and kept as evidence."""
    result = await lane("run", command="seq 1 5000")
    assert (len(result.text) < 8_200, result.text.startswith("exit status 0\n1\n2\n"), result.text[-5:]) == (
        True,
        True,
        "\n5000",
    )
    assert "bytes left out" in result.text
    assert lane.commands.load(result.evidence).decode().split() == [str(number) for number in range(1, 5001)]


async def test_a_command_that_takes_too_long_is_ended(lane: Any) -> None:
    """No longer than the step itself may take, whatever is asked for."""
    lane.set(step=Step(id=StepId("it"), body=AgentBody(instructions="go"), timeout_s=1.0))
    result = await lane("run", command="echo begun; sleep 60", timeout_s=900)
    assert (result.ok, "time-out" in result.text, "begun" in result.text) == (False, True, True)


async def test_a_command_is_given_what_its_step_is_given(lane: Any) -> None:
    """Its network, its confinement, its variables; nothing else."""
    lane.set(template=CommandRequest(network="loopback", env={"A": "1"}))
    await lane("run", command='test "$A" = 1')
    request = lane.commands.asked[-1]
    assert (request.network, request.confine, request.env) == ("loopback", True, {"A": "1"})


@pytest.mark.parametrize("folder", ["..", "/tmp", "link", "nope", ".git"])
async def test_a_command_starts_in_the_lane_only(lane: Any, folder: str) -> None:
    """A folder that leads out, or that is none, is refused."""
    (lane.root / "link").symlink_to("..")
    result = await lane("run", command="pwd", cwd=folder)
    assert (result.ok, result.is_misuse) == (False, True)
    assert "pwd" not in [request.text for request in lane.commands.asked]


@pytest.mark.parametrize(
    "args",
    [
        ["log", "--oneline"],
        ["git", "log", "-1", "--format=%h %s"],
        ["show", "--stat", "HEAD"],
        ["show", "HEAD:README.md"],
        ["diff", "HEAD"],
        ["status", "--short"],
        ["blame", "-L", "/def greet/,+1", "src/greet.py"],
        ["ls-files", "src"],
        ["grep", "-n", "-e", "/x"],
        ["rev-parse", "HEAD"],
        ["branch", "-a"],
        ["tag", "--list", "-n1"],
        ["shortlog", "-sn", "HEAD"],
        ["log", "--text", "-p"],
    ],
)
async def test_git_answers_what_changes_nothing(lane: Any, args: list[str]) -> None:
    """Each command that reads, as models call it."""
    lane.write({"README.md": "# Changed\n"})
    result = await lane("git", args=args)
    assert (result.ok, result.is_misuse) == (True, False), result.text


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["commit", "-am", "x"],
        ["push"],
        ["-c", "alias.x=!sh", "x"],
        ["-C", "/", "log"],
        ["config", "--list"],
        ["log", "--output=x"],
        ["log", "--outp=x"],
        ["log", "--grep", "--", "--output=x"],
        ["diff", "--ext-diff"],
        ["diff", "--no-index", "a", "b"],
        ["diff", "/etc/passwd", "/etc/group"],
        ["diff", "../a", "../b"],
        ["show", "--textconv", "HEAD"],
        ["log", "--show-sig"],
        ["grep", "-Oless", "x"],
        ["grep", "--open-files-in-pager=less", "x"],
        ["grep", "-f", "/etc/passwd"],
        ["blame", "--contents", "/etc/passwd", "README.md"],
        ["branch", "-D", "main"],
        ["branch", "--edit-description"],
        ["branch", "--delete", "main"],
        ["tag", "-d", "v1"],
        ["tag", "-a", "v1"],
        ["log", "a\0b"],
    ],
)
def test_git_refuses_what_changes_or_runs_or_reads_elsewhere(args: list[str]) -> None:
    """Also where an option is cut short, as git allows, or stands where a value could."""
    assert flaw_of_git(args)


async def test_a_name_given_to_branch_or_tag_makes_none(lane: Any) -> None:
    """It is taken for a pattern to list by."""
    await lane("git", args=["branch", "new"])
    await lane("git", args=["tag", "v1"])
    assert (await lane("git", args=["rev-parse", "--symbolic", "--all"])).text == "refs/heads/main"


async def test_git_runs_no_program_that_the_repository_names(lane: Any, tmp_path: Path) -> None:
    """Neither a program that shows differences nor one that makes text of files."""
    lane.write({".gitattributes": "*.md diff=evil\n"})
    for key in ("diff.evil.textconv", "diff.evil.command", "diff.external", "core.fsmonitor", "core.pager"):
        lane.git("config", key, "touch ran; cat")
    lane.write({"README.md": "# Changed\n"})
    for args in (["diff"], ["show", "HEAD"], ["log", "-p"], ["status"], ["blame", "README.md"], ["grep", "Greet"]):
        await lane("git", args=args)
    assert not (lane.root / "ran").exists()


@pytest.mark.parametrize(
    ("said", "fields", "end"),
    [
        ("curl: (6) Could not resolve host: x", {}, "exit status 1 (the plan gives this step no network; "),
        ("curl: (6) Could not resolve host: x", {"network": True}, "exit status 1\n"),
        ("cp: /etc/x: Read-only file system", {}, "exit status 1 (the sandbox lets it write only in its lane; "),
    ],
)
async def test_a_command_that_the_sandbox_refused_something_says_which_key_would_open_it(
    lane: Any, said: str, fields: dict[str, Any], end: str
) -> None:
    """The model need not guess; `confine: false` is not for agents, so it is not named (M118)."""
    lane.set(step=Step(id=StepId("it"), body=AgentBody(instructions="go"), **fields), rung="bubblewrap")
    text = (await lane("run", command=f"echo '{said}'; exit 1")).text
    assert (text[: len(end)], "confine: false" in text) == (end, False)


@pytest.mark.parametrize("fields", [{"rung": "plain"}, {"rung": "bubblewrap", "role": Role.SCOUT}])
async def test_no_key_is_named_where_none_would_open_it(lane: Any, fields: dict[str, Any]) -> None:
    """Nothing is confined on the plain rung; a scout works on no step of the plan."""
    lane.set(step=Step(id=StepId("it"), body=AgentBody(instructions="go")), **fields)
    assert (await lane("run", command="echo 'Could not resolve host'; exit 1")).text.startswith("exit status 1\n")
