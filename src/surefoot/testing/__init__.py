"""Tools for tests of programs that use Surefoot: virtual time, simulated runs, scripted models, journals that die.

Names are loaded on first use: scripted models bring a library of providers along.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.models.scripted import scripted
    from surefoot.models.scripts import ScriptedReply, ScriptedRequest
    from surefoot.testing.dying_journal import DyingJournal
    from surefoot.testing.simulation import Simulated, journal_text, simulate, simulated_home
    from surefoot.testing.virtual_clock import VirtualClock

__all__ = [
    "DyingJournal",
    "ScriptedReply",
    "ScriptedRequest",
    "Simulated",
    "VirtualClock",
    "journal_text",
    "scripted",
    "simulate",
    "simulated_home",
]

_PLACES = {
    "DyingJournal": "surefoot.testing.dying_journal",
    **dict.fromkeys(("ScriptedReply", "ScriptedRequest"), "surefoot.models.scripts"),
    "scripted": "surefoot.models.scripted",
    **dict.fromkeys(("Simulated", "journal_text", "simulate", "simulated_home"), "surefoot.testing.simulation"),
    "VirtualClock": "surefoot.testing.virtual_clock",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot.testing' has no attribute {name!r}")
    return getattr(import_module(place), name)
