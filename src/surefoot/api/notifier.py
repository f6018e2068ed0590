"""The sending of notices: by a command or a webhook, at least once each, and again after a failure or a kill.

What was sent is noted for each target beside the run. A target that cannot be reached holds nothing up: it is tried
again with the next event, and when the engine stops; `surefoot health` tells of it, and the next engine goes on.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from surefoot.api.home import Home
from surefoot.core.ids import RunId
from surefoot.core.notices import Notice, Occasion, notice_of
from surefoot.core.plan import digest_of
from surefoot.core.short_text import shortened
from surefoot.engines.embedded import Observer
from surefoot.settings.setting_records import Target
from surefoot.threads import in_thread

SCHEMA = "surefoot.notice/1"
FILE = "notices.json"
_COMMAND_S = 30.0
_FAILED_MAX = 300
_KINDS = frozenset(Occasion)


class Notifier:
    """Sends the notices of one run while an engine works on it."""

    def __init__(self, home: Home, run: RunId, targets: Sequence[Target], observer: Observer | None) -> None:
        """Begin behind the last event of the journal where a target is new to the run."""
        self._home, self._run, self._targets, self._told = home, run, tuple(targets), observer
        self._file = home.run_folder(run) / FILE
        self._sent: dict[str, dict[str, Any]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def observer(self) -> Observer | None:
        """Who is told of each event: the one that was given, and this one where there are targets."""
        return self._observe if self._targets else self._told

    def _observe(self, state: Any, event: Any) -> None:
        if self._told is not None:
            self._told(state, event)
        if notice_of(self._run, 0, event) is not None:
            self._wake.set()

    async def __aenter__(self) -> Self:
        """Note where new targets begin, and begin to send."""
        if self._targets:
            known, head = read_sent(self._file), self._home.journal.head(self._run)[0]
            self._sent = {key_of(one): known.get(key_of(one), {"seq": head}) for one in self._targets}
            write_sent(self._file, self._sent)
            self._wake.set()
            self._task = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Send what is left, once."""
        if self._task is not None:
            self._is_closing = True
            self._wake.set()
            await self._task

    async def _send(self) -> None:
        is_last = False
        while not is_last:
            await self._wake.wait()
            self._wake.clear()
            is_last = self._is_closing
            await self._send_new()

    async def _send_new(self) -> None:
        """Send to each target what it was not told yet, in order, up to what it does not take."""
        for target in self._targets:
            key = key_of(target)
            for one in list(self._home.journal.events(self._run, after=self._sent[key]["seq"])):
                notice = notice_of(self._run, one.seq, one.event)
                is_wanted = notice is not None and notice.occasion in (target.on or _KINDS)
                if notice is not None and is_wanted and (failed := await in_thread(send, target, notice)):
                    self._sent[key]["failed"] = failed
                    break
                self._sent[key] = {"seq": one.seq}
                if is_wanted:
                    write_sent(self._file, self._sent)
        write_sent(self._file, self._sent)


async def send_again(home: Home, run: RunId, targets: Sequence[Target]) -> None:
    """Send what targets of a run were not told, as an engine would that took it up."""
    async with Notifier(home, run, targets, None):
        pass


def key_of(target: Target) -> str:
    """Name a target by where it leads, so that another order of the settings changes nothing."""
    return digest_of(("notify", *target.command, target.webhook or ""))


def read_sent(file: Path) -> dict[str, dict[str, Any]]:
    """Return how far each target was told; what cannot be read was not told."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def write_sent(file: Path, sent: dict[str, dict[str, Any]]) -> None:
    """Note how far each target was told; where that cannot be written, some is sent again."""
    beside = file.with_name(f"{file.name}.new")
    with suppress(OSError):
        beside.write_text(json.dumps(sent), "utf-8")
        beside.replace(file)


def send(target: Target, notice: Notice) -> str:
    """Send a notice; return why it could not be sent, or nothing."""
    # Loaded where a notice is sent: they take long, and most runs have no target.
    import subprocess

    from surefoot.probes.http_client import FAILURES, fetch

    document = json.dumps({"schema": SCHEMA, **asdict(notice)}, ensure_ascii=False).encode()
    if target.webhook is not None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": notice.id}
        try:
            status = fetch(target.webhook, "POST", headers, body=document).status
        except FAILURES as error:
            return shortened(f"the webhook was not reached: {error}", _FAILED_MAX)
        return "" if 200 <= status < 300 else f"the webhook answered with status {status}"
    said = shortened(" ".join(notice.text.split()), _FAILED_MAX)
    try:
        done = subprocess.run(
            target.command,
            input=document,
            capture_output=True,
            timeout=_COMMAND_S,
            check=False,
            env={**os.environ, "SUREFOOT_NOTICE": f"{notice.run}: {said}"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return shortened(f"the command could not be run: {error}", _FAILED_MAX)
    said = " ".join(done.stderr.decode("utf-8", "replace").split())
    why = f"the command ended with exit status {done.returncode}: {said}"
    return shortened(why, _FAILED_MAX) if done.returncode else ""


def tell_of(home: Home, targets: Sequence[Target], notices: Sequence[Notice]) -> list[str]:
    """Send notices that belong to no engine, each once to each target; return why some could not be sent."""
    file, failures = home.folder / FILE, list[str]()
    known = read_sent(file)
    sent: dict[str, dict[str, Any]] = {}
    for target in targets:
        told = set(known.get(key_of(target), {}).get("ids", ()))
        kept: list[str] = []
        for notice in notices if not target.on or Occasion.DEAD in target.on else ():
            failed = "" if notice.id in told else send(target, notice)
            kept += [] if failed else [notice.id]
            failures += [failed] if failed else []
        sent[key_of(target)] = {"ids": kept}
    write_sent(file, sent)
    return failures
