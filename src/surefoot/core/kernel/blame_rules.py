"""The search for the step after which a check fails, in a run that has ended or is paused.

Each asking has the lane `blame`, made anew from the commit and prepared as the clean lane is. Nothing else of the run
goes on meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.blame import counts_as_passed, judge_answers, stops_of
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Diagnosis, Moment, Verdict
from surefoot.core.inquiries import BlameState, InquiryAnswer, Stop, blame_key
from surefoot.core.kernel.check_rules import environment_of
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.kernel.interrupts import acceptance_interrupts
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.service_rules import request_lane, start_missing
from surefoot.core.plan import Check
from surefoot.core.state import BLAME, CLEAN, CachedVerdict, RunState
from surefoot.core.verdicts import is_by_test, verdict_key

# --- decisions


def search(state: RunState, now: float) -> list[Proposal]:
    """Ask about the next commit, or say what the answers come to; nothing, where nobody looks for a step."""
    blame = state.blaming
    if blame is None:
        return []
    lane = state.lanes.get(BLAME)
    if state.accept.open or (lane is not None and (lane.is_open or lane.is_stopping)):
        return acceptance_interrupts(state, now, is_busy=True) if state.interrupting else []
    if blame.is_stopped:
        return []
    stops = stops_of(state, blame.asked.since)
    judged = judge_answers(stops, blame)
    if judged.outcome is not None:
        names = tuple(stop.step for stop in judged.suspects if stop.step is not None)
        return [Proposal(ev.BlameEnded(at=now, outcome=judged.outcome, steps=names, askings=blame.askings))]
    assert judged.next is not None
    stop = stops[judged.next]
    if lane is None or not lane.is_ready or blame.lane_at != stop.commit:
        return request_lane(state, BLAME, now, commit=stop.commit, fresh=True)
    return _ask(state, blame, stop, now, is_first=judged.next == 0)


def _ask(state: RunState, blame: BlameState, stop: Stop, now: float, *, is_first: bool) -> list[Proposal]:
    """Ask the check about the commit that the lane holds, unless it is known to have passed there."""
    check, step = blame.asked.check, blame.asked.step
    node = None if step is None else state.nodes.get(step)
    services = state.plan.services_of_check(check) if node is None else state.plan.services_of(node.spec)
    environment = environment_of(state, BLAME, services)
    known = None if state.lanes[BLAME].services or blame.askings > 1 else _passed(state, check, stop, environment)
    if known is not None and (is_first or not is_by_test(check)):
        event = ev.InquiryReused(
            at=now,
            commit=stop.commit,
            tree=stop.tree,
            evidence=known.evidence,
            results=known.results,
            changed_files=known.changed_files,
        )
        return [Proposal(event)]
    starting = start_missing(state, (ev.ACCEPTANCE, 1), BLAME, services, now)
    if starting is not None:
        return [starting] if isinstance(starting, Proposal) else []
    before = next((one.results for one in blame.answers if one.results is not None), None)
    command = do.Inquire(
        lane=BLAME,
        check=check if check.expect is Expect.PASS_TO_PASS else replace(check, expect=Expect.PASS),
        commit=stop.commit,
        tree=stop.tree,
        environment=environment,
        moment=Moment.BEFORE if is_first else Moment.AFTER,
        spec=None if node is None else node.spec,
        services=services,
        before=None if is_first else before,
    )
    return [Proposal(ev.InquiryRequested(at=now, commit=stop.commit, tree=stop.tree), command)]


def _passed(state: RunState, check: Check, stop: Stop, environment: str) -> CachedVerdict | None:
    """Return a verdict of the run itself: the check passed on that tree, in such a lane."""
    places = ((stop.tree, environment), (stop.tree, f"{environment} {CLEAN}"))
    found = state.verdicts.get(verdict_key(check), ())
    return next((one for one in found if (one.tree, one.environment) in places), None)


# --- folds


def blame_requested(state: RunState, event: ev.BlameRequested) -> None:
    """Begin a search, or go on with an earlier one about the same question."""
    need(state.has_workspace, event, "the run works on no files")
    need(state.undone_by is None and state.undoing is None, event, "it is undone, or being undone")
    need(state.outcome is not None or state.is_paused, event, "it has neither ended nor is it paused")
    for name in (event.step, event.since):
        if name is not None:
            node_of(state, event, name)
    key = blame_key(event)
    known = state.inquiries.get(key)
    if known is None or (known.ended is not None and known.ended.outcome.is_asked_anew):
        known = state.inquiries[key] = BlameState(asked=event)
    known.asked, known.ended, known.is_stopped, known.lane_at = event, None, False, None
    state.searching = key


def inquiry_requested(state: RunState, event: ev.InquiryRequested) -> None:
    """Note that the check is being asked."""
    blame = _blame_of(state, event)
    need(blame.lane_at == event.commit and not state.accept.open, event, "the lane does not hold that commit")
    state.accept.open, state.accept.has_lost_service = True, False


def _blame_of(state: RunState, event: ev.Event) -> BlameState:
    need(state.blaming is not None, event, "nobody looks for a step that is to blame")
    assert state.blaming is not None
    return state.blaming


def inquired(state: RunState, event: ev.Inquired) -> None:
    """Note an answer; one for which a service was missing is none."""
    need(state.accept.open, event, "no check is being asked")
    lost, state.accept.has_lost_service = state.accept.has_lost_service, False
    state.accept.open = state.accept.interrupt_requested = False
    blame = state.blaming
    if blame is None:
        return
    check, verdict = blame.asked.check, event.verdict
    is_first = event.tree == stops_of(state, blame.asked.since)[0].tree
    if counts_as_passed(check, verdict, has_results=event.results is not None, is_first=is_first):
        verdict = Verdict.PASSED
    if lost and verdict is not Verdict.PASSED:
        verdict = Verdict.INCONCLUSIVE
    answer = InquiryAnswer(
        commit=event.commit,
        tree=event.tree,
        verdict=verdict,
        text=event.text,
        evidence=event.evidence,
        results=event.results,
        changed_files=event.changed_files,
    )
    _note(blame, answer)


def _note(blame: BlameState, answer: InquiryAnswer) -> None:
    blame.answers.append(answer)
    blame.lane_at = None


def inquiry_reused(state: RunState, event: ev.InquiryReused) -> None:
    """Note an answer that was known."""
    answer = InquiryAnswer(
        commit=event.commit,
        tree=event.tree,
        verdict=Verdict.PASSED,
        evidence=event.evidence,
        results=event.results,
        changed_files=event.changed_files,
        is_asking=False,
    )
    _note(_blame_of(state, event), answer)


def inquiry_cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    """Note that the asking was broken off: it is asked again."""
    need(state.accept.open, event, "no check is being asked")
    state.accept.open = state.accept.interrupt_requested = False


def blame_lane_requested(state: RunState, event: ev.LaneRequested) -> None:
    """Note which commit the lane is made for."""
    _blame_of(state, event).lane_at = event.commit


def not_askable(state: RunState, event: ev.EffectFailed, tries_left: int) -> None:
    """Pass over the commit that could not be prepared, or whose services did not start, unless that may pass."""
    blame = state.blaming
    if blame is None or (event.diagnosis is Diagnosis.TRANSIENT and tries_left > 0):
        return
    stop = next((one for one in stops_of(state, blame.asked.since) if one.commit == blame.lane_at), None)
    if stop is not None:
        found = InquiryAnswer(
            commit=stop.commit,
            tree=stop.tree,
            verdict=Verdict.INCONCLUSIVE,
            text=event.reason,
            evidence=event.evidence,
            is_asking=False,
        )
        _note(blame, found)
    state.lanes[BLAME].failures = state.accept.service_failures = 0


def stop_search(state: RunState, event: ev.PauseRequested) -> bool:
    """Ask nothing more for now, where a search is under way; return whether one is."""
    if not state.is_searching:
        return False
    assert state.blaming is not None
    state.blaming.is_stopped, state.interrupting = True, state.interrupting or event.interrupt
    return True


def blame_ended(state: RunState, event: ev.BlameEnded) -> None:
    """Note what the search came to."""
    _blame_of(state, event).ended = event
    state.searching = None
