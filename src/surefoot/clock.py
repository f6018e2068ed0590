"""The machine's clock: real time, as `surefoot.ports.Clock`."""

from __future__ import annotations

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
        import asyncio  # which takes long to load, and is not needed to read a run

        while (left_s := due - time.time()) > 0:  # noqa: ASYNC110 - somebody may set the time back meanwhile
            await asyncio.sleep(left_s)
