"""The command with which a run goes on, as a person types it."""

from __future__ import annotations

import re

from surefoot.core.amendment_state import StopStage
from surefoot.core.event_words import Outcome, QuestionKind, Verdict
from surefoot.core.ids import StepId
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepState, StepStatus
from surefoot.core.system_steps import REVIEWING

_LIMITS = ("cost_usd", "tokens", "requests")


def next_command(state: RunState) -> str:
    """Return the one command that goes on from here; a run of a program's own functions goes on in that program."""
    run = state.created.run
    if state.branch is not None and state.branch.has_failed:
        return f"surefoot resume {run}"
    if state.undoing is not None and not state.open_questions:
        return f"surefoot undo {run}"
    if state.undone_by is not None:
        return f"surefoot rm {run} --branch"
    if state.outcome is Outcome.COMPLETED:
        has_commits = state.branch is not None and state.branch.head != state.created.base
        return f"surefoot land {run}" if has_commits else f"surefoot show {run}"
    if state.outcome is not None:
        return _command_after_end(state)
    for question in state.open_questions:
        answer = {QuestionKind.CONFIRM: "yes", QuestionKind.IN_DOUBT: "applied"}.get(question.asked.about, "TEXT")
        options = question.asked.options
        return f"surefoot answer {question.asked.question} {'|'.join(options) if options else answer}"
    if any(step.needs_program for step in state.plan.steps):
        return f"start the program that made run {run} again, with this run id"
    return f"surefoot resume {run}{_raising(state)}{_planning(state)}"


def _command_after_end(state: RunState) -> str:
    """Return the command for a run that ended otherwise than completed."""
    run = state.created.run
    undone = [n.spec.id for n in state.steps() if n.status in (StepStatus.FAILED, StepStatus.CANCELLED)]
    skipped = [n.spec.id for n in state.steps() if n.status is StepStatus.SKIPPED and n.reason != "nothing_to_do"]
    if undone or skipped:
        return " ".join(["surefoot retry", run, *(undone or skipped)])
    if REVIEWING in state.nodes:
        named = next((n.spec.id for n in state.steps() if n.status in DONE and _is_objected_to(state, n)), None)
        return f"surefoot show {run} review" if named is None else f"surefoot invalidate {run} {named} --why TEXT"
    unproved = next((n.spec.id for n in state.steps() if n.status is StepStatus.UNPROVED), None)
    if unproved is not None:
        return f"surefoot show {run} {unproved}"
    if _is_only_old_red(state):
        return f"surefoot report {run}"
    return f"surefoot invalidate {run} {_committed(state)} --why TEXT" if _is_red(state) else f"surefoot retry {run}"


def _is_objected_to(state: RunState, node: StepState) -> bool:
    """Tell whether the reviewer's objections name the step."""
    claim = state.nodes[REVIEWING].claim
    name = re.escape(node.spec.id)
    return claim is not None and any(re.search(rf"(?<![\w./-]){name}(?![\w/-])", one) for one in claim.objections)


def _is_red(state: RunState) -> bool:
    """Tell whether a verified step must be wrong: all is done, and an acceptance check failed all the same."""
    has_commits = any(node.commit is not None for node in state.steps())
    failed = any(one.after is Verdict.FAILED for one in state.accept.records)
    return failed and has_commits and not state.unfinished and state.lane_failure is None


def _committed(state: RunState) -> str:
    """Return the one step that has a commit, or is to blame; where there are several, a person has to say which."""
    names = [node.spec.id for node in state.steps() if node.commit is not None]
    return names[0] if len(names) == 1 else _blamed(state) or "STEP"


def _blamed(state: RunState) -> StepId | None:
    """Return the step that a search has found for an acceptance check, as its result stands; None: there is none."""
    for search in reversed(state.inquiries.values()):
        if search.asked.step is not None or search.asked.check not in state.plan.accept or search.ended is None:
            continue
        red = {one.commit for one in search.answers if one.verdict is Verdict.FAILED}
        named = search.ended.steps
        if len(named) == 1 and named[0] in state.nodes and state.nodes[named[0]].commit in red:
            return named[0]
    return None


def _is_only_old_red(state: RunState) -> bool:
    """Tell whether trying again would end alike: all that is red in the acceptance was red before the run."""
    records = state.accept.records
    is_old = all(one.after is Verdict.PASSED or one.before is Verdict.FAILED for one in records)
    return bool(records) and is_old and not state.unfinished and state.lane_failure is None


def _planning(state: RunState) -> str:
    """Return the option for another plan, where the one in force was stopped and a person decides what follows."""
    is_left = state.stop is not None and state.stop.stage is StopStage.RESTED and state.amending is None
    return " --plan FILE" if is_left else ""


def _raising(state: RunState) -> str:
    """Return the option that lets a run have twice as much of what it has stopped for; empty where that is nothing."""
    if not state.is_paused or state.limit not in _LIMITS:
        return ""
    limit = getattr(state.plan.limits, state.limit)
    return f" --{state.limit.replace('_', '-')} {2 * limit:.15g}" if limit else ""
