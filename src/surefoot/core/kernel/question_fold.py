"""The fold of questions and answers.

An expired question is neither denied nor granted. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.approval import is_satisfied
from surefoot.core.approval_metrics import SHOULD_PROCEED
from surefoot.core.attempt import Attempt, Preparing
from surefoot.core.event_words import Applied, Diagnosis, Ending, QuestionKind, Status
from surefoot.core.events import Event
from surefoot.core.graph_state import join_queue, leave_queue, let_lane_go
from surefoot.core.kernel.approval_request import ABANDON, DONE, body_digest, preconditions_of
from surefoot.core.kernel.conversation_fold import settle_call
from surefoot.core.kernel.guards import active_of, answered, begin, need, work_of
from surefoot.core.kernel.plan_adoption import flaw_of_plan
from surefoot.core.kernel.verdict_fold import has_happened, settle_as
from surefoot.core.outputs import edited, reworded
from surefoot.core.people_words import note_answer
from surefoot.core.plan import digest_of
from surefoot.core.policy_types import Overdue
from surefoot.core.queue import has_result, let_past
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepState, StepStatus, WantedAttempt
from surefoot.core.ways_on import EDIT, RETRY_WITH_CHANGES, TAKE_OVER, can_patch, can_reword, is_about_failure


def _question_asked(state: RunState, event: ev.QuestionAsked) -> None:
    need(event.question not in state.questions, event, f"question {event.question} was asked before")
    node, work = active_of(state, event)
    permission = work.permission(event.call)
    if permission is None:
        begin(state, event)
    need(work.people.question is None, event, f"question {work.people.question} is open")
    if permission is not None:
        need(not permission.is_answered, event, f"{event.call} has been answered")
        permission.question = event.question
    elif event.call:
        call = None if work.conversation is None else work.conversation.call(event.call)
        is_waiting = call is not None and call.result is None and not call.is_open
        need(is_waiting, event, f"call {event.call} waits for nothing")
        assert call is not None
        call.question = event.question
    demand = event.demand
    due = None if demand.expires_s is None else event.at + demand.expires_s
    state.questions[event.question] = QuestionState(asked=event, role=demand.role, due=due)
    work.people.question, work.people.answer, work.people.approved = event.question, None, None
    if event.package is not None:
        node.preconditions = event.package.preconditions
    node.status = StepStatus.IN_DOUBT if event.about is QuestionKind.IN_DOUBT else StepStatus.WAITING
    leave_queue(state, event.step)
    keeps_lane = not isinstance(work.stage, Preparing) or work.people.taken_by is not None
    if not keeps_lane and work.lane is not None:
        let_lane_go(state, node, work)  # while a person thinks


def _question_answered(state: RunState, event: ev.QuestionAnswered) -> None:
    question, node = _open_question(state, event)
    _may_answer(state, question, event, node)
    if question.asked.about is QuestionKind.CONFIRM and event.answer == "yes" and not _is_beforehand(event):
        given = {**question.approved_by, event.by: event.roles}
        if not is_satisfied(question.demand, given):
            question.approved_by[event.by] = event.roles
            return
    work = work_of(node)
    question.answered = event
    work.people.question, work.people.answer = None, event.answer
    if node.effect.is_outside or has_result(node):
        join_queue(state, node.spec.id)
        let_past(state)  # while those that wait for this one still stand back
    node.status = StepStatus.RUNNING
    match question.asked.about:
        case QuestionKind.CONFIRM:
            _confirmed(state, node, question, event)
        case QuestionKind.IN_DOUBT:
            _told(state, node, question, event)
        case QuestionKind.ASK if question.asked.options == (DONE, ABANDON):
            _handed_back(state, node, work, event)
        case QuestionKind.ASK if work.failure is not None:
            _way_on_chosen(node, event)
        case QuestionKind.ASK:
            pass
    note_answer(state, node, question, event)


def _open_question(
    state: RunState, event: ev.QuestionAnswered | ev.QuestionExpired | ev.ApproverAsked | ev.ApproverAnswered
) -> tuple[QuestionState, StepState]:
    """Return the open question that an event is about, and the step that asked it."""
    question = state.questions.get(event.question)
    need(question is not None and question.is_open, event, f"question {event.question} is not open")
    assert question is not None
    return question, state.nodes[question.asked.step]


def _may_answer(state: RunState, question: QuestionState, event: ev.QuestionAnswered, node: StepState) -> None:
    """Refuse an answer that the question does not take, or not from this person."""
    asked, options = question.asked, question.asked.options
    is_taking_over = asked.about is QuestionKind.CONFIRM and event.answer == TAKE_OVER and not node.is_system_step
    is_taking_over = is_taking_over and not _is_about_permission(node, asked)
    taken = not options or event.answer in options or is_taking_over
    need(taken, event, f"question {event.question} takes {', '.join(options)}")
    need(_has_role(question, event), event, f"question {event.question} takes somebody with the role {question.role}")
    if is_about_failure(asked) and node.work is not None and node.work.failure is not None:
        _may_go_on(state, event, node)
    elif event.edit is not None or event.diff is not None:
        _may_edit(asked, event, node)
    is_about_attempt = asked.about is QuestionKind.IN_DOUBT or options == (DONE, ABANDON)
    has_failed = node.work is not None and node.work.failure is not None
    need(not (is_about_attempt and has_failed), event, "the attempt that it is about has failed")
    need(not question.is_late(event.at), event, f"question {event.question} has expired")
    need(event.by not in question.approved_by, event, f"{event.by} has approved it already; it takes another person")


def _has_role(question: QuestionState, event: ev.QuestionAnswered) -> bool:
    """Tell whether somebody answers whom the question takes; a no of the caller's code always counts."""
    is_no_go = event.via == SHOULD_PROCEED and event.answer != "yes"
    return question.role is None or question.role in event.roles or _is_beforehand(event) or is_no_go


def _may_edit(asked: ev.QuestionAsked, event: ev.QuestionAnswered, node: StepState) -> None:
    """Refuse an edit of what was not shown, or one that comes without a yes."""
    need(event.answer == "yes", event, "an edit is a way of saying yes")
    need(node.made_beside is None, event, "it is one of several candidates, which are all made from the same step")
    if event.edit is not None:
        is_command = asked.package is not None and asked.package.trees is None and not asked.call
        need(is_command and node.spec.body.commands, event, "there is no command to edit")
    if event.diff is not None:
        need(asked.package is not None and asked.package.trees is not None, event, "there is no result to edit")


def _may_go_on(state: RunState, event: ev.QuestionAnswered, node: StepState) -> None:
    """Refuse an edit without `edit`, `edit` without one, and one that does not go with the step."""
    need(event.edit is None or event.diff is None, event, "it takes either a command or a patch")
    has_edit = event.edit is not None or event.diff is not None
    need(has_edit is (event.answer == EDIT), event, "another command or a patch goes with `edit`, and with that alone")
    need(event.edit is None or can_reword(node), event, "the step has neither a command nor an instruction")
    need(event.diff is None or can_patch(state, node), event, "no patch can be the result of the step")


def _is_about_permission(node: StepState, asked: ev.QuestionAsked) -> bool:
    """Tell whether an agent of others asked, which cannot be taken over: it is at work, or has ended meanwhile."""
    return bool(asked.call) and node.spec.body.reaches_provider


def _is_beforehand(event: ev.QuestionAnswered) -> bool:
    # An option given beforehand, and what was said to all of a kind, were held against the demand by who decided.
    return event.via == "beforehand"


def _confirmed(state: RunState, node: StepState, question: QuestionState, event: ev.QuestionAnswered) -> None:
    """Note what a person said to an effect or a result."""
    work, asked = work_of(node), question.asked
    if event.answer == TAKE_OVER:
        work.people.taken_by, work.people.answer = event.by, None
        return
    if event.answer == EDIT and work.people.edited is not None:
        work.people.answer, work.people.approved = None, asked.shown
        shown = f"plan {digest_of(repr(work.people.edited.plan))}"
        state.approvals.setdefault(node.spec.id, {})[shown] = {event.by: event.roles}
        return
    if event.answer != "yes" and _is_about_permission(node, asked):
        work.people.answer, node.denied[asked.shown] = None, _why_not(event)
        return
    if event.answer != "yes":
        work.people.answer = _why_not(event)
        return
    work.people.answer = None
    question.approved_by[event.by] = event.roles
    shown = asked.shown
    if event.edit is not None:
        node.edit = (event.edit, event.by)
        node.spec = edited(node.spec, event.edit)
        # The preconditions are those that were shown: that part of the digest stays.
        shown = f"{body_digest(state, node)}:{asked.shown.partition(':')[2]}"
    elif event.diff is not None:
        work.people.patch = event.diff
    else:
        work.people.approved = asked.shown
    state.approvals.setdefault(node.spec.id, {})[shown] = dict(question.approved_by)
    if event.like:
        state.likes[event.like] = dict(question.approved_by)


def _why_not(event: ev.QuestionAnswered) -> str:
    """Say why something was refused; where the caller's code refused it, with its name."""
    said = event.reason or event.answer
    return f"{event.by} (should_proceed) says: {said}" if event.via == SHOULD_PROCEED else said


def _told(state: RunState, node: StepState, question: QuestionState, event: ev.QuestionAnswered) -> None:
    """Note what became of an effect in doubt, as a person says."""
    work = work_of(node)
    if question.asked.call:
        work.people.answer = None
        settle_call(node, work, question.asked.call, event.answer)
        return
    if work.body_started:
        settle_as(state, node, work, Applied(event.answer))
        return
    work.probed_before, work.people.answer = True, None
    if event.answer == Applied.APPLIED:
        settle_as(state, node, work, Applied(event.answer))


def _way_on_chosen(node: StepState, event: ev.QuestionAnswered) -> None:
    """Note how a person wants the next attempt at a failed step to be."""
    node.wanted = None
    if event.answer == TAKE_OVER:
        node.wanted = WantedAttempt(by=event.by, is_by_hand=True)
    elif event.answer == RETRY_WITH_CHANGES:
        node.wanted = WantedAttempt(by=event.by, start=node.left_changes)
    elif event.diff is not None:
        node.wanted = WantedAttempt(by=event.by, result=event.diff)
    elif event.edit is not None and node.spec.body.by_model:
        node.reworded, node.spec = (event.edit, event.by), reworded(node.spec, event.edit)
    elif event.edit is not None:
        node.edit, node.spec = (event.edit, event.by), edited(node.spec, event.edit)


def _handed_back(state: RunState, node: StepState, work: Attempt, event: ev.QuestionAnswered) -> None:
    """Go on with what a person did in the lane; or, abandoned, with a fresh attempt."""
    by, work.people.taken_by, work.people.answer = work.people.taken_by, None, None
    if event.answer == ABANDON:
        work.interrupted = Diagnosis.INTERRUPTED
        work.people.has_given_up, node.wanted = node.wanted is not None, None
        return
    assert event.answer == DONE
    work.people.by_hand = by
    work.forget_lane()
    if work.body_started and work.ending is not None:
        work.look_again()
        return
    node.has_run = True
    work.end(Ending(status=Status.OK, text=f"done by hand, by {by}"))
    if node.effect.is_outside:
        has_happened(state, node)


def _approval_recorded(state: RunState, event: ev.ApprovalRecorded) -> None:
    node, work = begin(state, event)
    given = state.approvals.setdefault(node.spec.id, {})
    given.setdefault(event.shown, {event.by: ()})
    work.people.approved, node.preconditions = event.shown, preconditions_of(node)


def _deadline_set(state: RunState, event: ev.DeadlineSet) -> None:
    question = state.questions.get(event.question)
    need(question is not None and question.is_open and not question.is_timed, event, "no clock is wanted")
    assert question is not None
    question.is_timed = True


def _approver_asked(state: RunState, event: ev.ApproverAsked) -> None:
    question, _ = _open_question(state, event)
    is_new = not question.is_with_approver and question.by_approver is None
    need(is_new, event, f"{event.approver} was asked about question {event.question} already")
    need(event.approver == state.approver, event, f"there is no approver {event.approver!r}")
    question.is_with_approver = True


def _approver_answered(state: RunState, event: ev.ApproverAnswered) -> None:
    question, _ = _open_question(state, event)
    need(question.is_with_approver, event, f"nobody asked {event.approver} about question {event.question}")
    question.is_with_approver, question.by_approver = False, event


def _question_expired(state: RunState, event: ev.QuestionExpired) -> None:
    question, node = _open_question(state, event)
    need(question.due is not None and event.at >= question.due, event, f"question {event.question} has time left")
    question.expired, question.due, question.is_timed = event, None, False
    if event.overdue is Overdue.HAND_ON:
        question.role = question.asked.demand.next_role
    elif event.overdue is Overdue.STOP:
        work = work_of(node)
        work.people.question, work.people.is_overdue = None, True
        node.status = StepStatus.RUNNING
        if node.effect.is_outside or has_result(node):
            join_queue(state, node.spec.id)


def _patch_requested(state: RunState, event: ev.PatchRequested) -> None:
    _, work = begin(state, event)
    need(event.diff in (work.people.patch, work.people.start), event, "nobody wants that patch")
    work.open = event.kind


def _patch_applied(state: RunState, event: ev.PatchApplied) -> None:
    node, work = answered(state, event, ev.PatchRequested)
    work.forget_lane()
    if work.people.start is not None:
        work.people.start = None
        return
    work.people.patch, work.people.is_patched = None, True
    if isinstance(work.stage, Preparing):
        assert node.wanted is not None
        work.people.by_hand, node.has_run = node.wanted.by, True
        work.end(Ending(status=Status.OK, text=f"a patch by {node.wanted.by} in place of the body"))
        return
    work.look_again()


def _plan_edited(state: RunState, event: ev.PlanEdited) -> None:
    _, work = active_of(state, event)
    question = state.questions.get(work.people.question or "")
    need(question is not None and EDIT in question.asked.options, event, "no plan is being shown")
    flaw = flaw_of_plan(event.plan)
    need(flaw is None, event, flaw or "")
    work.people.edited = event


QUESTION_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
    ev.ApprovalRecorded: _approval_recorded,
    ev.DeadlineSet: _deadline_set,
    ev.QuestionExpired: _question_expired,
    ev.ApproverAsked: _approver_asked,
    ev.ApproverAnswered: _approver_answered,
    ev.PlanEdited: _plan_edited,
    ev.PatchRequested: _patch_requested,
    ev.PatchApplied: _patch_applied,
}
"""What to do with each of these events."""
