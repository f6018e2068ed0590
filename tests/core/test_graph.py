"""The dependency graph: what needs mean, what is refused, the order, the longest path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.graph import Graph, Problem, build_graph, longest_path
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import ForEach, OnFailure, RunBody, Step


def step(name: str, *needs: str, back_to: str | None = None) -> Step:
    """Make a step."""
    how = OnFailure.ROLLBACK if back_to else OnFailure.BLOCK
    target = StepId(back_to) if back_to else None
    return Step(id=StepId(name), body=RunBody(command="true"), needs=needs, on_failure=how, rollback_to=target)


def group(name: str, *needs: str) -> Step:
    """Make a group over files."""
    each = ForEach(name="file", glob="*")
    return Step(id=StepId(name), body=RunBody(command="true"), needs=needs, for_each=each)


def graph_of(*steps: Step) -> Graph:
    """Build a graph that is expected to be sound."""
    graph, problems = build_graph(steps)
    assert graph is not None, problems
    return graph


def problems_of(*steps: Step) -> tuple[Problem, ...]:
    """Build a graph that is expected to be unsound."""
    graph, problems = build_graph(steps)
    assert graph is None
    return problems


def test_needs_name_steps_groups_and_globs_over_both() -> None:
    """In a glob, `*` matches `/` too."""
    graph = graph_of(step("a/b"), group("a/{file}"), step("c", "a/b", "a/{file}"), step("d", "a*"))
    assert (graph.needs[StepId("c")], graph.needs[StepId("d")]) == (("a/b", "a/{file}"), ("a/b", "a/{file}"))


def test_needs_stand_in_plan_order_without_repetitions() -> None:
    """However they are written."""
    assert graph_of(step("a"), step("b"), step("c", "b", "a", "*", "b")).needs[StepId("c")] == ("a", "b")


def test_a_glob_never_matches_the_step_itself() -> None:
    """`needs: ["*"]` means all others."""
    assert graph_of(step("a"), step("b", "*")).needs[StepId("b")] == ("a",)


def test_steps_may_share_a_glob() -> None:
    """Each is left out of its own."""
    graph = graph_of(step("a"), step("xb", "?"), step("xc", "?"))
    assert graph.needs[StepId("xb")] == graph.needs[StepId("xc")] == ("a",)


def test_a_need_may_be_written_like_the_id_was() -> None:
    """Ids are percent-encoded; who wrote one need not know."""
    assert graph_of(step(encode_id("größe")), step("b", "größe")).needs[StepId("b")] == (encode_id("größe"),)


def test_dependants_are_needs_turned_round() -> None:
    """Who waits for whom."""
    graph = graph_of(step("a"), step("b", "a"), step("c", "a"))
    assert (graph.dependants[StepId("a")], graph.dependants[StepId("c")]) == (("b", "c"), ())


def test_the_order_keeps_to_the_plan_where_needs_leave_a_choice() -> None:
    """First come, first taken up."""
    assert graph_of(step("c", "z"), step("b"), step("z"), step("a")).order == ("b", "z", "c", "a")


def test_an_empty_plan_is_an_empty_graph() -> None:
    """Nothing is wrong with nothing."""
    assert graph_of().order == ()


REFUSED = [
    ([step("a"), step("a")], "the id 'a' is already taken"),
    ([step("")], "the id has 0 characters"),
    ([step("a" * 201)], "the id has 201 characters"),
    ([step("ä b")], "write it as '%C3%A4%20b'"),
    ([group("same")], "would be the same for each member of the group"),
    ([step("build"), step("b", "biuld")], "did you mean 'build'?"),
    ([step("a"), step("b", "zzz")], "the ids are 'a', 'b'"),
    ([group("x-{file}"), step("b", "x-y.py")], "name their group, 'x-{file}'"),
    ([step("a"), step("b", "z*")], "the glob matches no other step"),
    ([step("a"), step("b", "b*")], "the glob matches no other step"),
    ([step("a", "a")], "needs names the step itself"),
    ([step("a"), step("b", back_to="c")], "rollback_to names 'c', but no step has that id"),
    ([step("a"), step("b", back_to="a")], "which this step does not need"),
    ([step("a"), step("b", "a", back_to="b")], "which this step does not need"),
    ([group("x{file}"), step("b", "x{file}", back_to="x{file}")], "no one commit to go back to"),
]


@pytest.mark.parametrize(("steps", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_makes_no_graph_is_refused_with_a_cure(steps: list[Step], words: str) -> None:
    """One problem each, in words that help."""
    (problem,) = problems_of(*steps)
    assert words in problem.text


def test_a_problem_says_which_step_and_which_name() -> None:
    """So that it can be shown at its place."""
    (problem,) = problems_of(step("a"), step("b", "c"))
    assert (problem.step, problem.name) == ("b", "c")


def test_all_problems_are_found_at_once() -> None:
    """Also circles beside dangling needs."""
    texts = [problem.text for problem in problems_of(step("a", "b"), step("b", "a"), step("c", "x"), step("d", "d"))]
    assert len(texts) == 3


def test_each_circle_is_named_once_and_from_its_first_step() -> None:
    """Steps behind a circle are not part of it."""
    found = problems_of(step("x", "b"), step("a", "c"), step("b", "a"), step("c", "b"), step("d", "e"), step("e", "d"))
    circles = [problem.text.split(": ")[1].split(";")[0] for problem in found]
    assert circles == ["a -> c -> b -> a", "d -> e -> d"]


def test_a_rollback_may_go_far_up() -> None:
    """Whatever the step rests on, directly or through others."""
    steps = (step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"), step("e", "d", "b", back_to="a"))
    assert graph_of(*steps).order == ("a", "b", "c", "d", "e")


def test_the_longest_path_is_the_heaviest_chain() -> None:
    """By weight, not by the number of steps."""
    graph = graph_of(step("a"), step("b", "a"), step("c", "b"), step("z"), step("d", "c", "z"))
    assert longest_path(graph, {StepId("z"): 9.0, StepId("a"): 1.0}) == ("z", "d")


def test_without_weights_the_longest_path_has_most_steps() -> None:
    """So that it says something in a plan without estimates."""
    graph = graph_of(step("z"), step("a"), step("b", "a"), step("d", "b", "z"))
    assert longest_path(graph, {}) == ("a", "b", "d")


def test_the_longest_path_of_nothing_is_nothing() -> None:
    """No step, no path."""
    assert longest_path(graph_of(), {}) == ()


edges = st.integers(2, 8).flatmap(
    lambda size: st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=12)
)


@given(edges)
def test_the_order_keeps_every_need_before_its_dependant(pairs: list[tuple[int, int]]) -> None:
    """For any plan without a circle; edges lead from later to earlier steps."""
    needs: dict[int, set[str]] = {number: set() for number in range(8)}
    for one, other in pairs:
        if one != other:
            needs[max(one, other)].add(str(min(one, other)))
    graph = graph_of(*(step(str(number), *needs[number]) for number in reversed(range(8))))
    at = {name: index for index, name in enumerate(graph.order)}
    assert sorted(at) == sorted(graph.needs)
    assert all(at[need] < at[name] for name in graph.needs for need in graph.needs[name])


@given(edges)
def test_a_plan_is_refused_exactly_when_it_has_a_circle(pairs: list[tuple[int, int]]) -> None:
    """Against the plain definition: someone is reachable from itself."""
    needs = {str(number): {str(other) for one, other in pairs if one == number != other} for number in range(8)}
    reach = {name: set(found) for name, found in needs.items()}
    for _ in needs:
        reach = {name: found.union(*(reach[other] for other in found)) for name, found in reach.items()}
    graph, _ = build_graph([step(name, *sorted(found)) for name, found in needs.items()])
    assert (graph is None) == any(name in found for name, found in reach.items())


def test_two_thousand_steps_are_no_burden() -> None:
    """A long chain, and one step that needs all of it by a glob."""
    steps = [step(f"s{number}", *([f"s{number - 1}"] if number else [])) for number in range(2000)]
    graph = graph_of(*steps, step("last", "s*"))
    assert len(longest_path(graph, {})) == 2001
