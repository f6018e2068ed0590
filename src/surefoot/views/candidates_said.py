"""What is told of candidates, the results of independent attempts at one step, while a run works and afterwards."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.ids import StepId
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.core.system_steps import attempted_step, candidate_made_by
from surefoot.views.lines import Style, one_line


def kept_said(event: ev.CandidateKept) -> str:
    """Say what was kept of an attempt."""
    shown = f"; nothing to compare: {event.flaw}" if event.flaw else ""
    return f"candidate {event.candidate}: its checks passed, {counted(event.lines, 'line')} changed{one_line(shown)}"


def candidate_named(step: StepId) -> str:
    """Name a step in a line of its own; of one that makes a candidate beside another step which candidate of which."""
    made = candidate_made_by(step)
    return step if made is None else f"{made[0]}, candidate {made[1]}"


def candidate_words(state: RunState, event: ev.Event) -> tuple[str, str, Style] | None:
    """Tell an event of candidates; None: it is none."""
    match event:
        case ev.CandidateKept():
            name = attempted_step(event.step)
            node = state.nodes.get(name)
            most = f" of {node.spec.best_of}" if node is not None else ""
            said = kept_said(event).replace(f"candidate {event.candidate}", f"candidate {event.candidate}{most}", 1)
            return "kept", f"{name}  {said}", "warn" if event.flaw else ""
        case ev.CandidateChosen():
            return "chosen", f"{event.step}  candidate {event.candidate}: {one_line(event.why)}", ""
        case ev.CandidatesDropped():
            return "again", f"{event.step}  its candidates are made anew: {one_line(event.reason)}", "warn"
        case _:
            return None


def candidate_history(event: ev.StepEvent) -> tuple[str, Style] | None:
    """Say what an event means for the attempt it belongs to; None: it is none of candidates."""
    match event:
        case ev.CandidateKept():
            return f"kept as {kept_said(event)}", "warn" if event.flaw else ""
        case ev.CandidateChosen():
            return f"candidate {event.candidate} chosen: {one_line(event.why)}", ""
        case ev.CandidatesDropped():
            return f"candidates dropped: {one_line(event.reason)}", "warn"
        case _:
            return None
