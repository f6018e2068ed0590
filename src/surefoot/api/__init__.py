"""The public Python API: start, resume and steer runs, and read what they did.

Owns the choice of engine and the layout of `$SUREFOOT_HOME`. Names are loaded on first use, so that reading a run does
not load an engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.api.agent_messages import keep, tell
    from surefoot.api.answers import answer, approve, edit, reject, take_over
    from surefoot.api.correction_records import export_corrections, run_corrections
    from surefoot.api.dead_letter_answers import DeadLetter, close_dead_letter, dead_letters, retry_dead_letter
    from surefoot.api.engagement import Engagement, create_run, engage
    from surefoot.api.home import Home, home_folder
    from surefoot.api.kept_changes import AttemptChanges, attempt_changes
    from surefoot.api.plan_amendments import amend, stop_plan
    from surefoot.api.queries import RunSummary, audit, events, report, runs, spending
    from surefoot.api.questions import OpenQuestion, inbox
    from surefoot.api.retention import Freed, collect_garbage, land_run, remove_run
    from surefoot.api.revisions import ShownPlan, edit_plan, shown_plan
    from surefoot.api.run_blame import blame
    from surefoot.api.run_calibration import calibration
    from surefoot.api.run_control import cancel, pause, restore, retry
    from surefoot.api.run_fork import fork_run
    from surefoot.api.run_invalidation import InvalidationPreview, invalidate, preview_invalidation
    from surefoot.api.run_options import Options
    from surefoot.api.run_undo import UndoPreview, preview_undo, undo
    from surefoot.api.sample_answers import OpenSample, review, review_step, samples
    from surefoot.api.shown_files import ShownFile

__all__ = [
    "AttemptChanges",
    "DeadLetter",
    "Engagement",
    "Freed",
    "Home",
    "InvalidationPreview",
    "OpenQuestion",
    "OpenSample",
    "Options",
    "RunSummary",
    "ShownFile",
    "ShownPlan",
    "UndoPreview",
    "amend",
    "answer",
    "approve",
    "attempt_changes",
    "audit",
    "blame",
    "calibration",
    "cancel",
    "close_dead_letter",
    "collect_garbage",
    "create_run",
    "dead_letters",
    "edit",
    "edit_plan",
    "engage",
    "events",
    "export_corrections",
    "fork_run",
    "home_folder",
    "inbox",
    "invalidate",
    "keep",
    "land_run",
    "pause",
    "preview_invalidation",
    "preview_undo",
    "reject",
    "remove_run",
    "report",
    "restore",
    "retry",
    "retry_dead_letter",
    "review",
    "review_step",
    "run_corrections",
    "runs",
    "samples",
    "shown_plan",
    "spending",
    "stop_plan",
    "take_over",
    "tell",
    "undo",
]

_PLACES = {
    **dict.fromkeys(("Home", "home_folder"), "home"),
    **dict.fromkeys(("OpenQuestion", "inbox"), "questions"),
    **dict.fromkeys(("answer", "approve", "edit", "reject", "take_over"), "answers"),
    **dict.fromkeys(("cancel", "pause", "restore", "retry"), "run_control"),
    **dict.fromkeys(("RunSummary", "audit", "events", "report", "runs", "spending"), "queries"),
    **dict.fromkeys(("AttemptChanges", "attempt_changes"), "kept_changes"),
    "ShownFile": "shown_files",
    **dict.fromkeys(("keep", "tell"), "agent_messages"),
    **dict.fromkeys(("amend", "stop_plan"), "plan_amendments"),
    **dict.fromkeys(("ShownPlan", "edit_plan", "shown_plan"), "revisions"),
    **dict.fromkeys(("Engagement", "create_run", "engage"), "engagement"),
    **dict.fromkeys(("InvalidationPreview", "invalidate", "preview_invalidation"), "run_invalidation"),
    **dict.fromkeys(("OpenSample", "review", "review_step", "samples"), "sample_answers"),
    **dict.fromkeys(("DeadLetter", "close_dead_letter", "dead_letters", "retry_dead_letter"), "dead_letter_answers"),
    "Options": "run_options",
    "blame": "run_blame",
    "calibration": "run_calibration",
    "export_corrections": "correction_records",
    "run_corrections": "correction_records",
    "fork_run": "run_fork",
    **dict.fromkeys(("UndoPreview", "preview_undo", "undo"), "run_undo"),
    **dict.fromkeys(("Freed", "collect_garbage", "land_run", "remove_run"), "retention"),
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot.api' has no attribute {name!r}")
    return getattr(import_module(f"surefoot.api.{place}"), name)
