"""Group commit: what several runs append in one turn of the loop goes to disk in one transaction.

No caller is answered before the commit that holds its events. Durable batches and later syncs run on a thread, so that
the loop does not wait for the disk; it does where nothing else is under way and the disk has been quick. When a later
sync fails, nothing more is written, and every run is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from surefoot.errors import ClaimLost, JournalConflict
from surefoot.ports import Clock
from surefoot.ports.storage import Appended, Batch, Journal

INLINE_EVENTS_MAX = 8
_INLINE_MEDIAN_MAX_S = 0.002
_SYNC_AFTER_S = 0.2

Result = Appended | JournalConflict | ClaimLost


class GroupWriter:
    """Appends batches of many runs: on the loop itself what keeps nobody waiting, all else on a thread."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Write to `journal`, which nobody else in this program may write to meanwhile."""
        self.callers = 0
        """How many runs append. One that is alone does not wait for others to join its commit."""
        self._journal = journal
        self._clock = clock
        self._queue: list[tuple[Batch, asyncio.Future[Result]]] = []
        self._recent_s: deque[float] = deque([0.0], maxlen=9)
        self._flushing = False
        self._syncing: asyncio.TimerHandle | None = None
        self._failure: BaseException | None = None
        """Why what was appended is not on disk; nothing is appended after it."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="surefoot-journal")
        """Its own: the threads on which workers act may all be busy for long."""

    async def append(self, batch: Batch, *, is_idle: bool = False) -> Appended:
        """Append the batch, and return once it is committed (and synced, if it asks for that).

        `is_idle`: nothing is under way in the run, so that nothing is held up while the loop waits for the disk.

        Raises:
            JournalConflict: somebody appended first; nothing of the batch was written.
            ClaimLost: another engine has the run.
            JournalLocked: the disk refused this batch, or one before it.
        """
        if self._failure is not None:
            raise self._failure
        if self.callers == 1 and not self._flushing and self._is_quick([batch], is_idle=is_idle):
            results = self._write([batch])
            if not batch.durable:
                self._sync_soon()
            result = results if isinstance(results, BaseException) else results[0]
        else:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[Result] = loop.create_future()
            self._queue.append((batch, answer))
            if not self._flushing:
                self._flushing = True
                loop.call_soon(self._flush)
            result = await answer
        if isinstance(result, Appended):
            return result
        raise result

    def _is_quick(self, batches: Sequence[Batch], *, is_idle: bool = False) -> bool:
        """Tell whether the loop can be kept waiting for it: it is small, and no other work waits for the disk too."""
        is_small = sum(len(batch.events) for batch in batches) <= INLINE_EVENTS_MAX
        is_small = is_small and (is_idle or not any(batch.durable for batch in batches))
        return is_small and sorted(self._recent_s)[(len(self._recent_s) - 1) // 2] < _INLINE_MEDIAN_MAX_S

    def _flush(self) -> None:
        queue, self._queue = self._queue, []
        if not queue:
            self._flushing = False
            return
        batches = [batch for batch, _ in queue]
        if self._is_quick(batches):
            self._answer(queue, self._write(batches))
            asyncio.get_running_loop().call_soon(self._flush)
            return
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, batches)
        writing.add_done_callback(lambda done: self._written(queue, done))

    def _written(
        self, queue: list[tuple[Batch, asyncio.Future[Result]]], done: asyncio.Future[Sequence[Result] | BaseException]
    ) -> None:
        self._answer(queue, done.result())
        self._flush()

    def _write(self, batches: Sequence[Batch]) -> Sequence[Result] | BaseException:
        begun = self._clock.elapsed()
        try:
            return self._journal.append(batches)
        except Exception as error:  # noqa: BLE001 - handed to every caller whose batch it was
            return error
        finally:
            self._recent_s.append(self._clock.elapsed() - begun)

    def _answer(
        self, queue: list[tuple[Batch, asyncio.Future[Result]]], results: Sequence[Result] | BaseException
    ) -> None:
        if isinstance(results, BaseException):
            for _, answer in queue:
                if not answer.done():
                    answer.set_exception(results)
            return
        for (_, answer), result in zip(queue, results, strict=True):
            if not answer.done():
                answer.set_result(result)
        if not all(batch.durable for batch, _ in queue):
            self._sync_soon()

    def _sync_soon(self) -> None:
        """See to it that what was written without waiting is on disk before long."""
        if self._syncing is None and self._journal.is_durable:
            self._syncing = asyncio.get_running_loop().call_later(_SYNC_AFTER_S, self._sync)

    def _sync(self) -> None:
        self._syncing = None
        if self._flushing:
            self._sync_soon()
            return
        self._flushing = True  # nothing is committed meanwhile: it would claim that what came before is on disk
        syncing = asyncio.get_running_loop().run_in_executor(self._thread, self._journal.sync)
        syncing.add_done_callback(self._synced)

    def _synced(self, done: asyncio.Future[None]) -> None:
        self._failure = done.exception()
        if self._failure is not None:
            queue, self._queue = self._queue, []
            self._answer(queue, self._failure)
        self._flush()

    async def close(self) -> None:
        """Bring everything to disk.

        Raises:
            JournalLocked: the disk refuses it.
        """
        if self._syncing is not None:
            self._syncing.cancel()
            self._syncing = None
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._journal.sync)
        finally:
            self._thread.shutdown(wait=False)
