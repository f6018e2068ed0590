"""Amendments as people write them: what each says, and every mistake with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.core.amendments import AddStep, DropStep, MoveStep, ReplaceStep, SetLimits, amended
from surefoot.core.plan import Plan
from surefoot.errors import PlanInvalid
from surefoot.planfile import parse_plan
from surefoot.planfile.amendment_reader import operations_between, read_amendment
from tests.examples import examples

TEXT = """
goal: g
limits: {cost_usd: 5, parallel: 2, attempts: 7}
defaults: {env: {A: b}}
steps:
  - {id: a, run: a}
  - {id: b, run: b, needs: [a]}
  - {id: c, run: c}
"""
PLAN = parse_plan(TEXT, "plan.yaml").plan


def read(text: str) -> Plan:
    """Return the plan with what an amendment says."""
    plan, problems = amended(PLAN, read_amendment(text, "amend.yaml", PLAN, TEXT).operations)
    assert problems == ()
    return plan


def test_each_change_is_read_in_its_order() -> None:
    """With the words of the file."""
    text = """
why: Python 3.8 has to stay supported
amend:
  - add: {id: test-38, needs: [b], run: tox}
    before: c
  - {move: b, after: c}
  - drop: c
  - replace: {id: a, run: anew}
  - limits: {cost_usd: 8}
"""
    found = read_amendment(text, "amend.yaml", PLAN, TEXT)
    assert found.why == "Python 3.8 has to stay supported"
    assert [type(one) for one in found.operations] == [AddStep, MoveStep, DropStep, ReplaceStep, SetLimits]


def test_steps_that_are_added_have_the_defaults_of_the_plan() -> None:
    """As if they had stood in it from the beginning."""
    added = read("amend: [{add: {id: d, run: d}}]").steps[-1]
    assert (added.env, added.retry.maximum_attempts) == ({"A": "b"}, 7)


def test_limits_that_are_not_named_stay() -> None:
    """Only what is to change has to be written."""
    limits = read("amend: [{limits: {cost_usd: 8}}]").limits
    assert (limits.cost_usd, limits.parallel) == (8, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("amend: []", "1:8: there is nothing to change; a list of changes was expected"),
        ("amend:\n  - {add: {id: d, run: d}, drop: a}", "2:34: a change has `add` and `drop`"),
        ("amend:\n  - {move: a}", "2:12: `move` says no place"),
        ("amend:\n  - {drop: a, before: b}", "2:23: `before` stands beside `drop`"),
        ("amend:\n  - {ad: {id: d, run: d}}", "did you mean `add`?"),
        ("amend:\n  - add: {id: d}", "none of `run`"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    """With what was expected."""
    with pytest.raises(PlanInvalid) as failed:
        read_amendment(text, "amend.yaml", PLAN, TEXT)
    assert said in str(failed.value)


def test_an_edited_plan_is_an_amendment() -> None:
    """Of what differs, and of nothing else."""
    text = TEXT.replace("{id: c, run: c}", "{id: d, run: d}").replace("run: b,", "run: anew,")
    assert [type(one) for one in read_amendment(text, "plan.yaml", PLAN).operations] == [DropStep, ReplaceStep, AddStep]
    assert read_amendment(TEXT, "plan.yaml", PLAN).operations == ()


def test_what_all_steps_share_stays_as_it_is() -> None:
    """A run's lanes were prepared by it."""
    with pytest.raises(PlanInvalid, match="`env` differs"):
        read_amendment(TEXT + "env: {B: c}\n", "plan.yaml", PLAN)


@given(st.permutations("abcdef"), st.integers(0, 6))
@settings(max_examples=examples(100), deadline=None)
def test_any_plan_is_reached_from_any_other(names: list[str], count: int) -> None:
    """Whatever is added, dropped and moved."""
    text = "goal: g\nsteps:\n" + "".join(f"  - {{id: {name}, run: {name}}}\n" for name in names[: count or 1])
    wanted = parse_plan(text, "plan.yaml").plan
    before = parse_plan(
        TEXT.split("limits", maxsplit=1)[0] + "steps:\n  - {id: a, run: x}\n  - {id: e, run: e}\n", "p"
    ).plan
    assert amended(before, operations_between(before, wanted))[0].steps == wanted.steps
