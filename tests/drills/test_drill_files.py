"""Drill files: what is wrong in one is said with its place, and what is in one is read."""

from __future__ import annotations

import pytest

from surefoot.drills.drill_file import Response, drill_of, obeying, shipped_drills, shipped_texts
from surefoot.errors import ConfigInvalid

SMALL = """about: Says nothing.
finds: [malformed]
answers: [told]
files: {a.txt: one}
plan: {goal: None, steps: []}
text: Do it.
end: {steps: {a: [failed]}}
"""


def test_a_drill_is_read() -> None:
    """Its name is that of the file."""
    drill = drill_of("small", SMALL, "small.yaml")
    assert (drill.name, drill.finds, drill.answers) == ("small", ("malformed",), (Response.TOLD,))
    assert (drill.files, drill.text, drill.end.steps) == ({"a.txt": "one"}, "Do it.", {"a": ("failed",)})
    assert not drill.is_clean


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("about", "abuot", "did you mean `about`?"),
        ("[told]", "[shouted]", "small.yaml:3:11"),
        ("text: Do it.\n", "", "the agent says nothing"),
        ("{a.txt: one}", "[a.txt]", "texts by path were expected"),
        ("{a: [failed]}", "[failed]", "states by step were expected"),
        ("[malformed]", "malformed", "a list of texts was expected"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, says: str) -> None:
    """With what was expected."""
    with pytest.raises(ConfigInvalid) as caught:
        drill_of("small", SMALL.replace(old, new), "small.yaml")
    assert says in str(caught.value)


def test_a_drill_is_played_once_for_each_text() -> None:
    """The texts that ship are such texts."""
    drill = drill_of("small", SMALL, "small.yaml")
    played = obeying(drill, shipped_texts())
    assert [one.name for one in played[:2]] == ["small-001", "small-002"]
    assert tuple(one.text for one in played) == shipped_texts()


def test_names_of_failures_stand_in_all_drills_but_the_clean_ones() -> None:
    """Clean ones are named so."""
    assert all(one.is_clean == one.name.startswith("clean-") for one in shipped_drills())
