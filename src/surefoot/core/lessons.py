"""The lesson of a failed attempt: the two sentences the next attempt is told in place of a transcript."""

from __future__ import annotations

from surefoot.core.agent_types import Lesson, ToolKind
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import AttemptFailed, ToolCallFinished
from surefoot.core.prompts import INSTEAD, UNUSABLE
from surefoot.core.step_state import StepState
from surefoot.core.stubs import call_line, cut
from surefoot.core.verdicts import first_unpassed

_TRIED_MAX, _SAID_MAX, _WRONG_MAX, _CALLS_MAX, _FILES_MAX = 800, 1_500, 400, 3, 20
_HELD_BACK = "it did not pass a check that agents are not told of; look again at what the goal and the step ask for"


def teaches(node: StepState, failed: AttemptFailed) -> bool:
    """Tell whether the next attempt has something to learn from this one."""
    has_taught = failed.is_counted or failed.diagnosis is Diagnosis.STALE
    return has_taught and node.spec.body.by_model


def lesson_of(node: StepState, work: Attempt, failed: AttemptFailed) -> Lesson:
    """Return the lesson of an attempt that has just failed, while what was done in it is still known."""
    conversation = work.conversation
    said = _reply_to(node, work, failed)[:_SAID_MAX]
    if conversation is not None and conversation.claim is not None:
        # Loaded where a claim is judged: its expressions are a twentieth of the time until `surefoot status` answers.
        from surefoot.core.claim_check import ungrounded

        wrong = "; ".join(ungrounded(conversation.claim, conversation, work.changed, work.absent))
        said += f" Moreover {wrong[:_WRONG_MAX]}: look before you say so." if wrong else ""
    tried = "nothing that is known" if conversation is None else _tried(conversation, work.changed)
    return Lesson(attempt=failed.attempt, tried=tried, said=said)


def _reply_to(node: StepState, work: Attempt, failed: AttemptFailed) -> str:
    index = first_unpassed(node.spec.checks, work.checks) if work.checks else None
    is_hidden = index is not None and node.spec.checks[index].held_back
    is_named = any(one.held_back and f"check {one.name!r}" in failed.reason for one in node.spec.checks)
    conversation = work.conversation
    fault, stopped = (None, None) if conversation is None else (conversation.fault, conversation.stopped)
    said = ""
    if is_hidden or is_named:
        said = _HELD_BACK
    elif fault is not None and failed.diagnosis in (Diagnosis.MALFORMED, Diagnosis.REFUSED):
        said = UNUSABLE.get(fault.fault, "")  # what was wrong with the last replies, not in their provider's words
    elif failed.diagnosis in INSTEAD:
        # What the work came to is told behind that; the reason itself may quote the call that failed.
        why = failed.reason.removeprefix(f"{stopped.reason}; ") if stopped is not None else ""
        return ". ".join(filter(None, (INSTEAD[failed.diagnosis], why)))
    if said and stopped is not None:
        return f"{stopped.reason}; {said}"
    return said or failed.reason


def _worked(conversation: Conversation) -> list[ToolCallState]:
    """Return the calls to tell of: a vain one that stands in a lesson is the first that the next attempt makes."""
    again = {number for turn in conversation.turns if turn.same_as for number in (turn.number, *turn.same_as)}
    turns = (turn for turn in conversation.turns if turn.number not in again)
    return [call for turn in turns for call in turn.calls if call.result is not None and call.result.ok]


def _tried(conversation: Conversation, changed: tuple[str, ...]) -> str:
    """Return what the agent says it did, or its last calls, those that wrote before all others; and what it changed."""
    calls = _worked(conversation)
    writing = [call for call in calls if call.kind is ToolKind.WRITE]
    results = [call.result for call in writing if isinstance(call.result, ToolCallFinished)]
    paths = changed or tuple(dict.fromkeys(path for result in results for path in result.changed))
    did = "; ".join(call_line(call) for call in (writing or calls)[-_CALLS_MAX:])
    said = conversation.claim.summary if conversation.claim is not None else did or "nothing that worked"
    files = f" (changed: {', '.join(paths[:_FILES_MAX])})" if paths else ""
    return f"{cut(said, _TRIED_MAX)}{files}"
