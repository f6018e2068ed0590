"""Lanes: made usable, put to a checkpoint, looked at after a body, put back.

Owns what is done to a lane's files. Must never move a ref the user can see. Read `surefoot.workers.branch` next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from surefoot import opening
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.causes import misses_network
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.core.ids import BlobId
from surefoot.core.plan import AgentBody, Effect, Prepare, Step, digest_of
from surefoot.core.policy import raising_rule
from surefoot.core.retry import diagnose_text
from surefoot.core.rules import CommandFacts
from surefoot.core.terms import Diagnosis
from surefoot.effects import CHECKPOINT, GROUP, LANE
from surefoot.errors import EffectError, WorkspaceError, WorkspaceMissing
from surefoot.faults import point
from surefoot.masking import REPLACEMENT
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import Rung, command_environment
from surefoot.threads import in_thread
from surefoot.workers.artifacts import forget, made_before, place_artifacts, remove_made
from surefoot.workers.caches import keep_caches, kept_caches, lend_caches
from surefoot.workers.check_files import changed_by_step
from surefoot.workers.command import LaneCommands
from surefoot.workers.ground import commands_of, ground_of, probe_of
from surefoot.workers.leaks import holds_secret, with_keys
from surefoot.workers.prepared import (
    Spoiled,
    cache_digests,
    forget_prepared,
    note_prepared,
    remove_prepared,
    spoiled,
    tidy_home,
)
from surefoot.workers.room import Room
from surefoot.workers.run_outside import run_outside
from surefoot.workspace.staging import reading_s

NAMED_MAX = 20
_PREPARED, _IGNORED, _BESIDE, _MADE, _KNOWN = "prepared", "ignored", "beside", "made", "known"
_CACHES = "caches"
_WHERE_IMPORTS_COME_FROM = """
import importlib.metadata, json, sys
found = [path for path in sys.path if path]
for one in importlib.metadata.distributions():
    origin = json.loads(one.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        found.append(origin["url"].removeprefix("file://"))
print(json.dumps(found))
"""


async def open_lane(room: Room, command: do.OpenLane) -> Event:
    """Make a lane hold a commit and be prepared."""
    try:
        is_new = command.fresh or not room.space.home_path(command.lane).exists()
        if is_new:
            room.forget_note(command.lane)
            forget(room, command.lane)
            forget_prepared(room, command.lane)
        await in_thread(room.space.open_lane, command.lane, command.commit, fresh=command.fresh)
        tree = await in_thread(room.space.commit_tree_of, command.commit)
        prepared = await _prepare(room, command.lane, is_base=is_new and tree == room.space.base_tree)
    except (EffectError, WorkspaceError) as error:
        retryable = isinstance(error, EffectError) and error.retryable
        diagnosis = Diagnosis.TRANSIENT if retryable else Diagnosis.STRUCTURAL
        evidence = room.store(error.message.encode())
        return LANE.failed(command, room.clock.now(), diagnosis, error.message, evidence)
    return ev.LaneReady(
        at=room.clock.now(),
        lane=command.lane,
        environment=prepared.environment,
        evidence=prepared.evidence,
        duration_s=prepared.duration_s,
        kept=prepared.kept,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What came of preparing a lane."""

    environment: str
    """Digest of what verdicts depend on beside the tree."""
    evidence: BlobId | None = None
    duration_s: float = 0.0
    kept: tuple[str, ...] = ()


async def _prepare(room: Room, lane: str, *, is_base: bool = False) -> _Prepared:
    """Prepare a lane that holds its commit, unless that was done with the same key files.

    It begins with the kept caches of installers, in a home that is empty otherwise: what bodies left there could decide
    what is installed. What it adds is kept only in a new lane at the base of the run (`is_base`): anywhere else it may
    run what steps wrote, which could leave something in those caches.
    """
    prepare = room.plan.prepare
    key = await in_thread(_key_of, room, lane, prepare)
    inherited = sorted(command_environment(room.environ).items())
    environment = digest_of((key, room.rung.value, inherited, sorted(room.plan.env.items())))
    note = room.note(lane)
    if note.get(_PREPARED) == key:
        return _Prepared(environment=environment)
    prepared = _Prepared(environment=environment)
    if prepare is not None:
        point("prepare.before")
        kept_between_runs, own = kept_caches(room, prepare), room.cache(lane)
        if all(name != lane for name, _ in room.services):  # else their data may lie there
            await in_thread(room.space.empty_home, lane)
            await in_thread(lend_caches, kept_between_runs, own)
        there_before = await in_thread(room.space.not_held, lane)
        outcome = await _run_prepare(room, lane, prepare)
        if is_base:
            await in_thread(keep_caches, own, kept_between_runs)
        kept = await in_thread(room.space.keep_prepared, lane)
        await in_thread(note_prepared, room, lane, there_before)
        prepared = replace(prepared, evidence=outcome.evidence, duration_s=outcome.duration_s, kept=kept)
        point("prepare.after")
    await _refuse_foreign_imports(room, lane)
    room.write_note(lane, {_PREPARED: key})
    return prepared


def _key_of(room: Room, lane: str, prepare: Prepare | None) -> str:
    if prepare is None:
        return digest_of("no prepare")
    root = room.space.lane_path(lane)
    paths = sorted(path for path in room.space.files_of_lane(lane) if matches(path, prepare.key))
    contents = [(path, digest_of(content)) for path in paths if (content := _content_of(root / path)) is not None]
    return digest_of((prepare.run, prepare.path, contents))


def _content_of(file: Path) -> bytes | None:
    """Return what a plain file holds; None where there is none."""
    try:
        with opening.open_plain(file) as opened:
            return opened.read()
    except OSError:
        return None


async def _run_prepare(room: Room, lane: str, prepare: Prepare) -> CommandOutcome:
    commands = LaneCommands(room=room, lane=lane, mark=f"prepare-{lane}")
    request = CommandRequest(text=prepare.run, timeout_s=prepare.timeout_s, network=prepare.network)
    outcome = await commands.run(request)
    if outcome.exit_code == 0:
        return outcome
    is_transient = outcome.timed_out or _will_pass(outcome)
    if prepare.network is not True and room.rung is not Rung.PLAIN and misses_network(outcome.tail):
        is_transient = False
    hint = "" if prepare.network else "\nprepare ran without network; `network: true` gives it one"
    message = f"prepare failed ({outcome.said}): {prepare.run}\n{outcome.tail[-1500:].strip()}{hint}"
    raise EffectError(message, retryable=is_transient)


def _will_pass(outcome: CommandOutcome) -> bool:
    return diagnose_text(outcome.exit_code, f"{outcome.said}\n{outcome.tail}") is Diagnosis.TRANSIENT


async def _refuse_foreign_imports(room: Room, lane: str) -> None:
    """Refuse a Python environment that imports from the user's checkout: its tests would test that instead.

    Raises:
        EffectError: the lane's first `python` has such an environment; the message names the cure.
    """
    if room.source is None:
        return
    commands = LaneCommands(room=room, lane=lane, mark=f"imports-{lane}")
    text = 'command -v python >/dev/null || exit 0; exec python -c "$SUREFOOT_QUESTION"'
    question = CommandRequest(text=text, env={"SUREFOOT_QUESTION": _WHERE_IMPORTS_COME_FROM}, timeout_s=60)
    outcome = await commands.run(question)
    entries = _texts_in(outcome.tail.strip().rpartition("\n")[2]) if outcome.exit_code == 0 else ()
    foreign = _foreign_path(room, room.source, entries)
    if foreign is not None:
        raise EffectError(
            f"the `python` of the lane imports from your checkout ({foreign}), so checks would test your checkout and "
            "not the run's copy; let `prepare` make an environment in the lane, for example "
            "`python -m venv .venv && .venv/bin/pip install -e .` with `path: [.venv/bin]`"
        )


def _texts_in(line: str) -> tuple[str, ...]:
    """Return the texts of a list in JSON; none where the lane's `python` answered with anything else."""
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    return tuple(one for one in cast("list[object]", said) if isinstance(one, str)) if isinstance(said, list) else ()


def _foreign_path(room: Room, source: Path, entries: Iterable[str]) -> Path | None:
    checkout, own = source.resolve(), room.folder.resolve()
    paths = (Path(entry).resolve() for entry in entries)
    inside = (path for path in paths if path.is_relative_to(checkout) and not path.is_relative_to(own))
    return next((path for path in inside if not _is_environment(path)), None)


def _is_environment(path: Path) -> bool:
    """Tell whether a path belongs to an installation, which may well lie in the checkout (a venv there)."""
    return (
        "site-packages" in path.parts or "dist-packages" in path.parts or path.suffix == ".zip" or "lib" in path.parts
    )


async def _make_prepared(room: Room, lane: str, declared: Sequence[str]) -> _Prepared:
    """Make the files of `prepare` in a lane what they were, whatever has been run there since.

    What was only added is removed. Where something was changed, all of it is removed and made anew.
    """
    found = await in_thread(spoiled, room, lane, declared)
    for path in found.added:
        await in_thread(room.space.remove_from_lane, lane, path)
    if not found.changed:
        return await _prepare(room, lane)
    await in_thread(remove_prepared, room, lane, declared)
    room.forget_note(lane)
    return await _prepare(room, lane)


async def take_checkpoint(room: Room, command: do.TakeCheckpoint) -> Event:
    """Put the lane to the head and make sure of it; prepare again where a key file has changed."""
    lane = _lane(command)
    place = (command.step, command.attempt)
    try:
        point("checkpoint.before")
        is_settled = lane in room.settled
        await in_thread(room.space.restore, lane, command.commit, settled=is_settled)
        room.settle(lane)
        prepared = await (_prepare(room, lane) if is_settled else _make_prepared(room, lane, command.uncommitted))
        await in_thread(place_artifacts, room, lane, command.artifacts)
        tree = await in_thread(room.space.commit_tree_of, command.commit)
        does = None if command.spec is None else commands_of(command.spec, room.plan.env)
        raised_by = _raised_by(room, command.spec, does)
        ground = await ground_of(room, command, lane, raised_by)
        probe = None if command.spec is None else probe_of(command.spec, room.plan.env)
        left = await in_thread(_note_ignored, room, lane, command)
        point("checkpoint.after")
    except (EffectError, WorkspaceError) as error:
        retryable = not isinstance(error, EffectError) or error.retryable
        diagnosis = Diagnosis.TRANSIENT if retryable else Diagnosis.STRUCTURAL
        return CHECKPOINT.failed(command, room.clock.now(), diagnosis, error.message)
    return ev.Checkpointed(
        at=room.clock.now(),
        step=place[0],
        attempt=place[1],
        commit=command.commit,
        tree=tree,
        environment=digest_of((prepared.environment, command.artifacts)) if command.artifacts else prepared.environment,
        not_held=_named(left),
        does=does,
        ground=ground,
        raised_by=raised_by,
        probe=probe,
    )


def _raised_by(room: Room, spec: Step | None, does: CommandFacts | None) -> str:
    """Name the rule by which the step counts as irreversible; what an agent runs is looked at call by call."""
    if spec is None or isinstance(spec.body, AgentBody):
        return ""
    return raising_rule(spec, does, room.rung.value)


def _note_ignored(room: Room, lane: str, command: do.TakeCheckpoint) -> tuple[str, ...]:
    """Note how the ignored files are at the checkpoint, to be compared after the body and after a restore.

    Returns what a restore cannot put back: ignored files, a folder as a whole.
    """
    is_settled, uncommitted = lane in room.settled, command.uncommitted
    ignored = room.space.ignored_state(lane, command.scratch, exclude=uncommitted, settled=is_settled)
    beside = room.space.ignored_state(lane, uncommitted, exclude=uncommitted) if command.made else ignored
    made = made_before(room, lane, command.made)
    known = room.space.not_held(lane, settled=is_settled)
    caches = json.dumps(cache_digests(room, lane))
    told = {_IGNORED: ignored, _BESIDE: beside, _MADE: made, _KNOWN: json.dumps(known), _CACHES: caches}
    room.write_note(lane, room.note(lane) | told)
    return known


def _named(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first few paths, and how many more there are."""
    return (*paths[:NAMED_MAX], f"and {len(paths) - NAMED_MAX} more") if len(paths) > NAMED_MAX else paths


def _lane(command: do.StepCommand) -> str:
    assert command.lane is not None
    return command.lane


async def restore_lane(room: Room, command: do.RestoreLane) -> Event:
    """Put the lane back to the checkpoint; a lane that cannot be put back is reported as changed, to be made anew."""
    lane = _lane(command)
    try:
        point("restore.before")
        await in_thread(room.space.restore, lane, command.commit)
        note = room.note(lane)
        await in_thread(remove_made, room, lane, command.made, note.get(_MADE, ""))
        uncommitted = (*command.scratch, *command.made)
        ignored = await in_thread(room.space.ignored_state, lane, command.scratch, exclude=uncommitted)
        is_changed = note.get(_IGNORED) != ignored
        point("restore.after")
    except WorkspaceError:
        is_changed = True
    return ev.LaneRestored(at=room.clock.now(), step=command.step, attempt=command.attempt, lane_changed=is_changed)


async def place_tree(room: Room, command: do.PlaceTree) -> Event:
    """Make the lane hold the tree a check is to be asked about, prepared anew where that is asked for."""
    lane = _lane(command)
    if command.prepare:
        await in_thread(room.space.hold, lane, command.commit, command.tree, exclude=command.scratch)
        await _make_prepared(room, lane, command.scratch)
    await in_thread(room.space.place, lane, command.commit, command.tree, exclude=command.scratch)
    return ev.Placed(at=room.clock.now(), step=command.step, attempt=command.attempt, tree=command.tree)


async def apply_edit(room: Room, command: do.ApplyEdit) -> Event:
    """Make the lane hold what a person wants to be kept instead of what the body made."""
    lane = _lane(command)
    room.disturb(lane, leaves_nothing=False)
    patch = room.blobs.get(command.diff)
    await in_thread(room.space.apply_patch, lane, command.commit, patch, exclude=command.scratch)
    return ev.EditApplied(at=room.clock.now(), step=command.step, attempt=command.attempt)


async def inspect(room: Room, command: do.Inspect) -> Event:
    """Find out what the body wrote, and put back what it may not keep."""
    if command.by_hand:
        room.disturb(_lane(command), leaves_nothing=False)
    return await in_thread(_inspect, room, command)


def _inspect(room: Room, command: do.Inspect) -> Event:
    point("inspect.before")
    lane, spec, space = _lane(command), command.spec, room.space
    root = space.lane_path(lane)
    if not root.is_dir():  # else every file of it would count as deleted by the step
        message = f"the folder of lane {lane} is gone ({str(root)!r}), so nobody knows what the step changed"
        raise WorkspaceMissing(f"{message}; it is made again for the next attempt", lane=lane)
    is_read = spec.effect is Effect.READ  # what it writes is thrown away, wherever it lies
    secrets = _find_secrets(room, lane, spec.uncommitted)
    if secrets and is_read:
        space.put_back(lane, command.tree, secrets)
    elif secrets:
        return ev.ChangesObserved(
            at=room.clock.now(),
            step=command.step,
            attempt=command.attempt,
            tree=command.tree,
            changed=(),
            secrets=secrets,
            lane_changed=True,
        )
    _settle_submodules(room, lane, is_read=is_read)
    _remove_changed_caches(room, lane)
    tidy_home(room, lane)
    within_s = reading_s(spec.timeout_s)
    tree = space.tree(lane, exclude=spec.uncommitted, within_s=within_s)
    changed = space.changes(command.tree, tree)
    keeps = [] if is_read else [path for path in changed if matches(path, command.writes)]
    refused = sorted(set(changed) - set(keeps))
    outside = [] if is_read else [path for path in refused if not matches(path, command.scope)]
    if refused and not outside:
        space.put_back(lane, command.tree, refused)
        tree = space.tree(lane, exclude=spec.uncommitted, within_s=within_s)
    # What is checked from here on is what will be committed, also where git converts it.
    space.take_committed_form(lane, tree)
    room.settle(lane)
    space.reset_refs(lane, command.commit)
    beside = space.ignored_state(lane, spec.uncommitted, exclude=spec.uncommitted, settled=lane in room.settled)
    is_changed = room.note(lane).get(_BESIDE) != beside
    left = _left_of(room, lane, spec) if is_changed else ()
    found = spoiled(room, lane, spec.uncommitted) if is_changed else Spoiled()
    if found.changed or found.added:
        room.settled.discard(lane)  # the next checkpoint has to look at what prepare had made
    point("inspect.after")
    return ev.ChangesObserved(
        at=room.clock.now(),
        step=command.step,
        attempt=command.attempt,
        tree=tree,
        changed=tuple(keeps),
        undeclared=() if is_read or outside else tuple(refused),
        outside=tuple(outside),
        lane_changed=is_changed or spec.reaches_out or command.by_hand or room.rung is not Rung.BUBBLEWRAP,
        lines=space.count_lines(command.tree, tree) if command.counts_lines else None,
        digest=space.digest_of_changes(command.tree, tree, keeps),
        keys=tuple(with_keys(space.lane_path(lane), keeps)),
        left=left[:NAMED_MAX],
        run_outside=run_outside(room.plan, spec, (*keeps, *left)),
        check_files=changed_by_step(room, spec, command.tree, (*keeps, *_files_of(space.lane_path(lane), left))),
        spoiled=_named((*found.changed, *found.added)),
    )


def _remove_changed_caches(room: Room, lane: str) -> None:
    """Remove caches of tools that the body changed: bytecode and earlier answers in them decide what a check says."""
    before = json.loads(room.note(lane).get(_CACHES, "{}"))
    for folder, digest in cache_digests(room, lane).items():
        if before.get(folder) != digest:
            room.space.remove_from_lane(lane, folder)


def _left_of(room: Room, lane: str, spec: Step) -> tuple[str, ...]:
    """Return what a body made where git ignores it and that it declares nowhere."""
    known = set(json.loads(room.note(lane).get(_KNOWN, "[]")))
    found = (path for path in room.space.not_held(lane, settled=lane in room.settled) if path not in known)
    return tuple(path for path in found if not matches(path.rstrip("/"), spec.uncommitted))


def _files_of(root: Path, paths: Iterable[str]) -> list[str]:
    """Return ignored paths as files that a check may use; of a folder what makes it a module of Python."""
    modules = (f"{path}__init__.py" if path.endswith("/") else path for path in paths)
    return [path for path in modules if opening.status_of(root / path) is not None]


def _settle_submodules(room: Room, lane: str, *, is_read: bool) -> None:
    """Refuse what was changed inside submodules; what a step that only reads has changed there is put back.

    Raises:
        EffectError: something was.
    """
    changed = room.space.changed_submodules(lane)
    if changed and is_read:
        room.space.put_back_submodules(lane)
    elif changed:
        path, inside = next(iter(changed.items()))
        named = ", ".join(inside[:5]) + (f" and {len(inside) - 5} more" if len(inside) > 5 else "")
        raise EffectError(
            f"the submodule {path} was changed inside ({named}), which no commit of this repository can hold; "
            "commit it in the submodule's own repository, and let the step check that commit out there",
            retryable=False,
        )


def _find_secrets(room: Room, lane: str, scratch: tuple[str, ...]) -> tuple[str, ...]:
    """Return the written files that hold a secret, by name or content, before anything of them is stored."""
    if not room.declared:
        return ()
    root = room.space.lane_path(lane)
    return tuple(path for path in room.space.written(lane, exclude=scratch) if holds_secret(room, root, path))


async def expand_group(room: Room, command: do.ExpandGroup) -> Event:
    """Find the items of a group."""
    group, each = command.group, command.group.for_each
    assert each is not None
    point("expand.before")
    now = room.clock.now
    if command.lack is not None:
        return GROUP.failed(command, now(), Diagnosis.STRUCTURAL, command.lack)
    if each.items is not None:
        return ev.GroupExpanded(at=now(), group=group.id, items=each.items)
    assert command.commit is not None
    if each.glob is not None:
        inside = f"{room.plan.folder}/" if room.plan.folder else ""
        paths = await in_thread(room.space.files, command.commit)
        names = (path.removeprefix(inside) for path in paths if path.startswith(inside))
        items = tuple(sorted(name for name in names if matches(name, (each.glob,))))
        return _expanded(room, command, items)
    assert each.lines is not None
    assert command.lane is not None
    commands = LaneCommands(room=room, lane=command.lane, mark=f"expand-{group.id}", step=group)
    await in_thread(room.space.restore, command.lane, command.commit)
    await in_thread(place_artifacts, room, command.lane, command.artifacts)
    outcome = await commands.run(CommandRequest(text=each.lines, timeout_s=group.timeout_s, network=group.network))
    point("expand.after")
    await in_thread(room.space.restore, command.lane, command.commit)
    if outcome.exit_code != 0 or outcome.evidence is None:
        reason = f"the command for the items failed ({outcome.said}): {outcome.tail.strip()[-500:]}"
        return GROUP.failed(command, now(), Diagnosis.STRUCTURAL, reason)
    text = room.blobs.get(outcome.evidence).decode("utf-8", "surrogateescape")
    # A line feed ends an item, and nothing else does: names of files may hold any other separator.
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    return _expanded(room, command, tuple(dict.fromkeys(line for line in lines if line)))


def _expanded(room: Room, command: do.ExpandGroup, items: tuple[str, ...]) -> Event:
    """Return the items that were found, unless one holds a secret: commands are made of items, and items are shown."""
    at, group = room.clock.now(), command.group.id
    # What a command prints is masked before it can be read here.
    masks = [number for number, item in enumerate(items, 1) if REPLACEMENT in item or room.masker.text(item) != item]
    if not masks:
        return ev.GroupExpanded(at=at, group=group, items=items)
    reason = (
        f"item {masks[0]} of {len(items)} holds a secret, or {REPLACEMENT}, which stands for one; a step is made from "
        "each item and shown, so list names that hold no secret, and read the secret from a variable in `env_from`"
    )
    return GROUP.failed(command, at, Diagnosis.STRUCTURAL, reason)
