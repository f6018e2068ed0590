"""`http` probes: the response of a server, compared with declared patterns."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from urllib.parse import quote

from surefoot.core.event_words import Applied
from surefoot.core.json_paths import is_same, values_at
from surefoot.core.probe_kinds import HttpAnswer, HttpProbe
from surefoot.ports import Commands
from surefoot.probes.addresses import shown
from surefoot.probes.http_client import FAILURES, Response, fetch, is_web
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject


async def ask_http(kind: HttpProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Request the URL, redirects followed, and compare the answer with what the probe declares."""
    url = subject.keyed(kind.url, partial(quote, safe=""))
    what = f"{kind.method} {shown(url)}"
    if not is_web(url):
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{what}: only http and https can be asked")
    try:
        response = await asyncio.to_thread(fetch, url, kind.method)
    except FAILURES as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{what}: {error or type(error).__name__}")
    evidence = commands.store(f"{what}\n{response.status}\n\n".encode() + response.body)
    is_not_applied = kind.not_applied is not None and _fits(response, kind.not_applied)
    answer, why = judged(_fits(response, kind.applied), is_not_applied)
    return ProbeReply(answer=answer, text=f"{what}: status {response.status}, {why}", evidence=evidence)


def judged(is_applied: bool, is_not_applied: bool) -> tuple[Applied, str]:  # noqa: FBT001 - two facts of one kind
    """Return the answer of two patterns, and why it is that."""
    if is_applied and is_not_applied:
        return Applied.UNKNOWN, "both patterns fit"
    if is_applied:
        return Applied.APPLIED, "as declared by `applied`"
    if is_not_applied:
        return Applied.NOT_APPLIED, "as declared by `not_applied`"
    return Applied.UNKNOWN, "neither pattern fits"


def _fits(response: Response, pattern: HttpAnswer) -> bool:
    """Tell whether all that the pattern sets holds; one that sets nothing fits nothing."""
    if pattern.status is None and not pattern.json:
        return False
    if pattern.status is not None and response.status != pattern.status:
        return False
    if not pattern.json:
        return True
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        return False
    return all(
        any(is_same(found, value) for found in values_at(document, path)) for path, value in pattern.json.items()
    )
