"""A clock that stands still while anything is done, and jumps to the next awaited moment.

The event loop of `VirtualClock.run` takes its time from the clock, and so do `asyncio.sleep`, time limits and alarms.
Work for threads is done on the loop itself, so that nothing depends on which thread is faster. While a program outside
runs or a connection is open, a wait takes real time, which is not counted.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = 1_000_000_000.0
"""When virtual time begins unless something else is asked for: on 9 September 2001."""
_PATIENCE_S = 3.0
"""How long a signal or a thread is waited for where nothing else can go on."""


class VirtualClock:
    """Virtual time, as `surefoot.ports.Clock`; hours of waiting take no time."""

    def __init__(self, start: float = START) -> None:
        """Begin at `start`, in seconds since the epoch."""
        self._now = start

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now

    def elapsed(self) -> float:
        """Return the time as well: nobody sets this clock."""
        return self._now

    async def wait_until(self, due: float) -> None:
        """Wait until the time is `due`."""
        await asyncio.sleep(max(0.0, due - self._now))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += max(0.0, seconds)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, on an event loop whose time is this clock's.

        Raises:
            RuntimeError: everything waits for what never comes.
        """
        with asyncio.Runner(loop_factory=lambda: _VirtualLoop(self)) as runner:
            return runner.run(main)


class _VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a virtual clock's, and whose threads are done with at once."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_JumpingSelector(clock))
        self._clock = clock
        # Asyncio runs what is due within this time. Its own guess is finer than a float of seconds since the epoch.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Return the clock's time."""
        return self._clock.now()

    def run_in_executor(
        self,
        executor: Executor | None,  # noqa: ARG002 - asyncio's own interface
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Call the function here and now."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the result
            done.set_exception(error)
        return done


class _JumpingSelector(selectors.DefaultSelector):
    """Lets virtual time pass where the loop would wait, unless something outside can end the wait."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready. The loop's own wake-up channel is always watched; all others lead outside."""
        has_outside = len(self.get_map()) > 1
        ready = super().select(timeout if has_outside else _PATIENCE_S if timeout is None else 0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for what never comes: no step, no alarm and no program is under way")
        if not ready and timeout is not None:
            self._clock.advance(timeout)
        return ready
