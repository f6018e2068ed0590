"""The table from errors of provider libraries, clients and network to kinds of fault.

The kernel decides by that kind whether, when and whom to ask again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import cast

import httpx2
from pydantic_ai import exceptions as library

from surefoot.core.agent_types import Fault
from surefoot.core.regex import regex
from surefoot.ports import ModelFault

_KINDS: tuple[tuple[type[Exception], Fault], ...] = (
    (library.ModelRateLimitError, Fault.RATE_LIMIT),
    (library.ModelQuotaExceededError, Fault.QUOTA),
    (library.ModelUnavailableError, Fault.OVERLOADED),
    (library.ModelServerError, Fault.UNAVAILABLE),
    (library.ModelTimeoutError, Fault.TIMEOUT),
    (library.ModelRequestTimeout, Fault.TIMEOUT),
    (library.ModelConnectionError, Fault.UNAVAILABLE),
    (library.ModelContextWindowExceededError, Fault.CONTEXT),
    (library.ModelAuthenticationError, Fault.AUTH),
    (library.ModelNotFoundError, Fault.UNKNOWN_MODEL),
    (library.ModelRequestRejectedError, Fault.BAD_REQUEST),
    (library.ContentFilterError, Fault.REFUSED),
    (library.OutputTokenLimitExceeded, Fault.CUT),
    (library.UnexpectedModelBehavior, Fault.MALFORMED),
    (library.UserError, Fault.BAD_REQUEST),
    (httpx2.TimeoutException, Fault.TIMEOUT),
    (httpx2.TransportError, Fault.UNAVAILABLE),
    (TimeoutError, Fault.TIMEOUT),
    (OSError, Fault.UNAVAILABLE),
)
_NEXT: Mapping[Fault, str] = {
    Fault.RATE_LIMIT: "too many requests",
    Fault.OVERLOADED: "the provider has no capacity now",
    Fault.UNAVAILABLE: "the provider failed, or could not be reached; look whether it is up and its address is right",
    Fault.TIMEOUT: "no reply in time; `timeout` in [models] says how long one may take",
    Fault.QUOTA: "the account has nothing left; add to it, or name another model",
    Fault.AUTH: "the provider refuses the key; set one that is valid for this model",
    Fault.UNKNOWN_MODEL: "the provider has no such model; look at its name, and at the address of the provider",
    Fault.CONTEXT: "the request is longer than the model takes; another one may take more",
    Fault.BAD_REQUEST: "the provider does not take the request; look at what it says of it",
    Fault.REFUSED: "it will not answer",
    Fault.CUT: "the reply ended before it was complete",
    Fault.MALFORMED: "the reply is not what its format says",
}
_CONTEXT_WORDS = (
    "context length", "context window", "context size", "context_length", "too many tokens", "prompt is too long",
    "exceeds the available context", "maximum context", "input is too long", "request too large",
)  # fmt: skip
_QUOTA_WORDS = ("insufficient_quota", "quota exceeded", "billing", "credit balance", "insufficient balance")
_FURTHER = regex(r"\s*For further information visit \S+")
_FRACTION = regex(r"\d{1,9}\.\d{1,9}")
_SHOWN = 400


def fault_of(error: Exception, model: str, said: str = "") -> ModelFault:
    """Return the fault that an error stands for; `said` is what of a reply had come before it."""
    kind = _kind_of(error)
    told = _provider_message(error)
    text = f"{model}: {_NEXT[kind]}{f' ({told})' if told else ''}."
    if isinstance(error, library.ModelHTTPError) and error.suggested_model_id:
        text += f" Did you mean {error.suggested_model_id!r}?"
    return ModelFault(
        fault=kind,
        text=text,
        retry_after_s=_retry_after_s(error),
        is_unbilled=not said and _is_unbilled(error),
        said=said,
    )


def _kind_of(error: Exception) -> Fault:
    kind = next((fault for known, fault in _KINDS if isinstance(error, known)), None)
    status = getattr(error, "status_code", None)
    words = f"{error}".casefold()
    if kind in (Fault.BAD_REQUEST, None) and status in (400, 413, 422, None) and _has(words, _CONTEXT_WORDS):
        return Fault.CONTEXT
    if kind in (Fault.RATE_LIMIT, Fault.BAD_REQUEST, None) and status is not None and _has(words, _QUOTA_WORDS):
        return Fault.QUOTA
    if kind is None and isinstance(status, int):
        kind = {408: Fault.TIMEOUT, 413: Fault.CONTEXT}.get(status, Fault.BAD_REQUEST)
    if kind is None:
        # Without a category the library names what it could not read.
        is_known = isinstance(error, library.ModelAPIError)
        kind = Fault.MALFORMED if not is_known or "JSON" in str(error) else Fault.UNAVAILABLE
    return kind


def _has(words: str, known: tuple[str, ...]) -> bool:
    return any(word in words for word in known)


def _provider_message(error: Exception) -> str:
    """Return what the provider itself says, in a line; else what the error says."""
    if isinstance(error, asyncio.TimeoutError):
        return ""
    said = next(_messages_in(getattr(error, "body", None)), "")
    if not said:
        # What a client has wrapped says more than the wrapping.
        deepest: BaseException = error
        while isinstance(error, library.ModelConnectionError) and deepest.__cause__ is not None:
            deepest = deepest.__cause__
        said = " ".join(_FURTHER.sub("", f"{deepest}").split())
        if not said or not isinstance(error, library.AgentRunError | library.UserError):
            said = f"{type(deepest).__name__}: {said}".rstrip(": ")
    status = getattr(error, "status_code", None)
    return f"{f'HTTP {status}: ' if isinstance(status, int) else ''}{said}"[:_SHOWN].rstrip(". \n")


def _messages_in(body: object) -> Iterator[str]:
    if isinstance(body, str):
        yield " ".join(body.split())
    if not isinstance(body, Mapping):
        return
    fields = cast("Mapping[str, object]", body)
    for key in ("message", "error", "detail"):
        yield from _messages_in(fields.get(key))


def _retry_after_s(error: Exception) -> float | None:
    """Return how long the provider asks to wait: by a header, or by a field of the body."""
    waited = getattr(error, "retry_after", None)
    if isinstance(waited, int | float):
        return float(waited)
    headers = error.headers if isinstance(error, library.ModelHTTPError) else None
    said = (headers or {}).get("retry-after", "")
    if _FRACTION.fullmatch(said):  # the library reads whole seconds and dates
        return float(said)
    return next(_waits_in(getattr(error, "body", None)), None)


def _waits_in(body: object) -> Iterator[float]:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return
    if not isinstance(body, Mapping):
        return
    fields = cast("Mapping[str, object]", body)
    for key in ("retry_after", "retry_after_seconds", "retryAfter"):
        value = fields.get(key)
        if isinstance(value, int | float) and 0 <= value < float("inf"):
            yield float(value)
    for inner in fields.values():
        if isinstance(inner, Mapping):
            yield from _waits_in(cast("object", inner))


def _is_unbilled(error: Exception) -> bool:
    """Tell whether the request was turned away before anybody worked on it."""
    if isinstance(error, library.UserError):
        return True
    if isinstance(error, library.ModelConnectionError):
        return error.phase in ("pool", "connect")
    if isinstance(error, library.ModelHTTPError) and not error.in_stream:
        return error.status_code < 500 or error.status_code in (503, 529)
    return False
