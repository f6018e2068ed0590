"""Lines of text for people: what is taken out, how they are broken, how numbers are said.

Read that next.
"""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.cli.wrap import plain, wrapped
from surefoot.core.short_text import counted, listed
from surefoot.views.lines import Line, block, clean, duration, first_line, one_line, words_of

HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(["\x1b", "\x1b[31m", "\x1b[2J", "\x1b]0;title\x07", "\x1bP", "\x9b", "\r", "\r\n", "\n"]),
        st.sampled_from(["\u202e", "\u2066", "\x08", "\x7f", "\u2028", "\t"]),
    ),
    max_size=8,
).map("".join)
"""Text as a command could print it to play a trick on the terminal."""
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = "\u061c\u200e\u200f"
SELECTORS = "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0" + SELECTORS
"""Letters and marks that take no room, or show nothing."""
WORDS = st.lists(st.text("abcdeé-./", min_size=1, max_size=30), min_size=1, max_size=20)
WIDTHS = st.integers(20, 100)


def is_harmless(char: str) -> bool:
    """Tell whether a terminal just shows the character, or breaks the line or moves to a stop."""
    is_control = unicodedata.category(char) == "Cc" and char not in "\n\t"
    return not is_control and unicodedata.bidirectional(char) not in TURNS and char not in MARKS


@given(HOSTILE)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    """No control character but line break and tab, and nothing that turns the reading direction."""
    assert [char for char in clean(text) if not is_harmless(char)] == []


@given(HOSTILE)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What was taken out does not put together something new."""
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters=UNSEEN)))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Whatever the language."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain\x1bc", "plain"),
        ("10 %\r20 %\r\n", "10 %\n20 %\n"),
        ("a\tb", "a\tb"),
        ("a\x08b\x00", "ab"),
        ("rm \u202etxt.exe", "rm \\u202etxt.exe"),
    ],
)
def test_colours_titles_and_links_leave_only_their_words(text: str, left: str) -> None:
    """What turns the reading direction is shown instead, so that nobody approves what they do not see."""
    assert words_of(text) == left


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    """Without space at its ends."""
    line = one_line(text)
    assert (len(line.splitlines()) <= 1, line.strip()) == (True, line)


def test_the_first_line_is_the_first_that_says_something() -> None:
    """Empty ones are passed over; of nothing it is nothing."""
    assert (first_line("\n \x1b[31m\n  so it goes \nmore"), first_line(" \n")) == ("so it goes", "")


@given(WORDS, WIDTHS, st.integers(0, 120))
def test_no_row_is_wider_than_the_screen(words: list[str], width: int, hang: int) -> None:
    """Unless it is a single word, which is never torn."""
    rows = wrapped(Line(" ".join(words), hang=hang), width)
    assert [row for row in rows if len(row) > width and len(row.split()) > 1] == []


@given(st.text("ab \t-é", min_size=1), WIDTHS, st.integers(0, 120))
def test_wrapping_loses_no_word(text: str, width: int, hang: int) -> None:
    """And tears none."""
    assert " ".join(wrapped(Line(text, hang=hang), width)).split() == text.split()


@given(WORDS, WIDTHS, st.integers(1, 10))
def test_what_does_not_fit_is_indented(words: list[str], width: int, hang: int) -> None:
    """By as much as the line says."""
    assert all(row.startswith(" " * hang) for row in wrapped(Line(" ".join(words), hang=hang), width)[1:])


@given(WORDS, WIDTHS)
def test_a_whole_line_is_never_broken(words: list[str], width: int) -> None:
    """It will be copied; nor is any line where there is no width."""
    text = " ".join(words)
    assert (wrapped(Line(text, is_whole=True), width), wrapped(Line(text), None)) == ([text], [text])


def test_a_block_is_indented_and_keeps_its_own_indentation() -> None:
    """What does not fit hangs below its line."""
    lines = list(block("head\n  deep \x1b[31mred  ", 4, "dim"))
    assert [(line.text, line.hang, line.style) for line in lines] == [
        ("    head", 6, "dim"),
        ("      deep red", 8, "dim"),
    ]


def test_plain_text_is_the_rows_of_all_lines() -> None:
    """Without colours."""
    assert plain([Line("good", "good"), Line("a " * 12 + "b", hang=2)], 20) == "good\n" + "a " * 9 + "a\n  a a b"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (90061, "25 h 01 min"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    """Rounded before the unit is chosen."""
    assert duration(seconds) == words


@given(st.floats(0, 1e7))
def test_no_duration_has_sixty_of_anything(seconds: float) -> None:
    """Sixty seconds are a minute, sixty minutes an hour."""
    assert all(float(number) < 60 for number in re.findall(r"([\d.]+) (?:s|min)", duration(seconds)))


def test_a_number_takes_its_noun_in_the_plural() -> None:
    """Unless it is one."""
    assert [counted(number, "step") for number in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


@given(st.lists(st.text("abc", min_size=1)), st.integers(1, 8))
def test_a_list_counts_what_it_leaves_out(names: list[str], most: int) -> None:
    """The first ones are named, in order, and the rest is a number."""
    shown, _, rest = listed(names, most).partition(" and ")
    assert shown == ", ".join(names[:most])
    assert rest == (f"{len(names) - most} more" if len(names) > most else "")
