"""Ask probes: find out whether an effect is in the world.

Owns the kinds of probe and the waiting for an effect that may still be on its way.
"""

from __future__ import annotations

from surefoot.probes.probe_table import ask
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

__all__ = ["ProbeReply", "Subject", "ask"]
