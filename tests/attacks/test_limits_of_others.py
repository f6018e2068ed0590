"""A step that sets resource limits and priorities of programs that are not its own.

A limit of no processor time would kill the engine, or any program of the user, at once.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

LIMITING = """
import os, resource
for pid in (TARGET, os.getppid()):
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_SIGPENDING):
        try:
            resource.prlimit(pid, limit, (0, 0))
            print("set", pid)
        except (OSError, ValueError):
            pass
try:
    os.setpriority(os.PRIO_PROCESS, TARGET, 19)
    print("held back", TARGET)
except OSError:
    pass
print("tried")
"""


def test_limits_of_other_programs_cannot_be_set(staged: Stage) -> None:
    """Neither those of a program of the host nor those of the guard."""
    with subprocess.Popen(["sleep", "300"]) as target:
        limits = Path(f"/proc/{target.pid}/limits")
        before = limits.read_text("utf-8")
        said = attack(staged, LIMITING.replace("TARGET", str(target.pid)))
        after = limits.read_text("utf-8")
        target.kill()
    assert (after, said) == (before, "tried")
