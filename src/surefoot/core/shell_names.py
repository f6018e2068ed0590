"""The names of shells: what runs the commands that a file or a text holds."""

from __future__ import annotations

from typing import Final

SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"})
RUNS_SCRIPTS: Final = SHELLS | {"source", "."}
"""What runs the shell script named behind it: a shell, or the shell that reads the command."""
