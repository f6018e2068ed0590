"""The table of probe kinds, and the repeated asking while the effect may still be on its way.

*Not applied* is never believed before the probe's time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from surefoot.clock import SystemClock
from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import (
    CallProbe,
    CommandProbe,
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
from surefoot.ports import Clock, Commands
from surefoot.probes.call_probe import ask_call, ask_function
from surefoot.probes.command_probe import ask_command
from surefoot.probes.file_probe import ask_file
from surefoot.probes.git_probe import ask_git
from surefoot.probes.http_probe import ask_http
from surefoot.probes.package_probe import ask_package
from surefoot.probes.port_probe import ask_port
from surefoot.probes.process_probe import ask_process
from surefoot.probes.reply import ProbeReply
from surefoot.probes.run_probe import ask_run
from surefoot.probes.sql_probe import ask_sql
from surefoot.probes.subject import Subject

WAIT_FIRST_S = 0.2
WAIT_GROWTH = 1.5
WAIT_MAX_S = 5.0
_ASK: Mapping[type, Callable[[Any, Subject, Commands], Awaitable[ProbeReply]]] = {
    FileProbe: lambda kind, _, commands: asyncio.to_thread(ask_file, kind, commands.root),
    GitProbe: ask_git,
    HttpProbe: ask_http,
    RunProbe: ask_run,
    CallProbe: ask_call,
    FunctionProbe: lambda kind, subject, _: ask_function(kind, subject),
    ProcessProbe: lambda kind, _, commands: asyncio.to_thread(ask_process, kind, commands.root),
    PortProbe: lambda kind, _, __: ask_port(kind),
    PackageProbe: lambda kind, _, commands: ask_package(kind, commands),
    SqlProbe: ask_sql,
    CommandProbe: ask_command,
}


async def ask(
    probe: Probe,
    commands: Commands,
    *,
    subject: Subject | None = None,
    clock: Clock | None = None,
    wanted: Applied = Applied.APPLIED,
) -> ProbeReply:
    """Ask until the answer is the one that is `wanted` or `within_s` is over; the last answer counts.

    A machine whose clock is set meanwhile waits no shorter and no longer. After a kill the time begins anew.
    """
    clock, subject = clock or SystemClock(), subject or Subject()
    deadline = clock.elapsed() + probe.within_s
    wait_s = WAIT_FIRST_S
    while True:
        reply = await _ASK[type(probe.ask)](probe.ask, subject, commands)
        left_s = deadline - clock.elapsed()
        if reply.answer is wanted or left_s <= 0:
            return reply
        await clock.wait_until(clock.now() + min(wait_s, left_s))
        wait_s = min(wait_s * WAIT_GROWTH, WAIT_MAX_S)
