"""The search for the step after which a check fails: which commit to ask about next, and what the answers come to.

The check has to pass at the beginning and to fail twice at the end. Between them the range is halved: with `n` steps it
is asked at most `ceil(log2 n) + 3` times. A commit at which it cannot be asked is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from surefoot.core.check_kinds import ChangedCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.events import BlameOutcome
from surefoot.core.ids import StepId
from surefoot.core.inquiries import BlameState, InquiryAnswer, Stop
from surefoot.core.plan import Check
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.verdicts import is_by_test, is_red_before


@record(kw_only=False)
class Judgement:
    """What the answers so far come to: the commit to ask about next, or the outcome."""

    next: int | None = None
    outcome: BlameOutcome | None = None
    suspects: tuple[Stop, ...] = ()
    """The steps that may be to blame, as far as is known."""


@record(kw_only=False)
class NamedCheck:
    """A check of the run that can be asked about its commits."""

    check: Check
    step: StepId | None = None
    """The step that it belongs to; None: an acceptance check."""
    is_red: bool = False
    """Whether it did not pass when it was last asked, and should have."""


def stops_of(state: RunState, since: StepId | None = None) -> list[Stop]:
    """Return the commits of the run in their order, from the base on, or from what a step left.

    A step that left the files as they were is no stop: it cannot be to blame.
    """
    if state.branch is None:
        return []
    nodes = sorted((one for one in state.nodes.values() if one.commit is not None), key=lambda one: one.verified_seq)
    stops = [Stop(None, state.created.base or "", state.created.base_tree or "")]
    for node in nodes:
        if node.spec.id == since:
            stops = []
        if not stops or node.tree_after != stops[-1].tree:
            stops.append(Stop(node.spec.id, node.commit or "", node.tree_after or ""))
    return stops


def askings_max(stops: Sequence[Stop]) -> int:
    """Return how often the check is asked at most."""
    return (len(stops) - 2).bit_length() + 3


def judge_answers(stops: Sequence[Stop], blame: BlameState) -> Judgement:
    """Return what to ask next, or what the answers come to."""
    if len(stops) < 2:
        return Judgement(outcome=BlameOutcome.NO_STEPS)
    at_ends = _judge_ends(stops, blame)
    return _halve(stops, blame) if at_ends is None else at_ends


def _judge_ends(stops: Sequence[Stop], blame: BlameState) -> Judgement | None:
    """Look whether the check passes at the beginning and fails at the end; None: it does."""
    first, last = (_verdicts_at(blame, stop) for stop in (stops[0], stops[-1]))
    if Verdict.INCONCLUSIVE in (*first, *last):
        return Judgement(outcome=BlameOutcome.UNANSWERED)
    if len(set(first)) > 1 or len(set(last)) > 1:
        return Judgement(outcome=BlameOutcome.FLAKY)
    # A failure is asked about once more before it has consequences.
    if first in ([], [Verdict.FAILED]):
        return Judgement(next=0)
    if first[0] is Verdict.FAILED:
        return Judgement(outcome=BlameOutcome.RED_BEFORE)
    if last in ([], [Verdict.FAILED]):
        return Judgement(next=len(stops) - 1)
    return Judgement(outcome=BlameOutcome.GREEN) if last[0] is Verdict.PASSED else None


def _halve(stops: Sequence[Stop], blame: BlameState) -> Judgement:
    """Halve the range between a commit at which the check passes and a later one at which it fails."""
    good, bad = 0, len(stops) - 1
    while True:
        between = range(good + 1, bad)
        askable = [one for one in between if Verdict.INCONCLUSIVE not in _verdicts_at(blame, stops[one])]
        suspects = tuple(stops[good + 1 : bad + 1])
        if not askable:
            return Judgement(outcome=BlameOutcome.UNCLEAR if between else BlameOutcome.FOUND, suspects=suspects)
        middle = min(askable, key=partial(_off_middle, good + bad))
        said = _verdicts_at(blame, stops[middle])
        if not said and blame.askings >= askings_max(stops):
            return Judgement(outcome=BlameOutcome.UNCLEAR, suspects=suspects)
        if not said:
            return Judgement(next=middle, suspects=suspects)
        good, bad = (middle, bad) if said[-1] is Verdict.PASSED else (good, middle)


def _off_middle(ends: int, one: int) -> int:
    return abs(2 * one - ends)


def _verdicts_at(blame: BlameState, stop: Stop) -> list[Verdict]:
    return [one.verdict for one in blame.answers if one.tree == stop.tree]


def answer_at(blame: BlameState, stop: Stop) -> InquiryAnswer | None:
    """Return what the check last said of a commit."""
    return next((one for one in reversed(blame.answers) if one.tree == stop.tree), None)


def counts_as_passed(check: Check, verdict: Verdict, *, has_results: bool, is_first: bool) -> bool:
    """Tell whether a suite with red tests is good all the same: those that fail at the beginning do not count later."""
    is_tolerant = is_by_test(check) and check.expect is Expect.PASS_TO_PASS
    return verdict is Verdict.FAILED and is_tolerant and has_results and is_first


def checks_of(state: RunState) -> list[NamedCheck]:
    """Return the checks of a run that can be asked about its commits: those of the run, then those of its steps."""
    found: list[NamedCheck] = []
    for check, known in zip(state.plan.accept, state.accept.records, strict=True):
        is_red = known.after not in (None, Verdict.PASSED) and not is_red_before(check, known)
        found.append(NamedCheck(check, is_red=is_red))
    for node in state.steps():
        # What is said of the changes of one step cannot be asked about a commit of the run.
        askable = (check for check in node.spec.checks if not isinstance(check.ask, ChangedCheck))
        found += [NamedCheck(check, node.spec.id) for check in askable]
    return found
