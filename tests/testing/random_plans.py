"""Random plans with functions as bodies, each made from a seed and carried out in virtual time."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from random import Random

from surefoot.api.answers import Answer
from surefoot.api.engagement import Engagement, Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.identity import Identity
from surefoot.core.events import Event, QuestionAsked
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import AskBody, Effect, ForEach, FunctionBody, Limits, OnFailure, Plan, RetryPolicy, Step
from surefoot.core.state import RunState
from surefoot.testing import VirtualClock, journal_text, simulated_home
from surefoot.workers.run_context import Function, FunctionRegistry, StepArgument

RUN = RunId("20260101-aaaaaa")
WHO = Identity(name="me", roles=(), via="test")
ITEMS = ("x", "y", "z")
FAILURES = (ConnectionError, ValueError, TimeoutError)


def random_step(rng: Random, number: int, earlier: list[Step]) -> Step:
    """Make one step: a function, a group of functions, or a question."""
    needs = tuple(step.id for step in earlier if rng.random() < 0.25)
    if rng.random() < 0.15:
        return Step(id=StepId(f"s{number}"), body=AskBody(question="Which?", options=("left", "right")), needs=needs)
    is_group = rng.random() < 0.15
    return Step(
        id=StepId(f"s{number}-{{item}}" if is_group else f"s{number}"),
        body=FunctionBody(name="f"),
        needs=needs,
        for_each=ForEach(items=ITEMS[: rng.randint(1, 3)]) if is_group else None,
        effect=rng.choice((Effect.READ, Effect.REVERSIBLE, Effect.REVERSIBLE, Effect.IDEMPOTENT, Effect.IRREVERSIBLE)),
        retry=RetryPolicy(
            initial_interval_s=rng.choice((0.5, 1.0, 60.0)),
            maximum_attempts=rng.randint(1, 4),
            retry_unknown=rng.random() < 0.5,
        ),
        on_failure=rng.choice((OnFailure.BLOCK, OnFailure.SKIP, OnFailure.STOP, OnFailure.ASK)),
        uses=("printer",) if rng.random() < 0.2 else (),
        timeout_s=rng.choice((5.0, 1800.0)),
    )


def random_plan(rng: Random) -> Plan:
    """Make a plan of some steps, perhaps with a limit on its time."""
    steps: list[Step] = []
    for number in range(rng.randint(2, 7)):
        steps.append(random_step(rng, number, steps))
    wall_s, printers = rng.choice((None, None, 20.0, 90.0)), rng.randint(1, 2)
    limits = Limits(parallel=rng.randint(1, 4), wall_s=wall_s, resources={"printer": printers})
    return Plan(goal="g", steps=tuple(steps), limits=limits)


def random_body(seed: int, name: str) -> Function:
    """Make a body that takes a while, and may fail at its first attempts."""

    async def body(step: StepArgument) -> dict[str, str]:
        rng = Random(f"{seed}/{name}/{step.attempt}")
        await asyncio.sleep(rng.choice((0.0, 0.1, 1.0, 1.0, 7.0, 30.0)))
        if rng.random() < 0.3:
            raise rng.choice(FAILURES)("not this time")
        return {"number": str(rng.random())}

    return body


class Person:
    """Answers each question after a while of its own."""

    def __init__(self, seed: int) -> None:
        """Answer by this seed."""
        self._rng = Random(f"{seed}/person")
        self._engaged: list[Engagement] = []
        self.watching = Watching(observer=self._see, engaged=self._engaged.append, answers_here=True)

    def _see(self, _: RunState, event: Event) -> None:
        if isinstance(event, QuestionAsked):
            word = self._rng.choice(event.options or ("words",))
            after = self._rng.choice((0.0, 1.0, 3600.0))
            asyncio.get_running_loop().call_later(after, self._answer, event.question, word)

    def _answer(self, question: str, word: str) -> None:
        if any(one.asked.question == question for one in self._engaged[-1].state.open_questions):
            self._engaged[-1].answer(question, Answer(word=word), WHO)


async def carried_out(home: Home, seed: int) -> None:
    """Carry out the plan of a seed; a run that pauses at its limit is gone on with twice."""
    plan = random_plan(Random(seed))
    names = [step.id.replace("{item}", item) for step in plan.steps for item in ("{item}", *ITEMS)]
    functions = FunctionRegistry(bodies={StepId(name): random_body(seed, name) for name in names})
    person = Person(seed)
    create_run(home, plan, Source(), run_id=RUN)
    for _ in range(3):
        state = await engage(home, RUN, watching=person.watching, functions=functions)
        if state.outcome is not None:
            return


def journal_of(seed: int) -> bytes:
    """Return the journal of the plan of a seed, to the letter."""
    clock = VirtualClock()
    with simulated_home(clock) as home:
        clock.run(carried_out(home, seed))
        return journal_text(home, RUN)


def digest_of(seeds: range) -> str:
    """Return a digest of the journals of so many plans."""
    digest = hashlib.sha256()
    for seed in seeds:
        digest.update(journal_of(seed))
    return digest.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest_of(range(int(sys.argv[1]), int(sys.argv[2]))))
