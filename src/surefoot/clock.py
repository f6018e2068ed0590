"""The machine's clock.

Owns the implementation of `surefoot.ports.Clock` for real time. Must never be imported by the core. Read
`surefoot.engines.embedded` next.
"""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    def elapsed(self) -> float:
        """Return seconds since some moment, for durations: nobody can set this clock forward or back."""
        return time.monotonic()

    async def wait_until(self, due: float) -> None:
        """Wait until the time is `due`."""
        await asyncio.sleep(max(0.0, due - time.time()))
