"""Which models play which roles in a run, and what asks them.

Owns the way from settings, environment and options to a casting. Must never ask a model. Read `surefoot.models` next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core import events as ev
from surefoot.core.plan import AgentBody, Plan
from surefoot.core.talking import Casting
from surefoot.ports import Model

if TYPE_CHECKING:
    from surefoot.api.running import Options


def needs_models(created: ev.RunCreated, plan: Plan) -> bool:
    """Tell whether a run asks models."""
    return created.wish is not None or any(isinstance(step.body, AgentBody) for step in plan.steps)


def casting_for(created: ev.RunCreated, plan: Plan, options: Options) -> Casting | None:
    """Return who plays what; None for runs that ask no models."""
    if not needs_models(created, plan):
        return None
    if options.casting is not None:
        return options.casting
    raise NotImplementedError


def asking_for(created: ev.RunCreated, plan: Plan, options: Options) -> Model | None:
    """Return what asks models; None for runs that ask none."""
    if not needs_models(created, plan):
        return None
    if options.asking is not None:
        return options.asking
    raise NotImplementedError
