"""The items of a group, found by glob, list or command."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.effects import GROUP
from surefoot.effects.artifacts.perform import place_artifacts
from surefoot.faults import point
from surefoot.masking import REPLACEMENT
from surefoot.ports import CommandRequest
from surefoot.threads import in_thread
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext


async def expand_group(context: RunContext, command: do.ExpandGroup) -> Event:
    """Find the items of a group."""
    group, each = command.group, command.group.for_each
    assert each is not None
    point("expand.before")
    now = context.clock.now
    if command.lack is not None:
        return GROUP.failed(command, now(), Diagnosis.STRUCTURAL, command.lack)
    if each.items is not None:
        return ev.GroupExpanded(at=now(), group=group.id, items=each.items)
    assert command.commit is not None
    if each.glob is not None:
        inside = context.plan.folder_prefix
        paths = await in_thread(context.space.files, command.commit)
        names = (path.removeprefix(inside) for path in paths if path.startswith(inside))
        items = tuple(sorted(name for name in names if matches(name, (each.glob,))))
        return _expanded(context, command, items)
    assert each.lines is not None
    assert command.lane is not None
    commands = LaneCommands(context=context, lane=command.lane, mark=f"expand-{group.id}", step=group)
    await in_thread(context.space.restore, command.lane, command.commit)
    await in_thread(place_artifacts, context, command.lane, command.artifacts)
    outcome = await commands.run(CommandRequest(text=each.lines, timeout_s=group.timeout_s, network=group.network))
    point("expand.after")
    await in_thread(context.space.restore, command.lane, command.commit)
    if outcome.exit_code != 0 or outcome.evidence is None:
        reason = f"the command for the items failed ({outcome.said}): {outcome.tail.strip()[-500:]}"
        return GROUP.failed(command, now(), Diagnosis.STRUCTURAL, reason)
    text = context.blobs.get(outcome.evidence).decode("utf-8", "surrogateescape")
    # A line feed ends an item, and nothing else does: names of files may hold any other separator.
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    return _expanded(context, command, tuple(dict.fromkeys(line for line in lines if line)))


def _expanded(context: RunContext, command: do.ExpandGroup, items: tuple[str, ...]) -> Event:
    """Return the items that were found, unless one holds a secret: commands are made of items, and items are shown."""
    at, group = context.clock.now(), command.group.id
    # What a command prints is masked before it can be read here.
    masks = [number for number, item in enumerate(items, 1) if REPLACEMENT in item or context.masker.text(item) != item]
    if not masks:
        return ev.GroupExpanded(at=at, group=group, items=items)
    reason = (
        f"item {masks[0]} of {len(items)} holds a secret, or {REPLACEMENT}, which stands for one; a step is made from "
        "each item and shown, so list names that hold no secret, and read the secret from a variable in `env_from`"
    )
    return GROUP.failed(command, at, Diagnosis.STRUCTURAL, reason)
