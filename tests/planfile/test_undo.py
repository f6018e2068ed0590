"""`undo` of a step: words, or a command that takes its effect back."""

from __future__ import annotations

import pytest

from surefoot.core.placeholders import bound
from surefoot.core.plan import Step
from surefoot.errors import PlanInvalid
from surefoot.planfile.plan_loader import parse_plan

PLAN = """
goal: g
steps:
  - {id: send, run: ./send, effect: irreversible, undo: UNDO}
"""


def step_of(undo: str) -> Step:
    """Return the step of a plan with such an `undo`."""
    return parse_plan(PLAN.replace("UNDO", undo), "p.yaml").plan.steps[0]


@pytest.mark.parametrize(
    ("undo", "words", "command"),
    [
        ("Take it back.", "Take it back.", ""),
        ("{run: ./take-back}", "", "./take-back"),
        ("{run: ./take-back, say: Late.}", "Late.", "./take-back"),
    ],
)
def test_an_undo_is_words_or_a_command(undo: str, words: str, command: str) -> None:
    """Or both."""
    step = step_of(undo)
    assert (step.undo, step.undo_run) == (words, command)


@pytest.mark.parametrize(
    ("undo", "said"), [("{say: x}", "`run` is missing"), ("{rum: x}", "`rum` is no key of"), ("[x]", "list")]
)
def test_an_undo_that_cannot_be_read_is_refused(undo: str, said: str) -> None:
    """With the place, and what was expected."""
    with pytest.raises(PlanInvalid, match=said):
        step_of(undo)


def test_the_item_of_a_group_stands_quoted_in_its_undo() -> None:
    """As in any command."""
    text = PLAN.replace("id: send, ", 'id: "send-{name}", for_each: {name: ["a b"]}, ')
    group = parse_plan(text.replace("UNDO", '{run: "./take-back {name}"}'), "p.yaml").plan.steps[0]
    assert bound(group, "a b", {}).undo_run == "./take-back 'a b'"
