"""The embedded engine: asyncio over the journal, in one process.

Owns the loop of a run: fold what happened, ask the kernel until it has nothing more to say, append both in one batch,
dispatch the commands once that is committed, wait. Live state is folded in place ahead of the commit; when that does
not come about (a conflict, a full disk) it is thrown away and folded anew from the journal, so that nothing is ever
dispatched on the strength of an event that is not in the journal. Must never perform an effect itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.commands import Command
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.kernel import apply, decide
from surefoot.core.state import RunState
from surefoot.effects import BY_COMMAND
from surefoot.effects.service.perform import close_services
from surefoot.engines.snapshots import keep_snapshot, load_state, next_snapshot
from surefoot.engines.standings import standing_at
from surefoot.engines.writer import GroupWriter
from surefoot.errors import EngineError, IllegalTransition, JournalConflict
from surefoot.ports.storage import Batch, Journal
from surefoot.workers.dispatch import perform
from surefoot.workers.run_context import RunContext

TURNS_TO_END = 10
"""Turns of the event loop in which a result that has come passes through the functions that await it."""

Observer = Callable[[RunState, Event], None]


class RunLoop:
    """Drives one run until there is nothing left to do."""

    def __init__(
        self,
        context: RunContext,
        journal: Journal,
        writer: GroupWriter,
        state: RunState,
        *,
        token: int,
        observer: Observer | None = None,
    ) -> None:
        """Drive the run of `context`, which is in `state` and whose claim the caller holds under `token`."""
        self.context = context
        self.state = state
        self.waits_for_answers = False
        """Whether to go on waiting when only a person can say how to go on."""
        self._journal = journal
        self._writer = writer
        self._token = token
        self._observer = observer
        self._inbox: list[Event] = []
        self._bell = asyncio.Event()
        self._running: dict[asyncio.Task[None], Command] = {}
        self._stopping = False
        self._failure: BaseException | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_wall_s: float | None = None
        """The limit that the alarm is set for."""
        self._snapshot_at = next_snapshot(self.state.seq)
        context.tell = self.tell
        context.head = lambda: journal.head(context.run)
        self._behind = False
        """Whether another program may have appended."""

    def tell(self, *facts: Event) -> None:
        """Hand in facts from outside the workers: an answer given in this program, a signal."""
        self._inbox.extend(facts)
        self._bell.set()

    def stop(self) -> None:
        """Stop at once, whatever is under way: what it was is settled when the run is resumed."""
        self._stopping = True
        self._bell.set()

    async def drive(self) -> str:
        """Work until the run ends, pauses, or waits for a person; return `ended`, `paused`, `waiting` or `stopped`."""
        self._begun_at = asyncio.get_running_loop().time()
        # Read before the first append: what another program appends from here on is noticed.
        listening = asyncio.create_task(self._listen(self._journal.version()))
        listening.add_done_callback(self._done)
        try:
            reason = await self._drive()
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
            listening.cancel()
            for running in self._running:
                running.cancel()
            await asyncio.gather(listening, *self._running, return_exceptions=True)
            await close_services(self.context, gently=not self._stopping)
            if self.context.models is not None:
                await self.context.models.close()
        facts, self._inbox = self._inbox, []
        await self._advance([*facts, ev.EngineStopped(at=self.context.clock.now(), reason=reason)])
        return reason

    def _set_alarm(self) -> None:
        """Let the clock run for the limit that holds now; the opening facts or another plan may have changed it."""
        wall_s = self.state.plan.limits.wall_s
        if wall_s == self._alarm_wall_s:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        loop = asyncio.get_running_loop()
        self._alarm = None if wall_s is None else loop.call_at(self._begun_at + wall_s, self._time_is_over)
        self._alarm_wall_s = wall_s

    def _time_is_over(self) -> None:
        by = f"the limit of {self.state.plan.limits.wall_s:.0f} s wall time"
        self.tell(ev.PauseRequested(at=self.context.clock.now(), by=by))

    async def _drive(self) -> str:
        while not self._stopping:
            if self._failure is not None:
                raise self._failure
            facts, self._inbox = self._inbox, []
            self._bell.clear()
            await self._advance(facts)
            if self._stopping:  # asked for meanwhile: nothing is decided any more, so nothing has to be under way
                break
            self._set_alarm()
            reason = self._reason_to_stop()
            if reason is not None and not self._inbox and self._failure is None:
                return reason
            await self._bell.wait()
        return "stopped"

    async def _advance(self, facts: Sequence[Event]) -> None:
        """Fold facts, decide, append, dispatch; on a conflict fold what was missed and decide again."""
        while True:
            if self._behind:
                self._catch_up()
            expected = self.state.seq
            events, commands = self._decide(facts)
            if not events:
                return
            is_durable = any(_is_waited_for(self.state, event) for event in events)
            is_last = any(isinstance(event, ev.EngineStopped) for event in events)
            batch = Batch(
                run=self.context.run,
                expected=expected,
                events=events,
                token=self._token,
                durable=is_durable,
                standing=standing_at(self.state) if is_last else None,
            )
            try:
                await self._writer.append(batch, is_idle=not self._running)
            except JournalConflict:
                self.state = load_state(self._journal, self.context.run)
                self._observe(r.event for r in self._journal.events(self.context.run, after=expected))
                continue
            self._observe(events)
            for command in commands:
                self._dispatch(command)
            if self.state.seq >= self._snapshot_at:
                self._snapshot_at = keep_snapshot(self._journal, self.state)
            return

    def _decide(self, facts: Iterable[Event]) -> tuple[list[Event], list[Command]]:
        """Fold the facts and whatever the kernel then decides, until it has nothing more to say."""
        events: list[Event] = []
        commands: list[Command] = []
        for fact in facts:
            try:
                apply(self.state, fact)
            except IllegalTransition:
                if not fact.may_be_late:
                    raise
                continue
            events.append(fact)
        now = self.context.clock.now()
        while proposals := decide(self.state, now):
            for proposal in proposals:
                apply(self.state, proposal.event)
                events.append(proposal.event)
                if proposal.command is not None:
                    commands.append(proposal.command)
        return events, commands

    def _observe(self, events: Iterable[Event]) -> None:
        if self.context.plan is not self.state.plan:
            self.context.adopt(self.state.plan)
        if self._observer is not None:
            for event in events:
                self._observer(self.state, event)

    def _catch_up(self) -> None:
        """Fold what other programs appended."""
        self._behind = False
        missed = [recorded.event for recorded in self._journal.events(self.context.run, after=self.state.seq)]
        for event in missed:
            apply(self.state, event)
        self._observe(missed)

    async def _listen(self, version: int) -> None:
        """Notice appends of other programs, and that the journal's disk has failed."""
        while True:
            version = await self._journal.wait_for_appends(version)
            self._behind = True
            self._bell.set()

    def _dispatch(self, command: Command) -> None:
        if isinstance(command, do.Interrupt):
            for running, other in self._running.items():
                owner = other.step if isinstance(other, do.StepCommand) else ACCEPTANCE
                if owner == command.step and BY_COMMAND[type(other)].is_cancellable:
                    _cancel_later(running)
            return
        if isinstance(command, do.AgentCommand):
            self.context.tell_agent(command)
            return
        running = asyncio.create_task(self._perform(command))
        self._running[running] = command
        running.add_done_callback(self._done)

    async def _perform(self, command: Command) -> None:
        fact = await perform(self.context, command)
        self._inbox.append(fact)  # only now is it known which list is the inbox
        # Not left to `_done`, which is called a turn of the loop later.
        self._running.pop(cast("asyncio.Task[None]", asyncio.current_task()), None)
        self._bell.set()

    def _done(self, running: asyncio.Task[None]) -> None:
        was_running = self._running.pop(running, None) is not None
        if not running.cancelled() and running.exception() is not None:
            self._failure = running.exception()
        if was_running or self._failure is not None:  # one that ended by itself has rung already
            self._bell.set()

    def _reason_to_stop(self) -> str | None:
        if self.state.outcome is not None or self.state.is_paused:
            is_moving_refs = any(isinstance(command, do.UpdateBranch) for command in self._running.values())
            if is_moving_refs or self._inbox or self._is_searching():
                return None
            return "paused" if self.state.outcome is None else "ended"
        if self._inbox or any(self._will_end_soon(command) for command in self._running.values()):
            return None
        if self.state.open_questions:
            return None if self.waits_for_answers else "waiting"
        if self._failure is not None:
            return None
        raise EngineError(
            f"run {self.context.run!r} has nothing under way and has not ended; please report this with its journal",
            run=self.context.run,
        )

    def _is_searching(self) -> bool:
        """Tell whether there is more to find out about a step that broke a check."""
        blame = self.state.blaming
        is_asking = any(isinstance(one, do.Inquire | do.OpenLane | do.StartService) for one in self._running.values())
        return self.state.is_searching and blame is not None and (is_asking or not blame.is_stopped)

    def _will_end_soon(self, command: Command) -> bool:
        """Tell whether to wait for a command.

        For the end of a question's time only where that has come; for an agent that waits for a person's word only
        where a person may say it here.
        """
        if isinstance(command, do.RunStep) and not self.waits_for_answers:
            work = self.state.nodes[command.step].work
            return work is None or work.people.question is None
        return not isinstance(command, do.WaitForDeadline) or command.due <= self.context.clock.now()


def _cancel_later(running: asyncio.Task[None], turns: int = TURNS_TO_END) -> None:
    """Cancel what is under way, unless it has come to its end already and says so within a few turns of the loop.

    A cancellation that meets a reply on its way through the awaiting functions would lose the reply, which is paid for.
    """
    if turns == 0:
        running.cancel()
    else:
        asyncio.get_running_loop().call_soon(_cancel_later, running, turns - 1)


def _is_waited_for(state: RunState, event: Event) -> bool:
    """Tell whether the run may go on only once the event is on disk."""
    if isinstance(event, ev.BodyStarted | ev.BodyFinished):
        return state.nodes[event.step].effect.is_outside
    if isinstance(event, ev.ToolCallStarted):
        return bool(event.raised_by)
    if isinstance(event, ev.ToolCallFinished):
        reached = state.nodes[event.step].reached
        return any((one.attempt, one.call) == (event.attempt, event.call) for one in reached)
    return event.is_waited_for
