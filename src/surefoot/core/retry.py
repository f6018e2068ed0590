"""The diagnosis of failed bodies, and the back-off before another attempt."""

from __future__ import annotations

import re

from surefoot.core.event_words import Diagnosis, Ending, Status
from surefoot.core.plan import RetryPolicy
from surefoot.core.regex import regex

_EXIT_TEMPORARY = 75
_SIGNALS_FROM_OUTSIDE = frozenset({1, 2, 9, 14, 15, 24})
_KILLED = frozenset({128 + 9, 128 + 15})
"""With these a shell says that a program it waited for was killed; with others, as 129, programs say something else."""
_TRANSIENT_WORDS = regex(
    r"connection (?:reset|refused|aborted|timed out)|temporary failure in name resolution|could not resolve host"
    r"|network is unreachable|read timed out|readtimeout|connecttimeout|etimedout|econnreset|eai_again|broken pipe"
    r"|resource temporarily unavailable|too many requests|\b(?:429|502|503|504)\b[ :-]+[a-z]|service unavailable"
    r"|bad gateway|gateway time-?out|temporarily unavailable|try again later|database is locked|deadlock detected"
    r"|remote end closed connection|tls handshake timeout|unexpected eof while reading|\bended by signal (?:9|15)\b",
    re.IGNORECASE,
)
_TRANSIENT_ERRORS = frozenset(
    {"ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError"}
    | {"TimeoutError", "BlockingIOError", "InterruptedError"}
)


def diagnose(ending: Ending) -> Diagnosis:
    """Tell from how a body ended whether its failure will pass by itself."""
    assert ending.status is not Status.OK
    match ending.status:
        case Status.TIMEOUT:
            return Diagnosis.TRANSIENT
        case Status.SIGNAL:
            return Diagnosis.TRANSIENT if ending.signal in _SIGNALS_FROM_OUTSIDE else Diagnosis.STRUCTURAL
        case Status.ERROR if ending.retryable is not None:
            return Diagnosis.TRANSIENT if ending.retryable else Diagnosis.STRUCTURAL
        case Status.ERROR if ending.error_type in _TRANSIENT_ERRORS:
            return Diagnosis.TRANSIENT
        case _:
            return diagnose_text(ending.exit_code, ending.text)


def diagnose_text(exit_code: int | None, text: str) -> Diagnosis:
    """Tell from a command's exit status and the end of its output whether its failure will pass by itself."""
    if exit_code == _EXIT_TEMPORARY or exit_code in _KILLED or _TRANSIENT_WORDS.search(text):
        return Diagnosis.TRANSIENT
    return Diagnosis.STRUCTURAL


def may_retry(policy: RetryPolicy, diagnosis: Diagnosis, error_type: str | None, *, is_wanted: bool) -> bool:
    """Tell whether another attempt follows such a failure, if one is left; `is_wanted`: a ladder of the user's says so.

    How many there are at most is counted where a rung is chosen.
    """
    if error_type in policy.non_retryable_error_types:
        return False
    return is_wanted or diagnosis is Diagnosis.TRANSIENT or policy.retry_unknown


def delay_s(policy: RetryPolicy, failures: int) -> float:
    """Return the wait before the next attempt, in seconds."""
    assert failures >= 1
    return min(policy.initial_interval_s * policy.backoff_coefficient ** (failures - 1), policy.maximum_interval_s)
