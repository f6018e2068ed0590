"""A line that is read without the parser means what it means to the parser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from surefoot.cli.app import add_command
from surefoot.cli.command_table import COMMANDS
from surefoot.cli.options import ROWS, Given
from surefoot.cli.plain_line import read_plain

if TYPE_CHECKING:
    from surefoot.cli.screen import Screen

PLAIN = (
    "run p.yaml",
    "run p.yaml --yes --allow a --allow b -q --json --cost-usd 2.5 --tokens 7 --no-review --repo x",
    "run --only a p.yaml --run-id 20260101-abcdef --include-dirty --cwd sub --model worker=a:b --review",
    "run words --accept true --scope src/** --plan-only --plan-file made.yaml --requests 3",
    "resume",
    "retry latest one two --yes",
    "inbox --all --watch --no-pager",
    "approve a.1 a.2 --all-like",
    "reject a.1 --reason no",
    "answer a.1 yes",
    "show build --output --pager",
    "restore --to build latest",
    "rm a b --branch",
    "schema out.json",
)
LEFT = (
    "check",
    "run a.yaml b.yaml",
    "run --help",
    "run p.yaml --cost-usd=1",
    "run p.yaml --cost-usd x",
    "run p.yaml --tokens 0",
    "run p.yaml --tokens -1",
    "run p.yaml --tokens 1_000",
    "run p.yaml --repo",
    "run p.yaml --repo a --repo b",
    "run p.yaml --ye",
    "run p.yaml --nothing",
    "run p.yaml -qx",
    "run -- p.yaml",
    "run p.yaml --repo --yes",
    "reject a.1",
    "answer a.1",
    "ls -",
    "check p.yaml --svg",
    "answer a.1 ''",
)


def parsed(line: list[str]) -> Given | None:
    """Return what the parser makes of a line; None where it refuses it, or shows its help."""
    heard: list[Given] = []

    def body(given: Given, _: Screen) -> int:
        """Hear."""
        heard.append(given)
        return 0

    app = typer.Typer()
    add_command(app, replace(COMMANDS[line[0]], body=body))
    CliRunner().invoke(app, line[1:])
    return heard[0] if heard else None


@pytest.mark.parametrize("line", PLAIN)
def test_a_plain_line_is_read_as_the_parser_reads_it(line: str) -> None:
    """All of it, in the same types."""
    words = line.split()
    found = read_plain(COMMANDS[words[0]], words[1:])
    assert found is not None
    given = Given(**{name: ROWS[name].value(value) for name, value in found.items()})
    assert given == parsed(words)


@pytest.mark.parametrize("line", LEFT)
def test_what_is_not_plain_is_left_to_the_parser(line: str) -> None:
    """Mistakes, help, and what could be meant in two ways."""
    words = ["" if word == "''" else word for word in line.split()]
    assert read_plain(COMMANDS[words[0]], words[1:]) is None


def test_a_path_is_a_path_without_the_parser() -> None:
    """As the table of options says."""
    assert read_plain(COMMANDS["ls"], ["--repo", "x"]) == {"repo": Path("x")}
