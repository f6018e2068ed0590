"""The rules of monitors that look at what an attempt comes to: its changes, and how its checks fail."""

from __future__ import annotations

from surefoot.core.attempt import Attempt
from surefoot.core.kernel.equal_attempts import same_changes, same_failure
from surefoot.core.kernel.monitor_rules import report, say
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.monitors import kind_of, seen_in
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState

_NAMED_MAX = 6
_REFUSED = kind_of("refused_call")


def watch_changes(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Report what is wrong with the changes of an agent, or fail the attempt for what was reported."""
    changes = work.changes
    is_agents = node.spec.body.by_model and work.people.by_hand is None and not work.people.is_patched
    if changes is None or not is_agents or work.transplant is not None or work.is_merged:
        return None
    if move := _fail_for_refused(state, node, now):
        return move
    at = (work.observed_at,)
    if unasked := (*changes.outside, *changes.undeclared):
        where = "outside the scope of the step" if changes.outside else "without declaring it; put back"
        text = f"wrote {listed(unasked, _NAMED_MAX)} {where}"
        if move := say(state, node, "undeclared_writes", text, now, at):
            return move
    if changes.weakened:
        text = f"made tests weaker: {'; '.join(changes.weakened[:_NAMED_MAX])}"
        if move := say(state, node, "weakened_tests", text, now, at):
            return move
    if (before := same_changes(node, work)) is not None:
        text = f"made the same changes as attempt {before.attempt}, which its checks had failed"
        return say(state, node, "equal_attempts", text, now, (before.failed_at, *at))
    return None


def _fail_for_refused(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Fail the attempt for what its agent was refused, where the settings say so: one of others was let go on."""
    seen = seen_in(state.reported, node.spec.id, node.attempt)
    refused = next((one for one in seen if one.kind == _REFUSED), None)
    return None if refused is None else say(state, node, "refused_call", refused.text, now)


def watch_failure(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Report that a check fails an agent's attempt with the output of the attempt before."""
    del work
    before = same_failure(node) if node.spec.body.by_model else None
    if before is None:
        return None
    text = f"failed a check with the same output as attempt {before.attempt}"
    return report(state, node, "equal_attempts", text, now, (before.failed_at, node.tried[-1].failed_at))
