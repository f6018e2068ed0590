"""Plans drawn from a seed, in the language of the simulated world, with what becomes of each attempt."""

from __future__ import annotations

import random
from collections.abc import Mapping

from surefoot.core.agent_types import Fault, ModelFacts, ModelRouting, Price, Role, RoleModels
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, AskBody, Check, Effect, Limits, OnFailure, Plan, RetryPolicy, RunBody, Step
from surefoot.core.probe_kinds import Probe, RunProbe
from tests.simulation.world import Fates

KINDS = ("write", "write", "join", "join", "derive", "litter", "agent", "agent", "apply", "apply", "ask")
REQUEST_USD = 0.3
"""What a request reserves, and a little more than it costs."""
SOUND = Check(name="sound", ask=CommandCheck(command="sound"), expect=Expect.PASS_TO_PASS)
MODEL = ModelFacts(name="simulated:model", price=Price(input_usd=0.0, output_usd=REQUEST_USD * 1e6 / 4096))
ROUTING = ModelRouting(roles={role.value: RoleModels(chain=(MODEL,)) for role in (Role.WORKER, Role.PLANNER)})


def drawn(seed: int) -> tuple[Plan, Fates]:
    """Draw a plan of three to eight steps."""
    chance = random.Random(f"plan {seed}")
    steps: list[Step] = []
    for number in range(chance.randint(2, 7)):
        steps.append(_step(chance, number, steps))
    has_agents = any(isinstance(step.body, AgentBody) for step in steps)
    limits = Limits(
        parallel=chance.choice((1, 2, 3, 4)),
        cost_usd=chance.choice((1.0, 2.0)) if has_agents and chance.random() < 0.4 else None,
    )
    accept = (SOUND,) if chance.random() < 0.7 else ()
    plan = Plan(goal=f"seed {seed}", steps=tuple(steps), accept=accept, limits=limits)
    return plan, _fates(chance, steps)


def _step(chance: random.Random, number: int, earlier: list[Step]) -> Step:
    name, kind = f"s{number}", chance.choice(KINDS)
    some = [step.id for step in earlier if step.on_failure is not OnFailure.SKIP]
    needs = tuple(chance.sample(some, min(len(some), chance.choice((0, 0, 1, 2)))))
    retry = RetryPolicy(maximum_attempts=3, initial_interval_s=chance.choice((0.1, 1.0)), retry_unknown=True)
    if kind == "ask":
        return Step(id=StepId(name), body=AskBody(question="Which colour?"), needs=needs)
    path = "shared" if kind == "join" else f"f-{name}"
    lines = {
        "join": f"join shared l-{name}",
        "derive": f"derive d-{name} {f'f-{needs[0]}' if needs else 'origin'}\nwrite {path} l-{name}",
        "litter": f"litter\nwrite {path} l-{name}",
        "apply": f"apply {name}",
    }.get(kind, f"write {path} l-{name}")
    own = Check(name="own", ask=CommandCheck(command=f"holds {path} l-{name}"), expect=Expect.FAIL_TO_PASS)
    if kind == "apply":
        probe = Probe(ask=RunProbe(command="probe")) if chance.random() < 0.7 else None
        effect = chance.choice((Effect.IRREVERSIBLE, Effect.IRREVERSIBLE, Effect.IDEMPOTENT))
        body = RunBody(command=lines)
        return Step(id=StepId(name), body=body, needs=needs, effect=effect, probe=probe, retry=retry)
    return Step(
        id=StepId(name),
        body=AgentBody(instructions=lines) if kind == "agent" else RunBody(command=lines),
        needs=needs,
        checks=(own, SOUND) if chance.random() < 0.7 else (own,),
        writes=(path, f"d-{name}") if chance.random() < 0.4 else None,
        retry=retry,
        on_failure=chance.choice((OnFailure.BLOCK, OnFailure.BLOCK, OnFailure.SKIP)),
    )


def _fates(chance: random.Random, steps: list[Step]) -> Fates:
    by_attempt: dict[tuple[str, int], str] = {}
    faults: dict[tuple[str, int, int], Fault] = {}
    for step in steps:
        how_often = chance.choice((0, 0, 0, 1, 1, 2, 9))
        for attempt in range(1, how_often + 1):
            by_attempt[step.id, attempt] = _fate(chance, step, is_always=how_often > 3)
        for turn in (1, 2):
            if chance.random() < 0.2:
                faults[step.id, 1, turn] = chance.choice((Fault.UNAVAILABLE, Fault.RATE_LIMIT, Fault.TIMEOUT))
    return Fates(by_attempt, faults, slowness=chance.choice((0.1, 0.5, 1.5)))


def _fate(chance: random.Random, step: Step, *, is_always: bool) -> str:
    if step.effect.is_outside:
        return "ok" if is_always else chance.choice(("exit", "ok"))
    if not step.checks:
        return "ok"
    return "broken" if is_always else chance.choice(("broken", "exit", "timeout"))


def expected_of(fates: Mapping[tuple[str, int], str]) -> frozenset[str]:
    """Name the steps that never succeed."""
    return frozenset(step for step, attempt in fates if attempt > 3)
