"""How people's attention was used, by the questions of a run."""

from __future__ import annotations

import pytest

from surefoot.core import events as ev
from surefoot.core.approval import Package
from surefoot.core.approval_metrics import Attention, attention_of
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.policy_types import Overdue
from surefoot.core.sample_state import Sample
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepStatus

A = StepId("a")
PACKAGE = Package(step="a", does="x", effect="reversible", rule="look", reason="Look.", undo="")


def asked(number: int, kind: QuestionKind = QuestionKind.CONFIRM, package: Package | None = PACKAGE) -> QuestionState:
    """Return a question that was asked at 10."""
    words = {"at": 10.0, "step": A, "attempt": 1, "question": f"r.{number}", "about": kind, "text": "?"}
    return QuestionState(asked=ev.QuestionAsked(**words, package=package))


def figures(*questions: QuestionState, is_verified: bool = False) -> Attention:
    """Return the figures of a run with these questions."""
    plan = Plan(goal="g", steps=(Step(id=A, body=RunBody(command="x")),))
    state: RunState = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan))
    state.questions = {one.asked.question: one for one in questions}
    if is_verified:
        state.nodes[A].status = StepStatus.VERIFIED
    return attention_of(state)


def said(
    number: int, answer: str = "yes", after_s: float = 1.0, package: Package | None = PACKAGE, **more: str
) -> QuestionState:
    """Return a question with its answer."""
    question = asked(number, package=package)
    words = {"at": 10.0 + after_s, "question": f"r.{number}", "answer": answer, "by": "una"}
    question.answered = ev.QuestionAnswered(**words, **more)
    return question


def test_a_run_that_asked_nothing_has_no_figures() -> None:
    """There is no median of nothing, and no share."""
    found = figures()
    assert (found.asked, found.median_s, found.unchanged_share, found.per_verified_step) == (0, None, None, None)


def test_every_way_to_decide_is_counted_apart() -> None:
    """A share is that of all decisions."""
    ways = (said(1), said(2, edit="y"), said(3, diff="b"), said(4, "no"), said(5, "take_over"))
    found = figures(*ways)
    assert (found.unchanged, found.edited, found.rejected, found.taken_over, found.unchanged_share) == (1, 2, 1, 1, 0.2)


def test_what_was_answered_beforehand_is_nobodys_time() -> None:
    """It counts apart, and has no answer time."""
    found = figures(said(1, after_s=4.0), said(2, via="beforehand", after_s=900.0))
    assert (found.answered, found.beforehand, found.longest_s) == (1, 1, 4.0)


@pytest.mark.parametrize(("times", "median"), [([1.0, 2.0, 9.0], 2.0), ([1.0, 2.0, 4.0, 9.0], 3.0)])
def test_half_of_the_answers_took_at_most_the_median(times: list[float], median: float) -> None:
    """Of an even number it is the middle of the two in the middle."""
    assert figures(*(said(number, after_s=time) for number, time in enumerate(times))).median_s == median


def test_expired_withdrawn_and_open_questions_are_counted() -> None:
    """One that expired may be open still."""
    expired, withdrawn = asked(1), asked(2)
    expired.expired = ev.QuestionExpired(at=20.0, step=A, attempt=1, question="r.1", overdue=Overdue.WAIT)
    withdrawn.withdrawn = "the run ended"
    found = figures(expired, withdrawn, asked(3, QuestionKind.ASK), is_verified=True)
    assert (found.expired, found.withdrawn, found.open, found.per_verified_step) == (1, 1, 2, 3.0)


def test_other_answers_than_decisions_are_no_approvals() -> None:
    """What was in doubt, or asked for a text, has no share."""
    question = asked(1, QuestionKind.ASK, None)
    question.answered = ev.QuestionAnswered(at=11.0, question="r.1", answer="red", by="una")
    assert (figures(question).answered, figures(question).unchanged_share) == (1, None)


def test_quick_approvals_of_everything_are_remarked_on() -> None:
    """With the rule that asked most of them."""
    remark = figures(*(said(number) for number in range(5))).remark or ""
    assert ("All 5 approvals" in remark, "Rule 'look' asked 5" in remark) == (True, True)


def test_approvals_without_a_package_are_remarked_on_without_a_rule() -> None:
    """Journals of older releases have none."""
    remark = figures(*(said(number, package=None) for number in range(5))).remark or ""
    assert ("All 5 approvals" in remark, "Rule" in remark) == (True, False)


@pytest.mark.parametrize(
    "questions",
    [
        [said(number) for number in range(4)],
        [said(number, after_s=30.0) for number in range(5)],
        [*(said(number) for number in range(5)), said(9, "no")],
    ],
    ids=["few", "slow", "one no"],
)
def test_approvals_that_may_well_have_been_read_are_not_remarked_on(questions: list[QuestionState]) -> None:
    """Few of them, slow ones, or some that were refused."""
    assert figures(*questions).remark is None


def reviewed(gap_s: float, *oks: bool) -> Attention:
    """Return the figures of a run some of whose results were looked at, one after the other."""
    plan = Plan(goal="g", steps=(Step(id=A, body=RunBody(command="x")),))
    state: RunState = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan))
    for number, ok in enumerate(oks):
        event = ev.SampleReviewed(at=number * gap_s, step=A, attempt=1, ok=ok, why="", by="una")
        state.samples[str(number)] = Sample(item=f"s{number}", step=A, attempt=1, made_at=1, reviewed=event)
    return attention_of(state)


def test_reviews_of_samples_are_askings() -> None:
    """Somebody has looked at them (M62)."""
    found = reviewed(60.0, *(True, False))
    assert (found.asked, found.answered, found.reviews, found.unchanged) == (2, 2, 2, 0)


@pytest.mark.parametrize(
    ("gap_s", "oks", "is_remarked"),
    [(1.0, [True] * 5, True), (60.0, [True] * 5, False), (1.0, [True] * 4, False), (1.0, [*[True] * 4, False], False)],
)
def test_reviews_faster_than_they_can_be_read_are_remarked_on(
    gap_s: float, oks: list[bool], *, is_remarked: bool
) -> None:
    """Only where everything is found right, and often enough."""
    assert (reviewed(gap_s, *oks).remark is not None) is is_remarked
