"""Any sequence of amendments at any moments: the plan stays whole, and nothing that stays is done twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.core import events as ev
from surefoot.core.amendment_effects import effects_of
from surefoot.core.amendments import AddStep, DropStep, Fate, MoveStep, Operation, ReplaceStep
from surefoot.core.event_words import Outcome
from surefoot.core.graph import build_graph
from surefoot.core.ids import StepId
from surefoot.core.plan import Limits, RunBody, Step
from tests.core.conftest import Play
from tests.examples import examples

KILLS_MAX = 2
"""After three crashes in a row a step asks whether to go on."""
NAMES = [StepId(name) for name in "abcdef"]


def step(name: StepId, needs: tuple[str, ...], version: int) -> Step:
    """Make a step; another version does something else."""
    return Step(id=name, body=RunBody(command=f"{name} {version}"), needs=needs)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """Draw an operation; whether it can be carried out is another question."""
    name, beside = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    needs = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)))
    made = step(name, needs, draw(st.integers(0, 3)))
    return draw(
        st.sampled_from(
            [
                AddStep(step=made, before=beside),
                AddStep(step=made),
                DropStep(step=name),
                ReplaceStep(step=name, by=made),
                MoveStep(step=name, before=beside),
            ]
        )
    )


MOVES = st.lists(
    st.one_of(st.integers(1, 4), st.just("kill"), st.lists(operations(), min_size=1, max_size=3)), max_size=12
)


def propose(run: Play, wanted: list[Operation], number: int) -> frozenset[str]:
    """Propose an amendment where it can hold now; return the steps that it has done again."""
    found = effects_of(run.state, wanted)
    if found.objections or run.state.amending is not None:
        return frozenset()
    run.say(ev.AmendmentProposed, amendment=f"m{number}", operations=tuple(wanted), why="")
    return frozenset(one.step for one in found.changes if one.fate is not Fate.KEPT)


def done(run: Play) -> set[str]:
    """Return the steps that are verified."""
    return {name for name, state in run.states.items() if state == "verified"}


@given(MOVES, st.integers(1, 3))
@settings(max_examples=examples(150), deadline=None)
def test_any_amendments_lead_to_the_plan_that_holds_last(moves: list[Any], parallel: int) -> None:
    """The last plan is carried out as a whole; what was verified and stays is never begun again."""
    needs: dict[str, Any] = {"a": {}, "b": {"needs": ("a",)}, "c": {}, "d": {"needs": ("b", "c")}}
    run = Play(needs, limits=Limits(parallel=parallel))
    for number, move in enumerate(moves):
        before, begun = done(run), len(run.bodies)
        touched = propose(run, move, number) if isinstance(move, list) else frozenset[str]()
        if move == "kill" and run.token < KILLS_MAX:
            run.claim()
        for _ in range(move if isinstance(move, int) else 1):
            forward(run)
        assert not (before - touched) & set(run.bodies[begun:])
    finish(run)
    assert build_graph(run.state.plan.steps)[0] is not None
    assert run.report["outcome"] == Outcome.COMPLETED
    assert done(run) == {one.id for one in run.state.plan.steps}
    assert all(carried_out_as_amended(run, one.id) for one in run.state.plan.steps)


def carried_out_as_amended(run: Play, name: StepId) -> bool:
    """Tell whether a step was carried out after the last amendment that changed it."""
    amendments = (
        at for at, event in enumerate(run.journal) if isinstance(event, ev.PlanAmended) and changes(event, name)
    )
    bodies = (at for at, event in enumerate(run.journal) if isinstance(event, ev.BodyStarted) and event.step == name)
    return max(bodies, default=-1) > max(amendments, default=-1)


def changes(event: ev.PlanAmended, name: StepId) -> bool:
    """Tell whether an amendment changed what a step does."""
    return any(one.step == name for one in event.changes)


def forward(run: Play) -> None:
    """Answer one command."""
    if run.state.outcome is None:
        run.step()


def finish(run: Play) -> None:
    """Carry the run to its end; one that ended before it was amended is resumed."""
    run.claim().say(ev.RunResumed) if run.state.is_paused else run.claim()
    run.go()
