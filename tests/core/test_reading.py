"""Steps that read what another one writes: the order they are given, and that it holds while they run."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import FileCheck
from surefoot.core.event_words import Ending, Status
from surefoot.core.file_order import waits_of
from surefoot.core.graph import build_graph
from surefoot.core.graph_state import member_waits
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Effect, ForEach, Limits, OnFailure, Plan, RetryPolicy, RunBody, Step
from surefoot.core.step_state import FINAL, StepState
from tests.core.conftest import Play
from tests.examples import examples

MAKES = {"body": RunBody(command="echo x > made.txt"), "writes": ("made.txt",)}
SHOWS = {"body": RunBody(command="cat made.txt")}
BAD = Ending(status=Status.EXIT, exit_code=1)
SLOW = Ending(status=Status.TIMEOUT)


def plan_of(**steps: dict[str, Any]) -> Plan:
    """Return a plan of these steps, each doing something of its own unless it says otherwise."""
    made = (Step(id=StepId(name), **{"body": RunBody(command=name), **own}) for name, own in steps.items())
    return Plan(goal="g", steps=tuple(made))


def waits(**steps: dict[str, Any]) -> dict[StepId, tuple[StepId, ...]]:
    """Return which of these steps wait for which."""
    plan = plan_of(**steps)
    graph, _ = build_graph(plan.steps)
    assert graph is not None
    return waits_of(plan, graph)


def begun(parallel: int = 3, **steps: dict[str, Any]) -> Play:
    """Begin a run of these steps in which several may run at once."""
    run = Play(steps, limits=Limits(parallel=parallel), waits=waits(**steps))
    return run.say(ev.ApprovalsGiven, allow=tuple(map(StepId, steps)))


CASES: list[tuple[dict[str, Any], dict[str, tuple[str, ...]]]] = [
    ({"a": MAKES, "b": SHOWS}, {"b": ("a",)}),
    ({"b": SHOWS, "a": MAKES}, {"a": ("b",)}),
    ({"a": {"writes": ("src/**",)}, "b": {"reads": ("src/x.py",)}}, {"b": ("a",)}),
    ({"a": MAKES, "b": {"checks": (Check(name="c", ask=FileCheck(glob="*.txt", lacks="y")),)}}, {"b": ("a",)}),
    ({"a": {"body": RunBody(command="echo x > made.txt")}, "b": SHOWS}, {"b": ("a",)}),
    ({"a": MAKES, "b": {**SHOWS, "needs": ("a",)}}, {}),
    ({"a": {**MAKES, "needs": ("b",)}, "b": SHOWS}, {}),
    ({"a": MAKES, "b": {"writes": ("other.txt",)}}, {}),
    ({"a": {**MAKES, "needs": ("c",)}, "b": SHOWS, "c": {}}, {"a": ("b",)}),
    ({"a": MAKES, "b": {**MAKES, **SHOWS}, "c": SHOWS}, {"b": ("a",), "c": ("b",)}),
]


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_what_reads_and_what_writes_the_same_is_put_into_the_order_of_the_plan(
    steps: dict[str, Any], expected: dict[str, tuple[str, ...]]
) -> None:
    """Only where no need orders them; of a chain of such steps only the last is named (M27)."""
    assert waits(**steps) == expected


def test_a_reader_starts_when_the_writer_has_ended(play: Any) -> None:
    """What `check` names is what `run` does: it finds the file (M27)."""
    run = begun(made=MAKES, shows=SHOWS).go(do.RunStep, "made")
    during = run.states["shows"]
    assert (during, run.go().bodies) == ("pending", ["made", "shows"])


def test_a_reader_waits_while_the_writer_is_tried_again() -> None:
    """Between two attempts nothing is there to be read."""
    run = begun(made=MAKES, shows=SHOWS).will(do.RunStep, "made", ending=SLOW)
    assert run.go(do.WaitForRetry).states == {"made": "pending", "shows": "pending"}
    assert run.go().bodies == ["made", "made", "shows"]


def test_a_reader_starts_when_the_writer_has_failed() -> None:
    """It does not need the writer: that would be said with `needs`."""
    steps = {"made": {**MAKES, "retry": RetryPolicy(maximum_attempts=1)}, "shows": SHOWS}
    run = begun(**steps).will(do.RunStep, "made", ending=BAD).go()
    assert run.states == {"made": "failed", "shows": "verified"}


def test_a_step_that_was_blocked_does_not_hide_the_one_it_waited_for() -> None:
    """The third reads what the first writes, whatever became of the second."""
    steps = {"wrong": {}, "a": MAKES, "b": {**MAKES, **SHOWS, "needs": ("wrong",)}, "c": SHOWS}
    run = begun(**steps).will(do.RunStep, "wrong", ending=BAD).will(do.RunStep, "a", ending=SLOW)
    seen = run.go(do.WaitForRetry).states
    assert (seen["b"], seen["c"], run.go().states["c"]) == ("blocked", "pending", "verified")


def test_a_group_that_reads_is_made_up_when_the_writer_has_ended() -> None:
    """Its items may be what the writer makes."""
    each = {"for_each": ForEach(name="f", glob="out/*.txt"), "body": RunBody(command="cat {f}")}
    run = begun(**{"make": {"writes": ("out/**",)}, "use-{f}": each}).go(do.RunStep, "make")
    assert run.told(ev.GroupExpansionRequested) == []
    run.will(do.ExpandGroup, "use-{f}", items=("out/1.txt",))
    assert run.go().report["outcome"] == "completed"


EACH = ForEach(name="f", items=("1", "2", "3"))
LOGGED = {"for_each": EACH, "body": RunBody(command="echo {f} >> log.txt")}


@pytest.mark.parametrize(
    ("command", "is_apart"),
    [
        ("echo {f} >> log.txt", True),
        ("cat log.txt; tee log.txt", True),
        ("echo {f} > out/{f}.txt", False),
        ("cat log.txt", False),
    ],
)
def test_a_group_waits_for_itself_where_its_members_write_a_file_that_all_name(command: str, is_apart: bool) -> None:
    """As `check` says it of steps and of groups; what differs from member to member is shared by none (M27)."""
    found = waits(**{"g-{f}": {"for_each": EACH, "body": RunBody(command=command)}})
    assert found == ({"g-{f}": ("g-{f}",)} if is_apart else {})


def test_members_that_write_one_file_go_one_after_the_other() -> None:
    """In the order of the items, however many steps may run at once (M27)."""
    run = begun(**{"g-{f}": LOGGED}).go(do.RunStep, "g-1")
    during = {name: run.states[name] for name in ("g-1", "g-2", "g-3")}
    assert during == {"g-1": "running", "g-2": "pending", "g-3": "pending"}
    assert run.go().bodies == ["g-1", "g-2", "g-3"]


@pytest.mark.parametrize(("before", "expected"), [((), ("a",)), (("g-1", "g-2"), ("a", "g-2"))])
def test_a_member_waits_for_the_one_before_it_and_for_what_its_group_waits_for(
    before: tuple[StepId, ...], expected: tuple[str, ...]
) -> None:
    """Also where a new plan keeps the members: they wait for what the group waits for in that plan (M27)."""
    spec = Step(id=StepId("g-{f}"), body=RunBody(command="true"), for_each=EACH)
    assert member_waits(StepState(spec=spec, order=(0, 0), needs=(), waits=(StepId("a"), spec.id)), before) == expected


def test_a_member_that_failed_lets_the_next_one_start() -> None:
    """The next member does not need it."""
    steps = {"g-{f}": {**LOGGED, "retry": RetryPolicy(maximum_attempts=1)}}
    run = begun(**steps).will(do.RunStep, "g-1", ending=BAD).go()
    assert [run.states[name] for name in ("g-1", "g-2", "g-3")] == ["failed", "verified", "verified"]


NAMES = ("x", "y", "z")
OWN = st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Up to seven steps that read, write and need what they like, without a cycle, in any order in the plan."""
    names = draw(st.permutations([f"s{number}" for number in range(draw(st.integers(2, 7)))]))
    steps = {
        name: {
            "needs": tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True, max_size=2))) if at else (),
            "reads": draw(OWN),
            "writes": draw(st.none() | OWN),
            "effect": draw(st.sampled_from([Effect.REVERSIBLE, Effect.IDEMPOTENT])),
            "on_failure": draw(st.sampled_from([OnFailure.BLOCK, OnFailure.SKIP])),
        }
        for at, name in enumerate(names)
    }
    return {name: steps[name] for name in draw(st.permutations(names))}


@settings(max_examples=examples(50), deadline=None)
@given(plans(), st.integers(1, 4), st.dictionaries(st.integers(0, 6), st.sampled_from([BAD, SLOW])))
def test_every_valid_plan_comes_to_its_end(
    steps: dict[str, dict[str, Any]], parallel: int, endings: dict[int, Ending]
) -> None:
    """Whatever reads and writes what, and whatever fails: nothing waits for ever (M27)."""
    run = begun(parallel, **steps)
    for number, ending in endings.items():
        run.will(do.RunStep, f"s{number}", ending=ending)
    while run.go().asked:
        run.reply("yes")
    assert run.report["state"] == "ended"


@settings(max_examples=examples(50), deadline=None)
@given(plans(), st.integers(2, 4))
def test_no_step_starts_before_what_it_waits_for_has_ended(steps: dict[str, dict[str, Any]], parallel: int) -> None:
    """In any plan, however many steps may run at once (M27)."""
    run = begun(parallel, **steps)
    before = waits(**steps)
    run.go(do.RunStep)
    while run.open:
        for name in run.state.active:
            assert all(run.state.nodes[other].status in FINAL for other in before.get(name, ()))
        run.let(type(run.open[0])).go(type(run.open[0]) if run.open else None)
