"""Probes by a program's output, started without a shell and confined like a body."""

from __future__ import annotations

import asyncio

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import CommandProbe
from surefoot.expressions import CURE, expression
from surefoot.ports import CommandRequest, Commands
from surefoot.probes.http_probe import judged
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

TIMEOUT_S = 60.0
"""The program is ended after this many seconds."""
SEARCHED_MAX = 64_000_000
"""Longer output is not searched."""


async def ask_command(kind: CommandProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Run the program in the sandbox, with the network of the step, and search all that it prints."""
    request = CommandRequest(argv=kind.argv, env=subject.env, timeout_s=TIMEOUT_S, network=subject.network)
    outcome = await commands.run(request)
    if not outcome.started or outcome.timed_out or outcome.exit_code is None:
        return ProbeReply(answer=Applied.UNKNOWN, text=outcome.said, evidence=outcome.evidence)
    output = outcome.tail.encode() if outcome.evidence is None else commands.load(outcome.evidence)
    answer, why = await asyncio.to_thread(_judge, kind, output)
    return ProbeReply(answer=answer, text=f"{outcome.said}: {why}", evidence=outcome.evidence)


def _judge(kind: CommandProbe, output: bytes) -> tuple[Applied, str]:
    if len(output) > SEARCHED_MAX:
        return Applied.UNKNOWN, f"it printed more than {SEARCHED_MAX} bytes"
    try:
        is_applied = expression(kind.applied, by_line=True).is_in(output)
        is_not = kind.not_applied is not None and expression(kind.not_applied, by_line=True).is_in(output)
    except ValueError as error:
        return Applied.UNKNOWN, f"its patterns cannot be searched for: {error}; {CURE}"
    return judged(is_applied, is_not)
