"""The monitors: pure functions that look at what agents did and tell where it has the form of a known failure.

The same functions look at a conversation that is under way and at traces of other agents. Each looks at the end of what
it is given, so that it tells at the moment in which the failure shows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from surefoot.core.agent_acts import Act
from surefoot.core.event_words import Finding, Severity
from surefoot.core.ids import StepId
from surefoot.core.monitor_table import MONITORS, Monitor, Say, Watches
from surefoot.core.record import record
from surefoot.core.regex import regex

_SHOWN_MAX = 120
_EVIDENCE_MAX = 12
_NOTHING = regex(r"\W*|.{0,40}\bno output\b.{0,40}", re.IGNORECASE)


@record
class Watched:
    """What monitors look at."""

    acts: Sequence[Act]
    same_replies: int = 0
    """How often the last reply was given before, while no file was changed."""
    misuses: int = 0
    last_misuse: str = ""
    idle: int = 0
    """Replies in a row that held no call."""
    bad_ends: int = 0
    turns: int = 0
    """Replies in all."""
    faults: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    """Where replies stand that could not be used, by their monitor."""


@record
class Alarm:
    """What a monitor has seen."""

    monitor: str
    say: Say
    text: str
    evidence: tuple[int, ...] = ()
    """Where it shows: positions in the journal, or steps of a trace."""

    @property
    def row(self) -> Monitor:
        """The row of the monitor."""
        return MONITORS[self.monitor]


_POINTS = {Severity.NOTE: 1, Severity.WARNING: 3}
"""What a finding adds to the score of its attempt."""


def kind_of(monitor: str) -> str:
    """Return the kind of the findings of a monitor."""
    return monitor.replace("_", "-")


_KINDS = frozenset(kind_of(name) for name, row in MONITORS.items() if not row.is_sum)


def seen_in(reported: Iterable[Finding], step: StepId, attempt: int) -> tuple[Finding, ...]:
    """Return what monitors have reported about an attempt."""
    return tuple(one for one in reported if one.step == step and one.attempt == attempt)


def score_of(findings: Iterable[Finding]) -> int:
    """Add up what monitors have reported about an attempt."""
    return sum(_POINTS.get(one.severity, 0) for one in findings if one.kind in _KINDS)


_Seen = tuple[str, tuple[int, ...]] | None
"""What is to be said, and where it shows."""
_Figures = Mapping[str, float]


def alarms(watched: Watched, watches: Watches) -> Iterator[Alarm]:
    """Yield what the monitors that are not off see at the end of what was done."""
    for name, look in _LOOKS.items():
        watch = watches.of(name)
        if watch.say is Say.OFF:
            continue
        seen = look(watched, {**MONITORS[name].watch.figures, **watch.figures})
        if seen is not None:
            text, evidence = seen
            yield Alarm(monitor=name, say=watch.say, text=text, evidence=evidence[-_EVIDENCE_MAX:])


# --- output


def _fault(monitor: str, what: str) -> Callable[[Watched, _Figures], _Seen]:
    """Return a look for replies of a model that could not be used in one way."""

    def look(watched: Watched, figures: _Figures) -> _Seen:
        places = watched.faults.get(monitor, ())
        if len(places) < figures["replies"]:
            return None
        return f"{what} {'once' if len(places) == 1 else f'{len(places)} times'} in this attempt", places

    return look


def _no_call(watched: Watched, figures: _Figures) -> _Seen:
    if watched.idle < figures["replies"]:
        return None
    return f"{watched.idle} replies in a row held no tool call", _places(watched.acts[-watched.idle :])


def _unusable_end(watched: Watched, figures: _Figures) -> _Seen:
    if watched.bad_ends < figures["times"]:
        return None
    return f"what it ended with could not be used, {watched.bad_ends} times", _places(watched.acts[-1:])


def _misuse(watched: Watched, figures: _Figures) -> _Seen:
    if watched.misuses < figures["calls"]:
        return None
    evidence = _places(act for act in watched.acts if act.is_misuse)
    return f"tools were used wrongly {watched.misuses} times, at last so: {watched.last_misuse}", evidence


def _misuse_share(watched: Watched, figures: _Figures) -> _Seen:
    lately = [act for act in watched.acts if act.tool][-int(figures["calls"]) :]
    wrong = [act for act in lately if act.is_misuse]
    if len(lately) < figures["calls"] or len(wrong) < figures["share"] * len(lately):
        return None
    return f"{len(wrong)} of the last {len(lately)} tool calls were used wrongly", _places(wrong)


# --- grounding


def _missing_files(watched: Watched, figures: _Figures) -> _Seen:
    vain = {(act.tool, act.asked): act for act in watched.acts if act.tool and act.names_nothing}
    if len(vain) < figures["files"]:
        return None
    return f"{len(vain)} different calls named what does not exist", _places(vain.values())


# --- behaviour


def _same_reply(watched: Watched, figures: _Figures) -> _Seen:
    if watched.same_replies < figures["times"] or _waits_or_polls(watched):
        return None
    last = {(act.tool, act.asked) for act in watched.acts if act.turn == watched.turns}
    evidence = _places(act for act in watched.acts if (act.tool, act.asked) in last)
    return f"it gave the same reply {watched.same_replies + 1} times, and changed no file in between", evidence


def _waits_or_polls(watched: Watched) -> bool:
    """Tell whether the last reply only waits, or asks once more for what was different the last time."""
    last = [act for act in watched.acts if act.tool and act.turn == watched.turns]
    before = [act for act in watched.acts if act.turn < watched.turns]
    given = {(act.tool, act.asked): act.given for act in before}
    return any(act.is_waiting or given.get((act.tool, act.asked), act.given) != act.given for act in last)


def _cycle(watched: Watched, figures: _Figures) -> _Seen:
    rounds, acts = int(figures["rounds"]), watched.acts
    for period in range(1, int(figures["period_max"]) + 1):
        length = rounds * period
        if len(acts) < length:
            return None
        last = acts[len(acts) - length :]
        if all(_is_same(one, last[index % period]) for index, one in enumerate(last)) and _is_loop(last[:period]):
            what = "the same" if period == 1 else f"the same {period}"
            said = f"{what} {'act' if period == 1 else 'acts'} came {rounds} times in a row with the same results"
            return f"{said}: {_shown(last[-1])}", _places(last)
    return None


def _is_same(one: Act, other: Act) -> bool:
    return (one.agent, one.tool, one.asked, one.given, one.files) == (
        *(other.agent, other.tool, other.asked, other.given, other.files),
    )


def _is_loop(acts: Sequence[Act]) -> bool:
    """Tell whether acts that come again lead nowhere: to wait is no loop, and neither is to say nothing.

    That a call gave nothing does not tell that it was in vain: it may have changed what is not seen here.
    """
    return any(not _is_silent(act) for act in acts) and not any(act.is_waiting for act in acts)


def _is_silent(act: Act) -> bool:
    if not act.tool:
        return not act.asked
    return not act.files and act.ok and _NOTHING.fullmatch(act.given) is not None


def _failing_call(watched: Watched, figures: _Figures) -> _Seen:
    lately = itertools.takewhile(lambda act: act.turn == watched.acts[-1].turn, reversed(watched.acts))
    for last in (act for act in lately if act.tool and not act.ok and not act.is_waiting):
        same = [act for act in watched.acts if _is_same(act, last)]
        if len(same) >= figures["times"]:
            return f"the same call failed {len(same)} times in the same way: {_shown(last)}", _places(same)
    return None


def _back_and_forth(watched: Watched, figures: _Figures) -> _Seen:
    seen, before, returns = set[str](), "", list[Act]()
    for act in watched.acts:
        if act.files and act.files != before:
            if act.files in seen:
                returns.append(act)
            seen.add(act.files)
            before = act.files
    if len(returns) < figures["times"]:
        return None
    return f"{len(returns)} times the files were again what they had been before", _places(returns)


def _no_progress(watched: Watched, figures: _Figures) -> _Seen:
    turns = int(figures["turns"])
    last_new = max((act.turn for act in watched.acts if act.is_new), default=0)
    waited = {act.turn for act in watched.acts if act.is_waiting and act.turn > last_new}
    idle = watched.turns - last_new - len(waited)
    if idle < turns:
        return None
    text = f"for {idle} replies nothing new came: no state of the files, no file, no result"
    return text, _places(watched.acts[-3:])


def _places(acts: Iterable[Act]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(act.at for act in acts))


def _shown(act: Act) -> str:
    text = f"{act.tool} {act.asked}".strip() if act.tool else act.asked
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


_LOOKS: Mapping[str, Callable[[Watched, _Figures], _Seen]] = {
    "malformed_reply": _fault("malformed_reply", "the reply of the model was empty, or not what its format says,"),
    "cut_reply": _fault("cut_reply", "the reply of the model ended before it was complete,"),
    "refused_reply": _fault("refused_reply", "the model, or a filter of its provider, would not answer,"),
    "no_call": _no_call,
    "unusable_end": _unusable_end,
    "misuse": _misuse,
    "misuse_share": _misuse_share,
    "missing_files": _missing_files,
    "same_reply": _same_reply,
    "cycle": _cycle,
    "failing_call": _failing_call,
    "back_and_forth": _back_and_forth,
    "no_progress": _no_progress,
}
"""Those that look at acts, by name; `forecast` looks at the run."""
