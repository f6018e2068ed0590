"""Which agent of others carries out the steps of a plan that name none, and a goal as a plan for one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from surefoot.api.run_options import Options
from surefoot.core.agent_programs import is_worker
from surefoot.core.bodies import WorkerBody
from surefoot.core.ids import StepId
from surefoot.core.plan import OnFailure, Plan, RetryPolicy, Step
from surefoot.errors import UsageError
from surefoot.settings import load_settings

_TIMEOUT_S = 7200.0
_TURNS_MAX = 500


def worker_for(options: Options, repository: Path | None) -> str | None:
    """Return the worker that the options name, or the settings; None: Surefoot's own agent.

    Raises:
        UsageError: the options name none that there could be.
    """
    if options.worker is not None and not is_worker(options.worker):
        raise UsageError(f"--worker {options.worker!r} names no agent; write acp:NAME or acp:COMMAND, as in acp:claude")
    return options.worker or load_settings(repository).workers.default


def with_worker(plan: Plan, worker: str | None) -> Plan:
    """Return the plan with that worker at each step for an agent that names neither a worker nor a model."""
    if worker is None:
        return plan
    return replace(plan, steps=tuple(replace(step, body=step.body.given_to(worker)) for step in plan.steps))


def goal_for(worker: str, plan: Plan) -> Plan:
    """Return the plan of a goal in words as one step: such an agent makes a plan of its own."""
    step = Step(
        id=StepId("goal"),
        body=WorkerBody(instructions=plan.goal, worker=worker, turns_max=_TURNS_MAX),
        checks=plan.accept,
        unproved=not plan.accept,
        timeout_s=_TIMEOUT_S,
        retry=RetryPolicy(retry_unknown=True),
        on_failure=OnFailure.ASK,
    )
    return replace(plan, steps=(step,))
