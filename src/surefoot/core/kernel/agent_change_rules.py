"""The rules of changes that agents propose at work: each is proposed as an amendment, and put to a person.

Nothing that works is disturbed before somebody agrees. Nothing here changes the state.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.agent_changes import objections_to, open_changes
from surefoot.core.amendment_effects import effects_of
from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import QuestionKind
from surefoot.core.kernel.amendment_words import lines_of_amendment
from surefoot.core.kernel.failure_rules import NOBODY_ANSWERED
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.kernel.surrounding_commands import commands_of_model, demand_of, lines_of, never_allowed
from surefoot.core.recovery import question
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import PLAN_HOLDS
from surefoot.core.untrusted_text import in_line


def propose_changes(state: RunState, now: float) -> list[Proposal]:
    """Propose the next change of the plan that an agent at work has asked for."""
    if not state.changes or state.outcome is not None or state.cancelling is not None:
        return []
    step, change = state.changes[0]
    event = ev.AmendmentProposed(
        at=now,
        amendment=f"agent-{len(state.amendments) + 1}",
        operations=change.operations,
        why=change.text,
        by=f"the agent of step {step}",
        origin=AmendmentOrigin.AGENT,
        step=step,
        asks=True,
    )
    return [Proposal(event)]


def asked_change(state: RunState, node: StepState) -> AmendmentState | None:
    """Return the change that the question of this attempt was about, while it is open."""
    asked = (one.asked for one in reversed(state.questions.values()) if one.asked.step == PLAN_HOLDS)
    last = next(asked, None)
    if last is None or last.attempt != node.attempt:
        return None
    return next((one for one in open_changes(state) if last.shown == _shown(one)), None)


def _shown(wanted: AmendmentState) -> str:
    return f"amendment {wanted.proposed.amendment}"


def ask_about_change(state: RunState, node: StepState, work: Attempt, wanted: AmendmentState, now: float) -> RuleResult:
    """Let a person decide about a change that an agent proposes; what cannot hold is refused unasked."""
    found = effects_of(state, wanted.proposed.operations)
    commands = commands_of_model(state, wanted.commands)
    why = "; ".join(objections_to(state, wanted, found)) or never_allowed(commands)
    if why:
        return _refused(wanted, why, now)
    if work.people.is_overdue:
        return _refused(wanted, NOBODY_ANSWERED, now)
    if work.people.approved == _shown(wanted):
        return Proposal(ev.AmendmentAccepted(at=now, amendment=wanted.proposed.amendment, by=_answered_by(state)))
    if work.people.answer is not None:
        reason = "no reason was given" if work.people.answer == "no" else work.people.answer
        return _refused(wanted, reason, now, _answered_by(state))
    if state.pausing is not None:
        return HOLD
    lines = [
        f"The agent of step {wanted.proposed.step} wants the plan to change. Shall it?",
        f"Why: {in_line(wanted.proposed.why)}",
        *lines_of_amendment(state, wanted.proposed.operations, found),
    ]
    lines += ["Beside the steps it runs:", *lines_of(commands)] if commands else []
    event = question(state, node, now, QuestionKind.CONFIRM, "\n".join(lines), ("yes", "no"), _shown(wanted))
    return Proposal(replace(event, demand=demand_of(commands)))


def _answered_by(state: RunState) -> str:
    asked = (one for one in reversed(state.questions.values()) if one.asked.step == PLAN_HOLDS)
    answered = next(asked).answered
    assert answered is not None
    return answered.by


def _refused(wanted: AmendmentState, why: str, now: float, by: str = "") -> Proposal:
    return Proposal(ev.AmendmentRefused(at=now, amendment=wanted.proposed.amendment, why=why, by=by))
