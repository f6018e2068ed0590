"""Plans drawn at random: over everything a step, a check or a rule can be."""

from __future__ import annotations

import hypothesis.strategies as st

from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import (
    AskBody,
    Check,
    Compare,
    Disagreement,
    Effect,
    ForEach,
    Limits,
    OnFailure,
    Plan,
    RetryPolicy,
    RunBody,
    Service,
    Step,
    Tier,
)
from surefoot.core.policy_types import Demand, Overdue, Rule
from surefoot.core.probe_kinds import Probe, RunProbe

USES = st.sampled_from([(), (), ("db",), ("db", "web"), ("web", "gpu")])
"""What steps and checks use; nothing, as often as not."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of up to six nodes over everything a step can be."""
    count = draw(st.integers(1, 6))
    steps: list[Step] = []
    for number in range(count):
        earlier = [step.id for step in steps]
        effect = draw(st.sampled_from(list(Effect)))
        probe = Probe(ask=RunProbe(command="probe")) if draw(st.booleans()) else None
        on_failure = draw(st.sampled_from(list(OnFailure)))
        needs = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2))) if earlier else ()
        targets = [name for name in sorted(ancestors(needs, steps)) if "{" not in name]
        if on_failure is OnFailure.ROLLBACK and not targets:
            on_failure = OnFailure.BLOCK
        group = draw(st.integers(0, 5)) == 0
        ask = draw(st.integers(0, 7)) == 0 and not group
        name = f"s{number}-{{item}}" if group else f"s{number}"
        asked = () if ask else tuple(draw(st.lists(checks(), max_size=2, unique_by=lambda check: check.name)))
        uses = draw(USES)
        may_repeat = effect is Effect.REVERSIBLE and asked and not uses and not any(check.uses for check in asked)
        steps.append(
            Step(
                id=StepId(name),
                body=AskBody(question="which?") if ask else RunBody(command="true"),
                needs=needs,
                for_each=ForEach(items=("x", "y")) if group else None,
                checks=asked,
                effect=effect,
                probe=probe,
                on_failure=on_failure,
                rollback_to=draw(st.sampled_from(targets)) if on_failure is OnFailure.ROLLBACK else None,
                retry=RetryPolicy(maximum_attempts=draw(st.integers(1, 3)), retry_unknown=draw(st.booleans())),
                writes=draw(st.sampled_from([None, ("a",), ("b",)])),
                uses=uses,
                best_of=draw(st.integers(1, 3)) if may_repeat else 1,
                compare=Compare(run="show") if may_repeat and draw(st.booleans()) else None,
                disagree=draw(st.sampled_from(list(Disagreement))),
            )
        )
    services = (Service(name="db", run="db"), Service(name="web", run="web"))
    accept = tuple(draw(st.lists(checks(), max_size=2, unique_by=lambda check: check.name)))
    limits = Limits(parallel=draw(st.integers(1, 3)))
    policy = tuple(draw(st.lists(rules(), max_size=2)))
    return Plan(goal="a goal", steps=tuple(steps), accept=accept, limits=limits, services=services, policy=policy)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules about steps or results that take one or two people, and may expire."""
    demand = Demand(
        people=draw(st.integers(1, 2)),
        role=draw(st.sampled_from([None, "ops"])),
        expires_s=draw(st.sampled_from([None, 3.0])),
        overdue=draw(st.sampled_from(list(Overdue))),
        next_role="lead",
    )
    about = draw(st.sampled_from([{"paths": ("**",)}, {"steps": ("s0*",)}, {"effects": (Effect.REVERSIBLE,)}]))
    return Rule(name="drawn", tier=Tier.CONFIRM, reason="Because.", demand=demand, **about)


def ancestors(needs: tuple[StepId, ...], steps: list[Step]) -> set[StepId]:
    """Return what is needed, directly or not."""
    known = {step.id: step.needs for step in steps}
    return set(needs).union(*(ancestors(known[name], steps) for name in needs))


@st.composite
def checks(draw: st.DrawFn) -> Check:
    """Checks that expect anything."""
    expect = draw(st.sampled_from(list(Expect)))
    name = f"check {expect} {draw(st.integers(0, 1))}"
    return Check(name=name, ask=CommandCheck(command="check"), expect=expect, uses=draw(USES))
