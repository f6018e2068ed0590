"""A view of a run that ends with Ctrl-C and leaves the run alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

INTERRUPTED = 130
_LEAVING = threading.Event()


class Left(Exception):
    """Ctrl-C was pressed."""


@contextmanager
def may_leave() -> Generator[None]:
    """Let Ctrl-C end the next `pause`."""
    before = signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave(*_: object) -> None:
    # Raised here, the exception could come up where nobody lets it through: in a call back from a library.
    _LEAVING.set()


def pause(seconds: float) -> None:
    """Wait until it is time to look again.

    Raises:
        Left: Ctrl-C was pressed.
    """
    if _LEAVING.wait(seconds):
        raise Left
