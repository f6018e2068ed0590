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


@given(st.integers(1, 20), st.sampled_from(list(Diagnosis)), st.booleans(), st.integers(1, 5))
def test_attempts_are_finite(failures: int, diagnosis: Diagnosis, unknown: bool, maximum: int) -> None:
    """However a step fails, there are never more attempts than the policy allows."""
    policy = RetryPolicy(maximum_attempts=maximum, retry_unknown=unknown)
    if may_retry(policy, failures, diagnosis, None):
        assert failures < maximum
        assert unknown or diagnosis is Diagnosis.TRANSIENT


def test_a_named_error_is_not_retried() -> None:
    """`non_retryable_error_types` outweighs the diagnosis."""
    policy = RetryPolicy(non_retryable_error_types=("TimeoutError",))
    assert not may_retry(policy, 1, Diagnosis.TRANSIENT, "TimeoutError")


@given(st.integers(1, 50))
def test_waits_grow_up_to_the_maximum(failures: int) -> None:
    """Each wait is at least the one before and never above the maximum."""
    policy = RetryPolicy(initial_interval_s=0.5, maximum_interval_s=30.0)
    assert delay_s(policy, failures) <= delay_s(policy, failures + 1) <= 30.0
