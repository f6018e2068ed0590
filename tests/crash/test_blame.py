"""Killed in the search for the step after which a check fails: no answer is asked for again (M76)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage

STEPS = "".join(
    f'  - {{id: s{number}, run: "echo {number} >> log.txt{"; echo bad > state.txt" if number == 5 else ""}"}}\n'
    for number in range(1, 9)
)
PLAN = f"""
goal: Keep the state good
accept: [{{name: good, run: "echo . >> $SUREFOOT_MEETING/ran; ! grep -q bad state.txt", expect: pass}}]
steps:
{STEPS}"""
SEARCH = {"act": "blame"}
ASKINGS = 6
"""Base, twice the end, and three between them."""


def searched(stage: Stage) -> tuple[object, int]:
    """Return what the search comes to, and how often the check was asked since the run ended."""
    said = stage.work(**SEARCH).said
    return (said["outcome"], said["steps"]), stage.lines("meeting/ran")["."] - 1


@pytest.mark.parametrize("number", range(1, ASKINGS + 1))
@pytest.mark.parametrize(
    ("point", "lost"), [("check.before.before", 0), ("check.after.before", 0), ("check.after.after", 1)]
)
def test_a_killed_search_asks_nothing_twice_that_was_answered(
    setting: Setting, point: str, lost: int, number: int
) -> None:
    """Only the asking that was under way is done again; the same step is found."""
    stage = setting(PLAN)
    stage.work()
    code = stage.work({"SUREFOOT_FAULT": f"{point}:{number}"}, **SEARCH).code
    found, asked = searched(stage)
    assert found == ("found", ["s5"])
    assert asked == ASKINGS + (lost if code else 0)
    assert stage.wrongs() == []
