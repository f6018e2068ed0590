"""The folder in which a person works who has taken a step over."""

from __future__ import annotations

from surefoot.api.home import Home
from surefoot.core.state import QuestionState, RunState


def lane_of(home: Home, state: RunState, question: QuestionState) -> str | None:
    """Return the folder in which a person works who has taken the step of a question over; None: nobody has."""
    work = state.nodes[question.asked.step].work
    if work is None or work.people.taken_by is None or work.lane is None:
        return None
    return str(home.run_folder(state.created.run) / "lanes" / work.lane)
