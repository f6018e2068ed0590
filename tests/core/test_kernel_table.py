"""Every kind of event in every kind of state: it folds, or it is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import GoalOptions, ModelFacts, ModelRouting, Price, Role, RoleModels
from surefoot.core.check_kinds import CommandCheck, Expect, FileCheck
from surefoot.core.event_words import (
    Outcome,
)
from surefoot.core.events import Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import Check, Effect, ForEach, Plan, RunBody, Service, Step
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.core.state import RunState
from surefoot.core.step_state import StepStatus
from surefoot.errors import IllegalTransition
from tests.core.specimens import copied, refused_and_changed, specimens
from tests.core.world import kind_fact

A, G, P = StepId("a"), StepId("g-{item}"), StepId("p")
CHECKS = (
    Check(name="red", ask=FileCheck(glob="f", lacks="x"), expect=Expect.FAIL_TO_PASS),
    Check(name="green", ask=CommandCheck(command="t"), expect=Expect.PASS_TO_PASS),
)
PLAN = Plan(
    goal="g",
    steps=(
        Step(id=A, body=RunBody(command="a"), checks=CHECKS, uses=("db",)),
        Step(id=G, body=RunBody(command="g"), needs=("a",), for_each=ForEach(items=("x", "y"))),
        Step(
            id=P,
            body=RunBody(command="p"),
            needs=("g-*",),
            effect=Effect.IRREVERSIBLE,
            probe=Probe(ask=RunProbe(command="q")),
        ),
    ),
    accept=(Check(name="accept", ask=CommandCheck(command="x"), expect=Expect.PASS_TO_PASS, uses=("db",)),),
    services=(Service(name="db", run="db"),),
)
CREATED = ev.RunCreated(at=0.0, run=RunId("20260101-aaaaaa"), plan=PLAN, base="base", base_tree="tree0")
START = ev.EngineStarted(at=1.0, engine="e", token=1, pid=1, host="h", rung="bubblewrap", release="0")


FACTS = ModelFacts(name="m", price=Price(input_usd=1.0, output_usd=1.0))
CASTING = ModelRouting(roles={role.value: RoleModels(chain=(FACTS,)) for role in Role}, with_reviewer=True)
WISHED = ev.RunCreated(
    at=0.0,
    run=RunId("20260101-aaaaaa"),
    plan=Plan(goal="g", steps=(), accept=PLAN.accept, services=PLAN.services),
    base="base",
    base_tree="tree0",
    goal_options=GoalOptions(),
)


def walk(*, rejected: bool = False, created: ev.RunCreated = CREATED) -> Iterator[tuple[RunState, list[Event]]]:
    """Yield every state of a whole run, each with the events so far; a person approves what is asked."""
    state, events = apply(None, created), [created]
    yield copied(state), list(events)
    commands: list[do.Command] = []
    queue: list[Event] = [START, ev.ModelsConfigured(at=1.0, routing=CASTING)]
    now = 1.0
    while queue:
        event = queue.pop(0)
        apply(state, event)
        events.append(event)
        yield copied(state), list(events)
        if queue:
            continue
        now += 1.0
        while proposals := decide(state, now):
            for proposal in proposals:
                apply(state, proposal.event)
                events.append(proposal.event)
                yield copied(state), list(events)
                commands += [] if proposal.command is None else [proposal.command]
        if commands:
            queue.append(kind_fact(commands.pop(0), now))
        elif state.open_questions:
            question = state.open_questions[0].asked.question
            answer = "no" if rejected else "yes"
            queue.append(ev.QuestionAnswered(at=now, question=question, answer=answer, by="me"))


WALKS = (walk(), walk(rejected=True), walk(created=WISHED), walk(rejected=True, created=WISHED))
STATES = list({repr(state): state for states in WALKS for state, _ in states}.values())
"""Every state of these walks, once."""


def test_a_run_of_kind_answers_is_completed() -> None:
    """The walk the table rests on goes from creation to a completed run."""
    state = [state for state, _ in walk()][-1]
    assert state.outcome is Outcome.COMPLETED
    assert {node.status for node in state.nodes.values()} == {StepStatus.VERIFIED}


def test_a_goal_that_kind_models_pursue_is_completed() -> None:
    """A goal in words goes through the four phases, a plan is adopted, and the reviewer has looked at the result."""
    state, events = list(walk(created=WISHED))[-1]
    assert state.outcome is Outcome.COMPLETED
    assert [event.phase for event in events if isinstance(event, ev.PhaseEntered)] == ["plan", "execute", "validate"]
    assert [node.status for node in state.system_steps()] == [StepStatus.VERIFIED] * 3
    assert [node.status for node in state.steps()] == [StepStatus.VERIFIED]


def test_the_walk_passes_most_kinds_of_events() -> None:
    """The states come from folding nearly every kind of event a good run can have."""
    seen = {type(event) for _, events in walk() for event in events}
    assert len(seen) >= 20


@pytest.mark.parametrize(
    "number", [pytest.param(one, marks=pytest.mark.slow if one % 3 else ()) for one in range(len(STATES))]
)
def test_an_event_folds_or_is_refused_and_changes_nothing(number: int) -> None:
    """For each state and each event: no third way, and never another exception."""
    assert refused_and_changed(STATES[number], specimens(STATES[number])) == []


def test_every_kind_of_event_is_refused_somewhere() -> None:
    """No event but a finding and an option is legal everywhere."""
    always = {
        ev.ApprovalsGiven,
        ev.ApproverConfigured,
        ev.PolicyConfigured,
        ev.ModelsConfigured,
        ev.MonitorsConfigured,
        ev.RecoveriesConfigured,
        ev.SamplesConfigured,
        ev.EngineStarted,
        ev.FindingReported,
        ev.ModelRequestDue,
        ev.ConstraintAdded,
    }
    accepted = set(ev.EVENTS) - always
    for state in STATES:
        for event in specimens(state) if accepted else ():
            if type(event) not in accepted:
                continue
            try:
                apply(copied(state), event)
            except IllegalTransition:
                accepted.remove(type(event))
    assert accepted == set()


def test_every_event_is_on_the_list() -> None:
    """One that is missing there could be written and never be read again."""
    every, todo = set[str](), [Event]
    while todo:
        todo = [kind for parent in todo for kind in parent.__subclasses__()]
        every.update(kind.kind for kind in todo)
    assert every - {ev.StepEvent.kind, ev.CheckEvent.kind} == set(ev.BY_KIND)


def test_the_state_before_creation_takes_only_creation() -> None:
    """Without a run there is nothing to fold into."""
    with pytest.raises(IllegalTransition, match="begins with"):
        apply(None, START)


def test_a_stale_token_is_refused() -> None:
    """An engine whose token was overtaken is not the run's engine."""
    state = apply(apply(None, CREATED), START)
    with pytest.raises(IllegalTransition, match="token"):
        apply(state, START)


def test_a_state_is_the_fold_of_its_events_at_every_point() -> None:
    """Folding the events so far gives the very state that was seen live."""
    for state, events in (*walk(), *walk(created=WISHED)):
        folded = None
        for event in events:
            folded = apply(folded, event)
        assert folded == state
