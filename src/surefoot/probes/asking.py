"""Asks a probe of any kind, again and again while the effect may still be on its way.

Owns the choice by kind, the repetition, and the two kinds that need no module of their own (`file`, `run`). Must never
believe *not applied* before the probe's time is over. Read `surefoot.probes.http` next.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from surefoot.clock import SystemClock
from surefoot.core.probing import (
    CallProbe,
    FileProbe,
    FunctionProbe,
    GitProbe,
    HttpProbe,
    PackageProbe,
    PortProbe,
    Probe,
    ProcessProbe,
    RunProbe,
    SqlProbe,
)
from surefoot.core.terms import Applied
from surefoot.ports import LOOKING, Clock, CommandRequest, Commands
from surefoot.probes.calls import ask_call, ask_function
from surefoot.probes.git import ask_git
from surefoot.probes.http import ask_http
from surefoot.probes.package import ask_package
from surefoot.probes.port import ask_port
from surefoot.probes.processes import ask_process
from surefoot.probes.reply import ProbeReply
from surefoot.probes.sql import ask_sql
from surefoot.probes.subject import Subject

TIMEOUT_S = 60.0
"""A probe's command is ended after this many seconds."""
WAIT_FIRST_S = 0.2
WAIT_GROWTH = 1.5
WAIT_MAX_S = 5.0
_ANSWERS = {0: Applied.APPLIED, 1: Applied.NOT_APPLIED}


async def ask(
    probe: Probe, commands: Commands, *, subject: Subject | None = None, clock: Clock | None = None
) -> ProbeReply:
    """Ask until the answer is *applied* or `within_s` is over; the last answer counts.

    A machine whose clock is set meanwhile waits no shorter and no longer. After a kill the time begins anew.
    """
    clock, subject = clock or SystemClock(), subject or Subject()
    deadline = clock.elapsed() + probe.within_s
    wait_s = WAIT_FIRST_S
    while True:
        reply = await _ask_once(probe, subject, commands)
        left_s = deadline - clock.elapsed()
        if reply.answer is Applied.APPLIED or left_s <= 0:
            return reply
        await clock.wait_until(clock.now() + min(wait_s, left_s))
        wait_s = min(wait_s * WAIT_GROWTH, WAIT_MAX_S)


async def _ask_once(probe: Probe, subject: Subject, commands: Commands) -> ProbeReply:
    kind = probe.ask
    match kind:
        case FileProbe():
            return await asyncio.to_thread(_ask_file, kind, commands.root)
        case GitProbe():
            return await ask_git(kind, subject, commands)
        case HttpProbe():
            return await ask_http(kind, subject, commands)
        case RunProbe():
            return await _ask_run(kind, subject, commands)
        case CallProbe():
            return await ask_call(kind, subject, commands)
        case FunctionProbe():
            return await ask_function(kind, subject)
        case ProcessProbe():
            return await asyncio.to_thread(ask_process, kind, commands.root)
        case PortProbe():
            return await ask_port(kind)
        case PackageProbe():
            return await ask_package(kind, commands)
        case SqlProbe():
            return await ask_sql(kind, subject, commands)


def _ask_file(kind: FileProbe, root: Path) -> ProbeReply:
    path = root / kind.path
    try:
        path.stat()
        if kind.sha256 is None:
            return ProbeReply(answer=Applied.APPLIED, text=f"{path} exists")
        if not path.is_file():
            return ProbeReply(answer=Applied.UNKNOWN, text=f"{path} is not a plain file")
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ProbeReply(answer=Applied.NOT_APPLIED, text=f"{path} does not exist")
    except OSError as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{path}: {error.strerror}")
    except ValueError as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{kind.path!r}: {error}")
    if found == kind.sha256.lower():
        return ProbeReply(answer=Applied.APPLIED, text=f"{path} has the expected content")
    # Neither of the declared answers: it may be what was there before, or the half of what should be there.
    return ProbeReply(answer=Applied.UNKNOWN, text=f"{path} exists with other content: its SHA-256 is {found}")


async def _ask_run(kind: RunProbe, subject: Subject, commands: Commands) -> ProbeReply:
    request = CommandRequest(
        text=kind.command,
        env=subject.env if kind.confine else {**LOOKING, **subject.env},
        timeout_s=TIMEOUT_S,
        network=not kind.confine,
        confine=kind.confine,
    )
    outcome = await commands.run(request)
    answer = Applied.UNKNOWN
    if outcome.started and not outcome.timed_out and outcome.exit_code is not None:
        answer = _ANSWERS.get(outcome.exit_code, Applied.UNKNOWN)
    last = outcome.tail.strip().splitlines()[-1:]
    return ProbeReply(answer=answer, text=": ".join([outcome.said, *last]), evidence=outcome.evidence)
