"""`run` probes: a shell command whose exit status answers."""

from __future__ import annotations

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import RunProbe
from surefoot.ports import LOOKING, CommandRequest, Commands
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

TIMEOUT_S = 60.0
"""The command is ended after this many seconds."""
_ANSWERS = {0: Applied.APPLIED, 1: Applied.NOT_APPLIED}


async def ask_run(kind: RunProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Run the command, outside the sandbox unless it says otherwise."""
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
