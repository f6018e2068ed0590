"""One HTTP request, limited in time and size."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Mapping
from typing import cast
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from surefoot.core.record import record

TIMEOUT_S = 10.0
"""So long the server may take, in seconds."""
BODY_MAX = 8 * 1024 * 1024
"""More of a body is not read, in bytes."""
FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What `fetch` raises where there is no whole answer."""
_HEADERS = {"User-Agent": "surefoot", "Cache-Control": "no-cache"}
_CHUNK = 64 * 1024


@record(kw_only=False)
class Response:
    """What a server answered."""

    status: int
    body: bytes
    kind: str = ""
    """The media type, without its parameters."""


def is_web(url: str) -> bool:
    """Tell whether it is an address that can be fetched."""
    return url.lower().startswith(("http://", "https://"))


def fetch(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Response:
    """Return the answer, redirects followed, also of one that says that something is wrong.

    Raises:
        OSError: or another of `FAILURES`: there was no whole answer.
    """
    parts = urlsplit(url)
    person, _, host = parts.netloc.rpartition("@")
    where = parts._replace(netloc=host).geturl()
    every = {**_HEADERS, **(headers or {})}
    request = Request(where, method=method, data=body, headers=every)  # noqa: S310 - see `is_web`
    if person:
        token = base64.b64encode(unquote(person).encode()).decode("ascii")
        # Wherever a redirect leads, it is not for them.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    deadline = time.monotonic() + TIMEOUT_S
    try:
        response = urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - see `is_web`
    except HTTPError as error:
        response = error
    with response:
        answer = bytearray()
        while chunk := response.read1(_CHUNK):
            answer += chunk
            if len(answer) > BODY_MAX:
                raise ValueError(f"the answer is longer than the {BODY_MAX} bytes that are read")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the answer was not complete after {TIMEOUT_S:.0f} s")
        if response.length:
            # `read1` takes the end of the connection for the end of the answer.
            raise http.client.IncompleteRead(bytes(answer), response.length)
        kind = str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
        return Response(cast("int", response.status), bytes(answer), kind)
