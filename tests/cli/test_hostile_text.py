"""What comes from a plan, a repository or a person's shell neither hides anything nor breaks what is shown."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from markdown_it import MarkdownIt
from rich.cells import cell_len

from surefoot.cli import main
from surefoot.cli.app import app
from surefoot.cli.completion import offer_runs, offer_steps
from surefoot.cli.dialogue import Asker
from surefoot.cli.lookup import find_run
from surefoot.cli.progress import Progress
from surefoot.cli.report_page import report_lines, report_markdown
from surefoot.cli.wrap import plain, wrapped
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import QuestionAsked
from surefoot.core.ids import StepId
from surefoot.errors import RunNotFound
from surefoot.views.lines import Line, clean
from surefoot.views.report_sections import SHORT_MOST

if TYPE_CHECKING:
    from conftest import Runs, Shapes, Terminal

RUN = "20260101-abc123"
EVIL = "x\x1b[2Jy"


@pytest.mark.parametrize("begin", ["\x1b]", "\x1b_", "\x1bP", "\x1b^", "\x1bX", "\x1b["])
def test_an_approval_shows_all_of_the_command_that_will_run(begin: str) -> None:
    """An escape that is not closed hides from the person what the shell will do.

    `clean` drops everything behind `ESC ]` up to the next BEL or ESC: over line breaks, to the end of the text. Behind
    `ESC [` it drops `; r` of what follows, so that another command is shown than will run.
    """
    text = f"Step send\n  does:   echo hi {begin}; rm -rf ~\n  effect: irreversible (cannot be undone)"
    assert ("rm -rf ~" in clean(text), "cannot be undone" in clean(text)) == (True, True)


def test_the_prompt_for_an_answer_does_not_steer_the_terminal(terminal: Terminal, runs: Runs) -> None:
    """Options and default of an `ask` come from the plan; `Asker._prompt` writes them as they are."""
    step = {"at": 0.0, "step": StepId("a"), "attempt": 1}
    asked = QuestionAsked(**step, question="r.1", about=QuestionKind.ASK, text="?", options=(EVIL,), default=EVIL)
    Asker(Progress(terminal.screen()), runs.home, _waiting=[asked])._prompt()
    assert "\x1b" not in terminal.seen()


def test_a_goal_with_square_brackets_does_not_break_completion(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is offered beside a run is read as markup of rich: `[/b]` alone is an internal error, `[x]` is lost."""
    runs.begin(goal="Close the [/b] in every template")
    monkeypatch.setenv("_SUREFOOT_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "surefoot show ")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    main([])
    assert capsys.readouterr() == (f"{RUN}\tClose the [/b] in every template\n", "")


def test_completion_makes_no_journal_in_a_folder_that_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`offer_runs` opens whatever folder is there for writing, and leaves a `journal.db` in it."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    assert (offer_runs(""), list(tmp_path.iterdir())) == ([], [])


def test_completion_of_steps_looks_at_the_repository_that_is_named(runs: Runs, tmp_path: Path) -> None:
    """`surefoot show --repo other latest <Tab>` looks for the latest run of the current folder instead."""
    (tmp_path / "other").mkdir()
    runs.begin(repository=tmp_path / "other")
    line = typer.Context(typer.main.get_command(app))
    line.params.update(run="latest", repo=Path("other"))
    assert [step for step, _ in offer_steps(line, "")] == ["build", "bind"]


def test_an_empty_name_means_no_run(runs: Runs) -> None:
    """`surefoot rm "$RUN"` with an unset variable deletes the only run there is: its id begins with nothing."""
    runs.begin()
    with pytest.raises(RunNotFound):
        find_run(runs.home, "", None)


def test_a_failed_acceptance_check_is_named_in_a_short_report(shapes: Shapes) -> None:
    """The section keeps the order of the plan, so that twelve checks that passed hide the one that failed."""
    notes = [f"s{number}: proved by its exit status only" for number in range(SHORT_MOST)]
    checks = [shapes.check(f"c{number}") for number in range(SHORT_MOST)]
    look_at = [*notes, "acceptance check 'the-last': failed: no"]
    report = shapes.report(accept=[*checks, shapes.check("the-last", "failed", text="no")], look_at=look_at)
    assert "the-last" in plain(report_lines(report, is_short=True))


def test_the_name_of_a_check_stays_on_its_line(shapes: Shapes) -> None:
    """A `name` of several lines is taken as it is, and a `Line` must hold no line break."""
    report = shapes.report(accept=[shapes.check("one\n\ntwo")])
    assert [line.text for line in report_lines(report) if "\n" in line.text] == []


@pytest.mark.parametrize("text", ["- x", "+ x", "1. x", "---", "&lt;x"])
def test_a_goal_is_a_paragraph_in_markdown(text: str, shapes: Shapes) -> None:
    """What makes a list, a rule or an entity is not escaped."""
    tokens = MarkdownIt().parse(report_markdown(shapes.report(goal=text)))
    goal = tokens[3:6]
    assert [token.type for token in goal] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(child.content for child in goal[1].children or ()) == text


@pytest.mark.parametrize(
    "text", ["@una", "@org/team", "#12", "org/repo#12", "!7", "GH-1", "https://x.example/y", "una@x.example"]
)
def test_what_platforms_link_or_notify_is_code_in_markdown(text: str, shapes: Shapes) -> None:
    """A goal, a claim or an output would notify people wherever the report is put."""
    tokens = MarkdownIt().parse(report_markdown(shapes.report(goal=f"Tell *{text} now")))
    found = [(child.type, child.content) for child in tokens[4].children or ()]
    assert found == [("text", "Tell *"), ("code_inline", text), ("text", " now")]


def test_the_name_of_a_check_does_not_break_the_markdown(shapes: Shapes) -> None:
    """An empty line in it ends the item, and what follows is Markdown of its own."""
    markdown = report_markdown(shapes.report(accept=[shapes.check("one\n\n# Two")]))
    tokens = MarkdownIt().parse(markdown)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2"]


@pytest.mark.parametrize(
    "changes",
    [{"repository": EVIL}, {"outcome": None, "state": "paused", "reason": EVIL}],
    ids=["repository", "reason"],
)
def test_a_report_in_markdown_does_not_steer_the_terminal(changes: dict[str, str | None], shapes: Shapes) -> None:
    """The folder's name and who paused the run are written as they are, and `Screen.text` cleans nothing."""
    assert "\x1b" not in report_markdown(shapes.report(**changes))


@pytest.mark.parametrize("text", ["漢字 " * 20, "a\tb " * 20], ids=["wide", "tab"])
def test_a_row_has_no_more_columns_than_the_screen(text: str) -> None:
    """`wrapped` counts characters; some take two columns, and a tab takes up to eight."""
    rows = wrapped(Line(text), 40)
    assert [row for row in rows if cell_len(row.expandtabs()) > 40] == []


def test_what_init_tells_to_type_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path with a space in it is not quoted."""
    monkeypatch.chdir(tmp_path)
    main(["init", "my plan.yaml"])
    command = capsys.readouterr().out.splitlines()[-1].removeprefix("Next: ").partition(", then ")[0]
    assert shlex.split(command) == ["surefoot", "check", "my plan.yaml"]
