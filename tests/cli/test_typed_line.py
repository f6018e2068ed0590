"""A line typed key by key: shown, corrected, handed over whole."""

from __future__ import annotations

import pytest

from surefoot.cli.typed_line import TypedLine


@pytest.mark.parametrize(
    ("typed", "lines", "text"),
    [
        (b"yes\n", ["yes"], ""),
        (b"yes\rno\n", ["yes", "no"], ""),
        (b"ye", [], "ye"),
        (b"yea\x7fs\n", ["yes"], ""),
        (b"no not today\x17\x17way\n", ["no way"], ""),
        (b"no\x15\x7fyes\n", ["yes"], ""),
        (b"\x1b[A\x1bOPy\x1b[3~\x07\n", ["y"], ""),
        ("größer 字\x7f\n".encode(), ["größer "], ""),
        (b"x\x04\x7f\x04", [None], ""),
        (b"two  words \x17\x17\x17", [], ""),
    ],
)
def test_what_is_typed_becomes_lines(typed: bytes, lines: list[str | None], text: str) -> None:
    """However the terminal hands it over."""
    line, found = TypedLine(show=lambda _: None), list[str | None]()
    for at in range(len(typed)) if b"\x1b" not in typed else ():
        found += line.feed(typed[at : at + 1])
    found += line.feed(typed) if b"\x1b" in typed else ()
    assert (found, line.text) == (lines, text)


def test_what_is_erased_goes_from_the_screen() -> None:
    """All cells of a wide character, and no more than was typed."""
    shown: list[str] = []
    line = TypedLine(show=shown.append)
    list(line.feed("a字\x7f\x7f\x7f".encode()))
    assert shown == ["a", "字", "\b\b  \b\b", "\b \b"]


def test_a_terminal_that_shows_what_is_typed_itself_is_not_written_to() -> None:
    """It hands over whole lines then."""
    assert list(TypedLine().feed(b"no not today\n")) == ["no not today"]
