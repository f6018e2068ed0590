"""One model at all cases: the run, and what its journal tells of it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.repair.cases import Case
from bench.repair.oracle import oracle_of
from bench.repair.stage import build, plan_of
from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelFacts, ModelRouting, Role, RoleModels, Usage
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.events import Event
from surefoot.core.report import standing_of, status_of
from surefoot.core.state import RunState
from surefoot.models.client import Providers
from surefoot.models.local import LOCAL, context_tokens_of, path_of

ORACLE = "oracle"
"""The model that knows what is right."""
_OUTPUT_TOKENS_LOCAL = 256


@dataclass(slots=True)
class Counts:
    """What happened on the way, from the events as they were committed."""

    replies: int = 0
    """Replies that could be used."""
    faults: Counter[str] = field(default_factory=Counter[str])
    """Requests that brought no reply that could be used, by kind."""
    calls: Counter[str] = field(default_factory=Counter[str])
    """Tool calls that were asked for, by tool as it was written."""
    refused: int = 0
    """Tool calls that were not carried out: no such tool, wrong arguments, outside of the scope."""
    misuses: int = 0
    """Tool calls that were carried out and could not do what was asked."""
    failures: Counter[str] = field(default_factory=Counter[str])
    """Attempts that failed, by diagnosis."""
    only_visible: int = 0
    """Attempts whose result passed the visible tests and failed those held back."""
    usage: Usage = field(default_factory=Usage)
    """What the models took."""
    after: dict[tuple[str, int], list[str]] = field(default_factory=dict[tuple[str, int], list[str]])
    """What the checks said of the result of each attempt, the visible one first."""

    def see(self, _: RunState, event: Event) -> None:
        """Take an event into account."""
        match event:
            case ev.ModelResponded():
                self.replies += 1
                self.calls.update(call.tool for call in event.calls)
                self.usage = self.usage.plus(event.usage)
            case ev.ModelRequestFailed():
                self.faults[event.fault] += 1
                self.usage = self.usage.plus(event.usage or Usage())
            case ev.ToolCallFinished():
                self.misuses += event.is_misuse
            case ev.ToolCallResolved():
                self.refused += 1
            case ev.CheckAnswered(moment=Moment.AFTER):
                self.after.setdefault((event.step or "", event.attempt), []).append(event.verdict)
            case ev.AttemptFailed():
                self.only_visible += self.after.get((event.step, event.attempt)) == [Verdict.PASSED, Verdict.FAILED]
                self.failures[event.diagnosis] += 1
                _tell(event.step, f"failed: {event.reason}")
            case ev.StepVerified():
                _tell(event.step, "verified")
            case _:
                pass


def _tell(step: str, what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {step}  {what.splitlines()[0]}\n")


def _routing(model: str) -> ModelRouting:
    """Return who plays the worker; what it costs is not known here, and tokens are counted."""
    facts = ModelFacts(name=model)
    if model == ORACLE:
        facts = ModelFacts(name=f"scripted:{model}")
    elif model.startswith(LOCAL):
        facts = ModelFacts(
            name=model,
            context_tokens=context_tokens_of(path_of(model)),
            output_tokens_max=_OUTPUT_TOKENS_LOCAL,
            native_tools=False,
        )
    return ModelRouting(roles={Role.WORKER: RoleModels(chain=(facts,))}, unknown_price="tokens-only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a run."""

    model: str
    """Who played the worker."""
    cases: tuple[Case, ...]
    """What it was given."""
    attempts: int
    """So many attempts each."""
    turns: int
    """So many replies an attempt."""
    states: dict[str, str]
    """The state each case's step ended in."""
    outcome: str
    """That of the run, or how it stands."""
    counts: Counts
    """What happened on the way."""
    taken_s: float
    """How long it took."""

    def verified(self, suite: str = "") -> int:
        """Return how many of the cases whose name begins so are verified."""
        return sum(state == "verified" for name, state in self.states.items() if name.startswith(suite))


def perform(cases: Sequence[Case], model: str, *, attempts: int, turns: int, folder: Path) -> Found:
    """Let a model repair the cases, and count. The run, and its home, stay in the folder."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    folder.mkdir(parents=True)
    return asyncio.run(_perform(cases, model, (attempts, turns), folder))


async def _perform(cases: Sequence[Case], model: str, limits: tuple[int, int], folder: Path) -> Found:
    attempts, turns = limits
    build(cases, folder / "repository")
    counts, began = Counts(), time.monotonic()
    script = oracle_of(cases) if model == ORACLE else None
    options = Options(routing=_routing(model), asking=Providers({}, os.environ, script))
    with Home(folder / "home") as home:
        plan = plan_of(cases, attempts=attempts, turns=turns)
        created = create_run(home, plan, Source(repository=folder / "repository"), options=options)
        state = await engage(home, created, options, watching=Watching(observer=counts.see))
    nodes = list(state.steps())
    return Found(
        model=model,
        cases=tuple(cases),
        attempts=attempts,
        turns=turns,
        states={node.spec.id: status_of(node).value for node in nodes},
        outcome=standing_of(state) if state.outcome is None else state.outcome.value,
        counts=counts,
        taken_s=time.monotonic() - began,
    )
