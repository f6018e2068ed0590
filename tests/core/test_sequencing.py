"""What can run at once, which orders nobody needs (M26), and where one is missing."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.check_kinds import CommandCheck, FileCheck
from surefoot.core.graph import Graph, build_graph
from surefoot.core.ids import StepId
from surefoot.core.parallelism import Sequencing, drawn_needs, sequencing_of
from surefoot.core.plan import Check, Effect, ForEach, Limits, OnFailure, Plan, Prepare, RunBody, Service, Step
from surefoot.core.plan_access import touched_by
from surefoot.core.probe_kinds import HttpAnswer, HttpProbe, Probe
from surefoot.core.review import review


def step(name: str, *needs: str, run: str = "make", **changes: object) -> Step:
    """Return a step with a command that shows nothing of what it touches."""
    return replace(Step(id=StepId(name), body=RunBody(command=run), needs=needs), **changes)


def graph_of(*steps: Step) -> Graph:
    """Return the graph of steps that have one."""
    graph, _ = build_graph(steps)
    assert graph is not None
    return graph


def looked_over(*steps: Step, **changes: object) -> Sequencing:
    """Look over the order of a plan of these steps."""
    plan = replace(Plan(goal="g", steps=steps), **changes)
    return sequencing_of(plan, graph_of(*steps), {step.id: touched_by(step, plan) for step in steps})


def shared(*steps: Step, **changes: object) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return what steps share: kind, steps, and what."""
    return [(one.kind, one.steps, one.what) for one in looked_over(*steps, **changes).shared]


def needless(*steps: Step, **changes: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the needs that could go: kind, step, and needs."""
    return [(one.kind, one.step, one.needs) for one in looked_over(*steps, **changes).needless]


# --- what can run at once


def test_layers_follow_the_longest_chain_of_needs() -> None:
    """A step stands one layer below the lowest it needs."""
    steps = (step("a"), step("b", "a"), step("c", "a", "b"), step("d"))
    assert looked_over(*steps).layers == (("a", "d"), ("b",), ("c",))


def test_the_widest_set_may_lie_across_layers() -> None:
    """A chain beside a fan: what can run at once need not stand in one layer."""
    steps = (step("a"), step("b", "a"), step("c", "a"), step("d", "b"), step("e", "b"))
    assert set(looked_over(*steps).widest) == {"c", "d", "e"}


def needs_of(number: int, chosen: list[bool]) -> tuple[Step, ...]:
    """Make steps of which each needs some of those before it."""
    pairs = iter(chosen)
    return tuple(step(f"s{at}", *(f"s{before}" for before in range(at) if next(pairs))) for at in range(number))


@given(number=st.integers(1, 7), chosen=st.lists(st.booleans(), min_size=21, max_size=21))
def test_no_larger_set_than_the_widest_can_run_at_once(number: int, chosen: list[bool]) -> None:
    """As trying every set shows; and none of its members needs another."""
    steps = needs_of(number, chosen)
    before: dict[str, set[str]] = {}
    for one in steps:
        before[one.id] = {*one.needs, *(further for need in one.needs for further in before[need])}
    sets = [names for size in range(1, number + 1) for names in combinations(before, size)]
    free = [names for names in sets if all(one not in before[two] for one in names for two in names)]
    widest = looked_over(*steps).widest
    assert len(widest) == max(map(len, free))
    assert all(one not in before[two] for one in widest for two in widest)


@given(number=st.integers(1, 7), chosen=st.lists(st.booleans(), min_size=21, max_size=21))
def test_what_is_left_to_draw_orders_the_same(number: int, chosen: list[bool]) -> None:
    """Needs that are not drawn are brought along by others, and no drawn one is."""
    steps = needs_of(number, chosen)
    drawn = drawn_needs(graph_of(*steps))
    slim = tuple(replace(one, needs=drawn[one.id]) for one in steps)
    assert looked_over(*slim).layers == looked_over(*steps).layers
    assert [one for one in needless(*slim) if one[0] == "implied"] == []


# --- orders nobody needs


def test_a_need_that_another_brings_along_is_named() -> None:
    """The order is the same without it."""
    assert needless(step("a"), step("b", "a"), step("c", "a", "b")) == [("implied", "c", ("a",))]


def test_a_need_by_glob_is_not_called_implied() -> None:
    """A glob means all there are, needed or not."""
    assert needless(step("a"), step("b", "a"), step("c", "*")) == []


def test_a_need_that_shows_where_a_file_comes_from_is_not_called_implied() -> None:
    """It says what the step takes up, and that is worth saying."""
    last = step("c", "a", "b", reads=("a.txt",))
    assert needless(step("a", writes=("a.txt",)), step("b", "a"), last) == []


MAKES_A = step("a", run="echo a > a.txt", writes=("a.txt",))
MAKES_B = step("b", "a", run="echo b > b.txt", writes=("b.txt",))


def test_an_order_between_steps_that_touch_nothing_in_common_is_named() -> None:
    """Both say all they touch, so that the order can be seen to carry nothing."""
    assert needless(MAKES_A, MAKES_B) == [("unfounded", "b", ("a",))]


FOUNDED = {
    "it reads the file": replace(MAKES_B, reads=("*.txt",)),
    "it writes the file": replace(MAKES_B, writes=("*.txt",)),
    "it declares no writes": replace(MAKES_B, writes=None),
    "its command names the file": replace(MAKES_B, body=RunBody(command="cat a.txt > b.txt")),
    "its command may read anything": replace(MAKES_B, body=RunBody(command="make b.txt")),
    "its command takes a word from a variable": replace(MAKES_B, body=RunBody(command="cat $NAME > b.txt")),
    "its command looks through a folder": replace(MAKES_B, body=RunBody(command="grep -r x . > b.txt")),
    "its check may read anything": replace(MAKES_B, checks=(Check(name="c", ask=CommandCheck(command="pytest")),)),
    "its check asks about the file": replace(MAKES_B, checks=(Check(name="c", ask=FileCheck(glob="a*", exists=True)),)),
    "it takes up an output": replace(MAKES_B, env={"A": "{steps.a.version}"}),
    "it goes back to the step": replace(MAKES_B, on_failure=OnFailure.ROLLBACK, rollback_to=StepId("a")),
    "it is made from files": replace(MAKES_B, id=StepId("b-{f}"), for_each=ForEach(name="f", glob="*.txt")),
    "it reaches outside": replace(MAKES_B, effect=Effect.IRREVERSIBLE),
    "it has the network": replace(MAKES_B, network=True),
}


@pytest.mark.parametrize("why", FOUNDED)
def test_an_order_that_may_have_a_reason_is_left_alone(why: str) -> None:
    """What cannot be seen is not judged."""
    assert needless(MAKES_A, FOUNDED[why]) == []


def test_an_order_after_a_step_that_only_looks_is_left_alone() -> None:
    """It is a gate: what comes after it waits for its verdict."""
    assert needless(step("a", run="echo", writes=(), effect=Effect.READ), MAKES_B) == []


def test_a_step_that_rests_on_an_order_is_named_with_it() -> None:
    """Without that need the third step could come before the first, whose file it reads; its own need is founded."""
    last = step("c", "b", run="cat a.txt > c.txt", writes=("c.txt",))
    found = looked_over(MAKES_A, MAKES_B, last).needless
    assert [(one.step, one.needs) for one in found] == [("b", ("a",))]
    assert found[0].why.endswith("could run at once, if c then named a in `needs`.")


def test_an_order_that_brings_a_new_environment_is_left_alone() -> None:
    """A key file changes what every later lane holds."""
    assert needless(MAKES_A, MAKES_B, prepare=Prepare(run="make", key=("*.txt",))) == []


# --- where an order is missing


def test_steps_that_declare_to_write_the_same_are_serialised() -> None:
    """Both are named, and the two globs."""
    found = looked_over(step("a", writes=("src/**",)), step("b", writes=("src/x.py",))).shared
    assert [(one.steps, one.what, one.is_serialised) for one in found] == [(("a", "b"), ("src/**", "src/x.py"), True)]


def test_steps_that_are_ordered_share_in_peace() -> None:
    """Directly or through others."""
    assert shared(step("a", writes=("x",)), step("b", "a"), step("c", "b", writes=("x",))) == []


def test_all_that_write_one_file_are_named_together() -> None:
    """Not as each pair of them."""
    assert shared(*(step(name, writes=("x",)) for name in "abc")) == [("writes", ("a", "b", "c"), ("x",))]


def test_members_that_each_write_their_own_file_share_nothing() -> None:
    """The placeholder keeps them apart, whatever the group is made from."""
    each = (ForEach(name="f", glob="src/**/*.py"), ForEach(name="f", items=("a", "b")), ForEach(name="f", lines="ls"))
    groups = [step("g-{f}", writes=("{f}",), for_each=one) for one in each]
    assert [shared(group) for group in groups] == [[], [], []]


def test_members_that_write_one_file_are_serialised() -> None:
    """A group alone is named."""
    group = step("g-{f}", writes=("{f}", "NOTES.md"), for_each=ForEach(name="f", glob="*.py"))
    assert shared(group) == [("writes", ("g-{f}",), ("NOTES.md",))]


def test_a_group_and_a_step_that_write_the_same_are_serialised() -> None:
    """The placeholder stands for all it may become."""
    group = step("g-{f}", writes=("{f}",), for_each=ForEach(name="f", glob="src/**/*.py"))
    assert [one[1] for one in shared(group, step("a", writes=("src/x.py",)))] == [("g-{f}", "a")]


def test_steps_that_use_one_resource_are_serialised() -> None:
    """One at a time, where the plan says nothing else; a service is there for each."""
    services = (Service(name="db", run="x"),)
    assert shared(*(step(name, uses=("gpu", "db")) for name in "ab"), services=services) == [
        ("uses", ("a", "b"), ("gpu",))
    ]


def test_a_resource_for_as_many_as_there_are_holds_nobody_back() -> None:
    """Only more than that have to wait."""
    limits = Limits(resources={"gpu": 2})
    assert shared(*(step(name, uses=("gpu",)) for name in "ab"), limits=limits) == []
    assert shared(*(step(name, uses=("gpu",)) for name in "abc"), limits=limits) != []


def test_a_step_that_reads_what_another_may_write_is_named() -> None:
    """What it sees depends on which comes first."""
    assert shared(step("a", writes=("src/**",)), step("b", reads=("src/x.py",))) == [
        ("reads", ("a", "b"), ("src/x.py", "src/**"))
    ]


SHARES = {
    "file": ("echo a >> NOTES.md", "echo b | tee -a NOTES.md"),
    "port": ("python -m http.server 8000", "curl http://localhost:8000/"),
}


@pytest.mark.parametrize("kind", SHARES)
def test_what_two_commands_name_is_found(kind: str) -> None:
    """A file that one of them writes, a port."""
    one, other = SHARES[kind]
    assert [found[0] for found in shared(step("a", run=one), step("b", run=other))] == [kind]


def test_a_file_that_is_only_read_is_not_shared() -> None:
    """Two steps may look at one file as they like."""
    assert shared(step("a", run="cat setup.py"), step("b", run="grep x setup.py")) == []


def makers(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[Step, Step]:
    """Return two steps that hand on artifacts and declare to write nothing."""
    return step("a", writes=(), artifacts=first), step("b", writes=(), artifacts=second)


def test_an_artifact_of_two_steps_is_found_where_a_step_comes_after_both() -> None:
    """Which of the two it is handed is a matter of which was verified last; what keeps them apart is no order."""
    found = ("made", ("a", "b"), ("dist/*", "dist/*.whl"))
    assert shared(*makers(("dist/*",), ("dist/*.whl",)), step("c", "a", "b")) == [found]
    folder = ("made", ("a", "b"), ("dist", "dist/x"))
    assert shared(*makers(("dist",), ("dist/x",)), step("c", "a", "b")) == [folder]


def test_an_artifact_of_two_steps_is_no_matter_where_an_order_is_clear_or_nobody_is_handed_both() -> None:
    """The second goes over the first, or each has its own heirs."""
    one, two = makers(("dist/*",), ("dist/*",))
    assert shared(one, two, step("c", "a"), step("d", "b")) == []
    assert shared(one, replace(two, needs=("a",)), step("c", "a", "b")) == []
    assert shared(one, replace(two, artifacts=("out/*",)), step("c", "a", "b")) == []


def test_members_that_make_the_same_artifact_are_found() -> None:
    """Only the placeholder in the name keeps them apart."""
    items = ForEach(items=("x", "y"))
    same = step("g-{item}", for_each=items, writes=(), artifacts=("dist/a",))
    assert shared(same, step("c", "g-*")) == [("made", ("g-{item}",), ("dist/a",))]
    assert shared(replace(same, artifacts=("dist/{item}",)), step("c", "g-*")) == []


def test_steps_that_write_the_same_files_may_still_make_the_same_artifact() -> None:
    """They take turns, but nobody says in which order."""
    one, two = (replace(maker, writes=("f",)) for maker in makers(("dist/*",), ("dist/*",)))
    assert [kind for kind, _, _ in shared(one, two, step("c", "a", "b"))] == ["writes", "made"]


def test_an_artifact_that_is_named_without_a_need_is_found() -> None:
    """Its lane would not have it; a need brings it, and is not called needless."""
    maker, taker = (
        step("a", writes=(), artifacts=("dist/*",)),
        step("b", run="cat dist/x.whl > b.txt", writes=("b.txt",)),
    )
    assert shared(maker, taker) == [("artifact", ("a", "b"), ("dist/*",))]
    assert (shared(maker, replace(taker, needs=("a",))), needless(maker, replace(taker, needs=("a",)))) == ([], [])


def test_a_socket_that_two_steps_are_given_is_found() -> None:
    """Behind it there is one thing for both."""
    steps = [step(name, sockets=("/run/docker.sock",), effect=Effect.REVERSIBLE) for name in "ab"]
    assert shared(*steps) == [("socket", ("a", "b"), ("/run/docker.sock",))]


def test_a_variable_that_names_one_place_outside_is_found() -> None:
    """The same address in both steps; a folder of the lane is there for each."""
    steps = [step(name, env={"DB": "postgres://db/x", "PYTHONPATH": "src"}) for name in "ab"]
    assert shared(*steps) == [("variable", ("a", "b"), ("DB=postgres://db/x",))]


def test_a_variable_of_the_plan_counts_where_a_command_names_it() -> None:
    """Otherwise nobody knows who looks at it."""
    env = {"DATABASE_URL": "postgres://db/x"}
    assert shared(step("a", run="psql $DATABASE_URL"), step("b", run="psql ${DATABASE_URL}"), env=env) != []
    assert shared(step("a"), step("b"), env=env) == []


def test_probes_that_ask_about_one_thing_are_found() -> None:
    """The steps change the same thing out there."""
    probe = Probe(ask=HttpProbe(url="https://example.org/x", applied=HttpAnswer(status=200)))
    found = shared(*(step(name, effect=Effect.IDEMPOTENT, probe=probe) for name in "ab"))
    assert found == [("outside", ("a", "b"), ("https://example.org/x",))]


def test_what_the_engine_serialises_is_said_once() -> None:
    """Steps that never run at once share nothing else that matters."""
    assert [one[0] for one in shared(*(step(name, run="echo x >> x.md", writes=("x.md",)) for name in "ab"))] == [
        "writes"
    ]


def test_steps_without_writes_are_named_where_several_run_at_once() -> None:
    """Once for the plan, and only where `limits.parallel` lets them."""
    plan = Plan(goal="g", steps=(step("a"), step("b")), limits=Limits(parallel=2))
    kinds = [[one.kind for one in review(replace(plan, limits=Limits(parallel=n))).findings] for n in (1, 2)]
    assert [found.count("writes-undeclared") for found in kinds] == [0, 1]


def test_what_the_order_shows_is_a_note() -> None:
    """A plan with such notes alone has no problems."""
    check = (Check(name="c", ask=FileCheck(glob="b.txt", exists=True)),)
    own = (Check(name="c", ask=FileCheck(glob="a.txt", exists=True)),)
    found = review(Plan(goal="g", steps=(replace(MAKES_A, checks=own), replace(MAKES_B, checks=check)), accept=check))
    assert [one.kind for one in found.findings] == ["order-unfounded"]
    assert not found.has_problems
