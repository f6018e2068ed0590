"""The commands, their arguments and their help, without a program being started.

What the commands do is for `tests/acceptance`.
"""

from __future__ import annotations

import inspect
import re
import shlex

import pytest
import typer

from surefoot.cli import main
from surefoot.cli.app import app

COMMANDS = typer.main.get_group(app).commands
WORKING = ("run", "resume", "retry")
STEERING = ("pause", "cancel", "answer", "restore")
CHANGING = ("amend", "add", "drop", "move", "invalidate", "review")
LOOKING = (
    "status",
    "watch",
    "ls",
    "health",
    "stats",
    "calibration",
    "corrections",
    "show",
    "report",
    "cost",
    "findings",
    "blame",
    "postmortem",
    "audit",
)
DECIDING = ("inbox", "approve", "reject", "edit", "take-over", "tell")
NAMES = [
    *WORKING,
    *DECIDING,
    *STEERING,
    *CHANGING,
    *LOOKING,
    "diagnose",
    "dead",
    "drill",
    "land",
    "undo",
    "rm",
    "gc",
    "check",
    "schema",
    "doctor",
    "init",
]
"""Those of FORMATS, and those by which people decide."""
GROUPS = ["policy"]
"""Those with commands of their own."""
WITHOUT_REPOSITORY = {"gc", "schema", "doctor", "init", "diagnose"}
WITHOUT_RUN = (
    *DECIDING,
    *CHANGING,
    "run",
    "ls",
    "health",
    "dead",
    "stats",
    "calibration",
    "corrections",
    "gc",
    "answer",
    "check",
    "diagnose",
    "drill",
    "schema",
    "doctor",
    "init",
)


def options_of(name: str) -> set[str]:
    """Return the options of a command."""
    return {option for one in COMMANDS[name].params for option in one.opts if option.startswith("--")}


def example_of(name: str) -> str:
    """Return the example in a command's help."""
    callback = COMMANDS[name].callback
    assert callback is not None
    found = re.search(r"^Example: (.+)$", inspect.getdoc(callback) or "", re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_commands_are_those_of_the_format() -> None:
    """No more, no less."""
    assert sorted(COMMANDS) == sorted([*NAMES, *GROUPS])


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_shows_an_example(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this very command; and nothing is done."""
    monkeypatch.setenv("COLUMNS", "100")
    code = main([name, "--help"])
    said = capsys.readouterr().out
    assert (code, f"Example: surefoot {name}" in said) == (0, True)
    assert not any(sign in said for sign in ("[[", "{[", "...]..."))  # arguments stand as they are declared


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_a_command_line_that_is_understood(name: str) -> None:
    """Its options exist, and none that is needed is missing."""
    program, command, *rest = shlex.split(example_of(name).partition(" > ")[0])
    assert (program, command) == ("surefoot", name)
    COMMANDS[name].make_context(name, rest)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_can_answer_with_json(name: str) -> None:
    """For programs."""
    assert "--json" in options_of(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_REPOSITORY])
def test_every_command_about_a_run_takes_the_repository(name: str) -> None:
    """`--repo` stands for being there."""
    assert "--repo" in options_of(name)


def test_approvals_belong_to_the_commands_that_work() -> None:
    """`--allow` does nowhere else, and each of the three has both."""
    assert [name for name in NAMES if "--allow" in options_of(name)] == list(WORKING)
    assert all("--yes" in options_of(name) for name in WORKING)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_RUN])
def test_the_run_is_the_first_argument_of_every_command_about_one(name: str) -> None:
    """It may be left out, unless the command deletes."""
    run = next(one for one in COMMANDS[name].params if not one.opts[0].startswith("-"))
    assert (run.metavar, run.required) == (("RUN...", True) if name == "rm" else ("[RUN]", False))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "No such command 'nonsense'. Try `surefoot --help`."),
        ("dril", "No such command 'dril'. Did you mean 'drill'? Try `surefoot --help`."),
        ("run", "Missing argument 'PLAN|GOAL'. Try `surefoot run --help`."),
        ("rm", "Missing argument 'RUN...'."),
        ("check", "Missing argument 'PLAN'."),
        ("answer q.1", "Missing argument 'ANSWER'."),
        ("restore", "Missing option '--to'."),
        ("restore latest --to", "Option '--to' requires an argument."),
        ("status --nonsense", "No such option: --nonsense. Try `surefoot status --help`."),
        ("status one two", "Got unexpected extra argument"),
        ("show --output", "--output shows what one step's body printed; name the step"),
        ("run ' '", "the goal is empty"),
        ("run nothing-here.yaml --plan-only", "--plan-only belongs to a goal in words"),
        ("run 'Make it so' --allow publish", "--allow names steps, and a goal has none yet"),
        ("run 'Make it so' --cwd src", "--cwd belongs to a plan file"),
        ("show --turns", "--turns and --raw show what one step's agent said and did; name the step"),
    ],
)
def test_a_slip_in_the_command_line_exits_2_and_says_what_is_wrong(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a line on standard error; standard output stays empty."""
    code = main(shlex.split(line))
    told = capsys.readouterr()
    assert (code, told.out, told.err.count("\n")) == (2, "", 1)
    assert f"surefoot: {said}" in told.err
