"""A last yes before something is done.

Owns the question on the terminal. Must never be used for what a run asks: `surefoot.cli.dialogue` does that. Read
`surefoot.cli.lifecycle` next.
"""

from __future__ import annotations

from surefoot.cli.screen import Screen
from surefoot.views.lines import EMPTY


def agrees(question: str, screen: Screen) -> bool:
    """Ask the person at the terminal; no answer means no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        screen.show([EMPTY])
        return False
