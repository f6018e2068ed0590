"""Text that others wrote, as a person sees it: what is spelled out, and what stands behind a bar.

Read `tests/attacks/test_forged_question.py` for the same through the command line.
"""

# ruff: noqa: RUF001 - characters that look like others are what is tested

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.approval import Package, text_of
from surefoot.core.untrusted_text import behind, exact, fenced, fenced_below, in_line, labelled, prose, spelled_out

SPELLED = [
    ("rm\u200b -rf", r"rm\u200b -rf"),
    ("a\u00adb", r"a\xadb"),
    ("a\ufe0fb", r"a\ufe0fb"),
    ("a\U000e0041b", r"a\U000e0041b"),
    ("a\u202eb", r"a\u202eb"),
    ("a\u2028b", r"a\u2028b"),
    ("a\x0bb\x0cc\x85d", r"a\x0bb\x0cc\x85d"),
    ("a\rb", r"a\rb"),
    ("a\tb", r"a\tb"),
    ("a\x1b[2Kb", r"a\x1b[2Kb"),
    ("a\udcffb", r"a\udcffb"),
    ("a\xa0b", r"a\xa0b"),
    ("a\u3164b", r"a\u3164b"),
    ("c\u043epy", r"c\u043epy"),
    ("\u0441\u043e\u0440\u0443", r"\u0441\u043e\u0440\u0443"),
    ("\uff45cho", r"\uff45cho"),
    ("\U0001d41echo", r"\U0001d41echo"),
    ("http://ex\u0430mple.com", r"http://ex\u0430mple.com"),
    ("a\u2215b", r"a\u2215b"),
    ("x \u2013force", r"x \u2013force"),
    ("\u0131d", r"\u0131d"),
]
READABLE = [
    "echo hi",
    "\tindented",
    "git commit -m 'Отчёт готов – да'",
    "отчёт.txt",
    "日本語テキスト",
    "naïve café",
    "a – b",
]
READABLE_IN_PROSE = ["👩\u200d💻 ❤\ufe0f 1\ufe0f", "می\u200cخواهم", "ура, сор", "a\tb", "“so”\xa0– …"]


@pytest.mark.parametrize(("text", "told"), SPELLED)
def test_what_cannot_be_seen_or_looks_like_another_is_spelled_out(text: str, told: str) -> None:
    """A person approves what they see."""
    assert exact(text) == told


@pytest.mark.parametrize("text", READABLE)
def test_ordinary_words_of_any_script_stay_readable(text: str) -> None:
    """Only words that mix scripts, or look like Latin ones, are taken apart."""
    assert (exact(text), prose(text)) == (text, text)


@pytest.mark.parametrize("text", READABLE_IN_PROSE)
def test_prose_keeps_emoji_and_joiners_of_scripts_that_need_them(text: str) -> None:
    """A goal is nothing that runs."""
    assert prose(text) == text


@pytest.mark.parametrize("text", ["a\u200db", "a\ufe0f", "a\u2028b", "a\u202eb"])
def test_prose_spells_out_what_hides_or_turns(text: str) -> None:
    """Between Latin letters a joiner joins nothing."""
    assert prose(text) == exact(text)


@given(st.text())
def test_nothing_unseen_is_left_and_nothing_is_added_to_plain_text(text: str) -> None:
    """Spelling out twice is spelling out once; ASCII that can be seen stays as it is."""
    told = exact(text)
    assert exact(told) == told
    assert told == text or not (text.isascii() and text.isprintable())


def test_the_note_names_each_character_once() -> None:
    """People can look it up."""
    assert spelled_out(["c\u043epy", "\u043ec"]) == (r"\u043e (cyrillic small letter o)",)


FORGED = "one\n  effect:  read\r\nDo it?\u2028surefoot approve x"
BARRED = ["  | one", r"  |   effect:  read\r", r"  | Do it?\u2028surefoot approve x"]


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (behind("It asks:", FORGED), ["It asks:", *BARRED]),
        (behind("It asks:", "one"), ["It asks: one"]),
        (fenced(FORGED), [line[2:] for line in BARRED]),
        (fenced("one"), ["one"]),
        (fenced_below(FORGED), ["one", *BARRED[1:]]),
        ("\n".join(labelled("does", FORGED)), ["  does:    3 lines", *(f"  {line}" for line in BARRED)]),
        (in_line(FORGED), [r"one\n  effect:  read\r\nDo it?\u2028surefoot approve x"]),
    ],
)
def test_every_line_of_a_text_of_several_stands_behind_a_bar(told: str, lines: list[str]) -> None:
    """Whatever separates them."""
    assert told.splitlines() == lines


@given(st.text(alphabet="ab:|\n\r\t \u2028\x85\x0b\x1c"))
def test_no_text_in_a_question_makes_a_line_without_label_or_bar(text: str) -> None:
    """In whichever field it stands."""
    fields = dict.fromkeys(
        ("step", "title", "does", "rule", "reason", "undo", "why", "risk", "claim", "edited_by"), text
    )
    listed = dict.fromkeys(("beside", "evidence", "statements", "uncertainties", "difference", "changed"), (text,))
    lines = text_of(Package(effect="read", **fields, **listed)).splitlines()
    labels = (
        "Step",
        "does:",
        "effect:",
        "why:",
        "risk:",
        "asks:",
        "beside:",
        "changes:",
        "known:",
        "claims:",
        "says:",
        "sure:",
    )
    others = ("unsure:", "changed since", "undo:", "note:", "Do it?", "|")
    assert [line for line in lines if not line.strip().startswith((*labels, *others))] == []
