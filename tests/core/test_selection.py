"""Steps that are chosen come with everything they need; what names nothing is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.graph import build_graph
from surefoot.core.ids import StepId
from surefoot.core.plan import ForEach, Plan, RunBody, Step
from surefoot.core.selection import Selection, select


def step(name: str, *needs: str, command: str = "true", **more: object) -> Step:
    """Return a step that needs these."""
    return Step(id=StepId(name), needs=needs, body=RunBody(command=command), **more)


def chosen(steps: tuple[Step, ...], *names: str) -> Selection:
    """Return what these names choose of these steps."""
    graph, problems = build_graph(steps)
    assert graph is not None, problems
    return select(Plan(goal="g", steps=steps), graph, names)


GROUP = step("tidy-{f}", "base", for_each=ForEach(name="f", items=("a", "b")))
STEPS = (step("base"), step("lib", "base"), GROUP, step("docs"), step("app", "lib", "tidy-*"), step("ship", "app"))


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["docs"], "docs"),
        (["lib"], "base lib"),
        (["ship"], "base lib tidy-{f} app ship"),
        (["tidy-{f}"], "base tidy-{f}"),
        (["tidy-*"], "base tidy-{f}"),
        (["*i*"], "base lib tidy-{f} app ship"),
        (["docs", "lib"], "base lib docs"),
        (["*"], "base lib tidy-{f} docs app ship"),
    ],
)
def test_steps_are_chosen_with_all_that_they_need(names: list[str], kept: str) -> None:
    """Directly or through others, in plan order; groups by their own id, names also as globs."""
    assert [one.id for one in chosen(STEPS, *names).plan.steps] == kept.split()


def test_what_is_not_chosen_is_left_out_in_plan_order() -> None:
    """So that a person can be told."""
    assert chosen(STEPS, "lib").left_out == ("tidy-{f}", "docs", "app", "ship")


def test_the_step_whose_outputs_are_used_comes_along() -> None:
    """A step needs what it refers to, also as the target of a rollback."""
    steps = (
        step("first"),
        step("makes", "first"),
        step("uses", "makes", command="echo {steps.makes.key}", rollback_to=StepId("first")),
        step("other"),
    )
    assert chosen(steps, "uses").left_out == ("other",)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("libs", "`only` names 'libs', but no step or group has that id; did you mean 'lib'?"),
        ("tidy-a", "name their group, 'tidy-{f}'"),
        ("x-*", "`only` names 'x-*', but the glob matches no step; the ids are 'base', 'lib'"),
        ("lib,docs", "'lib,docs', but no step or group has that id"),
    ],
)
def test_a_name_of_no_step_is_told_with_the_nearest_ids(name: str, said: str) -> None:
    """Several names are given one by one, not with commas."""
    (text,) = chosen(STEPS, "docs", name).unknown
    assert said in text


@given(st.lists(st.sets(st.integers(0, 11)), min_size=12, max_size=12), st.sets(st.integers(0, 11), min_size=1))
def test_what_is_kept_is_a_plan_of_its_own(needs: list[set[int]], names: set[int]) -> None:
    """Nothing that is kept needs what was left out, and every step is in one of the two."""
    steps = tuple(step(f"s{at}", *(f"s{one}" for one in sorted(some) if one < at)) for at, some in enumerate(needs))
    found = chosen(steps, *(f"s{one}" for one in names))
    graph, problems = build_graph(found.plan.steps)
    assert (graph is not None, problems) == (True, ())
    assert sorted([*(one.id for one in found.plan.steps), *found.left_out]) == sorted(one.id for one in steps)
