"""The merge queue: steps that run at once, in any interleaving, come to what they come to one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import event, given, settings

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Ending, Moment, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.graph_state import LOSSES_MAX
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import Check, Limits, Plan, RetryPolicy, RunBody, Step
from tests.examples import examples

FILES = ("a", "b", "c", "d", *(f"f{number}" for number in range(8)))
Tree = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Work:
    """What a step does: it reads some files, writes others, and cannot bear some of what others wrote."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    shuns: str | None
    """It fails its check beside what this step wrote."""
    is_bad: bool = False
    """What it writes fails the check that all steps share."""

    def done(self, name: str, tree: Tree) -> Tree:
        """Return the tree after the body."""
        files = dict(tree)
        seen = ",".join(files[path] for path in self.reads)
        text = f"{'bad ' * self.is_bad}{name}({seen})"
        return tuple({**files, **dict.fromkeys(self.writes, text)}.items())

    def holds(self, tree: Tree) -> bool:
        """Tell whether the check passes."""
        return not any(self.shuns is not None and text.startswith(self.shuns) for _, text in tree)


@st.composite
def works(draw: st.DrawFn) -> dict[str, Work]:
    """Two to six steps on four files."""
    names = [f"s{number}" for number in range(draw(st.integers(2, 6)))]
    files = st.lists(st.sampled_from(FILES[:4]), unique=True, max_size=2).map(tuple)
    return {
        name: Work(draw(files), draw(files), draw(st.sampled_from([None, *(one for one in names if one != name)])))
        for name in names
    }


@dataclass
class World:
    """Lanes with exact trees, and a git that merges whole files."""

    works: dict[str, Work]
    lanes: dict[str, Tree] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=lambda: {"c0": tuple((path, "") for path in FILES)})
    """The tree of each commit."""

    def fact(self, command: do.Command) -> Event:
        """Do what a command says, and say what came of it."""
        match command:
            case do.OpenLane():
                return ev.LaneReady(at=1.0, lane=command.lane, environment="env")
            case do.UpdateBranch():
                return ev.BranchUpdated(at=1.0, commit=command.commit)
            case _:
                assert isinstance(command, do.StepCommand)
                return self.step_fact(command, {"at": 1.0, "step": command.step, "attempt": command.attempt})

    def step_fact(self, command: do.StepCommand, place: dict) -> Event:
        """Do what a step's command says."""
        work = self.works[command.step]
        match command:
            case do.TakeCheckpoint():
                self.lanes[command.lane] = self.trees[command.commit]
                tree = repr(self.trees[command.commit])
                return ev.Checkpointed(**place, commit=command.commit, tree=tree, environment="env")
            case do.RestoreLane():
                self.lanes[command.lane] = self.trees[command.commit]
                return ev.LaneRestored(**place)
            case do.RunStep():
                self.lanes[command.lane] = work.done(command.step, self.lanes[command.lane])
                return ev.BodyFinished(**place, ending=Ending(status=Status.OK, exit_code=0))
            case do.Inspect():
                return ev.ChangesObserved(**place, tree=repr(self.lanes[command.lane]), changed=work.writes)
            case do.AskCheck():
                return self.verdict(command, place, work)
            case do.CheckOutTree():
                self.lanes[command.lane] = eval(command.tree)  # noqa: S307 - a tree's name is its repr
                return ev.TreeCheckedOut(**place, tree=command.tree)
            case do.MergeResult():
                return self.merge(command, place, work)
            case do.WriteCommit():
                commit = f"c{len(self.trees)}"
                self.trees[commit] = eval(command.tree)  # noqa: S307
                return ev.CommitWritten(**place, commit=commit)
        raise AssertionError(command)

    def verdict(self, command: do.AskCheck, place: dict, work: Work) -> Event:
        """Ask a check of what the lane really holds."""
        held = self.lanes[command.lane]
        assert repr(held) == command.tree, "the lane does not hold what the check is said to be asked about"
        is_good = command.check.name != "suite" or not any("bad" in text for _, text in held)
        passes = (work.holds(held) and is_good) if command.moment is Moment.AFTER else True
        verdict = Verdict.PASSED if passes else Verdict.FAILED
        which = {"moment": command.moment, "check": command.index, "environment": command.environment}
        return ev.CheckAnswered(**place, **which, verdict=verdict, tree=command.tree)

    def merge(self, command: do.MergeResult, place: dict, work: Work) -> Event:
        """Merge whole files; what was read must not have changed."""
        onto_tree = command.onto_tree or repr(self.trees[command.onto])
        base, onto, ours = dict(self.trees[command.base]), dict(eval(onto_tree)), dict(eval(command.tree))  # noqa: S307
        moved = {path for path in FILES if base[path] != onto[path]}
        conflicts = tuple(path for path in moved if ours[path] not in (base[path], onto[path]))
        if conflicts or moved & set(work.reads):
            return ev.MergeRefused(**place, onto=command.onto, reason="stale", conflicts=conflicts)
        tree = tuple({**onto, **{path: ours[path] for path in FILES if ours[path] != base[path]}}.items())
        names = {"onto": command.onto, "onto_tree": onto_tree, "tree": repr(tree)}
        return ev.Merged(**place, **names, changed=work.writes)


SUITE = Check(name="suite", ask=CommandCheck(command="suite"), expect=Expect.PASS)


def step(name: str, work: Work) -> Step:
    """Return the step of a plan."""
    checks = (Check(name="holds", ask=CommandCheck(command=name), expect=Expect.PASS), SUITE)
    retry = RetryPolicy(maximum_attempts=1)
    return Step(id=StepId(name), body=RunBody(command=name), checks=checks, reads=work.reads, retry=retry)


def play(works: dict[str, Work], parallel: int, data: st.DataObject | Chosen) -> tuple[World, list[Event]]:
    """Let a run go to its end, its commands answered in any order; results are judged in up to three lanes."""
    world, opened, journal = World(works), [], []
    steps = tuple(step(name, work) for name, work in works.items())
    plan = Plan(goal="g", steps=steps, limits=Limits(parallel=parallel, judges=data.draw(st.integers(1, 3))))
    created = ev.RunCreated(
        at=1.0, run=RunId("20260101-aaaaaa"), plan=plan, base="c0", base_tree=repr(world.trees["c0"])
    )
    state = apply(None, created)
    start = {"engine": "e", "token": 1, "pid": 1, "host": "h", "rung": "bubblewrap", "release": "0"}
    fact: Event = ev.EngineStarted(at=1.0, **start)
    while True:
        journal.append(fact)
        apply(state, fact)
        while proposals := decide(state, 1.0):
            for proposal in proposals:
                apply(state, proposal.event)
                journal.append(proposal.event)
                opened += [proposal.command] if proposal.command is not None else []
        if not opened:
            assert state.outcome is not None, "the run stalls"
            return world, journal
        fact = world.fact(opened.pop(data.draw(st.integers(0, len(opened) - 1))))


@settings(max_examples=examples(60), deadline=None)
@given(works=works(), parallel=st.integers(1, 4), data=st.data())
def test_any_interleaving_comes_to_what_some_serial_order_comes_to(
    works: dict[str, Work], parallel: int, data: st.DataObject
) -> None:
    """One after the other they give the same tree and verdicts: those that change nothing where they began.

    A step fails where its result does not hold by itself: there it comes in such an order.
    """
    world, journal = play(works, parallel, data)
    event(f"trains of {sorted(len(one.cars) for one in journal if isinstance(one, ev.TrainFormed))}")
    ends = [one for one in journal if isinstance(one, ev.StepVerified | ev.StepFailed)]
    tree = world.trees["c0"]
    bases = {one.step: world.trees[one.commit] for one in journal if isinstance(one, ev.Checkpointed)}
    for end in ends:
        work = works[end.step]
        if isinstance(end, ev.StepFailed):
            assert not work.holds(work.done(end.step, bases[end.step])), end.step
            continue
        result = work.done(end.step, tree if work.writes else bases[end.step])
        assert work.holds(result), end.step
        tree = result if work.writes else tree
    assert (tree, len(ends)) == (list(world.trees.values())[-1], len(works))


@dataclass
class Chosen:
    """Choices that are made already; the first one wherever more are wanted."""

    choices: list[int]

    def draw(self, strategy: st.SearchStrategy[int]) -> int:
        """Return the next one."""
        del strategy
        return self.choices.pop(0) if self.choices else 0


def test_a_result_that_fails_in_its_train_is_judged_with_no_other() -> None:
    """The one behind it waits for another train before anything more is asked of it."""
    works = {"s0": Work((), ("a",), "s1"), "s1": Work((), ("c",), None), "s2": Work((), ("b",), None)}
    choices = Chosen([1, 2, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1])
    _, journal = play(works, 2, choices)
    assert next(one.cars for one in journal if isinstance(one, ev.TrainFormed)) == ("s0", "s2")
    assert {one.step for one in journal if isinstance(one, ev.StepVerified)} == {"s1", "s2"}


@settings(max_examples=examples(40), deadline=None)
@given(works=works(), parallel=st.integers(2, 4), data=st.data())
def test_a_result_comes_too_late_at_most_twice(works: dict[str, Work], parallel: int, data: st.DataObject) -> None:
    """What has lost twice keeps its turn, so that nobody moves the head under it a third time."""
    _, journal = play(works, parallel, data)
    late = [one.step for one in journal if isinstance(one, ev.AttemptFailed) and one.diagnosis == "stale"]
    assert all(late.count(name) <= LOSSES_MAX for name in late)
    assert not any(one.is_counted for one in journal if isinstance(one, ev.AttemptFailed) and one.diagnosis == "stale")


@settings(max_examples=examples(40), deadline=None)
@given(bad=st.lists(st.booleans(), min_size=2, max_size=8), parallel=st.integers(2, 6), data=st.data())
def test_what_is_bad_is_found_among_the_results_it_is_judged_with(
    bad: list[bool], parallel: int, data: st.DataObject
) -> None:
    """However many results share one asking, those that are good are verified, and no other one is."""
    one_each = {f"s{number}": Work((), (f"f{number}",), None, is_bad) for number, is_bad in enumerate(bad)}
    world, journal = play(one_each, parallel, data)
    event(f"trains of {sorted(len(one.cars) for one in journal if isinstance(one, ev.TrainFormed))}")
    verified = {one.step for one in journal if isinstance(one, ev.StepVerified)}
    assert verified == {name for name, work in one_each.items() if not work.is_bad}
    assert not any("bad" in text for _, text in list(world.trees.values())[-1])
    counted = [one.step for one in journal if isinstance(one, ev.AttemptFailed) and one.is_counted]
    assert sorted(counted) == sorted(name for name, work in one_each.items() if work.is_bad)
