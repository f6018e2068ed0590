"""The inspection of what a body wrote, and the restoration of what it may not keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from surefoot import safe_open
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.core.ids import BlobId
from surefoot.core.plan import Effect, Step
from surefoot.core.short_text import listed
from surefoot.core.weakened_tests import Changed, is_watched, weakened
from surefoot.effects.lane.perform import (
    BESIDE_NOTE,
    CACHES_NOTE,
    KNOWN_NOTE,
    NAMED_MAX,
    first_few,
    lane_of,
    noted_at,
)
from surefoot.errors import EffectError, WorkspaceMissing
from surefoot.faults import point
from surefoot.sandbox import Rung
from surefoot.threads import in_thread
from surefoot.workers.check_files import changed_by_step
from surefoot.workers.prepared import Spoiled, cache_digests, spoiled, tidy_home
from surefoot.workers.run_context import RunContext
from surefoot.workers.run_outside import run_outside
from surefoot.workers.secret_scan import holds_secret, with_keys
from surefoot.workspace import RunWorkspace
from surefoot.workspace.staged_files import reading_s

_TEST_FILES_MAX = 200
_TEXT_MAX = 1 << 22
"""So much is looked at of what an agent wrote or was told, in bytes."""
_TEST_FILE_MAX = 1 << 18
"""Larger ones are not compared, in bytes."""


async def inspect(context: RunContext, command: do.Inspect) -> Event:
    """Find out what the body wrote, and put back what it may not keep."""
    if command.by_hand:
        context.disturb(lane_of(command), leaves_nothing=False)
    return await in_thread(_inspect, context, command)


def _inspect(context: RunContext, command: do.Inspect) -> Event:
    point("inspect.before")
    lane, spec, space = lane_of(command), command.spec, context.space
    root = _folder_of(context, lane)
    is_read = spec.effect is Effect.READ  # what it writes is thrown away, wherever it lies
    secrets = _find_secrets(context, lane, spec.uncommitted)
    if secrets and is_read:
        space.put_back(lane, command.tree, secrets)
    elif secrets:
        return ev.ChangesObserved(
            **command.at(context.clock.now()),
            tree=command.tree,
            changed=(),
            secrets=secrets,
            lane_changed=True,
        )
    _settle_submodules(context, lane, is_read=is_read)
    tidy_home(context, lane)
    within_s = reading_s(spec.timeout_s)
    tree = space.tree(lane, exclude=spec.uncommitted, within_s=within_s)
    changed = space.changes(command.tree, tree)
    keeps, refused, outside = _sorted_out(command, changed)
    if refused and not outside:
        space.put_back(lane, command.tree, refused)
        tree = space.tree(lane, exclude=spec.uncommitted, within_s=within_s)
    # What is checked from here on is what will be committed, also where git converts it.
    space.take_committed_form(lane, tree)
    context.settle(lane)
    note = noted_at(context, lane, command.checkpoint)
    _remove_changed_caches(context, lane, note or {})
    space.reset_refs(lane, command.commit)
    is_changed, left, found = _beside(context, lane, spec, note or {})
    point("inspect.after")
    return ev.ChangesObserved(
        **command.at(context.clock.now()),
        tree=tree,
        changed=tuple(keeps),
        undeclared=() if is_read or outside else tuple(refused),
        outside=tuple(outside),
        lane_changed=is_changed or spec.reaches_out or command.by_hand or context.rung is not Rung.BUBBLEWRAP,
        lines=space.count_lines(command.tree, tree) if command.counts_lines else None,
        digest=space.digest_of_changes(command.tree, tree, keeps),
        keys=tuple(with_keys(root, keeps)),
        left=left[:NAMED_MAX],
        run_outside=run_outside(context.plan, spec, (*keeps, *left)),
        check_files=changed_by_step(context, spec, command.tree, (*keeps, *_files_of(root, left))),
        spoiled=first_few((*found.changed, *found.added)),
        deleted=space.deleted(command.tree, tree, keeps),
        weakened=_weakened(space, command.tree, tree, keeps) if spec.body.by_model else (),
        absent=_unseen(context, command, space.absent((command.tree, tree), command.names)),
    )


def _beside(
    context: RunContext, lane: str, spec: Step, note: Mapping[str, str]
) -> tuple[bool, tuple[str, ...], Spoiled]:
    """Return whether what git ignores has changed, what was left there, and what `prepare` had made and is no more."""
    settled = lane in context.settled
    now = context.space.ignored_state(lane, spec.uncommitted, exclude=spec.uncommitted, settled=settled)
    if note.get(BESIDE_NOTE) == now:
        return False, (), Spoiled()
    left, found = _left_of(context, lane, spec, note), spoiled(context, lane, spec.uncommitted)
    if found.changed or found.added:
        context.settled.discard(lane)  # the next checkpoint has to look at what prepare had made
    return True, left, found


def _weakened(space: RunWorkspace, before: str, after: str, changed: Sequence[str]) -> tuple[str, ...]:
    """Say what the changes took from the tests; large files are not read."""
    paths = [path for path in changed if is_watched(path)][:_TEST_FILES_MAX]
    if not paths:
        return ()
    olds, news = space.found(before, paths), space.found(after, paths)

    def text_of(found: Mapping[str, tuple[str, int]], path: str) -> str:
        blob, size = found.get(path, ("", 0))
        return space.content(blob).decode("utf-8", "replace") if 0 < size <= _TEST_FILE_MAX else ""

    sizes = {path: max(olds.get(path, ("", 0))[1], news.get(path, ("", 0))[1]) for path in paths}
    read = [path for path in paths if sizes[path] <= _TEST_FILE_MAX]
    return weakened([Changed(path=path, before=text_of(olds, path), after=text_of(news, path)) for path in read])


def _unseen(context: RunContext, command: do.Inspect, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the names that the agent neither wrote nor was told; the words of a call may come back from it.

    Of very long texts only the beginning is looked at.
    """
    # Arguments are JSON, where a line may begin behind the letters of its escape.
    left = {name: re.compile(rf"(?:(?<!\w)|(?<=\\[nrt])){re.escape(name)}(?!\w)".encode()) for name in names}

    def standing_in(blob: BlobId) -> set[str]:
        with context.blobs.open(blob) as content:
            text = content.read(_TEXT_MAX)
        return {name for name, pattern in left.items() if pattern.search(text)}

    for blob in command.known if left else ():
        for name in standing_in(blob):
            del left[name]
    for arguments, output in command.failed if left else ():
        for name in standing_in(output) - standing_in(arguments):
            del left[name]
    return tuple(left)


def _folder_of(context: RunContext, lane: str) -> Path:
    root = context.space.lane_path(lane)
    if not root.is_dir():  # else every file of it would count as deleted by the step
        message = f"the folder of lane {lane} is gone ({str(root)!r}), so nobody knows what the step changed"
        raise WorkspaceMissing(f"{message}; it is made again for the next attempt", lane=lane)
    return root


def _sorted_out(command: do.Inspect, changed: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Return the changed paths that are kept, those that are not, and those of them outside the scope."""
    if command.spec.effect is Effect.READ:
        return [], sorted(set(changed)), []
    keeps = [path for path in changed if matches(path, command.writes) and not matches(path, command.denied)]
    refused = sorted(set(changed) - set(keeps))
    return (
        keeps,
        refused,
        [path for path in refused if matches(path, command.denied) or not matches(path, command.scope)],
    )


def _remove_changed_caches(context: RunContext, lane: str, note: Mapping[str, str]) -> None:
    """Remove caches of tools that the body changed: bytecode and earlier answers in them decide what a check says."""
    before = json.loads(note.get(CACHES_NOTE, "{}"))
    for folder, digest in cache_digests(context, lane).items():
        if before.get(folder) != digest:
            context.space.remove_from_lane(lane, folder)


def _left_of(context: RunContext, lane: str, spec: Step, note: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a body made where git ignores it and that it declares nowhere."""
    known = set(json.loads(note.get(KNOWN_NOTE, "[]")))
    found = (path for path in context.space.not_held(lane, settled=lane in context.settled) if path not in known)
    return tuple(path for path in found if not matches(path.rstrip("/"), spec.uncommitted))


def _files_of(root: Path, paths: Iterable[str]) -> list[str]:
    """Return ignored paths as files that a check may use; of a folder what makes it a module of Python."""
    modules = (f"{path}__init__.py" if path.endswith("/") else path for path in paths)
    return [path for path in modules if safe_open.status_of(root / path) is not None]


def _settle_submodules(context: RunContext, lane: str, *, is_read: bool) -> None:
    """Refuse what was changed inside submodules; what a step that only reads has changed there is put back.

    Raises:
        EffectError: something was.
    """
    changed = context.space.changed_submodules(lane)
    if changed and is_read:
        context.space.put_back_submodules(lane)
    elif changed:
        path, inside = next(iter(changed.items()))
        raise EffectError(
            f"the submodule {path} was changed inside ({listed(inside)}), which no commit of this repository can hold; "
            "commit it in the submodule's own repository, and let the step check that commit out there",
            retryable=False,
        )


def _find_secrets(context: RunContext, lane: str, scratch: tuple[str, ...]) -> tuple[str, ...]:
    """Return the written files that hold a secret, by name or content, before anything of them is stored."""
    if not context.declared:
        return ()
    root = context.space.lane_path(lane)
    return tuple(path for path in context.space.written(lane, exclude=scratch) if holds_secret(context, root, path))
