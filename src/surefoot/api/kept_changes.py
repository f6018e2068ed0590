"""What an attempt at a step had changed: a failed one was kept as a patch, a good one has its commit."""

from __future__ import annotations

from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.core.events import CandidateKept, LaneRestored, StepVerified
from surefoot.core.ids import RunId, StepId
from surefoot.core.record import record
from surefoot.core.system_steps import attempted_step
from surefoot.errors import RunNotFound
from surefoot.workspace.git import PATCH, own_git


@record
class AttemptChanges:
    """What one attempt had changed."""

    step: StepId
    attempt: int
    is_put_back: bool
    """Whether it failed, so that its changes were put back."""
    patch: bytes
    """What `git apply` takes."""


def attempt_changes(home: Home, run: RunId, step: StepId, attempt: int | None = None) -> AttemptChanges:
    """Return what an attempt at a step had changed; without a number, the last attempt of which that is known.

    Raises:
        RunNotFound: there is no such run, or nothing is kept of that attempt.
    """
    kept: dict[int, LaneRestored | CandidateKept | StepVerified] = {}
    for one in events(home, run):
        event = one.event
        if not isinstance(event, LaneRestored | CandidateKept | StepVerified) or attempted_step(event.step) != step:
            continue
        if _is_known(event):
            kept[event.attempt] = event
    number = max(kept, default=0) if attempt is None else attempt
    if number not in kept:
        which = f"attempt {attempt} at" if attempt is not None else "any attempt at"
        known = f"; known: {', '.join(map(str, sorted(kept)))}" if kept else ""
        text = f"nothing is kept of {which} step {step!r} of run {run!r}: it changed no file, or too much{known}"
        raise RunNotFound(text, name=step)
    found = kept[number]
    if not isinstance(found, StepVerified):
        patch = found.changes if isinstance(found, LaneRestored) else found.patch
        assert patch is not None
        return AttemptChanges(step=step, attempt=number, is_put_back=True, patch=home.journal.blobs.get(patch))
    assert found.commit is not None
    return AttemptChanges(step=step, attempt=number, is_put_back=False, patch=_of_commit(home, run, found.commit))


def _is_known(event: LaneRestored | CandidateKept | StepVerified) -> bool:
    """Tell whether it is known what the attempt had changed."""
    match event:
        case LaneRestored():
            return event.changes is not None
        case CandidateKept():
            return event.patch is not None
        case StepVerified():
            return event.commit is not None


def _of_commit(home: Home, run: RunId, commit: str) -> bytes:
    store = home.run_folder(run) / "store"
    return own_git(store, store).run(*PATCH, f"{commit}^", commit)
