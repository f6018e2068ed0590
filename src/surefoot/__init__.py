"""Surefoot: a runtime for work of many steps: each verified, each undoable, safe from a kill at any instant.

Owns the names programs use. They are loaded on first use, so that `import surefoot` is quick. Must never hold logic.
Read `surefoot.api` next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from surefoot.errors import EffectError, SurefootError

if TYPE_CHECKING:
    from surefoot.api.authoring import Check, Plan, Step, run, run_plan
    from surefoot.api.options import Options
    from surefoot.core.plan import AgentLimits, Prepare, RetryPolicy, Service
    from surefoot.core.probing import (
        CallProbe,
        FileProbe,
        GitProbe,
        HttpAnswer,
        HttpProbe,
        PackageProbe,
        PortProbe,
        Probe,
        ProcessProbe,
        RunProbe,
        SqlAnswer,
        SqlProbe,
    )
    from surefoot.models.scripted import scripted
    from surefoot.models.scripts import ScriptedReply, ScriptedRequest
    from surefoot.workers.room import StepArgument

__all__ = [
    "AgentLimits",
    "CallProbe",
    "Check",
    "EffectError",
    "FileProbe",
    "GitProbe",
    "HttpAnswer",
    "HttpProbe",
    "Options",
    "PackageProbe",
    "Plan",
    "PortProbe",
    "Prepare",
    "Probe",
    "ProcessProbe",
    "RetryPolicy",
    "RunProbe",
    "ScriptedReply",
    "ScriptedRequest",
    "Service",
    "SqlAnswer",
    "SqlProbe",
    "Step",
    "StepArgument",
    "SurefootError",
    "run",
    "run_plan",
    "scripted",
]

_PLACES = {
    **dict.fromkeys(("Check", "Plan", "Step", "run", "run_plan"), "surefoot.api.authoring"),
    **dict.fromkeys(("AgentLimits", "Prepare", "RetryPolicy", "Service"), "surefoot.core.plan"),
    **dict.fromkeys(
        (
            "CallProbe",
            "FileProbe",
            "GitProbe",
            "HttpAnswer",
            "HttpProbe",
            "PackageProbe",
            "PortProbe",
            "Probe",
            "ProcessProbe",
            "RunProbe",
            "SqlAnswer",
            "SqlProbe",
        ),
        "surefoot.core.probing",
    ),
    "Options": "surefoot.api.options",
    "ScriptedReply": "surefoot.models.scripts",
    "ScriptedRequest": "surefoot.models.scripts",
    "StepArgument": "surefoot.workers.room",
    "scripted": "surefoot.models.scripted",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot' has no attribute {name!r}")
    return getattr(import_module(place), name)
