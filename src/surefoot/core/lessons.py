"""What a failed attempt has taught, for the next one.

Owns the two sentences that the next attempt is told in place of a transcript: what was tried, and what was said to it.
Must never hold anything of a check that is held back, but that there is one. Read `surefoot.core.prefix` next.
"""

from __future__ import annotations

from surefoot.core.events.attempt import AttemptFailed
from surefoot.core.events.talk import CallFinished
from surefoot.core.shortening import cut
from surefoot.core.state import StepState
from surefoot.core.talk import Talk
from surefoot.core.talking import Deed, Lesson

_TRIED_MAX, _SAID_MAX, _CALLS_MAX = 600, 800, 6
_HELD_BACK = "it did not pass a check that agents are not told of; look again at what the goal and the step ask for"


def lesson_of(node: StepState, failure: AttemptFailed) -> Lesson:
    """Return the lesson of an attempt that has just failed, while what was done in it is still known."""
    assert node.work is not None
    talk = node.work.talk
    tried = "nothing that is known" if talk is None else _tried(talk)
    is_hidden = any(check.held_back and f"check {check.name!r}" in failure.reason for check in node.spec.checks)
    said = _HELD_BACK if is_hidden else cut(failure.reason, _SAID_MAX)
    return Lesson(attempt=failure.attempt, tried=tried, said=said)


def _tried(talk: Talk) -> str:
    """Return what the agent says it did, or its last calls that wrote, and the files it changed."""
    calls = [call for turn in talk.turns for call in turn.calls if call.deed is Deed.WRITE]
    finished = [call.result for call in calls if isinstance(call.result, CallFinished)]
    changed = ", ".join(dict.fromkeys(path for result in finished for path in result.changed))
    did = "; ".join(call.asked.summary for call in calls[-_CALLS_MAX:])
    said = talk.claim.summary if talk.claim is not None else did or "it changed nothing"
    return cut(f"{said} (changed: {cut(changed, _TRIED_MAX // 3)})" if changed else said, _TRIED_MAX)
