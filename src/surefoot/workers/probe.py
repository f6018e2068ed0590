"""Asks probes: outside the sandbox, with the network, before anything else.

Owns the way from a kernel's question to what the world says. Must never perform an effect. Read `surefoot.probes` next.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.faults import point
from surefoot.probes import ask
from surefoot.workers.command import LaneCommands
from surefoot.workers.room import Room


async def ask_probe(room: Room, command: do.AskProbe) -> Event:
    """Ask whether the step's effect is there."""
    probe = command.spec.probe
    assert probe is not None
    assert command.lane is not None
    point("probe.before")
    commands = LaneCommands(
        room=room,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}/probe",
        step=command.spec,
        secrets={name: room.environ[name] for name in command.spec.env_from if name in room.environ},
    )
    reply = await ask(probe if command.patient else replace(probe, within_s=0.0), commands, clock=room.clock)
    point("probe.after")
    return ev.ProbeAnswered(
        at=room.clock.now(),
        step=command.step,
        attempt=command.attempt,
        answer=reply.answer,
        text=reply.text,
        evidence=reply.evidence,
    )
