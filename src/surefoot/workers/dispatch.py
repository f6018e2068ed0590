"""Dispatch: performs the command of an effect and returns its fact, secrets masked.

Whatever a performer raises becomes an event here, and nowhere else. What this machine refuses us (a full disk, a
repository that was moved) is no event: it stops the run, which goes on from the journal.
"""

from __future__ import annotations

import asyncio
import traceback
from functools import cache
from importlib import import_module

from surefoot.core.events import EffectFailed, Event
from surefoot.effects import BY_COMMAND
from surefoot.effects.effect import Breakage, Command, Effect
from surefoot.errors import DiskRefused, JournalLocked, SurefootError, is_of_the_disk
from surefoot.workers.quiet import telling_of_quiet
from surefoot.workers.redaction import masked
from surefoot.workers.run_context import Performer, RunContext


@cache
def performer_of(effect: Effect) -> Performer:
    """Import and return the function that carries out an effect."""
    module, _, name = effect.performer.partition(":")
    return getattr(import_module(module), name)


async def perform(context: RunContext, command: Command) -> Event:
    """Carry out `command` and return its fact. Cancelling ends what is under way and returns the fact of that.

    Raises:
        JournalLocked: the disk takes no more.
        DiskRefused: the same, of a file that is not the journal's.
        WorkspaceMissing: the command failed, and the user's repository is gone.
    """
    effect = BY_COMMAND[type(command)]
    try:
        with telling_of_quiet(context, command, effect):
            fact = await (context.performers or performer_of)(effect)(context, command)
    except asyncio.CancelledError:
        told = effect.after_cancellation(command, context.clock.now())
        if told is None:
            raise
        fact = told
    except JournalLocked:
        raise
    except Exception as error:
        if effect.stops_run_on_full_disk and is_of_the_disk(error):
            raise DiskRefused(
                f"The disk refused what the run needs to go on: {error}. Free some space or mend the disk, then resume."
            ) from error
        breakage = Breakage(
            at=context.clock.now(),
            reason=error.message if isinstance(error, SurefootError) else f"{type(error).__name__}: {error}",
            error_type=type(error).__name__,
            trace=context.masker.text("".join(traceback.format_exception(error))),
            store=context.store,
        )
        fact = effect.after_breakage(command, breakage)
    if context.workspace is not None and _can_be_done_again(effect, command, fact):
        context.workspace.refuse_without_repository()
    return masked(fact, context.masker)


def _can_be_done_again(effect: Effect, command: Command, fact: Event) -> bool:
    """Tell whether a fact says that something failed which could be done again; an outside effect is always told."""
    if isinstance(fact, EffectFailed):
        return True
    return type(fact) in effect.results and effect.told_as_failed is not None and effect.told_as_failed(command, fact)
