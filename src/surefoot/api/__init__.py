"""The public way in: start, resume and steer runs, and read what they did.

Owns the choice of engine and the layout of `$SUREFOOT_HOME`. Must never print. Its names are loaded on first use, so
that reading a run does not load what carries one out. Read `home` first, then `running`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.api.approving import answer, approve, edit, reject, take_over
    from surefoot.api.home import Home, home_folder
    from surefoot.api.options import Options
    from surefoot.api.people import cancel, pause, restore, retry
    from surefoot.api.questions import OpenQuestion, inbox
    from surefoot.api.reading import RunSummary, audit, events, report, runs, spending
    from surefoot.api.replanning import ShownPlan, edit_plan, shown_plan
    from surefoot.api.running import Engagement, create_run, engage
    from surefoot.api.shown_files import ShownFile
    from surefoot.api.storing import Freed, collect_garbage, land_run, remove_run

__all__ = [
    "Engagement",
    "Freed",
    "Home",
    "OpenQuestion",
    "Options",
    "RunSummary",
    "ShownFile",
    "ShownPlan",
    "answer",
    "approve",
    "audit",
    "cancel",
    "collect_garbage",
    "create_run",
    "edit",
    "edit_plan",
    "engage",
    "events",
    "home_folder",
    "inbox",
    "land_run",
    "pause",
    "reject",
    "remove_run",
    "report",
    "restore",
    "retry",
    "runs",
    "shown_plan",
    "spending",
    "take_over",
]

_PLACES = {
    **dict.fromkeys(("Home", "home_folder"), "home"),
    **dict.fromkeys(("OpenQuestion", "inbox"), "questions"),
    **dict.fromkeys(("answer", "approve", "edit", "reject", "take_over"), "approving"),
    **dict.fromkeys(("cancel", "pause", "restore", "retry"), "people"),
    **dict.fromkeys(("RunSummary", "audit", "events", "report", "runs", "spending"), "reading"),
    "ShownFile": "shown_files",
    **dict.fromkeys(("ShownPlan", "edit_plan", "shown_plan"), "replanning"),
    **dict.fromkeys(("Engagement", "create_run", "engage"), "running"),
    "Options": "options",
    **dict.fromkeys(("Freed", "collect_garbage", "land_run", "remove_run"), "storing"),
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot.api' has no attribute {name!r}")
    return getattr(import_module(f"surefoot.api.{place}"), name)
