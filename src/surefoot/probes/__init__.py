"""Probes, asked: whether an effect is in the world."""

from __future__ import annotations

from surefoot.probes.probe_table import ask
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

__all__ = ["ProbeReply", "Subject", "ask"]
