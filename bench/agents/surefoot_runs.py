"""The two systems that are Surefoot: an agent step in a plan, and a goal in words.

Both get the same words, the same command as a check, and the same budget. Each is a run of its own, whose branch is
what is judged.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import replace
from pathlib import Path

from bench.agents.asking import OUTPUT_TOKENS_MAX
from bench.agents.trial import REQUESTS_MAX, SECONDS_MAX, Trial
from bench.repair.cases import Case
from bench.repair.stage import plan_of
from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.agent_types import GoalOptions, ModelFacts, ModelRouting, Role, RoleModels, ToolUse, Usage
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Outcome
from surefoot.core.events import Event
from surefoot.core.plan import AgentBody, AgentLimits, Check, Limits, OnFailure, Plan
from surefoot.core.report import standing_of, status_of
from surefoot.core.state import RunState
from surefoot.models.client import Providers
from surefoot.models.local import LOCAL, context_tokens_of, path_of

ATTEMPTS = 3


def task_of(case: Case) -> str:
    """Return the words of the task, the same for all systems."""
    (step,) = plan_of([case], attempts=ATTEMPTS, turns=REQUESTS_MAX).steps
    return step.body.text


def steps_plan(case: Case) -> Plan:
    """Return a plan with one agent step, as a person would write it."""
    plan = plan_of([case], attempts=ATTEMPTS, turns=REQUESTS_MAX)
    (step,) = plan.steps
    # Tests that are held back stand in no plan here: they are the judge's alone, for every system.
    checks = tuple(check for check in step.checks if not check.held_back)
    body = replace(AgentBody.of(step.body), limits=AgentLimits(requests=REQUESTS_MAX))
    step = replace(step, body=body, checks=checks, timeout_s=SECONDS_MAX, on_failure=OnFailure.BLOCK)
    return replace(plan, steps=(step,))


def goal_plan(case: Case) -> Plan:
    """Return the goal in words: the file it is about is its scope, a command accepts it."""
    (step,) = plan_of([case], attempts=ATTEMPTS, turns=REQUESTS_MAX).steps
    accept = (Check(name="visible", ask=CommandCheck(command=case.visible), cwd=case.name),)
    return Plan(
        goal=task_of(case), scope_write=step.writes or (), steps=(), accept=accept, limits=Limits(requests=REQUESTS_MAX)
    )


async def repair(case: Case, repository: Path, model: str, trial: Trial) -> None:
    """Let Surefoot repair a case, and leave what came of it in the repository's checkout."""
    is_goal = trial.system == "goals"
    plan = goal_plan(case) if is_goal else steps_plan(case)
    options = Options(yes=True, routing=_routing(model), asking=Providers({}, os.environ))
    seen = _Seen(trial)
    with Home(repository.parent / "home") as home:
        source = Source(repository=repository, goal_options=GoalOptions() if is_goal else None)
        created = create_run(home, plan, source, options=options)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                state = await engage(home, created, options, watching=Watching(observer=seen.see))
        except TimeoutError:
            trial.end = f"{SECONDS_MAX:.0f} s; {seen.why}".removesuffix("; ")
            return
        finally:
            seen.count_calls()
    outcome = standing_of(state) if state.outcome is None else state.outcome.value
    states = [status_of(node).value for node in state.steps()]
    trial.says_done = outcome == Outcome.COMPLETED.value if is_goal else states == ["verified"]
    trial.end = outcome if trial.says_done else f"{outcome}; {seen.why}".removesuffix("; ")
    branch = f"surefoot/{created.created.run}"
    words = ("git", "-C", str(repository), "checkout", "-q", branch, "--", ".")
    await asyncio.to_thread(subprocess.run, words, check=False)


def _routing(model: str) -> ModelRouting:
    facts = ModelFacts(name=model, output_tokens_max=OUTPUT_TOKENS_MAX)
    if model.startswith(LOCAL):
        facts = replace(facts, context_tokens=context_tokens_of(path_of(model)), native_tools=False)
    chain = RoleModels(chain=(facts,))
    return ModelRouting(roles={role.value: chain for role in Role}, unknown_price="tokens-only")


class _Seen:
    """Counts what happens into a trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial, self._used = trial, dict[str, ToolUse]()
        self._failed: list[str] = []

    @property
    def why(self) -> str:
        """Why attempts failed, one after the other."""
        return ", ".join(self._failed)

    def count_calls(self) -> None:
        """Count the calls of the run, once it is over."""
        for one in self._used.values():
            self._trial.count(one.tool, one.calls, misused=one.misused)

    def see(self, state: RunState, event: Event) -> None:
        """Take an event into account."""
        trial, self._used = self._trial, state.tool_use
        match event:
            case ev.ModelResponded():
                self._add(event.usage)
            case ev.ModelRequestFailed():
                self._add(event.usage or Usage())
                trial.count(f"({event.fault.value})", misused=1)
            case ev.AttemptFailed():
                self._failed.append(event.diagnosis.value)
            case _:
                pass

    def _add(self, usage: Usage) -> None:
        self._trial.requests += 1
        self._trial.input_tokens += usage.input_tokens
        self._trial.output_tokens += usage.output_tokens
