"""`diagnose`: what monitors see in the traces of other agents, and where these may have gone wrong first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from surefoot.api.foreign_traces import Trace, read_traces
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.screen import Screen
from surefoot.core.monitor_table import Say, Watches
from surefoot.core.monitors import Alarm
from surefoot.core.record import record
from surefoot.core.short_text import counted
from surefoot.core.suspects import Suspect, first_alarms, suspects
from surefoot.settings import load_settings
from surefoot.views.lines import EMPTY, Line, one_line

SCHEMA = "surefoot.diagnosis/1"


@record
class Diagnosed:
    """What is seen in one trace."""

    trace: Trace
    alarms: tuple[Alarm, ...]
    suspects: tuple[Suspect, ...]

    @classmethod
    def of(cls, trace: Trace, watches: Watches) -> Diagnosed:
        """Look at a trace."""
        found = first_alarms(trace.acts, watches)
        return cls(trace=trace, alarms=tuple(found), suspects=tuple(suspects(trace.acts, watches)))


def diagnose(path: Path, screen: Screen) -> int:
    """Show what is seen in the traces of a file; the exit status is 1 where a monitor gives more than a note."""
    watches = load_settings(None).watches
    found = [Diagnosed.of(trace, watches) for trace in read_traces(path)]
    if screen.is_json:
        screen.document({"schema": SCHEMA, "traces": [_document(one) for one in found]})
    for one in found:
        screen.show(_lines(one))
    graver = any(alarm.say is not Say.NOTE for one in found for alarm in one.alarms)
    return FOUND_PROBLEMS if graver else FOUND_NOTHING


def _document(found: Diagnosed) -> dict[str, object]:
    alarms = [
        {"monitor": one.monitor, "diagnosis": one.row.failure, "say": one.say, "text": one.text}
        | {"evidence": list(one.evidence)}
        for one in found.alarms
    ]
    return {
        "id": found.trace.name,
        "steps": len(found.trace.acts),
        "findings": alarms,
        "suspects": [asdict(one) for one in found.suspects],
    }


def _lines(found: Diagnosed) -> Iterator[Line]:
    yield Line(f"{found.trace.name}: {counted(len(found.trace.acts), 'act')}", "head", hang=2)
    if not found.alarms:
        yield Line("  No monitor sees a failure.", "good")
    for alarm in found.alarms:
        places = ", ".join(map(str, alarm.evidence))
        text = f"  {alarm.say:<5} {alarm.monitor} ({alarm.row.failure})  {one_line(alarm.text)}"
        yield Line(f"{text}; steps {places}" if places else text, "warn" if alarm.say is not Say.NOTE else "", hang=8)
    if found.suspects:
        yield Line("  May have gone wrong first:")
    for one in found.suspects:
        agent = f" {one.agent}" if one.agent else ""
        yield Line(f"  step {one.at}{agent} ({one.diagnosis}): {one_line(one.why)}", hang=8)
    yield EMPTY
