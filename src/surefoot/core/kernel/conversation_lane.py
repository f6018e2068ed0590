"""What a conversation stands on: the files of its lane, and after an absence what its agent had seen.

Nothing here changes the state.
"""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation
from surefoot.core.kernel.failure_rules import late
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.rung_advice import resources_changed
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState


def place_lane(node: StepState, work: Attempt, conversation: Conversation, now: float) -> Proposal:
    """Make the lane hold what the conversation left there."""
    assert work.checkpoint is not None
    tree = conversation.tree or work.checkpoint.tree
    commit = work.checkpoint.commit
    command = do.CheckOutTree(**node.in_lane, commit=commit, tree=tree, scratch=node.spec.uncommitted)
    event = ev.CheckoutRequested(**node.at(now), commit=commit, tree=tree)
    return Proposal(event, command)


def look_after_absence(
    state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float
) -> Proposal | None:
    """Compare what the agent saw with what is there, once; begin anew where a resource has changed.

    The lane is put back first: what its tree holds is as the agent left it. What is in doubt is settled before.
    """
    checkpoint = work.checkpoint
    if conversation.away_s is None or checkpoint is None or conversation.doubtful is not None:
        return None
    if conversation.looked is not None:
        return None if work.is_busy else _begin_anew(node, work, conversation.away_s, now)
    observes = any(name in state.plan.limits.observed for name in node.spec.uses)
    if work.is_busy or state.pausing is not None or not (conversation.seen or observes):
        return None
    if work.lane_tree is None:
        return place_lane(node, work, conversation, now)
    trees = (conversation.first_tree, *(turn.tree for turn in conversation.turns))
    command = do.LookAgain(
        **node.in_lane,
        spec=node.spec,
        commit=checkpoint.commit,
        tree=work.lane_tree,
        seen=dict(conversation.seen),
        earlier=tuple(dict.fromkeys(tree for tree in trees if tree is not None and tree != work.lane_tree)),
    )
    return Proposal(ev.LookRequested(**node.at(now)), command)


def _begin_anew(node: StepState, work: Attempt, away_s: float, now: float) -> Proposal | None:
    """Fail the attempt of an agent that rests on resources which have changed, where some have."""
    changed = resources_changed(work)
    if not changed:
        return None
    since = f"in the {away_s / 3600:.1f} hours in which nobody worked on the run"
    return late(node, now, f"what its agent saw holds no longer: {listed(changed)}, {since}")
