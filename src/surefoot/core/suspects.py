"""The steps at which an agent's work may have gone wrong first, by what monitors and errors show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surefoot.core.agent_acts import Act
from surefoot.core.event_words import Diagnosis
from surefoot.core.monitor_table import Say, Watches
from surefoot.core.monitors import Alarm, Watched, alarms
from surefoot.core.record import record
from surefoot.core.regex import regex

SUSPECTS_MAX = 3
_NO_AGENTS = frozenset({"user", "human", "system", "environment"})
"""Who speaks in a trace and is no agent: what they say is the ground of what agents say."""
_FIGURE = regex(r"\d[\d.,:/-]*\d|\d|\bhttps?://[^\s)\]]+")
_UNSURE = regex(r"\b(?:assum\w+|suppos\w+|hypothetical\w*|placeholder|for example purposes|simulat\w+|typical\w*)\b", 2)
_SURE = 0.9
_WEIGHT = {Say.NOTE: 0.6, Say.WARN: 0.9, Say.FAIL: 1.0}


@record
class Suspect:
    """A step that may be the first wrong one."""

    at: int
    """Its index in the trace, or its position in the journal."""
    agent: str
    diagnosis: Diagnosis
    why: str
    weight: float
    """How much speaks for it: what several signs point at stands above what one does."""


def first_alarms(acts: Sequence[Act], watches: Watches) -> list[Alarm]:
    """Return what each monitor sees first in a trace, at the step at which it sees it."""
    found: dict[str, Alarm] = {}
    misuses, idle, last = 0, 0, ""
    for number, act in enumerate(acts, start=1):
        misuses, last = misuses + act.is_misuse, act.given if act.is_misuse else last
        # A reply without a call is nothing amiss, unless it was sent back for that.
        idle = 0 if act.tool else idle + (not act.ok)
        watched = Watched(acts=acts[:number], misuses=misuses, last_misuse=last, idle=idle, turns=act.turn)
        for alarm in alarms(watched, watches):
            found.setdefault(alarm.monitor, alarm)
    return list(found.values())


def suspects(acts: Sequence[Act], watches: Watches, most: int = SUSPECTS_MAX) -> list[Suspect]:
    """Return the steps that may have gone wrong first, the likeliest first."""
    by_place: dict[int, list[Suspect]] = {}
    for one in _signs(acts, watches):
        by_place.setdefault(one.at, []).append(one)
    joined = [_joined(signs) for signs in by_place.values()]
    return sorted(joined, key=lambda one: (-one.weight, one.at))[:most]


def _joined(signs: list[Suspect]) -> Suspect:
    first = max(signs, key=lambda one: one.weight)
    doubt = 1.0
    for one in signs:
        doubt *= 1.0 - min(one.weight, _SURE)
    why = "; ".join(dict.fromkeys(one.why for one in signs))
    return Suspect(at=first.at, agent=first.agent, diagnosis=first.diagnosis, why=why, weight=1.0 - doubt)


def _signs(acts: Sequence[Act], watches: Watches) -> Iterator[Suspect]:
    agents = {act.at: act.agent for act in acts}
    for alarm in first_alarms(acts, watches):
        if alarm.evidence:
            at = alarm.evidence[0]
            yield Suspect(
                at=at, agent=agents[at], diagnosis=alarm.row.failure, why=alarm.text, weight=_WEIGHT[alarm.say]
            )
    yield from _failed(acts)
    yield from _ungrounded(acts)


def _failed(acts: Sequence[Act]) -> Iterator[Suspect]:
    """Yield the calls that failed first, and what was said before where nothing is known of the call."""
    failed = [act for act in acts if act.tool and not act.ok]
    for weight, act in zip((0.6, 0.4), failed, strict=False):
        why = "its call failed, the first that did" if weight > 0.5 else "its call failed"
        yield Suspect(at=act.at, agent=act.agent, diagnosis=Diagnosis.TOOL_MISUSE, why=why, weight=weight)


def _ungrounded(acts: Sequence[Act]) -> Iterator[Suspect]:
    """Yield words with figures that stand nowhere before them, and words that say themselves that they assume."""
    known = ""
    found = list[tuple[float, Suspect]]()
    for number, act in enumerate(acts):
        words = act.asked if not act.tool and act.agent not in _NO_AGENTS else ""
        if number and words:
            figures = {one.strip(".,") for one in _FIGURE.findall(words)}
            new = [one for one in figures if len(one) > 1 and one not in known]
            unsure = _UNSURE.search(words)
            if new:
                why = f"says {', '.join(sorted(new)[:3])}, which stands nowhere before"
                found.append((min(0.5, 0.2 + 0.05 * len(new)), _claims(act, why)))
            if unsure:
                found.append((0.4, _claims(act, f"rests on what it only supposes ({unsure[0]!r})")))
        known += f" {act.asked} {act.given}"
    for nth, (weight, one) in enumerate(found):
        yield Suspect(at=one.at, agent=one.agent, diagnosis=one.diagnosis, why=one.why, weight=weight * 0.9**nth)


def _claims(act: Act, why: str) -> Suspect:
    return Suspect(at=act.at, agent=act.agent, diagnosis=Diagnosis.HALLUCINATION, why=why, weight=0.0)
