"""Long answers page by page.

Not rich's pager: it ignores `$SUREFOOT_PAGER`, shows escapes in place of colours in an unconfigured `less`, and loses
the text where the pager is missing. Here the text is printed then.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

_USUAL = "less -FRX"


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """Return the pager: `$SUREFOOT_PAGER`, else `$PAGER`, else `less`; empty when there shall be none."""
    wanted = next((environ[name] for name in ("SUREFOOT_PAGER", "PAGER") if name in environ), _USUAL)
    try:
        command = shlex.split(wanted)
    except ValueError:
        return []
    return [] if command[:1] == ["cat"] else command


def page(text: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Show text in the pager until the person leaves it; return False when there is none, and nothing was shown."""
    command = pager_command(environ)
    if not command:
        return False
    import subprocess

    try:
        # A bare `less` shows colours only when it is told to.
        program = subprocess.Popen(command, stdin=subprocess.PIPE, env={"LESS": "FRX", **environ})
    except OSError:
        return False
    try:
        program.communicate(text.encode("utf-8", "backslashreplace"))
    except KeyboardInterrupt:  # Ctrl-C is for the pager
        program.wait()
    return True
