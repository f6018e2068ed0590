"""The timeline of a run: each event with its time, a word, and a sentence.

Expected events are short; unexpected ones (findings, undeclared writes, a branch left alone) have their reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, field

from surefoot.api.identity import current_user
from surefoot.core import events as ev
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Moment, Phase, Severity, Status, Verdict
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import StepId
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.ladder_table import RUNGS, Rung
from surefoot.core.leftover_files import finding_of
from surefoot.core.plan import Check
from surefoot.core.policy_types import Overdue
from surefoot.core.proofs import Proof
from surefoot.core.queue import waits_for
from surefoot.core.record import record
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import attempted_step, is_system_step
from surefoot.core.verdicts import changed_said, is_by_test, must_ask_again
from surefoot.effects import GROUP, LANE
from surefoot.ports.storage import Recorded
from surefoot.views.activity import Activity, is_step, progress_of, titled
from surefoot.views.agent_words import conversation_words
from surefoot.views.candidates_said import candidate_named, candidate_words
from surefoot.views.lines import Style, Words, cause_of, duration, first_line, headline_of, one_line
from surefoot.views.report_sections import HASH, proof_words, style_of

_COUNTED_MAX = 2000
"""In a larger plan the steps are not counted at each line: that would take longer than the steps."""
_PHASES = {
    Phase.PLAN: "findings are recorded; now a plan is made, still without any change",
    Phase.EXECUTE: "the plan holds; its steps are carried out",
}
"""What begins with a phase, told of goals in words."""


@record(kw_only=False)
class Entry:
    """One event, told."""

    at: float
    word: str
    text: str
    style: Style
    cause: str = ""
    """Of a failure, the lines of output that show its cause."""


@record(frozen=False, kw_only=False)
class Timeline:
    """Tells the events of one run, each once, in their order."""

    activity: Activity
    """What the run is at; it is told of every event first."""
    remarked: set[str] = field(default_factory=set[str])
    """Warnings of bodies that were told."""
    _failed: dict[StepId, str] = field(default_factory=dict[StepId, str])

    def entry_of(self, state: RunState, event: Event) -> Entry | None:
        """Return what is told of an event; None: nothing.

        The state may be ahead of it: an amendment may have dropped its step.
        """
        told = _TOLD.get(type(event))
        if told is not None:
            words = told(self, state, event)
        else:
            words = _run_words(state, event) or candidate_words(state, event) or _question_words(state, event)
            words = words or conversation_words(self.activity, state, event)
        if words is not None and isinstance(event, ev.StepEvent) and attempted_step(event.step) != event.step:
            # Of what is no agent's the number of the attempt, or of the candidate, tells enough.
            name = candidate_named(event.step) if told is None and candidate_words(state, event) is None else None
            step = name or attempted_step(event.step)
            words = (
                None if isinstance(event, ev.StepSkipped) else (words[0], words[1].replace(event.step, step), words[2])
            )
        return None if words is None else Entry(event.at, *words, cause=self._cause_of(state, event))

    def _cause_of(self, state: RunState, event: Event) -> str:
        """Return the lines of output that show the cause of a failure; nothing, where they were told just now."""
        match event:
            case ev.AttemptFailed():
                return cause_of(event.reason)
            case ev.StepFailed() | ev.StepSkipped() if self.is_news(event.step, event.reason):
                return cause_of(event.reason)
            case ev.CheckAnswered(step=step, moment=Moment.AFTER) if step == ACCEPTANCE:
                is_told = event.verdict is not Verdict.PASSED and not _is_asked_again(state, event)
                return cause_of(event.text) if is_told else ""
            case _:
                return ""

    def took(self, event: ev.StepEvent) -> str:
        """Say how long the attempt took."""
        return duration(self.activity.took(event))

    def is_news(self, step: StepId, reason: str) -> bool:
        """Tell whether this reason was not told just now."""
        return self._failed.get(step) != reason.removeprefix("failed: ")

    def remember(self, step: StepId, reason: str) -> None:
        """Keep in mind that the reason was told."""
        self._failed[step] = reason


def _run_words(state: RunState, event: Event) -> Words | None:
    """Tell what concerns the whole run: its lanes, groups and branch, and what people want of it."""
    match event:
        case ev.LaneReady() if state.plan.prepare is not None:
            return "prepared", _prepared_words(event), "dim"
        case ev.EffectFailed(effect=LANE.name | GROUP.name):
            what = f"lane {event.subject} could not be prepared" if event.effect == LANE.name else event.step
            return "failed", f"{what}: {one_line(event.reason)}", "bad"
        case ev.EffectCancelled(effect=LANE.name):
            return "stopped", f"lane {event.subject}: preparation stopped", "dim"
        case ev.GroupExpanded():
            return "group", f"{event.group}: {counted(len(event.items), 'step')}", "dim"
        case ev.PauseRequested():
            under_way = "steps under way are finished, nothing new starts"
            what = "steps that can be repeated are ended" if event.interrupt else under_way
            return "pausing", f"asked by {_who(event.by)}: {what}", "warn"
        case ev.RunPaused():
            # Which limit it was stands a line above.
            return "paused", "" if state.limit is not None else f"by {_who(event.reason)}", "warn"
        case ev.RunResumed():
            return "resumed", f"by {_who(event.by)}", ""
        case ev.CancelRequested():
            return "cancelled", f"by {_who(event.by)}", "warn"
        case _:
            return _branch_words(event) or _undo_words(event) or _search_words(state, event)


def _branch_words(event: Event) -> Words | None:
    """Tell what keeps results, or the user's branch, from where they should be."""
    match event:
        case ev.TrainSplit():
            return "split", f"train {event.train}: {one_line(event.why)}; now {listed(event.kept)}", "warn"
        case ev.BranchUpdated() if event.refused:
            return "warning", one_line(event.refused), "warn"
        case _:
            return None


def _prepared_words(event: ev.LaneReady) -> str:
    source = "" if event.cloned_from is None else f" from lane {event.cloned_from}"
    return f"lane {event.lane}{source} in {duration(event.duration_s)}"


def _undo_words(event: Event) -> Words | None:
    """Tell how the work got into the user's checkout, and how a run is taken back."""
    match event:
        case ev.RunLanded():
            return "landed", f"the checkout is at {event.commit[:HASH]}", ""
        case ev.LandingTakenBack():
            return (
                "undo",
                f"the landing is taken back, by {_who(event.by)}; the checkout is at {event.commit[:HASH]}",
                "",
            )
        case ev.UndoRequested():
            left = f"; left as they are: {listed(event.leave)}" if event.leave else ""
            return "undo", f"the run is taken back, by {_who(event.by)}{left}", "warn"
        case ev.RunUndone():
            where = f"; its branch is at {event.commit[:HASH]}, the base" if event.commit else ""
            return "undone", f"the run, by {_who(event.by)}{where}", "warn"
        case _:
            return None


def _search_words(state: RunState, event: Event) -> Words | None:
    """Tell of the search for the step after which a check fails."""
    match event:
        case ev.BlameRequested():
            return "search", f"for the step after which {one_line(event.check.name)} fails, by {_who(event.by)}", ""
        case ev.Inquired() | ev.InquiryReused():
            verdict = Verdict.PASSED if isinstance(event, ev.InquiryReused) else event.verdict
            known = " (known)" if isinstance(event, ev.InquiryReused) else ""
            left = next((node.spec.id for node in state.nodes.values() if node.commit == event.commit), "the base")
            return "asked", f"{left} {event.commit[:HASH]}: {verdict.value}{known}", style_of(verdict.value)
        case ev.BlameEnded():
            named = f": {listed(event.steps)}" if event.steps else ""
            return "search", f"{event.outcome.value.replace('_', ' ')}{named}; {counted(event.askings, 'asking')}", ""
        case _:
            return None


def _question_words(state: RunState, event: Event) -> Words | None:
    """Tell what is asked and answered about a step, and how it was put back."""
    match event:
        case ev.QuestionAsked():
            about = event.about.value.replace("_", " ")
            return "asks", f"{event.step}  question {event.question} ({about})", "warn"
        case ev.QuestionAnswered():
            question = state.questions[event.question]
            people, given = question.asked.demand.people, len(question.approved_by)
            missing = f"; {counted(people - given, 'more approval')} needed" if question.is_open and given else ""
            return "answered", f"{candidate_named(question.asked.step)}  {said_by(event)}{missing}", ""
        case ev.ApproverAnswered():
            said = f"{one_line(event.approver)} says {event.word}"
            return "approver", f"{event.step}  {said}{_because(event.reason)}", "dim"
        case ev.QuestionExpired():
            then = {
                Overdue.WAIT: "it waits on",
                Overdue.HAND_ON: f"handed on to the role {state.questions[event.question].role}",
                Overdue.STOP: "the step is stopped",
            }
            text = f"{event.step}  question {event.question}: nobody answered in time; {then[event.overdue]}"
            return "expired", text, "warn"
        case ev.PatchApplied():
            return "edited", f"{event.step}  its result is a person's version", ""
        case ev.ApprovalRecorded():
            return "approved", f"{event.step}  by {one_line(event.by)}", ""
        case ev.ProbeAnswered():
            text = f": {first_line(event.text)}" if event.text else ""
            return "probe", f"{event.step}  {event.answer.value.replace('_', ' ')}{text}", ""
        case ev.LaneRestored():
            return "restored", f"{event.step}  its workspace is back where the step began", "dim"
        case ev.RolledBack():
            gone = f"; to be done again: {listed(event.invalidated)}" if event.invalidated else ""
            text = f"{event.step} failed; the branch is back at {event.to} {event.commit[:HASH]}{gone}"
            return "rollback", text, "bad"
        case _:
            return None


def _phase(_: Timeline, state: RunState, event: ev.PhaseEntered) -> Words | None:
    number = len(state.plan.accept)
    if event.reason:
        return event.phase.value, f"the run goes back, so that its plan can change: {one_line(event.reason)}", "warn"
    if event.phase is Phase.PLAN and is_on_short_way(state):
        return None  # nothing was explored, and that the plan holds was told before
    if state.created.goal_options is not None and event.phase in _PHASES:
        return event.phase.value, _PHASES[event.phase], "head"
    if event.phase is Phase.VALIDATE and number:
        return "validate", f"{counted(number, 'acceptance check')} in a clean lane", "head"
    return None


def _verified(timeline: Timeline, state: RunState, event: ev.StepVerified) -> Words | None:
    if is_system_step(event.step):  # what came of it is told already
        return None
    commit = event.commit[:HASH] if event.commit else "no change"
    proof = proof_words(event.proof, "its checks")
    named, took = titled(state, event.step), timeline.took(event)
    if event.proof == Proof.CLAIM:
        return "unproved", f"{named}  {commit}  {took}, {proof}{_progress_words(state, event.step)}", "warn"
    node = state.nodes.get(event.step)
    files = dict.fromkeys(path for record in (node.records if node else ()) for path in record.changed_files)
    changed = f", {one_line(changed_said(list(files)))}" if files else ""
    style = "warn" if files else "good"
    return "verified", f"{named}  {commit}  {took}, {proof}{changed}{_progress_words(state, event.step)}", style


def _progress_words(state: RunState, step: StepId) -> str:
    """Say how many steps are over once this one is, and which one comes next; of very large plans only the latter."""
    first = _next_step(state)
    comes = f", next: {titled(state, first)}" if first is not None else ""
    if len(state.nodes) > _COUNTED_MAX:
        return comes
    done, total = progress_of(state)
    if (own := state.nodes.get(step)) is not None:  # several may be verified at once: each counts where it comes
        later = (node.verified_seq > own.verified_seq for node in state.nodes.values() if is_step(node))
        done -= sum(later)
    return f"; step {done} of {total}{comes}"


def _next_step(state: RunState) -> StepId | None:
    """Return the step that has just been started, or will be; None: others are at work, or nothing is left."""
    for name in state.active:
        work = state.nodes[name].work
        if work is not None and not work.body_started and not is_system_step(name):
            return name
    first = state.ready[0][1] if state.ready else None
    return first if first is not None and waits_for(state, state.nodes[first]) is None else None


def _body_finished(timeline: Timeline, _: RunState, event: ev.BodyFinished) -> Words | None:
    fresh = [remark for remark in event.remarks if remark not in timeline.remarked]
    timeline.remarked.update(fresh)
    if not fresh or event.ending.status is not Status.OK:
        return None
    more = f" (and {counted(len(fresh) - 1, 'other warning')})" if fresh[1:] else ""
    return "printed", f"{event.step}  {one_line(fresh[0])}{more}", "warn"


def _attempt_failed(timeline: Timeline, _: RunState, event: ev.AttemptFailed) -> Words:
    timeline.remember(event.step, event.reason)
    if not event.is_counted:
        said = headline_of(event.reason)
        why = f": {said}" if said != "interrupted" else ""
        return "stopped", f"{event.step}  does not count as an attempt{why}", "warn"
    said = f"{event.diagnosis.value}: {headline_of(event.reason)}"
    return "failed", f"{event.step}  attempt {event.attempt}, {timeline.took(event)}, {said}", "bad"


def next_attempt(node: StepState) -> str:
    """Say which attempt comes next, and of how many; a person may want more than the plan allows."""
    if node.spec.best_of > 1:
        return f"attempt {node.next_attempt}"
    number, most = node.failures + 1, node.spec.retry.maximum_attempts
    return f"attempt {number} of {most}" if number <= most else f"attempt {number}"


def _retry(_: Timeline, state: RunState, event: ev.RetryScheduled) -> Words | None:
    node = state.nodes.get(event.step)
    if node is None:
        return None
    wait = f"in {duration(event.due - event.at)}" if event.due > event.at else "at once"
    if state.pausing is not None:
        wait = "when the run is resumed"
    rung = node.climbed[-1].rung if node.climbed else Rung.RETRY
    how = "" if rung is Rung.RETRY or RUNGS[rung].ends else f" ({rung})"
    return "again", f"{event.step}  {wait}, {next_attempt(node)}{how}", "warn"


def _step_failed(timeline: Timeline, state: RunState, event: ev.StepFailed) -> Words:
    reason = f": {headline_of(event.reason)}" if timeline.is_news(event.step, event.reason) else ""
    blocked = sum(n.status is StepStatus.BLOCKED and event.step in n.blocked_by for n in state.nodes.values())
    then = f"; {counted(blocked, 'step')} blocked by it" if blocked else ""
    stop = "; nothing new starts" if event.stop else ""
    return "given up", f"{event.step}{reason}{then}{stop}", "bad"


def _skipped(timeline: Timeline, _: RunState, event: ev.StepSkipped) -> Words:
    if event.reason == "nothing_to_do":
        return "skipped", f"{event.step}  nothing to do", "dim"
    reason = f": {headline_of(event.reason)}" if timeline.is_news(event.step, event.reason) else ""
    return "skipped", f"{event.step}{reason}; steps that need it go on", "warn"


def event_row(recorded: Recorded) -> str:
    """Return an event as one line of JSON."""
    event = recorded.event
    document = {"seq": recorded.seq, "kind": event.kind, "version": event.version, **asdict(event)}
    return json.dumps(document, default=str) + "\n"


def said_by(event: ev.QuestionAnswered) -> str:
    """Say what somebody answered: edits and reasons included."""
    word = {"take_over": "take over"}.get(event.answer, event.answer)
    changed = ", edited" if event.edit is not None or event.diff is not None else ""
    kind = ", and all of its kind" if event.like else ""
    return f"{one_line(word)!r}{changed}{kind} by {one_line(event.by)}{_because(event.reason)}"


def _because(reason: str) -> str:
    return f": {one_line(reason)}" if reason else ""


def _changes(_: Timeline, state: RunState, event: ev.ChangesObserved) -> Words | None:
    if event.outside:
        return "warning", f"{event.step}  wrote outside the scope: {listed(map(one_line, event.outside))}", "warn"
    if event.undeclared:
        text = f"{event.step}  wrote files it does not declare; put back: {listed(map(one_line, event.undeclared))}"
        return "warning", text, "warn"
    node = state.nodes.get(event.step)
    found = finding_of(state.plan, node.spec, event.left) if node is not None else None
    if found is not None and found.severity is Severity.WARNING:
        return "warning", f"{event.step}  {one_line(found.text)}", "warn"
    return None


def _accept_answer(_: Timeline, state: RunState, event: ev.CheckAnswered) -> Words | None:
    if event.step != ACCEPTANCE:
        return None
    check = state.plan.accept[event.check]
    said = f": {headline_of(event.text)}" if event.text and event.verdict is not Verdict.PASSED else ""
    if _is_asked_again(state, event):
        return "accept", f"{one_line(check.name)}  {event.verdict.value}; asked once more", "warn"
    if event.moment is Moment.AFTER:
        return "accept", f"{one_line(check.name)}  {event.verdict.value}{said}", style_of(event.verdict.value)
    meant = _meaning(check) if event.verdict is Verdict.FAILED else ""
    return "baseline", f"{one_line(check.name)}  {event.verdict.value}{meant}{said}", "dim"


def _is_asked_again(state: RunState, event: ev.CheckAnswered) -> bool:
    """Tell whether an acceptance check is asked a second time before its answer counts."""
    check, record = state.plan.accept[event.check], state.accept.records[event.check]
    return event.moment is Moment.AFTER and must_ask_again(check, record)


def _meaning(check: Check) -> str:
    """Say what it means that an acceptance check is red before the first change: nothing went wrong."""
    if check.expect is Expect.FAIL_TO_PASS:
        return ", as it should now"
    if check.expect is Expect.PASS_TO_PASS:
        return ", so only tests that pass now count" if is_by_test(check) else ", so it does not count"
    return ""


def _who(name: str) -> str:
    """Return who somebody is to the person who reads this."""
    return "you" if name == current_user() else one_line(name)


_TOLD: dict[type[Event], Callable[..., Words | None]] = {
    ev.PhaseEntered: _phase,
    ev.StepVerified: _verified,
    ev.BodyFinished: _body_finished,
    ev.AttemptFailed: _attempt_failed,
    ev.RetryScheduled: _retry,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _skipped,
    ev.ChangesObserved: _changes,
    ev.CheckAnswered: _accept_answer,
}
"""The events of steps and checks whose line needs more than their own fields, and how it is made."""
