"""The numbers in the code that folds: a journal of before folds to another state under other ones."""

from __future__ import annotations

from surefoot.core.kernel.conversation_fold import SEEN_BEFORE_MAX
from surefoot.core.kernel.service_rules import FAILURES_MAX
from surefoot.core.kernel.verdict_fold import VERDICTS_KEPT


def test_numbers_that_folds_rest_on_are_those_of_the_golden_journals() -> None:
    """Few golden journals reach them, so they are held here; a limit that is to be tuned goes into an event."""
    assert (FAILURES_MAX, VERDICTS_KEPT, SEEN_BEFORE_MAX) == (3, 8, 6)
