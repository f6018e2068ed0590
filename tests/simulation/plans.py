"""Plans drawn from a seed, in the language of the simulated world, with what becomes of each attempt."""

from __future__ import annotations

import random
from dataclasses import replace

from surefoot.core.agent_types import Fault, ModelFacts, ModelRouting, Price, Role, RoleModels
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import (
    AgentBody,
    AskBody,
    Check,
    Effect,
    Limits,
    OnFailure,
    Plan,
    RetryPolicy,
    RunBody,
    Step,
    Verify,
)
from surefoot.core.probe_kinds import Probe, RunProbe
from tests.simulation.world import Fates

KINDS = (
    "write",
    "write",
    "join",
    "join",
    "derive",
    "litter",
    "agent",
    "agent",
    "apply",
    "apply",
    "ask",
    "twin",
    "clash",
)
"""What steps do that build on each other."""
WIDE = ("write", "write", "write", "agent", "twin", "twin", "clash", "clash", "join", "litter", "derive")
"""What steps do that have little to do with each other, so that many results wait at once."""
ALWAYS = 99
"""So many attempts of a step fail that never succeeds."""
CHAIN = (StepId("c0"), StepId("c1"), StepId("c2"))
"""Steps of which each derives a file from what the one before wrote. Where a step is wrong, it is the first of them."""
CHAIN_EACH, CHAIN_AT = 25, 3
"""In how many seeds one has a plan with such steps, and which of them."""
REQUEST_USD = 0.3
"""What a request reserves, and a little more than it costs."""
SOUND = Check(name="sound", ask=CommandCheck(command="sound"), expect=Expect.PASS_TO_PASS)
CALM = Check(name="calm", ask=CommandCheck(command="calm"), expect=Expect.PASS)
TWIN = Check(name="twin", ask=CommandCheck(command="holds twin l-twin"), expect=Expect.FAIL_TO_PASS)
MODEL = ModelFacts(name="simulated:model", price=Price(input_usd=0.0, output_usd=REQUEST_USD * 1e6 / 4096))
ROUTING = ModelRouting(roles={role.value: RoleModels(chain=(MODEL,)) for role in (Role.WORKER, Role.PLANNER)})


def drawn(seed: int) -> tuple[Plan, Fates]:
    """Draw a plan of three to ten steps."""
    chance = random.Random(f"plan {seed}")
    is_wide = chance.random() < 0.6
    # In some plans all steps share two checks, in others each has its own: then no train asks them together.
    shared = (SOUND, CALM) if is_wide or chance.random() < 0.3 else ()
    steps: list[Step] = []
    for number in range(chance.randint(3, 9) if is_wide else chance.randint(2, 7)):
        steps.append(_step(chance, number, steps, shared, is_wide=is_wide))
    steps += _chain() if seed % CHAIN_EACH == CHAIN_AT else []
    accept = (SOUND,) if chance.random() < 0.7 else ()
    plan = Plan(goal=f"seed {seed}", steps=tuple(steps), accept=accept, limits=_limits(chance, steps, is_wide=is_wide))
    return plan, _fates(chance, steps)


def _limits(chance: random.Random, steps: list[Step], *, is_wide: bool) -> Limits:
    has_agents = any(isinstance(step.body, AgentBody) for step in steps)
    return Limits(
        parallel=chance.choice((2, 3, 4, 6) if is_wide else (1, 2, 3, 4)),
        parked=chance.choice((None, None, 1, 2)),
        judges=chance.choice((1, 1, 2)),
        train=chance.choice((0, 0, 4, 8)),
        verify=chance.choice((Verify.AUTO, Verify.QUEUE, Verify.QUEUE, Verify.LANE)),
        cost_usd=chance.choice((1.0, 2.0)) if has_agents and chance.random() < 0.4 else None,
    )


def _step(chance: random.Random, number: int, earlier: list[Step], shared: tuple[Check, ...], *, is_wide: bool) -> Step:
    name, kind = StepId(f"s{number}"), chance.choice(WIDE if is_wide else KINDS)
    kind = "write" if kind == "clash" and not shared else kind
    some = [step.id for step in earlier if step.on_failure is not OnFailure.SKIP]
    count = chance.choice((0, 0, 0, 0, 1) if is_wide else (0, 0, 1, 2))
    needs = tuple(chance.sample(some, min(len(some), count)))
    retry = RetryPolicy(maximum_attempts=3, initial_interval_s=chance.choice((0.1, 1.0)), retry_unknown=True)
    if kind == "ask":
        return Step(id=name, body=AskBody(question="Which colour?"), needs=needs)
    if kind == "apply":
        return _outside(chance, name, needs, retry)
    path, origin = "shared" if kind == "join" else f"f-{name}", _origin(needs, earlier)
    beside = {
        "derive": f"derive d-{name} {origin}\n",
        "litter": "litter\n",
        "twin": "share twin l-twin\n",
        "clash": f"clash c-{name}\n",
    }.get(kind, "")
    lines = f"{beside}{'join' if kind == 'join' else 'write'} {path} l-{name}"
    own = Check(name="own", ask=CommandCheck(command=f"holds {path} l-{name}"), expect=Expect.FAIL_TO_PASS)
    more = shared or ((SOUND,) if chance.random() < 0.7 else ())
    is_agent = kind == "agent" or (kind == "derive" and chance.random() < 0.4)
    return Step(
        id=name,
        body=AgentBody(instructions=lines) if is_agent else RunBody(command=lines),
        needs=needs,
        checks=(own, *([TWIN] if kind == "twin" else []), *more),
        writes=(path, f"d-{name}", f"c-{name}", "twin") if chance.random() < 0.4 else None,
        reads=(origin,) if kind == "derive" and needs and chance.random() < 0.5 else (),
        retry=retry,
        on_failure=chance.choice((OnFailure.BLOCK, OnFailure.BLOCK, OnFailure.SKIP)),
    )


def _chain() -> list[Step]:
    """Return steps of which the last consumes what is wrong in the first only through the one between."""
    retry = RetryPolicy(maximum_attempts=3, initial_interval_s=0.1, retry_unknown=True)
    made: list[Step] = []
    for name in CHAIN:
        needs = (made[-1].id,) if made else ()
        derived = f"derive d-{name} {_origin(needs, made)}\n" if needs else ""
        own = Check(name="own", ask=CommandCheck(command=f"holds f-{name} l-{name}"), expect=Expect.FAIL_TO_PASS)
        body = RunBody(command=f"{derived}write f-{name} l-{name}")
        made.append(Step(id=name, body=body, needs=needs, checks=(own,), retry=retry))
    return made


def _origin(needs: tuple[StepId, ...], earlier: list[Step]) -> str:
    """Return the file from which a step derives another: what it needs may have derived that from others."""
    if not needs:
        return "origin"
    is_derived = any(step.id == needs[0] and step.body.text.startswith("derive") for step in earlier)
    return f"{'d' if is_derived else 'f'}-{needs[0]}"


def _outside(chance: random.Random, name: StepId, needs: tuple[StepId, ...], retry: RetryPolicy) -> Step:
    probe = Probe(ask=RunProbe(command="probe")) if chance.random() < 0.7 else None
    effect = chance.choice((Effect.IRREVERSIBLE, Effect.IRREVERSIBLE, Effect.IDEMPOTENT))
    return Step(id=name, body=RunBody(command=f"apply {name}"), needs=needs, effect=effect, probe=probe, retry=retry)


def _fates(chance: random.Random, steps: list[Step]) -> Fates:
    by_attempt: dict[tuple[str, int], str] = {}
    faults: dict[tuple[str, int, int], Fault] = {}
    for step in steps:
        how_often = chance.choice((0, 0, 0, 1, 1, 2, ALWAYS))
        for attempt in range(1, how_often + 1):
            by_attempt[step.id, attempt] = _fate(chance, step, is_always=how_often == ALWAYS)
        for turn in (1, 2):
            if chance.random() < 0.2:
                faults[step.id, 1, turn] = chance.choice((Fault.UNAVAILABLE, Fault.RATE_LIMIT, Fault.TIMEOUT))
    slowness, check_s = chance.choice((0.1, 0.5, 1.5)), chance.choice((0.4, 2.0, 6.0))
    return Fates(by_attempt, faults=faults, slowness=slowness, check_s=check_s)


def _fate(chance: random.Random, step: Step, *, is_always: bool) -> str:
    if step.effect.is_outside:
        return "ok" if is_always else chance.choice(("exit", "ok"))
    if not step.checks:
        return "ok"
    bad = ["broken", *(["unsound"] * 2 if SOUND in step.checks else [])]
    if is_always:  # what others do as well may be there already
        return chance.choice(bad)
    return chance.choice([*bad, "exit", "timeout", *(["idle"] if TWIN in step.checks else [])])


def with_wrong_steps(plan: Plan, fates: Fates, chance: random.Random) -> Fates:
    """Let one or two steps be wrong at first, in a way that no check finds."""
    able = [step.id for step in plan.steps if step.checks]
    if CHAIN[0] in able:
        return replace(fates, wrong=frozenset(CHAIN[:1]))
    return replace(fates, wrong=frozenset(chance.sample(able, min(len(able), chance.choice((1, 1, 2))))))
