"""The model routing of a run, from settings, environment and options."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelRouting
from surefoot.core.plan import Plan
from surefoot.models.scripts import SCRIPTED
from surefoot.ports import Model
from surefoot.settings import ModelSettings, load_settings
from surefoot.settings.setting_records import Settings

_PLANNER = "planner="


def needs_models(created: ev.RunCreated, plan: Plan, options: Options, known: ModelRouting | None = None) -> bool:
    """Tell whether a run asks models: for its goal, for its steps, or for a planner that was named for it."""
    is_planned = any(flag.startswith(_PLANNER) for flag in options.models) or (known is not None and known.with_planner)
    return created.goal_options is not None or is_planned or any(step.body.played_by for step in plan.steps)


def routing_for(
    created: ev.RunCreated, plan: Plan, options: Options, known: ModelRouting | None = None
) -> ModelRouting | None:
    """Return who plays what; None for runs that ask no models.

    A run goes on with the models it began with (`known`), unless the options name others: settings may have changed.

    Raises:
        ConfigInvalid: no model is named and no key is set, or a model cannot be asked, or its price is not known.
    """
    if not needs_models(created, plan, options, known):
        return None
    if options.routing is not None:
        return options.routing
    from surefoot.models.routing import cast_alone, routing_of, with_named

    settings = settings_for(options, created.repository)
    named = {step.body.named_model for step in plan.steps if step.body.named_model}
    if options.asking is not None and not options.models:
        routing = cast_alone(f"{SCRIPTED}python")
    elif known is None or not known.roles or options.models:
        routing = routing_of(
            settings.models, os.environ, options.models, with_reviewer=options.with_reviewer, named=named
        )
    else:
        with_reviewer = known.with_reviewer if options.with_reviewer is None else options.with_reviewer
        routing = replace(with_named(known, settings.models, os.environ, named), with_reviewer=with_reviewer)
    return replace(routing, remind_every=settings.reminders.every)


def asking_for(created: ev.RunCreated, plan: Plan, options: Options, known: ModelRouting) -> tuple[Model, float] | None:
    """Return what asks models, and how long a reply may take, in seconds; None for runs that ask none."""
    if not needs_models(created, plan, options, known):
        return None
    from surefoot.models.client import Providers
    from surefoot.models.routing import timeout_of

    settings = _settings(created, options)
    return options.asking or Providers(settings.endpoints, os.environ), timeout_of(settings, os.environ)


def settings_for(options: Options, repository: str | Path | None) -> Settings:
    """Return the settings that hold in a run: those that were given, else those of the files.

    Raises:
        ConfigInvalid: a file cannot be read, or says what cannot be.
    """
    if options.settings is not None:
        return options.settings
    return load_settings(None if repository is None else Path(repository))


def _settings(created: ev.RunCreated, options: Options) -> ModelSettings:
    return settings_for(options, created.repository).models


def models_here(folder: Path) -> dict[str, str]:
    """Return which model would be asked first for each role, in a folder as things stand.

    Raises:
        ConfigInvalid: there is none, or one cannot be asked.
    """
    from surefoot.models.routing import routing_of

    routing = routing_of(load_settings(folder).models, os.environ, (), with_reviewer=None, named=())
    return {role: models.chain[0].name for role, models in routing.roles.items()}
