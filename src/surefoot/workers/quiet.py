"""Watches beside what is under way whether it still gives signs: lines of output, words of a model, messages."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

from surefoot.core.events import QuietNoticed
from surefoot.effects.effect import Command, Effect, StepCommand
from surefoot.workers.run_context import RunContext


@contextmanager
def telling_of_quiet(context: RunContext, command: Command, effect: Effect) -> Generator[None]:
    """Tell the run while what is under way gives no sign for as long as its command says."""
    if not isinstance(command, StepCommand) or command.silence_s is None:
        yield
        return
    context.hear(command.step)
    watching: list[asyncio.Task[None]] = []
    watch = partial(_watch, context, command, effect, command.silence_s)
    # What ends without ever waiting needs no task beside it.
    starting = asyncio.get_running_loop().call_soon(lambda: watching.append(asyncio.create_task(watch())))
    try:
        yield
    finally:
        starting.cancel()
        for task in watching:
            task.cancel()


async def _watch(context: RunContext, command: StepCommand, effect: Effect, silence_s: float) -> None:
    """Tell after `silence_s` seconds without a sign, and again each time the silence has become twice as long."""
    wait_s = silence_s
    while True:
        heard = context.heard[command.step]
        quiet_s = context.clock.elapsed() - heard
        if quiet_s < wait_s:
            await context.clock.wait_until(context.clock.now() + wait_s - quiet_s)
            wait_s = wait_s if context.heard[command.step] == heard else silence_s
            continue
        at = command.at(context.clock.now())
        context.tell(QuietNoticed(**at, effect=effect.name, subject=command.subject, quiet_s=quiet_s))
        wait_s *= 2
