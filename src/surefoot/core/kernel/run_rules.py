"""The rules of the run as a whole: gates between phases, starting and stopping.

First the branch follows the journal; then what is in doubt is settled; then active steps go on; then new ones start.
Nothing here changes the state.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_changes import change_to_decide_on
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Finding, Moment, Outcome, Phase, Severity, Verdict
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.graph_state import is_touched, next_ready
from surefoot.core.ids import StepId
from surefoot.core.kernel.agent_change_rules import propose_changes
from surefoot.core.kernel.amendment_rules import amend
from surefoot.core.kernel.attempt_rules import free_lane, next_for, wants_lane
from surefoot.core.kernel.batch_rules import may_be_judged, one_after_the_other, results_that_wait
from surefoot.core.kernel.blame_rules import search
from surefoot.core.kernel.candidate_rules import start_beside
from surefoot.core.kernel.check_rules import ask_or_reuse, environment_of
from surefoot.core.kernel.interrupts import acceptance_interrupts, interrupts_of, is_ended_at_once
from surefoot.core.kernel.phase_rules import (
    ends_badly,
    is_done,
    is_over,
    next_system_step,
    objections_of,
    pause_for_plan,
    plan_move,
    wants_planner,
)
from surefoot.core.kernel.plan_watch import watch
from surefoot.core.kernel.plan_watch_fold import first_open, is_kept_by_replan
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.replan_fold import is_with_planner
from surefoot.core.kernel.replan_rules import replan
from surefoot.core.kernel.requirement_rules import watch_requirements
from surefoot.core.kernel.sample_rules import take_sample
from surefoot.core.kernel.service_rules import leave, request_lane, start_missing
from surefoot.core.kernel.short_way import BY, failed_short_way, is_on_short_way, short_plan
from surefoot.core.kernel.stall_rules import watch_quiet
from surefoot.core.kernel.stop_rules import (
    back_for_red,
    is_planning_anew,
    said_by_agent,
    take_stock,
)
from surefoot.core.kernel.surrounding_commands import needs_approval, unanswered_before
from surefoot.core.kernel.take_back_rules import take_back
from surefoot.core.kernel.train_rules import form_train, judging_lane_wanted
from surefoot.core.kernel.undo_rules import next_undo
from surefoot.core.lessons import lesson_of, teaches
from surefoot.core.messages import breaks_off, has_planner, word_to_decide_on
from surefoot.core.outputs import artifacts_for, spec_of
from surefoot.core.queue import first_in_queue, is_kept_by_doubt, startable, waits_for
from surefoot.core.recovery import doubt_of, is_settling
from surefoot.core.short_text import shortened
from surefoot.core.state import CLEAN, LaneState, RunState
from surefoot.core.step_state import DONE, StepState, StepStatus
from surefoot.core.system_steps import BASELINE, COMMANDS, PLAN_HOLDS, PLANNING, REPLANNING, REVIEWING, UNDERSTANDING
from surefoot.core.verdicts import is_red_before, next_after, next_before, red_before_said, turned_green, verdict_key

_SHORT_WAY = (
    "One file in scope and a red acceptance check: the runtime made the plan itself, one step with the goal as its "
    "instruction. No model was asked to explore or to plan."
)
_REASON_MAX = 400
AT_FIRST = 8
"""How many more nodes are looked at than may start; all of them only if these cannot."""


def decide(state: RunState, now: float) -> list[Proposal]:
    """Return what shall happen next; empty when there is nothing to do but wait (or nothing at all).

    The caller folds the events of all proposals and asks again, until the answer is empty.
    """
    if not state.engine_on:
        return []
    moves = _move_branch(state, now)
    if state.outcome is not None or (state.is_paused and state.cancelling is None):
        return moves + search(state, now)
    moves += _interrupts(state, now)
    if moves:
        return moves
    # What became of a body that began under an engine before this one comes before anything else.
    doubtful = [node for node in _active(state) if is_settling(node)]
    left = [node for node in doubtful if node.work is not None and node.work.begun_by != state.token]
    if left:
        return _step_moves(state, left, now)
    if state.cancelling is not None:
        return _cancel(state, now)
    if state.lane_failure is not None:
        if state.is_busy:
            return []
        return [Proposal(ev.RunEnded(at=now, outcome=_unfinished_outcome(state), reason=state.lane_failure))]
    if state.undoing is not None:
        return _undo(state, now)
    return _change(state, now)


def _change(state: RunState, now: float) -> list[Proposal]:
    """Take back what was found wrong, or change the plan; meanwhile all goes on that is not concerned."""
    return take_back(state, now) or amend(state, now) or _in_phase(state, now)


def _in_phase(state: RunState, now: float) -> list[Proposal]:
    match state.phase:
        case Phase.UNDERSTAND:
            return _understand(state, now)
        case Phase.PLAN if state.created.goal_options is not None:
            return _plan(state, now)
        case Phase.PLAN if needs_approval(state):
            return _advance_system_step(state, COMMANDS, now)
        case Phase.PLAN:
            return _pause(state, now) or _baseline(state, now, Phase.EXECUTE)
        case Phase.EXECUTE:
            return _plan_anew(state, now) if is_planning_anew(state) else _execute(state, now)
        case Phase.VALIDATE:
            return _pause(state, now) or _validate(state, now)


def _active(state: RunState) -> list[StepState]:
    """Return the active steps; those in a train in its order, in which they are verified."""
    if state.train is None:
        return list(map(state.nodes.__getitem__, state.active))
    cars = state.train.cars
    return [state.nodes[name] for name in (*cars, *(name for name in state.active if name not in cars))]


def _step_moves(state: RunState, nodes: list[StepState], now: float) -> list[Proposal]:
    """Return a move of each step; the first of those that take one lane, question number or money, or say the same.

    A limit that is reached is the last of them: the run pauses for it, and the others are asked again once it does.
    """
    moves: list[Proposal] = []
    taken: set[str] = set()
    for node in nodes:
        move = next_for(state, node, now)
        if move is None or is_ended_at_once(state, node, move):
            continue
        event, work = move.event, node.work
        if isinstance(event, ev.AttemptFailed) and work is not None and teaches(node, event):
            # The journal keeps what the attempt has taught, so that no later release learns otherwise.
            move = replace(move, event=replace(event, lesson=lesson_of(node, work, event)))
        takes = _takes(move)
        if takes is None or takes not in taken:
            moves.append(move)
        if takes is not None:
            taken.add(takes)
        if isinstance(move.event, ev.LimitReached | ev.TrainSplit) or _leaves_train(state, move.event):
            break  # the others are asked again afterwards
        if isinstance(move.event, ev.StepVerified):
            doubts = watch(state, node, now)
            moves += [*take_sample(state, node, now), *doubts]
            if doubts:  # what they concern is taken back: the others are asked again afterwards
                break
    return moves


def _leaves_train(state: RunState, event: Event) -> bool:
    """Tell whether the results that come after this one in its train lose what they rest on."""
    return state.train is not None and isinstance(event, ev.AttemptFailed) and event.step in state.train.cars


def _takes(move: Proposal) -> str | None:
    match move.event:
        case ev.CheckRequested(tree=tree, environment=environment) if isinstance(move.command, do.AskCheck):
            return f"check {verdict_key(move.command.check)} on {tree} in {environment}"
        case ev.CheckpointRequested(lane=lane):
            return f"lane {lane}"
        case ev.QuestionAsked(question=question):
            return f"question {question}"
        case ev.FindingReported(finding=finding):
            return f"finding {finding}"
        case ev.ModelRequested():
            return "what the limits leave"
        case _:
            return None


def _move_branch(state: RunState, now: float) -> list[Proposal]:
    branch = state.branch
    if branch is None or branch.is_open or branch.asked == branch.head:
        return []
    kept = branch.kept + 1 if branch.keep_next else None
    event = ev.BranchUpdateRequested(at=now, commit=branch.head, old=branch.moved, kept=kept)
    return [Proposal(event, do.UpdateBranch(commit=branch.head, old=branch.moved, kept=kept))]


def _interrupts(state: RunState, now: float) -> list[Proposal]:
    """End what runs, where a person insists; an outside effect that has begun is waited for, its checks included."""
    active = _active(state)
    if not state.interrupting and state.cancelling is None:
        # A person may have something to say at once: the agent's turn is broken off for it.
        return (
            said_by_agent(state, now)
            or propose_changes(state, now)
            or leave(state, now)
            or interrupts_of([node for node in active if breaks_off(state, node)], now)
            or watch_quiet(state, active, now)
        )
    moves = acceptance_interrupts(state, now, is_busy=state.is_busy_itself)
    return moves + interrupts_of(active, now)


def _cancel(state: RunState, now: float) -> list[Proposal]:
    """Bring what is active to a point it can be left at, then end."""
    failing = [node for node in _active(state) if node.work is not None and _is_leaving(node)]
    moves = _step_moves(state, failing, now)
    if moves or state.is_busy:
        return moves
    return [Proposal(ev.RunEnded(at=now, outcome=Outcome.CANCELLED, reason=f"cancelled by {state.cancelling}"))]


def _is_leaving(node: StepState) -> bool:
    work = node.work
    assert work is not None
    has_applied = work.body_started and node.effect.is_outside
    return (
        has_applied
        or doubt_of(node) is not None
        or work.interrupted is not None
        or (work.failure is not None and not work.is_restored)
    )


def _pause(state: RunState, now: float) -> list[Proposal]:
    """Pause, once asked to and nothing is under way. While something is, the answer is to wait."""
    if state.pausing is None or state.is_busy:
        return []
    return take_stock(state, now) or [Proposal(ev.RunPaused(at=now, reason=state.pausing))]


# --- before the first change


def _understand(state: RunState, now: float) -> list[Proposal]:
    """Ask the acceptance checks that are known; find out what there is; then ask the checks that came of it."""
    if needs_approval(state):
        return _advance_system_step(state, COMMANDS, now)
    if UNDERSTANDING not in state.nodes and (index := _unasked(state)) is not None:
        return _pause(state, now) or _ask_before(state, index, now)
    if is_on_short_way(state):
        return [Proposal(ev.PhaseEntered(at=now, phase=Phase.PLAN))]
    if (plan := short_plan(state)) is not None:
        adopted = ev.PlanAdopted(at=now, revision=1, plan=plan, text=None, by=BY, is_short_way=True)
        finding = Finding(kind="short-way", severity=Severity.NOTE, text=_SHORT_WAY)
        return _pause(state, now) or [Proposal(adopted), Proposal(ev.FindingReported(at=now, finding=finding))]
    if not is_done(state, UNDERSTANDING):
        return _advance_system_step(state, UNDERSTANDING, now)
    return _pause(state, now) or _baseline(state, now, Phase.PLAN)


def _plan(state: RunState, now: float) -> list[Proposal]:
    """Make a plan, have it shown, adopt it; what it adds to the baseline is asked before EXECUTE begins."""
    if state.revision > state.returns:
        paused = pause_for_plan(state, now)
        if paused is not None:
            return [paused]
        return _pause(state, now) or _baseline(state, now, Phase.EXECUTE)
    if wants_planner(state):
        return _advance_system_step(state, PLANNING, now)
    adopting = plan_move(state, now)
    return _pause(state, now) or ([] if adopting is None or state.is_busy else [adopting])


def _advance_system_step(state: RunState, name: StepId, now: float) -> list[Proposal]:
    """Let an agent do what is done for the run as a whole."""
    moves = _step_moves(state, _active(state), now)
    if moves:
        return moves
    if state.pausing is not None:
        return _pause(state, now)
    moves = _clocks(state, now) + _deadlines(state, now) + _more_lanes(state, now)
    if moves:
        return moves
    reason = ends_badly(state)
    if reason is not None and state.phase is not Phase.VALIDATE:
        return [Proposal(ev.RunEnded(at=now, outcome=_unfinished_outcome(state), reason=reason))]
    starting = next_system_step(state, name, now)
    return [] if starting is None else [starting]


def _undo(state: RunState, now: float) -> list[Proposal]:
    """Take the run back: settle what is in doubt, then take back one outside effect after the other."""
    moves = _step_moves(state, _active(state), now)
    if moves:
        return moves
    if state.pausing is not None:
        return _pause(state, now)
    return _deadlines(state, now) + _more_lanes(state, now) or next_undo(state, now)


def _baseline(state: RunState, now: float, then: Phase) -> list[Proposal]:
    """Ask the acceptance checks before the first change; then the next phase may begin."""
    index = _unasked(state)
    if index is None:
        asking = _without_baseline(state, now)
        if asking is not None:
            return asking
        told = watch_requirements(state, state.plan, now, state.plan_seq) if then is Phase.EXECUTE else []
        return [Proposal(ev.PhaseEntered(at=now, phase=then)), *told]
    return _ask_before(state, index, now)


def _unasked(state: RunState) -> int | None:
    """Return the next acceptance check to ask before the first change."""
    # Of a goal in words nobody has said what held before; the author of a plan says so with `expect`.
    return next_before(state.plan.accept, state.accept.records, every=state.created.goal_options is not None)


def _ask_before(state: RunState, index: int, now: float) -> list[Proposal]:
    if state.accept.open or state.pausing is not None:
        return []
    lane = free_lane(state)
    if lane is None:
        return _lane_wanted(state, now)
    assert state.branch is not None
    return _ask_acceptance(state, Moment.BEFORE, index, lane, now)


def _without_baseline(state: RunState, now: float) -> list[Proposal] | None:
    """Ask whether to go on where a check has no answer before the first change; None: it has, or this was settled."""
    unknown = unanswered_before(state)
    if not unknown or is_done(state, BASELINE):
        return None
    if state.yes_by is None or BASELINE in state.nodes:
        return _advance_system_step(state, BASELINE, now)
    names = ", ".join(repr(check.name) for check, _ in unknown)
    text = (
        f"No answer before the first change from the acceptance {names}: "
        "what fails in the end cannot be told from what failed before."
    )
    finding = Finding(kind="no-baseline", severity=Severity.WARNING, text=text)
    return None if finding in state.reported else [Proposal(ev.FindingReported(at=now, finding=finding))]


def _ask_acceptance(state: RunState, moment: Moment, index: int, lane: str, now: float) -> list[Proposal]:
    """Ask an acceptance check, once the services it uses are ready in the lane."""
    check = state.plan.accept[index]
    services = state.plan.services_of_check(check)
    starting = start_missing(state, (ACCEPTANCE, 1), lane, services, now)
    if starting is not None:
        return [starting] if isinstance(starting, Proposal) else []
    assert state.branch is not None
    record, environment = state.accept.records[index], environment_of(state, lane, services)
    command = do.AskCheck(
        step=ACCEPTANCE,
        attempt=1,
        lane=lane,
        moment=moment,
        index=index,
        check=check,
        spec=None,
        tree=state.branch.tree,
        environment=f"{environment} {CLEAN}" if lane == CLEAN else environment,
        services=services,
        before=record.before_results,
        earlier=record.results if moment is Moment.AFTER else None,
    )
    return [ask_or_reuse(state, command, record, now)]


def _lane_wanted(state: RunState, now: float) -> list[Proposal]:
    """Ask for a lane that is free but not ready, or for one more, unless one is on its way."""
    if any(lane.is_open or lane.is_stopping for lane in state.lanes.values()):
        return []
    lanes = [lane for lane in _lanes(state) if lane.held_by is None]
    if not lanes and state.is_short_of_lanes:
        return []
    lane = lanes[0] if lanes else LaneState(name=str(sum(one.is_for_steps for one in state.lanes.values()) + 1))
    return request_lane(state, lane.name, now, fresh=lane.needs_fresh)


def _more_lanes(state: RunState, now: float) -> list[Proposal]:
    """Ask for as many lanes as steps wait for: first those that are not in use, then new ones."""
    if not state.has_workspace:
        return []
    lanes = _lanes(state)
    count = sum(wants_lane(state, node) for node in _active(state)) - sum(lane.is_open for lane in lanes)
    idle = [lane for lane in lanes if lane.held_by is None and not lane.is_open and not lane.is_ready]
    numbers = (str(number) for number in itertools.count(1) if str(number) not in state.lanes)
    made = (LaneState(name=number) for number in numbers)
    if _is_first_to_prepare(state):
        count = min(count, 0 if any(lane.is_open for lane in lanes) else 1)
    wanted = itertools.islice(idle if state.is_short_of_lanes else itertools.chain(idle, made), max(count, 0))
    moves = [move for lane in wanted for move in request_lane(state, lane.name, now, fresh=lane.needs_fresh)]
    return moves + _judging_lane(state, now)


def _is_first_to_prepare(state: RunState) -> bool:
    """Tell whether the next lane that is prepared is the one that others are cloned from.

    They are asked for once it is ready, if there is still something to do for them.
    """
    prepare = state.plan.prepare
    return prepare is not None and prepare.clone and not any(lane.is_ready for lane in state.lanes.values())


def _judging_lane(state: RunState, now: float) -> list[Proposal]:
    """Ask for a lane in which results that wait are judged; before a pause, too, unless a person insists on it."""
    name = None if state.interrupting else judging_lane_wanted(state)
    if name is None:
        return []
    lane = state.lanes.get(name)
    return request_lane(state, name, now, fresh=lane is not None and lane.needs_fresh)


def _lanes(state: RunState) -> list[LaneState]:
    """Return the lanes that steps can have; one that could not be made usable is left alone, and none made for it."""
    lanes = (lane for lane in state.lanes.values() if lane.is_for_steps and lane.name != state.expanding_in)
    return [lane for lane in lanes if lane.given_up is None]


# --- the steps


def _execute(state: RunState, now: float) -> list[Proposal]:
    waiting = results_that_wait(state)
    moves = _step_moves(state, [node for node in _active(state) if node.spec.id not in waiting], now)
    moves = moves or form_train(state, now)
    if moves:
        return moves
    if state.pausing is not None:
        return _judging_lane(state, now) or _pause(state, now)
    back = _whole_way(state, now) if is_on_short_way(state) else None
    if back is not None:
        return _turn_back(state, back, now)
    moves = _clocks(state, now) + _deadlines(state, now) + _look_at_plan(state, now)
    moves += replan(state, now) or _start(state, now)
    moves = moves or _judge_batches(state, waiting, now)
    if moves:
        return moves
    if state.unfinished > 0 or state.is_about_to_change:
        return []
    # The preparing of lanes in which nothing is left to run is ended.
    is_preparing = any(lane.is_open for lane in state.lanes.values())
    ending = acceptance_interrupts(state, now, is_busy=is_preparing)
    return ending or [Proposal(ev.PhaseEntered(at=now, phase=Phase.VALIDATE))]


def _turn_back(state: RunState, back: Proposal, now: float) -> list[Proposal]:
    """Go back once nothing is under way: it is finished first, and nothing new starts on a plan that will not stay."""
    if not state.active and not state.is_busy:
        return [back]
    return _clocks(state, now) + _deadlines(state, now) + _more_lanes(state, now)


def _plan_anew(state: RunState, now: float) -> list[Proposal]:
    """Let nothing but the planner work, until it has said what takes the place of the plan that was stopped.

    An attempt that its answer ends comes to its end: the amendment waits for that.
    """
    nodes = [node for node in _active(state) if node.spec.id == REPLANNING or _is_ending(node)]
    moves = _step_moves(state, nodes, now)
    if moves:
        return moves
    if state.pausing is not None:
        return _pause(state, now)
    moves = _clocks(state, now) + _deadlines(state, now) + _more_lanes(state, now) + replan(state, now)
    return moves or _without_lane(state, now)


def _is_ending(node: StepState) -> bool:
    """Tell whether the attempt is over, and has only to be put back."""
    return node.work is not None and (node.work.interrupted is not None or node.work.failure is not None)


def _without_lane(state: RunState, now: float) -> list[Proposal]:
    """Give the planner up where the steps that are kept waiting have all the lanes there can be."""
    node = state.nodes.get(REPLANNING)
    if node is None or state.is_busy or not state.is_short_of_lanes or not wants_lane(state, node):
        return []
    reason = "no lane is free, and no other one can be prepared"
    return [Proposal(ev.StepFailed(**node.at(now), reason=reason, stop=False))]


def _judge_batches(state: RunState, waiting: Mapping[StepId, StepState], now: float) -> list[Proposal]:
    """Judge the results of batches that have waited for the bodies of other members."""
    return _step_moves(state, [node for node in waiting.values() if may_be_judged(state, node)], now)


def _look_at_plan(state: RunState, now: float) -> list[Proposal]:
    """Let a person decide whether a plan holds that a step has made doubtful, once the planner has no answer."""
    found = first_open(state) or word_to_decide_on(state) or change_to_decide_on(state)
    if (found is None and PLAN_HOLDS not in state.nodes) or (has_planner(state) and is_with_planner(state)):
        return []
    asking = next_system_step(state, PLAN_HOLDS, now)
    return [] if asking is None else [asking]


def _whole_way(state: RunState, now: float) -> Proposal | None:
    """Return the way back to UNDERSTAND, where the step that the runtime made of the goal has failed."""
    failed = failed_short_way(state)
    if failed is None:
        return None
    reason = f"the short way failed: {failed.reason or 'its step could not be done'}"
    return Proposal(ev.PhaseEntered(at=now, phase=Phase.UNDERSTAND, reason=shortened(reason, _REASON_MAX)))


def _clocks(state: RunState, now: float) -> list[Proposal]:
    """Wind the clocks of waiting steps that an engine before this one had running."""
    moves: list[Proposal] = []
    for name, is_running in state.waits.items():
        node = state.nodes[name]
        if is_running or node.due is None:
            continue
        event = ev.RetryScheduled(**node.at(now), due=node.due)
        moves.append(Proposal(event, do.WaitForRetry(step=name, attempt=node.attempt, lane=None, due=node.due)))
    return moves


def _deadlines(state: RunState, now: float) -> list[Proposal]:
    """Wind the clocks of questions that expire."""
    moves: list[Proposal] = []
    for node in _active(state):
        name = None if node.work is None else node.work.people.question
        question = None if name is None else state.questions[name]
        if name is None or question is None or question.due is None or question.is_timed:
            continue
        step, attempt, due = node.spec.id, node.attempt, question.due
        overdue = question.asked.demand.overdue
        command = do.WaitForDeadline(step=step, attempt=attempt, lane=None, question=name, due=due, overdue=overdue)
        event = ev.DeadlineSet(at=now, step=step, attempt=attempt, question=name, due=due)
        moves.append(Proposal(event, command))
    return moves


def _start(state: RunState, now: float) -> list[Proposal]:
    """Start what is ready, as far as the limit allows; steps that wait for a person do not count."""
    running = [node for node in _active(state) if node.status is StepStatus.RUNNING]
    steps = [node for node in running if not node.is_system_step or node.made_beside is not None]
    parked = sum(node.work is not None and node.work.is_parked for node in steps)
    running = len(steps) - parked + (state.expanding is not None)
    limits, moves = state.plan.limits, _more_lanes(state, now)
    may_start = limits.parallel - running if parked < limits.parked_max else 0
    for node in _startable(state, may_start):
        if node.is_group:
            if not moves and state.expanding is None:
                return _expansion(state, node, now)
            break
        moves.append(Proposal(ev.StepStarted(at=now, step=node.spec.id, attempt=node.next_attempt)))
    # What is left is for further candidates of steps under way.
    return moves or start_beside(state, may_start, now)


def _startable(state: RunState, count: int) -> list[StepState]:
    """Return the next nodes to start; a step that shares files with one in doubt waits."""
    if not state.ready and not state.queue:
        return []
    first = first_in_queue(state)
    kept = [] if first is None or first in state.active else [state.nodes[first]]
    later = {name for name in state.queue if name != first}
    # What runs may wait for the turn of the one that is to be made again: that one is never one too many.
    count = max(count, len(kept))
    if count <= 0:
        return []
    for size in (count + AT_FIRST, len(state.ready)):
        nodes = [*kept, *(node for node in next_ready(state, size) if node not in kept)]
        # What is to be made again waits for its turn: begun before that, it could come too late once more.
        free = [node for node in nodes if node.spec.id not in later and not _is_kept_back(state, node)]
        found = startable(state, list(one_after_the_other(state, free)), count)
        if len(found) == count or size >= len(state.ready):
            return found
    return []


def _is_kept_back(state: RunState, node: StepState) -> bool:
    """Tell whether a step waits for something besides the steps it needs."""
    if node.beside:
        return True  # its next attempt is for the candidates that none was made of beside it, or for the choice
    is_early = bool(state.found_wrong) or waits_for(state, node) is not None
    return is_early or is_kept_by_doubt(state, node) or is_touched(state, node) or is_kept_by_replan(state, node)


def _expansion(state: RunState, group: StepState, now: float) -> list[Proposal]:
    each = group.spec.for_each
    assert each is not None
    lane = free_lane(state) if state.has_workspace and each.lines is not None else None
    if state.has_workspace and each.lines is not None and lane is None:
        return _lane_wanted(state, now)
    commit = state.branch.head if state.branch is not None else None
    event = ev.GroupExpansionRequested(at=now, group=group.spec.id, lane=lane)
    spec, lack = spec_of(state, group)
    artifacts = artifacts_for(state, group)
    return [Proposal(event, do.ExpandGroup(group=spec, commit=commit, lane=lane, artifacts=artifacts, lack=lack))]


# --- after the last change


def _validate(state: RunState, now: float) -> list[Proposal]:
    """Ask the acceptance checks in a clean lane; then the run is over."""
    index = next_after(state.plan.accept, state.accept.records)
    if index is None:
        back = back_for_red(state, now)
        if back:
            return back
        if state.routing.with_reviewer and state.created.goal_options is not None and not is_over(state, REVIEWING):
            return _advance_system_step(state, REVIEWING, now)
        outcome, reason = _outcome(state)
        return [Proposal(ev.RunEnded(at=now, outcome=outcome, reason=reason))]
    if state.accept.open or state.pausing is not None:
        return []
    if not state.accept.lane_ready:
        is_open = CLEAN in state.lanes and state.lanes[CLEAN].is_open
        return [] if is_open else request_lane(state, CLEAN, now, fresh=True)
    return _ask_acceptance(state, Moment.AFTER, index, CLEAN, now)


def _outcome(state: RunState) -> tuple[Outcome, str]:
    undone = [node for node in state.steps() if _is_missing(node)]
    pairs = zip(state.plan.accept, state.accept.records, strict=True)
    red = [(check, r) for check, r in pairs if r.after is not Verdict.PASSED and not is_red_before(check, r)]
    reasons = [f"{len(undone)} of {sum(1 for _ in state.steps())} steps not done"] if undone else []
    for check, record in red:
        was_red = record.before is Verdict.FAILED and check.expect is Expect.PASS
        why = "was red before the run and still is" if was_red else "did not pass"
        reasons.append(f"acceptance check {check.name!r} {why}")
    reasons += _unanswered_red(state)
    reasons += [f"the reviewer objects: {text}" for text in objections_of(state)]
    unproved = sum(node.status is StepStatus.UNPROVED for node in state.steps())
    reasons += [f"{unproved} {'step is' if unproved == 1 else 'steps are'} done but unproved"] if unproved else []
    if not reasons:
        return Outcome.COMPLETED, ""
    return _unfinished_outcome(state), "; ".join(reasons)


def _unanswered_red(state: RunState) -> list[str]:
    """Say which tests were red before and still are, where nothing turned green that would show the goal reached."""
    accept = list(zip(state.plan.accept, state.accept.records, strict=True))
    done = [node for node in state.steps() if node.status in DONE]
    of_steps = [pair for node in done for pair in zip(node.spec.checks, node.records, strict=True)]
    if any(turned_green(check, record) for check, record in (*accept, *of_steps)):
        return []
    return [
        f"acceptance check {check.name!r}: {red_before_said(record)}, and nothing turned from red to green"
        for check, record in accept
        if record.red_before
    ]


def _is_missing(node: StepState) -> bool:
    """Tell whether the run is not completed as the step stands; an effect in doubt is never passed over."""
    if node.spec.optional and not node.is_in_doubt:
        return False
    if node.status is StepStatus.SKIPPED:
        return node.reason != "nothing_to_do"
    return node.status not in DONE


def _unfinished_outcome(state: RunState) -> Outcome:
    has_commits = state.branch is not None and state.branch.head != state.created.base
    has_effects = any(node.has_reached_out for node in state.nodes.values())
    steps = list(state.steps())
    has_results = any(n.status is StepStatus.UNPROVED or (n.status in DONE and not state.has_workspace) for n in steps)
    return Outcome.PARTIALLY_COMPLETED if has_commits or has_effects or has_results else Outcome.FAILED
