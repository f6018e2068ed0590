"""What the shell offers when Tab is pressed: runs, steps, questions; nothing where there is nothing, never an error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

import surefoot
from surefoot.cli import main
from surefoot.cli.app import app
from surefoot.cli.completion import offer_agents, offer_questions, offer_runs, offer_steps
from surefoot.journal.sqlite import DATABASE_NAME

if TYPE_CHECKING:
    from conftest import Runs

RUN, NEWER = "20260101-abc123", "20260201-abc123"


def steps_of(run: str | None, incomplete: str = "") -> list[tuple[str, str]]:
    """Offer steps after a command line that names this run."""
    line = typer.Context(typer.main.get_command(app))
    line.params["run"] = run
    return offer_steps(line, incomplete)


def everything() -> list[tuple[str, str]]:
    """Offer whatever there is."""
    return [*offer_runs(""), *steps_of(RUN), *steps_of(None), *offer_questions("")]


def test_runs_are_offered_newest_first_with_their_goal(runs: Runs) -> None:
    """So that one knows which is which."""
    runs.begin(RUN, at=1.0, goal="First\nand more")
    runs.begin(NEWER, at=2.0, goal="Second")
    assert offer_runs("") == [(NEWER, "Second"), (RUN, "First")]


def test_only_runs_that_begin_like_that_are_offered(runs: Runs) -> None:
    """What was typed already holds."""
    runs.begin(RUN)
    runs.begin(NEWER)
    assert ([run for run, _ in offer_runs("202601")], offer_runs("2099")) == ([RUN], [])


@pytest.mark.parametrize("name", [RUN, "202601", "latest", None])
def test_the_steps_of_the_run_that_is_named_are_offered(name: str | None, runs: Runs, tmp_path: Path) -> None:
    """By any name; with their state, in the plan's order."""
    runs.begin(repository=tmp_path)
    assert steps_of(name) == [("build", "pending"), ("bind", "pending")]
    assert steps_of(name, "bu") == [("build", "pending")]


def test_the_steps_of_a_run_are_offered_behind_its_colon(runs: Runs, tmp_path: Path) -> None:
    """As `tell` takes them."""
    runs.begin(repository=tmp_path)
    line = typer.Context(typer.main.get_command(app))
    assert offer_agents(line, f"{RUN}:bu") == [(f"{RUN}:build", "pending")]
    assert (offer_agents(line, RUN[:6])[0][0], offer_agents(line, "bui")[0][0]) == (RUN, "build")


def test_open_questions_are_offered_with_their_step(runs: Runs) -> None:
    """Answered ones are not."""
    plan = surefoot.Plan(goal="g", steps=[surefoot.Step("sure", ask="Sure?"), surefoot.Step("really", ask="Really?")])
    surefoot.run(plan, home=runs.home.folder, run_id=RUN)
    main(["answer", f"{RUN}.1", "yes"])
    assert offer_questions(f"{RUN}.") == [(f"{RUN}.2", "step really")]


def test_without_a_home_nothing_is_offered_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressing Tab leaves no trace."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "none"))
    assert (everything(), list(tmp_path.iterdir())) == ([], [])


def test_a_run_that_is_not_there_has_no_steps(runs: Runs) -> None:
    """Nor has a beginning of several."""
    runs.begin(RUN)
    runs.begin(NEWER)
    assert (steps_of("2099"), steps_of("2026"), steps_of(None)) == ([], [], [])


def test_a_damaged_journal_offers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other commands say what is wrong with it."""
    (tmp_path / DATABASE_NAME).write_text("this is no journal " * 100, "utf-8")
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    assert everything() == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("words", "offered"), [("show 2026", RUN), (f"retry {RUN} bu", "build"), ("doc", "doctor")])
def test_a_shell_is_offered_what_goes_on_from_its_line(
    shell: str,
    words: str,
    offered: str,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asked in the way the shell asks."""
    runs.begin()
    for name, value in asking(shell, f"surefoot {words}").items():
        monkeypatch.setenv(name, value)
    main([])
    assert offered in capsys.readouterr().out


def asking(shell: str, line: str) -> dict[str, str]:
    """Return the variables with which a shell asks how the line could go on."""
    return {
        "_SUREFOOT_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
