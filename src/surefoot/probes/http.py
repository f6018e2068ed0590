"""Asks an HTTP server.

Owns the request and how its answer is compared with the declared patterns. Must never answer *not applied* by
anything but a declared pattern. Read `surefoot.probes.asking` next.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from surefoot.core.plan import HttpAnswer, HttpProbe
from surefoot.core.terms import Applied
from surefoot.ports import Commands
from surefoot.probes.reply import ProbeReply

TIMEOUT_S = 10.0
"""So long the server may take, in seconds."""
BODY_MAX = 8 * 1024 * 1024
"""More of a body is not read, in bytes."""
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    body: bytes


async def ask_http(kind: HttpProbe, commands: Commands) -> ProbeReply:
    """Request the URL, redirects followed, and compare the answer with what the probe declares."""
    what = f"{kind.method} {_shown(kind.url)}"
    if not kind.url.lower().startswith(("http://", "https://")):
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{what}: only http and https can be asked")
    try:
        response = await asyncio.to_thread(_request, kind.url, kind.method)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{what}: {error or type(error).__name__}")
    evidence = commands.store(f"{what}\n{response.status}\n\n".encode() + response.body)
    is_applied = _fits(response, kind.applied)
    is_not_applied = kind.not_applied is not None and _fits(response, kind.not_applied)
    answer, why = Applied.UNKNOWN, "neither pattern fits"
    if is_applied and is_not_applied:
        why = "both patterns fit"
    elif is_applied:
        answer, why = Applied.APPLIED, "as declared by `applied`"
    elif is_not_applied:
        answer, why = Applied.NOT_APPLIED, "as declared by `not_applied`"
    return ProbeReply(answer=answer, text=f"{what}: status {response.status}, {why}", evidence=evidence)


def _shown(url: str) -> str:
    """Return the URL without user, password and query: what is shown and journaled shall hold no token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not a URL)"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _request(url: str, method: str) -> _Response:
    """Return status and body, also of an answer that says that something is wrong."""
    deadline = time.monotonic() + TIMEOUT_S
    request = Request(url, method=method, headers={"User-Agent": "surefoot", "Cache-Control": "no-cache"})  # noqa: S310
    try:
        response = urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - the caller has looked at the scheme
    except HTTPError as error:
        response = error
    with response:
        body = bytearray()
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > BODY_MAX:
                raise ValueError(f"the answer is longer than the {BODY_MAX} bytes that are read")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the answer was not complete after {TIMEOUT_S:.0f} s")
        if response.length:
            # `read1` takes the end of the connection for the end of the answer.
            raise http.client.IncompleteRead(bytes(body), response.length)
        return _Response(cast("int", response.status), bytes(body))


def _fits(response: _Response, pattern: HttpAnswer) -> bool:
    """Tell whether all that the pattern sets holds; one that sets nothing fits nothing."""
    if pattern.status is None and not pattern.json:
        return False
    if pattern.status is not None and response.status != pattern.status:
        return False
    if not pattern.json:
        return True
    try:
        document = json.loads(response.body)
    except ValueError:
        return False
    return all(
        any(_is_same(found, value) for found in _at(document, path.split("."))) for path, value in pattern.json.items()
    )


def _at(value: object, path: list[str]) -> Iterator[object]:
    """Yield what stands at a dotted path. Lists take an index; a key may have dots itself, as versions do."""
    if not path:
        yield value
    elif isinstance(value, dict):
        folder = cast("dict[str, object]", value)
        for size in range(1, len(path) + 1):
            key = ".".join(path[:size])
            if key in folder:
                yield from _at(folder[key], path[size:])
    elif isinstance(value, list) and path[0].isdecimal():
        items = cast("list[object]", value)
        if int(path[0]) < len(items):
            yield from _at(items[int(path[0])], path[1:])


def _is_same(found: object, wanted: object) -> bool:
    # Python holds True and 1 for equal; JSON does not.
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
