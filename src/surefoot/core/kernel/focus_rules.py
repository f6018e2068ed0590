"""The rules of the focused first road: the visible checks are asked after each try, and green ones end the work."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.kernel.check_rules import ask_check
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.messages import waiting_for
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import interims, next_during

PASSED = "the checks that the agent was told of pass"


def look(state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float) -> RuleResult:
    """Ask the next visible check about what a focused try has written; end the work where all of them pass.

    Also those that take long: what they say decides whether there is anything left to do.
    """
    turn, tree = conversation.turns[-1] if conversation.turns else None, conversation.tree
    if turn is None or tree is None or not turn.is_focused or not turn.changed:
        return None
    known = interims(node.spec.checks, work.checks, tree)
    if any(said.verdict is not Verdict.PASSED for _, said in known):
        return None
    if state.pausing is not None:
        return HOLD
    index = next_during(node.spec.checks, work.checks, tree, every=True)
    if index is not None:
        return ask_check(state, node, work, now, (Moment.DURING, index))
    if not known or waiting_for(state, node):
        return None
    return Proposal(ev.ConversationStopped(**node.at(now), diagnosis=None, reason=PASSED))
