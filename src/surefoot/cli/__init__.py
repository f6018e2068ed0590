"""The command line: commands, exit codes and rendering.

All other modules are loaded on first use, so that each command starts quickly.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line (default: this program's own) and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if list(words) == ["--version"]:  # the parser alone takes five times as long to load
        from surefoot.release import RELEASE

        sys.stdout.write(f"surefoot {RELEASE}\n")
        return 0
    if arguments is None:
        # Modules make no garbage while they are loaded, and what they made is not looked through for some when the
        # program ends: that took a fifth of the time until `status` answers.
        gc.disable()
        atexit.register(gc.freeze)
    from surefoot.cli.entry import run_framed

    return run_framed(words)
