"""What reaches a terminal, and what a pipe: colours, widths, the rows at the bottom, nothing that steers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from surefoot.cli.progress import Progress
from surefoot.cli.screen import Screen
from surefoot.views.lines import Line, Style

if TYPE_CHECKING:
    from conftest import Terminal

HOSTILE = "a\x1b[2Jb\x1b]0;title\x07c\x9b31md\x08"
HARMLESS = "a\\x1b[2Jb\\x1b]0;titlec31md"


def test_a_terminal_gets_colours(terminal: Terminal) -> None:
    """By what the line means."""
    terminal.screen().show([Line("fine", "good"), Line("plain")])
    assert terminal.seen() == "\x1b[32mfine\x1b[0m\r\nplain\r\n"


def test_only_the_word_that_means_something_is_coloured(terminal: Terminal) -> None:
    """The rest of the line, and its further rows, are plain."""
    terminal.screen().show([Line("failed  " + "word " * 8, "bad", hang=2, styled=6)])
    assert terminal.seen().startswith("\x1b[1;31mfailed\x1b[0m  word word")


def test_a_terminal_gets_rows_of_its_width(terminal: Terminal) -> None:
    """Lines that will be copied are left whole."""
    terminal.screen().show([Line("word " * 12), Line("x" * 30 + " " + "y" * 30, is_whole=True)])
    assert [len(row) for row in terminal.seen().splitlines()] == [39, 19, 61]


@pytest.mark.parametrize("style", ["good", "bad", "warn", "dim", "head"])
def test_no_color_takes_every_style_away(style: Style, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is bold or dim, too."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.screen().show([Line("fine", style)])
    assert terminal.seen() == "fine\r\n"


def test_a_dumb_terminal_gets_no_escapes(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not understand them; nor are there rows at the bottom."""
    monkeypatch.setenv("TERM", "dumb")
    screen = terminal.screen()
    Progress(screen).begin()
    screen.show([Line("fine", "good"), Line("head", "head")])
    assert terminal.seen() == "fine\r\nhead\r\n"


def test_a_pipe_gets_whole_lines_without_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs such as `grep` find a line as one line."""
    line = "word " * 40
    Screen().show([Line(line, "good"), Line("head", "head")])
    assert capsys.readouterr().out == f"{line}\nhead\n"


def test_a_pipe_gets_no_rows_at_the_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to redraw."""
    progress = Progress(Screen())
    progress.begin()
    progress.end()
    assert capsys.readouterr().out == ""


def test_a_forced_colour_does_not_reach_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of results is plain, whatever the environment wishes."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    Screen().show([Line("fine", "good")])
    assert capsys.readouterr().out == "fine\n"


def test_a_terminal_gets_rows_at_the_bottom_that_go_away(terminal: Terminal) -> None:
    """They are erased when others write."""
    screen = terminal.screen()
    screen.start_live(lambda _, __: [Line("at work")])
    screen.stop_live()
    seen = terminal.seen()
    assert seen.rindex("\x1b[1A\x1b[J") > seen.rindex("at work")


def test_a_terminal_of_a_build_machine_gets_no_rows_at_the_bottom(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its output is a log."""
    monkeypatch.setenv("CI", "true")
    assert not terminal.screen().has_live_rows


@pytest.mark.parametrize("wish", ["is_json", "is_quiet"])
def test_whoever_wants_only_the_result_gets_no_rows_at_the_bottom(wish: str, terminal: Terminal) -> None:
    """Nor any other progress."""
    screen = terminal.screen(**{wish: True})
    progress = Progress(screen)
    progress.begin()
    progress.tell(Line("progress"))
    progress.end()
    screen.text("result\n")
    assert terminal.seen() == "result\r\n"


SHOWS: dict[str, Callable[[Screen], None]] = {
    "show": lambda screen: screen.show([Line(HOSTILE)]),
    "note": lambda screen: screen.note([Line(HOSTILE)]),
}


@pytest.mark.parametrize("show", SHOWS.values(), ids=SHOWS)
def test_what_could_steer_the_terminal_does_not_reach_it(show: Callable[[Screen], None], terminal: Terminal) -> None:
    """Wherever the text comes from: a plan, a command's output, the name of a file."""
    show(terminal.screen())
    assert terminal.seen() == f"{HARMLESS}\r\n"


@pytest.mark.parametrize("show", SHOWS.values(), ids=SHOWS)
def test_what_could_steer_a_terminal_does_not_reach_a_pipe(
    show: Callable[[Screen], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its reader may show it on one."""
    show(Screen())
    assert capsys.readouterr().out == f"{HARMLESS}\n"


def test_an_error_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It names what was typed."""
    Screen().error(HOSTILE)
    assert capsys.readouterr().err == f"surefoot: {HARMLESS}\n"


def test_the_rows_at_the_bottom_do_not_steer_the_terminal(terminal: Terminal) -> None:
    """They show what a command printed last."""
    screen = terminal.screen()
    screen.start_live(lambda _, __: [Line(f"{HOSTILE}\nmore")])
    seen = terminal.seen()
    assert (f"{HARMLESS} more" in seen, "\x1b[2J" in seen, "\x07" in seen) == (True, False, False)


def test_what_fits_the_screen_needs_no_pager(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written as ever."""
    monkeypatch.setenv("SUREFOOT_PAGER", "sed s/^/paged:/")
    monkeypatch.setenv("LINES", "5")
    terminal.screen().page([Line("one")] * 4)
    assert terminal.seen() == "one\r\n" * 4


@pytest.mark.parametrize(
    ("wishes", "pager"), [({"has_pager": False}, "false"), ({}, "cat"), ({}, "no-such-pager"), ({}, "'")]
)
def test_without_a_pager_everything_is_written(
    wishes: dict[str, bool], pager: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Because none is wanted, or there is none."""
    monkeypatch.setenv("SUREFOOT_PAGER", pager)
    monkeypatch.setenv("LINES", "5")
    terminal.screen(**wishes).page([Line("one")] * 9)
    assert terminal.seen() == "one\r\n" * 9


def test_a_document_keeps_every_character_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has a way to write them."""
    Screen(is_json=True).document({"text": HOSTILE})
    said = capsys.readouterr().out
    assert (json.loads(said)["text"], "\x1b" in said, "\x9b" in said) == (HOSTILE, False, False)


def test_markup_in_a_text_is_text(terminal: Terminal) -> None:
    """Square brackets and names of pictures are shown as they are."""
    terminal.screen().show([Line("[bold]x[/bold] :smile: [/]")])
    assert terminal.seen() == "[bold]x[/bold] :smile: [/]\r\n"


def test_a_name_that_is_no_text_is_shown_all_the_same(terminal: Terminal) -> None:
    """File names may hold any bytes."""
    terminal.screen().show([Line("caf\udce9.txt")])
    assert terminal.seen() == "caf\\udce9.txt\r\n"
