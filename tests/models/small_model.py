"""A small model that runs here: where its file is, and how its servers are found and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from surefoot.models.local import LocalServers
from surefoot.sandbox.guard import descendants

_ESTABLISHED = "01"
_FETCHING = Path(__file__).parents[2] / "scripts" / "small_model.py"


def fetched() -> Path | str:
    """Return the file of a small model, fetched once into `build`; or why it is not here."""
    done = subprocess.run([sys.executable, str(_FETCHING)], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        return f"The small model is not here and could not be fetched: {done.stderr[-500:]}"
    return Path(done.stdout.strip())


def servers_below(pid: int) -> list[int]:
    """Return the servers of model files that a process has started, each a child of its guard."""
    return [one for one in descendants((pid,)) if b"-P" in _words_of(one)[:2]]


def _words_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return []


def is_asked(pid: int) -> bool:
    """Tell whether a server is being asked just now: whether somebody has a connection to it."""
    try:
        files = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
        rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text("utf-8").splitlines()[1:]]
    except OSError:  # it opens and closes files meanwhile
        return False
    return any(row[3] == _ESTABLISHED and f"socket:[{row[9]}]" in files for row in rows)


async def kill_servers(servers: LocalServers) -> None:
    """Kill them, as a system without memory does, and wait until that has been seen."""
    for pid in servers_below(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    await asyncio.wait({server._running for server in servers._servers.values()})
