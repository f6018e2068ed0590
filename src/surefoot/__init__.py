"""Surefoot: a runtime for work of many steps: each verified, each undoable, safe from a kill at any instant.

Owns the names programs use. They are loaded on first use, so that `import surefoot` is quick. Must never hold logic.
Read `surefoot.api` next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from surefoot.errors import (
    ClaimLost,
    ConfigInvalid,
    DiskRefused,
    EffectError,
    EngineError,
    GitUnavailable,
    JournalError,
    JournalGone,
    JournalLocked,
    NotApprover,
    NotAwaitingAnswer,
    PlanInvalid,
    RunExists,
    RunHeld,
    RunNotFound,
    StepMayNotAnswer,
    SurefootError,
    UsageError,
    WorkspaceError,
)

if TYPE_CHECKING:
    from surefoot.api.authoring import Check, Plan, Step, run, run_plan
    from surefoot.api.options import Options
    from surefoot.api.running import Engagement, Watching
    from surefoot.core.events import (
        AttemptFailed,
        Event,
        QuestionAsked,
        RunEnded,
        RunPaused,
        StepFailed,
        StepSkipped,
        StepStarted,
        StepVerified,
    )
    from surefoot.core.plan import AgentLimits, Prepare, RetryPolicy, Service
    from surefoot.core.probing import (
        CallProbe,
        CommandProbe,
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
    from surefoot.core.report_shape import Report
    from surefoot.core.state import RunState
    from surefoot.models.scripted import scripted
    from surefoot.models.scripts import ScriptedReply, ScriptedRequest
    from surefoot.workers.room import StepArgument

    __version__: str

__all__ = [
    "AgentLimits",
    "AttemptFailed",
    "CallProbe",
    "Check",
    "ClaimLost",
    "CommandProbe",
    "ConfigInvalid",
    "DiskRefused",
    "EffectError",
    "Engagement",
    "EngineError",
    "Event",
    "FileProbe",
    "GitProbe",
    "GitUnavailable",
    "HttpAnswer",
    "HttpProbe",
    "JournalError",
    "JournalGone",
    "JournalLocked",
    "NotApprover",
    "NotAwaitingAnswer",
    "Options",
    "PackageProbe",
    "Plan",
    "PlanInvalid",
    "PortProbe",
    "Prepare",
    "Probe",
    "ProcessProbe",
    "QuestionAsked",
    "Report",
    "RetryPolicy",
    "RunEnded",
    "RunExists",
    "RunHeld",
    "RunNotFound",
    "RunPaused",
    "RunProbe",
    "RunState",
    "ScriptedReply",
    "ScriptedRequest",
    "Service",
    "SqlAnswer",
    "SqlProbe",
    "Step",
    "StepArgument",
    "StepFailed",
    "StepMayNotAnswer",
    "StepSkipped",
    "StepStarted",
    "StepVerified",
    "SurefootError",
    "UsageError",
    "Watching",
    "WorkspaceError",
    "__version__",
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
            "CommandProbe",
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
    **dict.fromkeys(("Engagement", "Watching"), "surefoot.api.running"),
    **dict.fromkeys(
        (
            "AttemptFailed",
            "Event",
            "QuestionAsked",
            "RunEnded",
            "RunPaused",
            "StepFailed",
            "StepSkipped",
            "StepStarted",
            "StepVerified",
        ),
        "surefoot.core.events",
    ),
    "Options": "surefoot.api.options",
    "Report": "surefoot.core.report_shape",
    "RunState": "surefoot.core.state",
    "ScriptedReply": "surefoot.models.scripts",
    "ScriptedRequest": "surefoot.models.scripts",
    "StepArgument": "surefoot.workers.room",
    "scripted": "surefoot.models.scripted",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name == "__version__":
        return import_module("surefoot.release").RELEASE
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot' has no attribute {name!r}")
    return getattr(import_module(place), name)
