"""The order in which ready steps start: ranks, and what list scheduling by them promises."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Ending, Status
from surefoot.core.file_order import waits_of
from surefoot.core.graph import Graph, build_graph, longest_path
from surefoot.core.graph_state import next_ready, take_ready
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import ForEach, FunctionBody, Limits, Plan, Step
from surefoot.core.priorities import UNKNOWN_S, expected_times, ranks_of, start_order, without_noise

Row = tuple[float, set[int]]


def steps_of(rows: list[Row]) -> tuple[Step, ...]:
    """Return a step a row: how long it takes, and which earlier ones it needs."""
    return tuple(
        Step(
            id=StepId(f"s{number}"),
            body=FunctionBody(name="f"),
            needs=tuple(f"s{need}" for need in sorted(needs)),
            estimate_s=seconds,
        )
        for number, (seconds, needs) in enumerate(rows)
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Step, ...]:
    """Return the steps of a plan without a circle."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 14))):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set[int]()
        rows.append((float(draw(st.integers(0, 9))), needs))
    return steps_of(rows)


def graph_of(steps: tuple[Step, ...]) -> Graph:
    """Return the graph of steps that form one."""
    graph, _ = build_graph(steps)
    assert graph is not None
    return graph


def ranks(steps: tuple[Step, ...]) -> dict[StepId, float]:
    """Return the ranks of steps by their estimates."""
    return ranks_of(graph_of(steps), expected_times(steps, {}))


class Simulation:
    """A run without a workspace whose bodies take exactly what they are estimated at."""

    def __init__(self, steps: tuple[Step, ...], lanes: int, estimates: Mapping[str, float] | None = None) -> None:
        """Play the run to its end."""
        limits = Limits(parallel=lanes)
        plan = Plan(goal="g", steps=steps, limits=limits)
        told = {StepId(name): seconds for name, seconds in (estimates or {}).items()}
        self.state = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan, estimates=told))
        own = {"engine": "e", "token": 1, "pid": 1, "host": "h", "rung": "plain", "release": "0"}
        apply(self.state, ev.EngineStarted(at=0.0, **own))
        self.now = 0.0
        self.begun: dict[StepId, float] = {}
        self.ended: dict[StepId, float] = {}
        self._bodies: list[tuple[float, int, do.RunStep]] = []
        self._decide()
        while self._bodies:
            self._pass()
            self._decide()

    def _pass(self) -> None:
        """Go to the next end of a body, and end all that end then."""
        self.now = self._bodies[0][0]
        while self._bodies and self._bodies[0][0] == self.now:
            _, _, command = heapq.heappop(self._bodies)
            self.ended[command.step] = self.now
            ending = Ending(status=Status.OK)
            apply(self.state, ev.BodyFinished(at=self.now, step=command.step, attempt=1, ending=ending))

    def _decide(self) -> None:
        while proposals := decide(self.state, self.now):
            for proposal in proposals:
                apply(self.state, proposal.event)
                if isinstance(proposal.command, do.RunStep):
                    seconds = proposal.command.spec.estimate_s or 0.0
                    heapq.heappush(self._bodies, (self.now + seconds, len(self.begun), proposal.command))
                    self.begun[proposal.command.step] = self.now
                elif isinstance(proposal.command, do.ExpandGroup):
                    group = proposal.command.group
                    items = group.for_each.items if group.for_each is not None else None
                    apply(self.state, ev.GroupExpanded(at=self.now, group=group.id, items=items or ()))


@given(graphs())
def test_a_step_ranks_above_what_needs_it_by_at_least_its_own_time(steps: tuple[Step, ...]) -> None:
    """So the order never asks for a step before those it needs."""
    found, own = ranks(steps), expected_times(steps, {})
    for name, dependants in graph_of(steps).dependants.items():
        assert found[name] == own[name] + max((found[one] for one in dependants), default=0.0)


@given(graphs(), st.integers(2, 5))
def test_a_schedule_is_never_shorter_than_possible_and_less_than_twice_as_long(
    steps: tuple[Step, ...], lanes: int
) -> None:
    """Longest chain and shared work bound it from below; no list schedule exceeds both together (Graham)."""
    chain, work = max(ranks(steps).values()), sum(step.estimate_s or 0.0 for step in steps)
    end = Simulation(steps, lanes).now
    assert max(chain, work / lanes) <= end + 1e-9
    assert end <= work / lanes + chain * (1 - 1 / lanes) + 1e-9


@given(graphs(), st.integers(2, 5))
def test_no_step_begins_before_what_it_needs_has_ended(steps: tuple[Step, ...], lanes: int) -> None:
    """Whatever its rank."""
    run = Simulation(steps, lanes)
    assert len(run.ended) == len(steps)
    assert all(run.ended[need] <= run.begun[name] for name, needs in graph_of(steps).needs.items() for need in needs)


@given(graphs())
def test_one_step_at_a_time_goes_by_the_order_that_check_shows(steps: tuple[Step, ...]) -> None:
    """Nothing is taken up in another order than people were shown."""
    plan, graph = Plan(goal="g", steps=steps), graph_of(steps)
    assert list(Simulation(steps, 1).begun) == start_order(plan, graph, waits_of(plan, graph))


@given(graphs())
def test_one_step_at_a_time_begins_with_the_prerequisites_on_the_critical_path(steps: tuple[Step, ...]) -> None:
    """What most rests on is tried first; all else keeps the order of the plan (M23)."""
    graph = graph_of(steps)
    path = longest_path(graph, expected_times(steps, {}))
    begun = list(Simulation(steps, 1).begun)
    closed = {name: {name, *graph.needs[name]} for name in graph.order}
    for name in graph.order:
        closed[name].update(*(closed[need] for need in graph.needs[name]))
    first = closed[path[-2]] if len(path) > 1 else set[StepId]()
    assert set(begun[: len(first)]) == first


def test_side_branches_come_after_what_most_rests_on() -> None:
    """Although the plan has them first, and although no estimate is known (M23)."""
    steps = steps_of([(None, set()), (None, set()), (None, set()), (None, {2}), (None, {3})])
    assert list(Simulation(steps, 1).begun) == ["s2", "s3", "s0", "s1", "s4"]


def test_equal_ranks_start_in_the_order_of_the_plan() -> None:
    """The same plan always starts in the same order."""
    steps = steps_of([(2.0, set()), (3.0, set()), (2.0, set()), (3.0, set()), (2.0, set())])
    assert list(Simulation(steps, 2).begun) == ["s1", "s3", "s0", "s2", "s4"]


def test_the_head_of_a_long_chain_starts_before_a_long_step() -> None:
    """What counts is the way to the end, not the step alone."""
    steps = steps_of([(5.0, set()), (4.0, set()), (1.0, set()), (8.0, {2})])
    run = Simulation(steps, 2)
    assert list(run.begun)[:2] == ["s2", "s0"]
    assert run.now == 9.0


def test_without_any_estimate_the_chain_of_most_steps_comes_first() -> None:
    """Every step counts the same then."""
    steps = tuple(
        Step(id=StepId(name), body=FunctionBody(name="f"), needs=needs)
        for name, needs in [("a", ()), ("b", ()), ("c", ("b",))]
    )
    assert expected_times(steps, {}) == dict.fromkeys("abc", UNKNOWN_S)
    assert list(Simulation(steps, 2).begun) == ["b", "a", "c"]


def test_an_estimate_wins_over_earlier_runs_and_both_over_the_median() -> None:
    """Whoever writes an estimate knows something; a step nobody knows of is like the others."""
    names = {"own": 9.0, "run": None, "new": None, "odd": float("nan")}
    steps = tuple(Step(id=StepId(n), body=FunctionBody(name="f"), estimate_s=s) for n, s in names.items())
    earlier = {StepId("own"): 1.0, StepId("run"): 3.0}
    assert expected_times(steps, earlier) == {"own": 9.0, "run": 3.0, "new": 6.0, "odd": 6.0}


def test_members_whose_times_differ_by_noise_start_in_the_order_of_the_plan() -> None:
    """Six equal members took some tenths of a second more or less in the last run."""
    group = Step(id=StepId("g-{item}"), body=FunctionBody(name="f"), for_each=ForEach(items=tuple("123456")))
    measured = dict(zip((StepId(f"g-{n}") for n in range(1, 7)), (1.0, 1.2, 1.1, 0.9, 1.3, 1.05), strict=True))
    run = Simulation((group,), 3, {**without_noise({**measured, group.id: 1.08})})
    assert list(run.begun) == ["g-1", "g-2", "g-3", "g-4", "g-5", "g-6"]


def test_times_that_differ_by_more_than_noise_stay_apart() -> None:
    """A fifth of ten seconds is noise, and half a second of one; the rest decides who starts first."""
    measured = {StepId("a"): 10.0, StepId("b"): 11.8, StepId("c"): 12.5, StepId("d"): 1.0, StepId("e"): 1.5}
    assert without_noise(measured) == {"a": 10.9, "b": 10.9, "c": 12.5, "d": 1.25, "e": 1.25}


def test_members_rank_by_their_own_times() -> None:
    """The member that took longest starts first; one nobody knows of counts as its group does."""
    each = ForEach(items=("x", "y", "z"))
    group = Step(id=StepId("g-{item}"), body=FunctionBody(name="f"), for_each=each)
    run = Simulation((group,), 2, {"g-{item}": 5.0, "g-z": 7.0, "g-x": 3.0})
    assert list(run.begun) == ["g-z", "g-y", "g-x"]


def test_what_members_hold_up_counts_for_them() -> None:
    """A group that much depends on goes before a step of the same length."""
    each = ForEach(items=("x",))
    steps: list[dict[str, Any]] = [
        {"id": "a"},
        {"id": "b"},
        {"id": "g-{item}", "for_each": each},
        {"id": "last", "needs": ("g-{item}",)},
    ]
    made = tuple(Step(**{"body": FunctionBody(name="f"), "estimate_s": 2.0, **fields}) for fields in steps)
    assert next(iter(Simulation(made, 2).begun)) == "g-x"


@given(graphs(), st.integers(0, 16), st.integers(0, 4))
def test_what_starts_next_is_the_first_of_all_that_may_start(steps: tuple[Step, ...], count: int, taken: int) -> None:
    """Those that are asked for come in their order, whatever was taken before them."""
    state = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=Plan(goal="g", steps=steps)))
    for node in next_ready(state, taken)[::-1]:
        take_ready(state, node)
    assert [(node.place, node.spec.id) for node in next_ready(state, count)] == sorted(state.ready)[:count]


@pytest.mark.parametrize("lanes", [1, 8])
def test_ten_thousand_steps_are_no_burden(lanes: int) -> None:
    """A chain and a fan: ranks are worked out once, however long it is."""
    rows: list[Row] = [(1.0, {number - 1} if number else set()) for number in range(5000)]
    rows += [(1.0, set()) for _ in range(5000)]
    created = ev.RunCreated(
        at=0.0, run=RunId("r"), plan=Plan(goal="g", steps=steps_of(rows), limits=Limits(parallel=lanes))
    )
    state = apply(None, created)
    assert state.nodes[StepId("s0")].rank_s == (5000.0 if lanes > 1 else UNKNOWN_S)
