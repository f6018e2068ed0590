"""The files that `prepare` made in a lane, and whether a body changed them.

Their stamps are kept beside the lane. A body can give a file the size and the time it had before, but not its time of
change.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from surefoot.core.globs import matches
from surefoot.core.plan import digest_of
from surefoot.core.record import record
from surefoot.effects.artifacts.perform import held
from surefoot.workers.run_context import RunContext
from surefoot.workspace import is_beyond_link, is_folder, remove_inside, write_file
from surefoot.workspace.lane_copy import Contents, stamp_of

_STORES = """
    .cache .npm .yarn .pnpm-store .local/share/pnpm .bun/install/cache .deno go/pkg .cargo/registry .cargo/git
    .m2/repository .gradle/caches .gradle/wrapper .ivy2/cache .sbt/boot .nuget/packages .local/share/NuGet .gem
    .bundle/cache .composer/cache .hex/packages .mix/archives .pub-cache .stack .cabal/packages .opam .julia/packages
    .julia/artifacts .julia/registries .conan2/p .ccache
"""
STORES = frozenset(_STORES.split())
"""Folders of the home in which installers and compilers keep what they have fetched and made."""


@record(kw_only=False)
class Prepared:
    """The files that `prepare` made."""

    roots: tuple[str, ...] = ()
    """Files and whole folders that were not there before, as paths in the lane; a folder ends in a slash."""
    stamps: dict[str, str] = field(default_factory=dict[str, str])
    """All files at and below them, with what tells that they are as they were."""
    home: tuple[str, ...] = ()
    """Files in the scratch home, beside those of `STORES`."""


@record(kw_only=False)
class Spoiled:
    """How the files that `prepare` made differ from what they were."""

    changed: tuple[str, ...] = ()
    """Files that have another content, or are gone."""
    added: tuple[str, ...] = ()
    """Files in the folders that it made."""


def note_prepared(context: RunContext, lane: str, there_before: Sequence[str]) -> None:
    """Note what `prepare` has made, given the ignored paths of the lane from before it."""
    earlier = load_prepared(context, lane).roots
    roots = [path for path in context.space.not_held(lane) if path not in there_before or path in earlier]
    home = [path for path, _ in _home_files(context, lane)]
    note = {"roots": roots, "stamps": dict(_stamps(context.space.lane_path(lane), roots)), "home": home}
    place = _note_file(context, lane)
    place.parent.mkdir(exist_ok=True)
    write_file(place, json.dumps(note).encode("ascii"))


def contents_of(root: Path, paths: Sequence[str]) -> Contents:
    """Return all files at and below these paths of a folder, and the folders."""
    folders: dict[str, int] = {}
    return Contents(stamps=dict(_stamps(root, paths, folders=folders)), folders=folders)


def forget_prepared(context: RunContext, lane: str) -> None:
    """Forget what was made in a lane that is thrown away."""
    _note_file(context, lane).unlink(missing_ok=True)
    origin_file(context, lane).unlink(missing_ok=True)


def origin_file(context: RunContext, lane: str) -> Path:
    """Return the file that says what other lanes can have of this one; there is none while `prepare` runs."""
    return context.folder / "notes" / f"{lane}.origin.json"


def load_prepared(context: RunContext, lane: str) -> Prepared:
    """Return what is noted of a lane; nothing is where no `prepare` has run."""
    try:
        note = json.loads(_note_file(context, lane).read_bytes())
    except (FileNotFoundError, ValueError):
        return Prepared()
    return Prepared(tuple(note["roots"]), note["stamps"], tuple(note.get("home", ())))


def spoiled(context: RunContext, lane: str, declared: Sequence[str]) -> Spoiled:
    """Return what is no longer as `prepare` made it, but for what the step declares and artifacts of earlier steps."""
    prepared = load_prepared(context, lane)
    if not prepared.roots:
        return Spoiled()
    now = dict(_stamps(context.space.lane_path(lane), prepared.roots))
    free = frozenset(held(context, lane))

    def counts(path: str) -> bool:
        return path not in free and not matches(path, declared)

    changed = (path for path, stamp in prepared.stamps.items() if now.get(path) != stamp)
    added = (path for path in now if path not in prepared.stamps)
    return Spoiled(tuple(filter(counts, changed)), tuple(filter(counts, added)))


def remove_prepared(context: RunContext, lane: str, declared: Sequence[str]) -> None:
    """Remove what `prepare` made and what lies among it, but for what the step declares and artifacts."""
    roots, spared = load_prepared(context, lane).roots, frozenset(held(context, lane))
    paths = (path for path, _ in _stamps(context.space.lane_path(lane), roots)) if spared or declared else roots
    for path in paths:
        if path not in spared and not matches(path, declared):
            context.space.remove_from_lane(lane, path.rstrip("/"))


def tidy_home(context: RunContext, lane: str) -> None:
    """Remove what a body has left in the scratch home: settings and modules in there decide what a check says.

    What `prepare` made stays, and so does what installers have fetched. The data of services may lie there, so nothing
    is removed while one runs in the lane.
    """
    if any(name == lane for name, _ in context.services):
        return
    made, home = frozenset(load_prepared(context, lane).home), context.space.home_path(lane)
    for path, _ in list(_home_files(context, lane)):
        if path not in made:
            remove_inside(home, path)


def _home_files(context: RunContext, lane: str) -> Iterator[tuple[str, str]]:
    home = context.space.home_path(lane)
    names = os.listdir(home) if home.is_dir() else []  # noqa: PTH208 - names are all that is wanted
    return _stamps(home, names, STORES)


def cache_digests(context: RunContext, lane: str) -> dict[str, str]:
    """Return a digest for each folder of a lane in which tools keep caches, outside of what git ignores anyway."""
    root = context.space.lane_path(lane)
    folders = context.space.cache_folders(lane, settled=lane in context.settled)
    return {folder: digest_of(sorted(_stamps(root, (folder,)))) for folder in folders}


def _stamps(
    root: Path, paths: Sequence[str], left_out: Collection[str] = (), folders: dict[str, int] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield each file and link at and below these paths, none beyond a link, with what tells whether it was changed.

    Folders that are `left_out` are not looked into. The others are added to `folders` with their permission bits.
    """
    passed: dict[str, int] = {} if folders is None else folders
    for path in paths:
        name = path.rstrip("/")
        if name in left_out or is_beyond_link(root, name) or not os.path.lexists(root / name):
            continue
        if not is_folder(root / name):
            yield name, stamp_of((root / name).lstat())
            continue
        passed[name] = stat.S_IMODE((root / name).lstat().st_mode)
        inside = [name]
        for folder in inside:
            try:
                with os.scandir(f"{root}/{folder}") as entries:
                    found = list(entries)
            except OSError:
                yield folder, "unreadable"
                continue
            for entry in found:
                inner = f"{folder}/{entry.name}"
                if inner in left_out:
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    yield inner, stamp_of(entry.stat(follow_symlinks=False))
                    continue
                inside.append(inner)
                if folders is not None:
                    passed[inner] = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)


def _note_file(context: RunContext, lane: str) -> Path:
    return context.folder / "notes" / f"{lane}.prepared.json"
