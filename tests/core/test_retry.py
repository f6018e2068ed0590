"""Diagnosis and back-off."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from surefoot.core.event_words import Diagnosis, Ending, Status
from surefoot.core.plan import RetryPolicy
from surefoot.core.retry import delay_s, diagnose, may_retry

CASES = [
    (Ending(status=Status.EXIT, exit_code=1, text="AssertionError"), Diagnosis.STRUCTURAL),
    (Ending(status=Status.EXIT, exit_code=75), Diagnosis.TRANSIENT),
    (Ending(status=Status.EXIT, exit_code=1, text="curl: (6) Could not resolve host: x"), Diagnosis.TRANSIENT),
    (Ending(status=Status.EXIT, exit_code=1, text="HTTP 503 Service Unavailable"), Diagnosis.TRANSIENT),
    (Ending(status=Status.EXIT, exit_code=127, text="bash: nope: command not found"), Diagnosis.STRUCTURAL),
    (Ending(status=Status.EXIT, exit_code=137), Diagnosis.TRANSIENT),
    (Ending(status=Status.EXIT, exit_code=143), Diagnosis.TRANSIENT),
    (Ending(status=Status.EXIT, exit_code=129, text="usage: git"), Diagnosis.STRUCTURAL),
    (Ending(status=Status.EXIT, exit_code=139), Diagnosis.STRUCTURAL),
    (Ending(status=Status.TIMEOUT), Diagnosis.TRANSIENT),
    (Ending(status=Status.SIGNAL, signal=9), Diagnosis.TRANSIENT),
    (Ending(status=Status.SIGNAL, signal=11), Diagnosis.STRUCTURAL),
    (Ending(status=Status.ERROR, error_type="ConnectionResetError"), Diagnosis.TRANSIENT),
    (Ending(status=Status.ERROR, error_type="ValueError", text="bad"), Diagnosis.STRUCTURAL),
    (Ending(status=Status.ERROR, error_type="EffectError", retryable=True), Diagnosis.TRANSIENT),
    (Ending(status=Status.ERROR, error_type="ConnectionError", retryable=False), Diagnosis.STRUCTURAL),
]


@pytest.mark.parametrize(("ending", "diagnosis"), CASES)
def test_an_ending_is_diagnosed(ending: Ending, diagnosis: Diagnosis) -> None:
    """What passes by itself is told from what does not."""
    assert diagnose(ending) is diagnosis


@given(st.sampled_from(list(Diagnosis)), st.booleans(), st.booleans())
def test_what_does_not_pass_by_itself_is_tried_again_where_somebody_says_so(
    diagnosis: Diagnosis, unknown: bool, is_wanted: bool
) -> None:
    """The policy of the step, or a ladder of the user's own."""
    policy = RetryPolicy(retry_unknown=unknown)
    follows = may_retry(policy, diagnosis, None, is_wanted=is_wanted)
    assert follows is (unknown or is_wanted or diagnosis is Diagnosis.TRANSIENT)


@pytest.mark.parametrize("is_wanted", [False, True])
def test_a_named_error_is_not_retried(is_wanted: bool) -> None:
    """`non_retryable_error_types` outweighs the diagnosis, and a ladder."""
    policy = RetryPolicy(non_retryable_error_types=("TimeoutError",))
    assert not may_retry(policy, Diagnosis.TRANSIENT, "TimeoutError", is_wanted=is_wanted)


@given(st.integers(1, 50))
def test_waits_grow_up_to_the_maximum(failures: int) -> None:
    """Each wait is at least the one before and never above the maximum."""
    policy = RetryPolicy(initial_interval_s=0.5, maximum_interval_s=30.0)
    assert delay_s(policy, failures) <= delay_s(policy, failures + 1) <= 30.0
