"""The last confirmation at the terminal before something is deleted or overwritten."""

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
