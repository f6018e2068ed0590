"""How a run used people's attention: questions, answer times, the share of plain yeses.

A remark goes with the figures when asking has worn people out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from surefoot.core.event_words import QuestionKind
from surefoot.core.events import SampleReviewed
from surefoot.core.priorities import median
from surefoot.core.record import record
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepStatus

BEFOREHAND = "beforehand"
"""How an answer came that an option, or an approval of all its kind, gave to a question that was open."""
SHOULD_PROCEED = "should_proceed"
"""How an answer came that the caller's code gave."""
_APPROVALS_MIN = 5
"""Fewer approvals say nothing about whoever gave them."""
_QUICK_S = 5.0
"""Who approves sooner than this, as a rule, has hardly read what was shown."""


@record
class Attention:
    """How often people were asked, and what they said."""

    asked: int
    """Questions, and the results that people looked at afterwards."""
    open: int
    answered: int
    by_approver: int
    """Those that the caller's own code answered."""
    beforehand: int
    """Those that an approval of all like them, or an option, answered."""
    expired: int
    """Those that nobody answered in time, whatever became of them."""
    withdrawn: int
    """Those that had become pointless."""
    unchanged: int
    """Approvals of exactly what was shown."""
    edited: int
    """Approvals of something else."""
    rejected: int
    taken_over: int
    reviews: int
    """The results that people looked at afterwards, without being asked before."""
    median_s: float | None
    """How long half of the answers took at most."""
    longest_s: float | None
    per_verified_step: float | None
    """Questions and reviews for each verified step; None: no step is verified."""
    remark: str | None

    @property
    def unchanged_share(self) -> float | None:
        """Return the share of decisions that were approvals of exactly what was shown; None: nothing was decided."""
        decided = self.unchanged + self.edited + self.rejected + self.taken_over
        return self.unchanged / decided if decided else None


def attention_of(state: RunState) -> Attention:
    """Return the figures of a run."""
    questions = list(state.questions.values())
    reviews = sorted((one.reviewed for one in state.samples.values() if one.reviewed), key=lambda one: one.at)
    ways = Counter(one.answered.via for one in questions if one.answered is not None)
    answered = [q for q in questions if q.answered is not None and q.answered.via not in (BEFOREHAND, SHOULD_PROCEED)]
    took = sorted(one.answered.at - one.asked.at for one in answered if one.answered is not None)
    said = Counter(word for one in answered if (word := _word(one)) is not None)
    verified = sum(node.status is StepStatus.VERIFIED for node in state.steps())
    return Attention(
        asked=len(questions) + len(reviews),
        open=sum(one.is_open for one in questions),
        answered=len(answered) + len(reviews),
        by_approver=ways[SHOULD_PROCEED],
        beforehand=ways[BEFOREHAND],
        expired=sum(one.expired is not None for one in questions),
        withdrawn=sum(one.withdrawn is not None for one in questions),
        unchanged=said["unchanged"],
        edited=said["edited"],
        rejected=said["rejected"],
        taken_over=said["taken_over"],
        reviews=len(reviews),
        median_s=median(took) if took else None,
        longest_s=took[-1] if took else None,
        per_verified_step=(len(questions) + len(reviews)) / verified if verified else None,
        remark=_remark(answered, said) or _remark_on_reviews(reviews),
    )


def _word(question: QuestionState) -> str | None:
    """Say what a person decided about an effect or a result; None for other questions."""
    given = question.answered
    if given is None or question.asked.about is not QuestionKind.CONFIRM:
        return None
    if given.answer == "take_over":
        return "taken_over"
    if given.answer != "yes":
        return "rejected"
    return "edited" if given.edit is not None or given.diff is not None else "unchanged"


def _remark(answered: Sequence[QuestionState], said: Counter[str]) -> str | None:
    """Say so when everything is approved as it comes, faster than it can be read, and what to do about it."""
    decided = [one for one in answered if _word(one) is not None]
    took = sorted(one.answered.at - one.asked.at for one in decided if one.answered is not None)
    if len(decided) < _APPROVALS_MIN or said["unchanged"] < len(decided) or median(took) >= _QUICK_S:
        return None
    half_s = median(took)
    rules = Counter(one.asked.package.rule for one in decided if one.asked.package is not None)
    (rule, times), *_ = rules.most_common(1) or [("", 0)]
    most = f" Rule {rule!r} asked {times} of them:" if rule else ""
    return (
        f"All {len(decided)} approvals were given unchanged, half of them within {half_s:.1f} s.{most} lower it in the "
        "settings where its answer is always yes, or approve all of a kind at once, so that what matters is read"
    )


def _remark_on_reviews(reviews: Sequence[SampleReviewed]) -> str | None:
    """Say so when all that was looked at is found right, one result after the other faster than it can be read."""
    gaps = sorted(after.at - before.at for before, after in pairwise(reviews))
    if len(reviews) < _APPROVALS_MIN or not all(one.ok for one in reviews) or median(gaps) >= _QUICK_S:
        return None
    return (
        f"All {len(reviews)} results that were looked at were found right, half of them within {median(gaps):.1f} s of "
        "the one before; lower the rates in `[samples]`, so that those which are looked at are read"
    )
