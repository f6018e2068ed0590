"""Differences between a plan file and the copy that its run follows."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path

from surefoot.api.home import Home
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Step
from surefoot.errors import PlanInvalid
from surefoot.planfile import parse_plan


def plan_change(home: Home, run: RunId) -> str | None:
    """Say how the plan file differs from the copy the run goes by; None: it does not."""
    created = home.created(run)
    if created.plan_path is None or created.plan_digest is None:
        return None
    path = Path(created.plan_path)
    if not path.is_file():
        return f"The plan file {path} is gone; the run goes on by its own copy."
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == created.plan_digest:
        return None
    copy = (home.run_folder(run) / "plan.yaml").read_bytes()
    in_force = {step.id: step for step in home.state(run).plan.steps}
    try:
        now, then = (
            {step.id: step for step in parse_plan(text.decode(), "plan").plan.steps} for text in (content, copy)
        )
    except (PlanInvalid, UnicodeDecodeError):
        differing = "it is no plan that can run now"
    else:
        names = _differing(now, then)
        if names and not _differing(now, in_force):
            return None  # an amendment has brought it into force
        differing = f"steps that differ: {', '.join(names)}" if names else "its steps are the same"
    return (
        f"The plan file {path} has changed since the run began ({differing}), but the run goes on by its own copy. "
        f"To change the plan of the run to it, add --plan {shlex.quote(str(path))}"
    )


def _differing(now: Mapping[StepId, Step], then: Mapping[StepId, Step]) -> list[StepId]:
    return [name for name in {**now, **then} if now.get(name) != then.get(name)]
