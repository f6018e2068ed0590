"""Requests for checks: on which tree, in which environment, or answered by a stored verdict.

Verdicts are judged by `surefoot.core.verdicts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Diagnosis, Moment
from surefoot.core.failure_words import lacks_network
from surefoot.core.kernel.proposal import HOLD, Proposal
from surefoot.core.leftover_files import spoiled_finding
from surefoot.core.plan import Check
from surefoot.core.retry import diagnose_text
from surefoot.core.state import CachedVerdict, RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import CheckRecord, is_by_test, verdict_key


def ask_check(
    state: RunState,
    node: StepState,
    work: Attempt,
    now: float,
    which: tuple[Moment, int],
    *,
    tree: str | None = None,
) -> Proposal | str:
    """Put one of a step's checks, once the lane holds what it is asked about: `tree`, or what the moment says.

    Where the same is being asked for another step, its answer is waited for.
    """
    moment, index = which
    assert work.lane is not None
    if tree is None:
        tree = work.base_tree if moment is Moment.BEFORE else work.tree or work.base_tree
    changed = work.changed
    if moment is Moment.DURING and work.conversation is not None:
        tree, changed = work.conversation.tree, work.conversation.changed
    assert tree is not None
    services = state.plan.services_of(node.spec)
    environment = environment_of(state, work.lane, services)
    if work.body_started and node.spec.artifacts:
        environment += f"!{state.seq}"  # what the body has made for later steps makes it one of a kind
    check = node.spec.checks[index]
    command = do.AskCheck(
        **node.in_lane,
        moment=moment,
        index=index,
        check=check if node.spec.body.changes else replace(check, expect=Expect.PASS),
        spec=node.spec,
        tree=tree,
        environment=environment,
        services=services,
        changed=changed,
        before=work.checks[index].before_results,
        earlier=work.checks[index].results if moment is Moment.AFTER else None,
    )
    move = ask_or_reuse(state, command, work.checks[index], now)
    if move.command is None:
        return move
    if _is_asked_elsewhere(state, command, work.checks[index]):
        return HOLD
    return move if work.lane_tree == tree else place(node, work, tree, now)


def prepare_again(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Have the lane prepared anew before anything is asked of a body that changed what `prepare` had made."""
    if not work.is_spoiled or work.changes is None or work.tree is None or not node.spec.checks:
        return None
    finding = spoiled_finding(node.spec, work.changes.spoiled)
    if finding not in state.reported:
        return Proposal(ev.FindingReported(at=now, finding=finding))
    return place(node, work, work.tree, now)


def place(node: StepState, work: Attempt, tree: str, now: float) -> Proposal:
    """Make the lane hold what a check is to be asked about, prepared as it was before the body."""
    assert work.base is not None
    command = do.CheckOutTree(
        **node.in_lane, commit=work.base, tree=tree, scratch=node.spec.uncommitted, prepare=work.is_spoiled
    )
    event = ev.CheckoutRequested(**node.at(now), commit=work.base, tree=tree, prepare=work.is_spoiled)
    return Proposal(event, command)


def environment_of(state: RunState, lane: str, services: Sequence[str]) -> str:
    """Name what a verdict depends on beside the tree: the lane, and what runs in it for the check."""
    return " +".join((state.lanes[lane].key, *services))


def ask_or_reuse(state: RunState, command: do.AskCheck, record: CheckRecord, now: float) -> Proposal:
    """Ask a check, unless it is known to have passed on the same tree in the same environment."""
    known = passed_on(state, command.check, command.tree, command.environment)
    name, attempt, moment, index = command.step, command.attempt, command.moment, command.index
    if known is None or not _may_reuse(command, record):
        event = ev.CheckRequested(
            at=now,
            step=name,
            attempt=attempt,
            moment=moment,
            check=index,
            tree=command.tree,
            environment=command.environment,
        )
        return Proposal(event, command)
    event = ev.VerdictReused(
        at=now,
        step=name,
        attempt=attempt,
        moment=moment,
        check=index,
        evidence=known.evidence,
        results=known.results,
        changed_files=known.changed_files,
    )
    return Proposal(event)


def passed_on(state: RunState, check: Check, tree: str, environment: str) -> CachedVerdict | None:
    """Return the passed verdict of a check on that tree in that environment, where it is remembered."""
    passed = state.verdicts.get(verdict_key(check), ())
    return next((one for one in passed if (one.tree, one.environment) == (tree, environment)), None)


def _may_reuse(command: do.AskCheck, record: CheckRecord) -> bool:
    """Tell whether the answer that another step had is as good: nothing is asked a second time, or test by test."""
    is_compared = bool(command.before) and is_by_test(command.check)
    return record.asked_after == 0 and not is_compared and command.moment is not Moment.DURING


def _is_asked_elsewhere(state: RunState, command: do.AskCheck, record: CheckRecord) -> bool:
    """Tell whether the same question is being put for another step; one that was put in vain is put by each."""
    if not _may_reuse(command, record):
        return False
    for one in state.asked.get(verdict_key(command.check), ()):
        # The plan may have changed since: what a step asked that was dropped is asked by nobody.
        node = None if one.step is None or one.step == command.step else state.nodes.get(one.step)
        other = None if node is None else node.work
        is_open = other is not None and other.open == ev.CheckRequested.kind
        if is_open and (one.tree, one.environment) == (command.tree, command.environment):
            return True
    return False


def diagnosis_of(state: RunState, check: Check, record: CheckRecord) -> Diagnosis:
    """Tell whether asking again later may bring the answer that a check did not give."""
    if lacks_network(check, state.rung, record.text):
        return Diagnosis.STRUCTURAL
    if "time-out" in record.text or diagnose_text(None, record.text) is Diagnosis.TRANSIENT:
        return Diagnosis.TRANSIENT
    return Diagnosis.STRUCTURAL
