"""Ask probes: find out whether an effect is in the world.

Owns the kinds of probe and the waiting for an effect that may still be on its way. Must never perform an effect, and
never guess: what breaks or fits no declared pattern is *unknown*. Read `surefoot.probes.probe_table` next.
"""

from __future__ import annotations

from surefoot.probes.probe_table import ask
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

__all__ = ["ProbeReply", "Subject", "ask"]
