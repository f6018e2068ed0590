"""The public way in: start, resume and steer runs, and read what they did.

Owns the choice of engine and the layout of `$SUREFOOT_HOME`. Must never print. Read `home` first, then `running`.
"""

from surefoot.api.home import Home, home_folder
from surefoot.api.people import answer, cancel, pause, restore, retry
from surefoot.api.reading import RunSummary, audit, events, report, runs
from surefoot.api.running import Engagement, Options, create_run, engage
from surefoot.api.storing import collect_garbage, land_run, remove_run

__all__ = [
    "Engagement",
    "Home",
    "Options",
    "RunSummary",
    "answer",
    "audit",
    "cancel",
    "collect_garbage",
    "create_run",
    "engage",
    "events",
    "home_folder",
    "land_run",
    "pause",
    "remove_run",
    "report",
    "restore",
    "retry",
    "runs",
]
