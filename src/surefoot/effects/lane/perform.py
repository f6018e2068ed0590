"""Lanes made usable: a commit checked out, `prepare` run."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from surefoot import safe_open
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.failure_words import misses_network
from surefoot.core.globs import matches
from surefoot.core.ids import BlobId
from surefoot.core.plan import Prepare, digest_of
from surefoot.core.record import record
from surefoot.core.retry import diagnose_text
from surefoot.core.state import CLEAN
from surefoot.effects import LANE
from surefoot.effects.artifacts.perform import forget
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import Rung, command_environment
from surefoot.threads import in_thread
from surefoot.workers.caches import keep_caches, kept_caches, lend_caches
from surefoot.workers.command import LaneCommands
from surefoot.workers.lane_clone import cloned_from, has_origin, note_origin, origin_digest, undo_clone
from surefoot.workers.prepared import forget_prepared, note_prepared, origin_file, remove_prepared, spoiled
from surefoot.workers.run_context import RunContext

NAMED_MAX = 20
_TICK_NS = 20_000_000
"""File systems tell times no finer than the clock ticks."""
PREPARED_NOTE, IGNORED_NOTE, BESIDE_NOTE, MADE_NOTE, KNOWN_NOTE = "prepared", "ignored", "beside", "made", "known"
CACHES_NOTE, IMPORTS_NOTE, CHANGES_NOTE = "caches", "imports", "changes"
CHECKPOINT_NOTE, USED_NOTE = "checkpoint", "used"
_OF_PYTHON = (".py", ".pyi", ".pyx", "pyproject.toml", "setup.cfg", ".gitmodules")
"""How files end in a repository from which Python could import; what submodules hold is not looked at."""
_WHERE_IMPORTS_COME_FROM = """
import importlib.metadata, json, sys
found = [path for path in sys.path if path]
for one in importlib.metadata.distributions():
    origin = json.loads(one.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        found.append(origin["url"].removeprefix("file://"))
print(json.dumps(found))
"""


async def open_lane(context: RunContext, command: do.OpenLane) -> Event:
    """Make a lane hold a commit and be prepared."""
    try:
        is_new = command.fresh or not context.space.home_path(command.lane).exists()
        if is_new:
            context.forget_note(command.lane)
            forget(context, command.lane)
            forget_prepared(context, command.lane)
        used = _used_lanes(context) if command.lane == CLEAN else ()
        context.settled.difference_update(used)
        await in_thread(context.space.open_lane, command.lane, command.commit, fresh=command.fresh, used=used)
        if context.plan.prepare is None:  # else the checkpoint has to look at what it had made
            context.settle(command.lane)
        tree = await in_thread(context.space.commit_tree_of, command.commit)
        prepared = await prepared_lane(context, command.lane, is_base=is_new and tree == context.space.base_tree)
    except (EffectError, WorkspaceError) as error:
        retryable = isinstance(error, EffectError) and error.retryable
        diagnosis = Diagnosis.TRANSIENT if retryable else Diagnosis.STRUCTURAL
        evidence = context.store(error.message.encode())
        return LANE.failed(command, context.clock.now(), diagnosis, error.message, evidence)
    return ev.LaneReady(
        at=context.clock.now(),
        lane=command.lane,
        environment=prepared.environment,
        evidence=prepared.evidence,
        duration_s=prepared.duration_s,
        kept=prepared.kept,
        cloned_from=prepared.cloned_from,
    )


def _used_lanes(context: RunContext) -> tuple[str, ...]:
    """Return the lanes whose files the clean lane may take over: no step is left that needs them.

    In a settled lane nothing can be at work any more, not even what a command has left behind.
    """
    serving = {lane for lane, _ in context.services}
    return () if context.plan.prepare is not None else tuple(sorted(context.settled - serving - {CLEAN}))


@record
class Prepared:
    """What came of preparing a lane."""

    environment: str
    evidence: BlobId | None = None
    duration_s: float = 0.0
    kept: tuple[str, ...] = ()
    cloned_from: str | None = None


def noted_at(context: RunContext, lane: str, checkpoint: int) -> dict[str, str] | None:
    """Return what was noted of the lane at a checkpoint.

    None: another one was taken there since, for a step that the journal has lost.
    """
    note = context.note(lane)
    return note if note.get(CHECKPOINT_NOTE) == f"{checkpoint}" else None


async def prepared_lane(context: RunContext, lane: str, *, is_base: bool = False) -> Prepared:
    """Prepare a lane that holds its commit, unless that was done with the same key files.

    Where another lane was prepared from the same, this one gets a copy of what was made there.
    """
    prepare = context.plan.prepare
    key = await in_thread(_key_of, context, lane, prepare)
    inherited = sorted(command_environment(context.environ).items())
    environment = digest_of((key, context.rung.value, inherited, sorted(context.plan.env.items())))
    note = context.note(lane)
    prepared = Prepared(environment=environment)
    is_new = note.get(PREPARED_NOTE) != key
    if not is_new and note.get(IMPORTS_NOTE):
        return prepared
    if is_new and prepare is not None:
        point("prepare.before")
        origin_file(context, lane).unlink(missing_ok=True)
        prepared = await _cloned(context, lane, prepared) or await _made(context, lane, prepared, is_base=is_base)
        point("prepare.after")
    # To start Python takes longer than to prepare a lane without any, above all where `python` is a chain of scripts.
    told = {PREPARED_NOTE: key} if is_new else note  # what else is noted holds until the lane is prepared anew
    if prepare is not None or await in_thread(context.space.tracks_any, lane, _OF_PYTHON):
        if prepared.cloned_from is None:
            await _refuse_foreign_imports(context, lane)
        told = {**told, IMPORTS_NOTE: "own"}
    if told != note:
        context.write_note(lane, told)
    return prepared


async def _cloned(context: RunContext, lane: str, prepared: Prepared) -> Prepared | None:
    """Copy what `prepare` made in another lane; None: there is nothing to copy, or it would not be as safe."""
    prepare = context.plan.prepare
    assert prepare is not None
    has_submodules = (context.space.lane_path(lane) / ".gitmodules").is_file()  # what is made in there is not known
    if not prepare.clone or has_submodules or any(name == lane for name, _ in context.services):
        return None
    began = time.monotonic()
    digest = await in_thread(origin_digest, context, lane, prepare, prepared.environment)
    if not await in_thread(has_origin, context, lane, digest):
        return None
    await in_thread(context.space.empty_home, lane)
    origin = await in_thread(cloned_from, context, lane, digest)
    if origin is None:
        return None
    # What was copied is asked where it imports from: never from the lane that it was copied from.
    if _foreign_path(context, lane, await _imported(context, lane)) is not None:
        await in_thread(undo_clone, context, lane, origin)
        return None
    await in_thread(note_origin, context, lane, digest, origin.took_s, origin.made_ns)
    return replace(prepared, duration_s=time.monotonic() - began, kept=origin.kept, cloned_from=origin.lane)


async def _made(context: RunContext, lane: str, prepared: Prepared, *, is_base: bool) -> Prepared:
    """Run `prepare` in a lane.

    It begins with the kept caches of installers, in a home that is empty otherwise: what bodies left there could decide
    what is installed. What it adds is kept only in a new lane at the base of the run (`is_base`): anywhere else it may
    run what steps wrote, which could leave something in those caches.
    """
    prepare = context.plan.prepare
    assert prepare is not None
    kept_between_runs, own = kept_caches(context, prepare), context.cache(lane)
    has_services = any(name == lane for name, _ in context.services)
    if not has_services:  # else their data may lie there
        await in_thread(context.space.empty_home, lane)
        await in_thread(lend_caches, kept_between_runs, own)
    there_before = await in_thread(context.space.not_held, lane)
    began_ns = time.time_ns() - _TICK_NS
    outcome = await _run_prepare(context, lane, prepare)
    ended_ns = time.time_ns()
    if is_base:
        await in_thread(keep_caches, own, kept_between_runs)
    kept = await in_thread(context.space.keep_prepared, lane)
    await in_thread(note_prepared, context, lane, there_before)
    if prepare.clone and not has_services:
        digest = await in_thread(origin_digest, context, lane, prepare, prepared.environment)
        await in_thread(note_origin, context, lane, digest, outcome.duration_s, (began_ns, ended_ns))
    return replace(prepared, evidence=outcome.evidence, duration_s=outcome.duration_s, kept=kept)


def _key_of(context: RunContext, lane: str, prepare: Prepare | None) -> str:
    if prepare is None:
        return digest_of("no prepare")
    root = context.space.lane_path(lane)
    paths = sorted(path for path in context.space.files_of_lane(lane) if matches(path, prepare.key))
    contents: list[tuple[str, str]] = []
    for path in paths:
        with suppress(OSError), safe_open.open_plain(root / path) as file:
            contents.append((path, digest_of(file.read())))
    return digest_of((prepare.run, prepare.path, contents))


async def _run_prepare(context: RunContext, lane: str, prepare: Prepare) -> CommandOutcome:
    commands = LaneCommands(context=context, lane=lane, mark=f"prepare-{lane}")
    request = CommandRequest(text=prepare.run, timeout_s=prepare.timeout_s, network=prepare.network)
    outcome = await commands.run(request)
    if outcome.exit_code == 0:
        return outcome
    said = f"{outcome.said}\n{outcome.tail}"
    is_transient = outcome.timed_out or diagnose_text(outcome.exit_code, said) is Diagnosis.TRANSIENT
    if prepare.network is not True and context.rung is not Rung.PLAIN and misses_network(outcome.tail):
        is_transient = False
    hint = "" if prepare.network else "\nprepare ran without network; `network: true` gives it one"
    message = f"prepare failed ({outcome.said}): {prepare.run}\n{outcome.tail[-1500:].strip()}{hint}"
    raise EffectError(message, retryable=is_transient)


async def _refuse_foreign_imports(context: RunContext, lane: str) -> None:
    """Refuse a Python environment that imports from the user's checkout: its tests would test that instead.

    Raises:
        EffectError: the lane's first `python` has such an environment; the message names the cure.
    """
    if context.source is None:
        return
    foreign = _foreign_path(context, lane, await _imported(context, lane))
    if foreign is not None:
        raise EffectError(
            f"the `python` of the lane imports from your checkout ({foreign}), so checks would test your checkout and "
            "not the run's copy; let `prepare` make an environment in the lane, for example "
            "`python -m venv .venv && .venv/bin/pip install -e .` with `path: [.venv/bin]`"
        )


async def _imported(context: RunContext, lane: str) -> tuple[str, ...]:
    """Return where the lane's first `python` imports from."""
    commands = LaneCommands(context=context, lane=lane, mark=f"imports-{lane}")
    text = 'command -v python >/dev/null || exit 0; exec python -c "$SUREFOOT_QUESTION"'
    question = CommandRequest(text=text, env={"SUREFOOT_QUESTION": _WHERE_IMPORTS_COME_FROM}, timeout_s=60)
    outcome = await commands.run(question)
    return _texts_in(outcome.tail.strip().rpartition("\n")[2]) if outcome.exit_code == 0 else ()


def _texts_in(line: str) -> tuple[str, ...]:
    """Return the texts of a list in JSON; none where the lane's `python` answered with anything else."""
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    return tuple(one for one in cast("list[object]", said) if isinstance(one, str)) if isinstance(said, list) else ()


def _foreign_path(context: RunContext, lane: str, entries: Sequence[str]) -> Path | None:
    """Return the first path in the user's checkout, or in another lane."""
    run, checkout = context.folder.resolve(), None if context.source is None else context.source.resolve()
    own = (context.space.lane_path(lane), context.space.home_path(lane))

    def is_foreign(path: Path) -> bool:
        if any(path.is_relative_to(run / part) for part in ("lanes", "homes")):
            return not any(path.is_relative_to(one) for one in own)
        is_inside = checkout is not None and path.is_relative_to(checkout) and not path.is_relative_to(run)
        return is_inside and not _is_environment(path)

    return next(filter(is_foreign, (Path(entry).resolve() for entry in entries)), None)


def _is_environment(path: Path) -> bool:
    """Tell whether a path belongs to an installation, which may well lie in the checkout (a venv there)."""
    return path.suffix == ".zip" or not {"site-packages", "dist-packages", "lib"}.isdisjoint(path.parts)


async def prepared_anew(context: RunContext, lane: str, declared: Sequence[str]) -> Prepared:
    """Make the files of `prepare` in a lane what they were, whatever has been run there since.

    What was only added is removed. Where something was changed, all of it is removed and made anew.
    """
    found = await in_thread(spoiled, context, lane, declared)
    for path in found.added:
        await in_thread(context.space.remove_from_lane, lane, path)
    if not found.changed:
        return await prepared_lane(context, lane)
    await in_thread(remove_prepared, context, lane, declared)
    context.forget_note(lane)
    return await prepared_lane(context, lane)


def first_few(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first few paths, and how many more there are."""
    return (*paths[:NAMED_MAX], f"and {len(paths) - NAMED_MAX} more") if len(paths) > NAMED_MAX else paths


def lane_of(command: do.StepCommand) -> str:
    """Return the lane of a command that cannot do without one."""
    assert command.lane is not None
    return command.lane
