"""The table of monitors: what each watches for, the failure it names, and what it does about it where nobody says.

From the table come the reader of `[monitors]`, the profiles, and the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import NamedTuple

from surefoot.core.event_words import Diagnosis
from surefoot.core.raw import Handle
from surefoot.core.record import record


class Say(StrEnum):
    """What a monitor does where it sees what it watches for."""

    OFF = "off"
    NOTE = "note"
    """A finding of the least weight."""
    WARN = "warn"
    """A finding that stands under *To look at*."""
    FAIL = "fail"
    """The same, and the attempt ends: its checks decide about what it has changed."""


class Level(StrEnum):
    """What of an agent's work a monitor watches."""

    OUTPUT = "output"
    GROUNDING = "grounding"
    BEHAVIOUR = "behaviour"
    COST = "cost"


class Profile(StrEnum):
    """How closely agents are watched, where nothing is said of a monitor by name."""

    STRICT = "strict"
    """What is a note is a warning, and a warning ends the attempt."""
    DEFAULT = "default"
    QUIET = "quiet"
    """What is a warning is a note, and notes are not taken."""


@record
class Watch:
    """How one monitor is set."""

    say: Say
    figures: Mapping[Handle, float] = field(default_factory=dict[str, float])
    """All of its figures, by name."""


class Monitor(NamedTuple):
    """One row."""

    name: str
    level: Level
    failure: Diagnosis
    """What it names."""
    meaning: str
    watch: Watch
    """How it is set where nobody says anything."""


def _row(name: str, level: Level, failure: Diagnosis, say: Say, meaning: str, **figures: float) -> Monitor:
    return Monitor(name, level, failure, meaning, Watch(say=say, figures=figures))


# fmt: off
_ROWS = (
    _row("no_call", Level.OUTPUT, Diagnosis.MALFORMED, Say.FAIL,
        "`replies` replies in a row hold no tool call.", replies=3),
    _row("unusable_end", Level.OUTPUT, Diagnosis.MALFORMED, Say.FAIL,
        "What the agent ends with cannot be used, `times` times.", times=6),
    _row("misuse", Level.OUTPUT, Diagnosis.TOOL_MISUSE, Say.FAIL,
        "Tools are used wrongly `calls` times in an attempt.", calls=12),
    _row("misuse_share", Level.OUTPUT, Diagnosis.TOOL_MISUSE, Say.NOTE,
        "Of the last `calls` calls, `share` and more are used wrongly.", calls=10, share=0.6),
    _row("missing_files", Level.GROUNDING, Diagnosis.HALLUCINATION, Say.NOTE,
        "`files` different calls name files, symbols or commands that do not exist.", files=5),
    _row("same_reply", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.FAIL,
        "The same reply comes `times` times more, and no file was changed in between.", times=2),
    _row("cycle", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.WARN,
        "Up to `period_max` calls come `rounds` times in a row with the same results, and the files stay as they are.",
        rounds=3, period_max=6),
    _row("failing_call", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.WARN,
        "The same call fails `times` times in the same way, while the files are the same.", times=3),
    _row("back_and_forth", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.WARN,
        "`times` times the files are again what they were before, after they were something else.", times=3),
    _row("no_progress", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.FAIL,
        "For `turns` replies nothing new comes: no state of the files that was not there before, no file that was "
        "not seen, no result that had not come before.", turns=25),
    _row("forecast", Level.COST, Diagnosis.BUDGET, Say.NOTE,
        "Once `steps` steps are verified: at what they cost, a limit of the run will not do for the others.", steps=3),
)
# fmt: on
MONITORS: Mapping[str, Monitor] = {row.name: row for row in _ROWS}
"""By name, in the order in which they are asked."""
_MORE = {Say.NOTE: Say.WARN, Say.WARN: Say.FAIL}
_LESS = {Say.NOTE: Say.OFF, Say.WARN: Say.NOTE}


@record
class Watches:
    """How all monitors are set in a run."""

    profile: Profile = Profile.DEFAULT
    own: Mapping[Handle, Watch] = field(default_factory=dict[str, Watch])
    """Those that were set by name."""

    def of(self, name: str) -> Watch:
        """Return how a monitor is set."""
        if name in self.own:
            return self.own[name]
        usual = MONITORS[name].watch
        changed = {Profile.STRICT: _MORE, Profile.QUIET: _LESS}.get(self.profile, {})
        return replace(usual, say=changed.get(usual.say, usual.say))
