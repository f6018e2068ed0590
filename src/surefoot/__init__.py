"""Surefoot: a runtime for coding agents whose steps are verified, undoable and safe from a kill.

Names are loaded on first use, so that `import surefoot` is quick.
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
    from surefoot.api.engagement import Engagement, Watching
    from surefoot.api.python_plans import Check, Plan, Step, run, run_plan
    from surefoot.api.run_options import Options
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
    from surefoot.core.probe_kinds import (
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
    from surefoot.ports.approver import ApprovalRequest, Approver, Ask, Proceed, Refuse
    from surefoot.workers.run_context import StepArgument

    __version__: str

__all__ = [
    "AgentLimits",
    "ApprovalRequest",
    "Approver",
    "Ask",
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
    "Proceed",
    "ProcessProbe",
    "QuestionAsked",
    "Refuse",
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

_NAMES = {
    "surefoot.api.python_plans": "Check Plan Step run run_plan",
    "surefoot.core.plan": "AgentLimits Prepare RetryPolicy Service",
    "surefoot.core.probe_kinds": "CallProbe CommandProbe FileProbe GitProbe HttpAnswer HttpProbe PackageProbe "
    "PortProbe Probe ProcessProbe RunProbe SqlAnswer SqlProbe",
    "surefoot.api.engagement": "Engagement Watching",
    "surefoot.core.events": "AttemptFailed Event QuestionAsked RunEnded RunPaused StepFailed StepSkipped StepStarted "
    "StepVerified",
    "surefoot.api.run_options": "Options",
    "surefoot.ports.approver": "ApprovalRequest Approver Ask Proceed Refuse",
    "surefoot.core.report_shape": "Report",
    "surefoot.core.state": "RunState",
    "surefoot.models.scripts": "ScriptedReply ScriptedRequest",
    "surefoot.workers.run_context": "StepArgument",
    "surefoot.models.scripted": "scripted",
}
_PLACES = {name: place for place, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name == "__version__":
        return import_module("surefoot.release").RELEASE
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot' has no attribute {name!r}")
    return getattr(import_module(place), name)
