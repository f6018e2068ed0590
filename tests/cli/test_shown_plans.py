"""What a plan that is shown says of its steps: which of them nobody asked for, and which is tried first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.core.ids import StepId
from surefoot.core.plan import RunBody, Step

if TYPE_CHECKING:
    from conftest import Desk

STEPS = """steps:
  - {id: docs, run: "echo d > docs.txt"}
  - {id: before, run: "true", effect: read, why: "added: the tests as they are before the change"}
  - {id: base, run: "echo b > base.txt", why: Others rest on it}
  - {id: api, needs: [base], run: "echo a > api.txt", effect: irreversible}
"""


@pytest.mark.parametrize("words", [("check",), ("run", "--yes")])
def test_a_step_that_nobody_asked_for_is_marked(desk: Desk, words: tuple[str, ...]) -> None:
    """With the reason for it, before anything is done (M11)."""
    said = desk.say(words[0], desk.plan(STEPS), *words[1:])
    assert "not asked for: added: the tests as they are before the change\n" in said.out


def test_the_check_of_a_plan_has_order_and_marks_as_data(desk: Desk) -> None:
    """The prerequisite on the critical path comes first, although the plan has it later (M11, M23)."""
    found = desk.say("check", desk.plan(STEPS), "--json").json
    assert found["order"] == ["base", "docs", "before", "api"]
    assert list(found["added"]) == ["before"]
    assert found["irreversible"] == ["api"]


def test_a_plan_without_a_terminal_does_not_wait(desk: Desk) -> None:
    """Nobody is there who could say yes; what asks is asked when it comes (M13)."""
    said = desk.say("run", desk.plan(STEPS))
    assert ("Start?" in said.out, "Cannot be undone: api\n" in said.out, said.code) == (False, True, 4)


@pytest.mark.parametrize(
    ("why", "is_added"),
    [("added", True), ("ADDED, for safety", True), ("additional", False), ("addedly", False), ("", False)],
)
def test_only_the_word_marks_a_step(why: str, is_added: bool) -> None:
    """Other reasons that begin alike do not."""
    assert Step(id=StepId("s"), body=RunBody(command="true"), why=why).is_added is is_added
