"""The table of monitors: what each watches for, the failure it names, and what it does about it where nobody says.

From the table come the reader of `[monitors]`, the profiles, and the reference.
"""

from __future__ import annotations

import math
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
    """Whether what it says is so, and what it does is what was asked for."""
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


class Figure(NamedTuple):
    """What a figure of a monitor may be."""

    least: float = 1
    most: float = math.inf
    is_whole: bool = True


FIGURES: Mapping[str, Figure] = {
    "at": Figure(),
    "body_s": Figure(least=0, is_whole=False),
    "calls": Figure(),
    "files": Figure(),
    "period_max": Figure(most=50),
    "replies": Figure(),
    "rounds": Figure(least=2),
    "share": Figure(least=0.01, most=1, is_whole=False),
    "silence_s": Figure(least=0, is_whole=False),
    "steps": Figure(),
    "times": Figure(),
    "turns": Figure(),
}
"""By name."""


class Monitor(NamedTuple):
    """One row."""

    name: str
    level: Level
    failure: Diagnosis
    """What it names."""
    meaning: str
    watch: Watch
    """How it is set where nobody says anything."""
    is_sum: bool = False
    """Whether it adds up what others see; it names what the gravest of them names."""


def _row(name: str, level: Level, failure: Diagnosis, say: Say, meaning: str, **figures: float) -> Monitor:
    return Monitor(name, level, failure, meaning, Watch(say=say, figures=figures))


# fmt: off
_ROWS = (
    _row("malformed_reply", Level.OUTPUT, Diagnosis.MALFORMED, Say.NOTE,
        "`replies` replies of a model in an attempt are empty, or not what their format says.", replies=1),
    _row("cut_reply", Level.OUTPUT, Diagnosis.MALFORMED, Say.NOTE,
        "`replies` replies of a model in an attempt end before they are complete.", replies=1),
    _row("refused_reply", Level.OUTPUT, Diagnosis.REFUSED, Say.NOTE,
        "A model, or a filter of its provider, will not answer, `replies` times in an attempt.", replies=1),
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
    _row("ungrounded_claim", Level.GROUNDING, Diagnosis.HALLUCINATION, Say.WARN,
        "What an agent claims in the end is not so by the journal: files, tests, commands."),
    _row("unproven_claim", Level.GROUNDING, Diagnosis.HALLUCINATION, Say.NOTE,
        "What an agent claims in the end names no call that shows it."),
    _row("refused_call", Level.GROUNDING, Diagnosis.POLICY_VIOLATION, Say.NOTE,
        "An agent wants to do what a rule of the policy never allows."),
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
    _row("equal_attempts", Level.BEHAVIOUR, Diagnosis.INFINITE_LOOP, Say.WARN,
        "A new attempt of an agent comes to the same changes as one that its checks had failed, or fails a check with "
        "the same output as the attempt before."),
    _row("stall", Level.BEHAVIOUR, Diagnosis.STALL, Say.WARN,
        "For `silence_s` seconds a reply or a tool call of an agent, or an agent of others, gives no sign, or for "
        "`body_s` seconds another body prints nothing; 0: that is not looked at. `fail` interrupts it.",
        silence_s=600, body_s=0),
    _row("weakened_tests", Level.GROUNDING, Diagnosis.GOAL_DRIFT, Say.WARN,
        "What an agent leaves holds fewer tests or assertions, more that are left out, or looser thresholds."),
    _row("undeclared_writes", Level.GROUNDING, Diagnosis.GOAL_DRIFT, Say.WARN,
        "An agent writes files that its step does not declare, or that lie outside the scope."),
    _row("uncovered_requirements", Level.GROUNDING, Diagnosis.GOAL_DRIFT, Say.WARN,
        "Once a plan is made or amended, no step `covers` one of its requirements, though steps say what they cover. "
        "`fail` has the planner plan anew."),
    _row("forecast", Level.COST, Diagnosis.BUDGET, Say.NOTE,
        "Once `steps` steps are done: at what they cost, a limit of the run will not do for the others. `fail` "
        "pauses the run.", steps=3),
    _row("spend_rate", Level.COST, Diagnosis.BUDGET, Say.NOTE,
        "Once agents' work on `steps` steps is done: a step has taken `times` times as much as they took on "
        "average, and nothing was done since it began.", steps=3, times=10),
    _row("score", Level.BEHAVIOUR, Diagnosis.GOAL_DRIFT, Say.WARN,
        "What monitors saw in one attempt adds up to `at`: a note counts 1, a warning 3.", at=6)._replace(is_sum=True),
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
        return replace(usual, say=changed[usual.say]) if usual.say in changed else usual

    def figure(self, name: str, figure: str) -> float:
        """Return a figure of a monitor; one that a run of an earlier release does not know is the usual one."""
        return self.of(name).figures.get(figure, MONITORS[name].watch.figures[figure])

    def silence_s(self, *, is_agent: bool) -> float | None:
        """Return after how many seconds without a sign of it that is told of what is under way; None: never."""
        if self.of("stall").say is Say.OFF:
            return None
        return self.figure("stall", "silence_s" if is_agent else "body_s") or None
