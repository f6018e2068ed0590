"""The command line: commands, exit codes, and how everything looks.

Owns what is printed, and when a person at the terminal is asked. Must never decide what a run does: it speaks to runs
through `surefoot.api` alone. Everything but this module is loaded when it is needed, so that each command starts
quickly. Read `surefoot.cli.app` next.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line (default: this program's own) and return its exit code."""
    from surefoot.cli.frame import run_framed

    return run_framed(arguments)
