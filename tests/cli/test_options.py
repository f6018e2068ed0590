"""The table of options: a value reaches its place in one step, and a command takes what it names.

What goals make of their options is in `test_goals.py`.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import typer
from typer.testing import CliRunner

from surefoot.api.run_options import Options
from surefoot.cli.app import add_command
from surefoot.cli.options import LIMITS, OPTIONS, ROWS, Command, Given
from surefoot.cli.screen import Screen
from surefoot.core.plan import Limits


def carried_out(takes: str, *words: str, **helps: str) -> tuple[list[Given], str]:
    """Return what a command with these rows is given for these words, and what is printed."""
    given: list[Given] = []
    app = typer.Typer()

    def some_name(one: Given, _: Screen) -> int:
        """Do something."""
        given.append(one)
        return 0

    add_command(app, Command(name="some-name", body=some_name, takes=tuple(takes.split()), helps=helps))
    return given, CliRunner().invoke(app, words, env={"COLUMNS": "200"}).output


def test_what_is_typed_reaches_the_row_it_belongs_to() -> None:
    """What is repeated stands in the order in which it was given."""
    given, _ = carried_out("plan repo allow", "p.yaml", "--allow", "b", "--allow", "a")
    assert given == [Given(plan=Path("p.yaml"), allow=("b", "a"))]


def test_what_is_not_typed_has_its_default() -> None:
    """None of a repeatable option is an empty row, of an argument what the table says."""
    assert carried_out("new_plan allow pager")[0] == [Given()]


def test_a_command_has_its_own_words_for_a_row() -> None:
    """Other commands keep those of the table."""
    assert "Only here." in carried_out("repo", "--help", repo="Only here.")[1]
    assert "Only here." not in carried_out("repo", "--help")[1]


def test_rows_for_the_engine_are_fields_of_its_records() -> None:
    """So that no row is lost on its way."""
    of_options, of_limits = ({name for name, row in ROWS.items() if mark in row.marks} for mark in (OPTIONS, LIMITS))
    assert of_options <= {field.name for field in fields(Options)}
    assert of_limits <= {field.name for field in fields(Limits)}


def test_the_options_of_the_engine_hold_what_was_said() -> None:
    """In one step from the command line."""
    given, _ = carried_out("yes allow models with_reviewer", "--yes", "--model", "a:b", "--no-review")
    assert given[0].options == Options(yes=True, models=("a:b",), with_reviewer=False)
