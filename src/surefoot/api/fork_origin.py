"""The step of another run at which a run begins."""

from __future__ import annotations

from pathlib import Path

from surefoot.api.home import LATEST, Home
from surefoot.core.fork import Fork, fork_at
from surefoot.core.ids import StepId, encode_id, nearest_said
from surefoot.core.state import RunState
from surefoot.errors import RunNotFound, UsageError


def find_fork(home: Home, place: str, repository: Path | None = None) -> tuple[RunState, Fork]:
    """Return the run that `RUN@STEP` names, and its fork at that step. RUN may be left out: the latest run.

    Raises:
        RunNotFound: there is no such run, or it has no such step.
        UsageError: it left no commit that a run could begin at.
    """
    run, at, step = place.partition("@")
    if not at:
        run, step = LATEST, place
    state = home.state(home.find(run or LATEST, repository if run in {"", LATEST} else None))
    text = f"run {state.created.run!r}"
    node = state.nodes.get(StepId(step)) or state.nodes.get(encode_id(step))
    if node is None or node.is_system_step:
        steps = [one.spec.id for one in state.steps()]
        near = nearest_said(step, steps)
        text = f"{text} has no step {step!r}; `surefoot show {state.created.run}` lists them{near}"
        raise RunNotFound(text, name=step)
    if node.members is not None:
        some = ", ".join(node.members[:3])
        raise UsageError(f"{step!r} of {text} is a group, so it is not clear which commit is meant; name one of {some}")
    if not state.has_workspace:
        raise UsageError(
            f"{text} has no workspace, so its steps left no commits to begin at; begin a run of the plan itself"
        )
    if node.head_after is None:
        reason = f" ({node.reason})" if node.reason else ""
        raise UsageError(
            f"step {step!r} of {text} is {node.status}{reason}, so it left no commit to begin at; name a verified step"
        )
    return state, fork_at(state, node)
