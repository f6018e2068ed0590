"""Artifacts: ignored files that a step makes for later ones, kept outside the lane and put into other lanes.

A list of artifacts is a blob with one entry for each file, folder and symbolic link. The kernel says which lists belong
into a lane; other artifacts in the lane are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from surefoot import safe_open
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches, with_content
from surefoot.core.ids import BlobId
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext
from surefoot.workers.secret_scan import holds_secret
from surefoot.workspace.folder_files import is_beyond_link
from surefoot.workspace.staged_files import Allowance, reading_s

_CHUNK = 1 << 20
_NOT_SEARCHED = frozenset({".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
_SEARCHED_BY_NAME = frozenset({".venv", ".tox", "node_modules"})
"""Folders that are looked through only where a glob names them."""
_MAGIC = frozenset("*?[")
_FILE, _FOLDER, LINK = "file", "folder", "link"

Entry = tuple[str, str, int, str, int]
"""Path, kind, permission bits, digest or target, length."""


async def keep_artifacts(context: RunContext, command: do.KeepArtifacts) -> Event:
    """Keep what a body made for later steps, durably."""
    return await in_thread(_keep, context, command)


def _keep(context: RunContext, command: do.KeepArtifacts) -> Event:
    point("artifacts.keep.before")
    lane = command.lane
    assert lane is not None
    root, made = context.space.lane_path(lane), with_content(command.artifacts)
    found = find(context, lane, made)
    for path in found:
        if "\n" in path:
            raise WorkspaceError(f"the name of the artifact {path!r} holds a line break; give it another name")
        if context.declared and holds_secret(context, root, path):
            message = f"the value of an env_from variable stands in the artifact {path}, and none may hold it; "
            raise WorkspaceError(message + "write it to a `scratch` file, or to none")
    allowance = Allowance(context.limits, "keeps", reading_s(command.timeout_s))
    entries = [_entry(context, root, path, allowance) for path in found]
    globs = {glob: with_content((glob,)) for glob in command.artifacts}
    missing = tuple(glob for glob, made in globs.items() if not any(matches(path, made) for path in found))
    text = json.dumps(entries).encode("ascii")
    hold(context, lane, (*held(context, lane), *found))
    safe_open.sync(_folder(context))
    point("artifacts.keep.after")
    return ev.ArtifactsKept(
        **command.at(context.clock.now()),
        manifest=context.blobs.put(text) if entries else None,
        count=len(entries),
        size_bytes=sum(entry[4] for entry in entries),
        unmatched=missing,
    )


def find(context: RunContext, lane: str, made: Sequence[str]) -> list[str]:
    """Return what in the lane matches and git does not track: files, folders and symbolic links, sorted."""
    root = context.space.lane_path(lane)
    tracked = context.space.tracked(lane)
    plain = {glob for glob in made if not _MAGIC.intersection(glob)}
    found = {path for path in plain if os.path.lexists(root / path) and not is_beyond_link(root, path)}
    for start in {_fixed_folder(glob) for glob in made if glob not in plain}:
        if not is_beyond_link(root, f"{start}/x"):
            found.update(path for path in _below(os.fspath(root), start) if matches(path, made))
    return sorted(found - tracked)


def _fixed_folder(glob: str) -> str:
    """Return the folder below which all lies that the glob can match."""
    folders: list[str] = []
    for part in glob.split("/")[:-1]:
        if _MAGIC.intersection(part):
            break
        if part not in {"", "."}:
            folders.append(part)
    return "/".join(folders)


def _below(root: str, start: str) -> Iterator[str]:
    folders = [start]
    for folder in folders:
        try:
            with os.scandir(f"{root}/{folder}") as opened:
                entries = list(opened)
        except OSError as error:
            raise WorkspaceError(f"the folder {folder!r} cannot be looked through for artifacts: {error}") from error
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_SEARCHED and entry.name not in _SEARCHED_BY_NAME:
                    folders.append(path)
                    yield path
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield path


def _entry(context: RunContext, root: Path, path: str, allowance: Allowance) -> Entry:
    file = root / path
    status = safe_open.status_of(file)
    if status is None:
        raise WorkspaceError(f"the artifact {path} was removed, or put beyond a link, while it was to be kept")
    if stat.S_ISLNK(status.st_mode):
        return path, LINK, 0, safe_open.target_of(file), 0
    if stat.S_ISDIR(status.st_mode):
        return path, _FOLDER, stat.S_IMODE(status.st_mode), "", 0
    with safe_open.open_plain(file) as content:
        mode = stat.S_IMODE(os.fstat(content.fileno()).st_mode)
        digest, size = _store(context, allowance.pieces(path, content))
    return path, _FILE, mode, digest, size


# --- where they are kept


def _folder(context: RunContext) -> Path:
    folder = context.folder / "artifacts"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _store(context: RunContext, pieces: Iterator[bytes]) -> tuple[str, int]:
    """Write a file to where it is kept, a piece at a time, and return its digest and length."""
    digest, size = hashlib.sha256(), 0
    folder = _folder(context)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
        try:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            final = folder / digest.hexdigest()
            if not final.exists() or final.stat().st_size != size:
                out.flush()
                os.fsync(out.fileno())
                Path(out.name).replace(final)
        finally:
            Path(out.name).unlink(missing_ok=True)
    return digest.hexdigest(), size


# --- what lies in a lane


def held(context: RunContext, lane: str) -> tuple[str, ...]:
    """Return the paths of a lane that are there because they are artifacts."""
    return tuple(_stamps(context, lane))


def hold(context: RunContext, lane: str, paths: Sequence[str]) -> None:
    """Note that these paths of a lane are artifacts, which no commit holds; nothing is known of their content."""
    _note(context, lane, dict.fromkeys(paths, ""))


def forget(context: RunContext, lane: str) -> None:
    """Forget what lay in a lane that is thrown away."""
    _note_path(context, lane).unlink(missing_ok=True)


def _note_path(context: RunContext, lane: str) -> Path:
    return context.folder / "notes" / f"{lane}.artifacts.json"


def _stamps(context: RunContext, lane: str) -> dict[str, str]:
    """Return by path how each artifact of a lane was when it was put there; empty: that is not known."""
    try:
        return json.loads(_note_path(context, lane).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}


def _note(context: RunContext, lane: str, stamps: dict[str, str]) -> None:
    place = _note_path(context, lane)
    place.parent.mkdir(exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(stamps), "ascii")
    fresh.replace(place)
    context.space.ignore_artifacts(lane, tuple(stamps))


def place_artifacts(context: RunContext, lane: str, lists: Sequence[BlobId]) -> None:
    """Make the artifacts of these lists, and no others, lie in a lane that holds its commit.

    Raises:
        WorkspaceError: one of them is damaged, or something that git tracks is in its way.
    """
    stamps = _stamps(context, lane)
    if not lists and not stamps:
        return
    point("artifacts.place.before")
    tracked = context.space.tracked(lane)
    wanted = {path: entry for path, entry in wanted_artifacts(context, lists).items() if path not in tracked}
    hold_first = {**stamps, **{path: stamps.get(path, "") for path in wanted}}
    _note(context, lane, hold_first)
    for path in sorted(stamps.keys() - wanted.keys() - tracked, reverse=True):
        context.space.remove_from_lane(lane, path)
    root = context.space.lane_path(lane)
    for path, entry in wanted.items():
        if not stamps.get(path) or stamps[path] != _stamp(root / path, entry):
            context.space.make_way(lane, path, is_folder=entry[1] == _FOLDER)
            _put(context, root / path, entry)
    _note(context, lane, {path: _stamp(root / path, entry) for path, entry in wanted.items()})
    point("artifacts.place.after")


def wanted_artifacts(context: RunContext, lists: Sequence[BlobId]) -> dict[str, Entry]:
    """Return what belongs into the lane by path, folders first; of two entries for a path the later one counts."""
    wanted: dict[str, Entry] = {}
    for manifest in lists:
        for entry in json.loads(context.blobs.get(manifest)):
            wanted[entry[0]] = tuple(entry)
    solid = {path for path, entry in wanted.items() if entry[1] != _FOLDER}
    return {path: wanted[path] for path in sorted(wanted) if solid.isdisjoint(map(str, PurePosixPath(path).parents))}


def _stamp(file: Path, entry: Entry) -> str:
    """Return what tells whether the file is still what was put there."""
    status = safe_open.status_of(file)
    if status is None:
        return ""
    if entry[1] == _FOLDER:
        return f"{entry[2]} {status.st_mode}"
    return f"{entry[3]} {status.st_mode} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _put(context: RunContext, target: Path, entry: Entry) -> None:
    path, kind, mode, what, _ = entry
    if kind == LINK:
        safe_open.make_link(target, what)
        return
    if kind == _FOLDER:
        safe_open.make_folder(target, mode | stat.S_IRWXU)
        return
    digest = hashlib.sha256()
    try:
        with (_folder(context) / what).open("rb") as content, safe_open.make_plain(target) as out:
            while piece := content.read(_CHUNK):
                digest.update(piece)
                out.write(piece)
            os.fchmod(out.fileno(), mode)
    except OSError as error:
        raise _damaged(path, f"cannot be put into the lane ({error.strerror})") from error
    if digest.hexdigest() != what:
        raise _damaged(path, "was altered or damaged where it is kept")


def _damaged(path: str, why: str) -> EffectError:
    message = f"the artifact {path} {why}; `surefoot restore` to before the step that makes it, and resume"
    return EffectError(message, retryable=False)


# --- after a failed attempt


def made_before(context: RunContext, lane: str, spec_made: Sequence[str]) -> str:
    """Return, for a note, what is there already of what a body is about to make."""
    return json.dumps(find(context, lane, spec_made)) if spec_made else ""


def remove_made(context: RunContext, lane: str, made: Sequence[str], before: str) -> None:
    """Remove what a failed attempt made for later steps."""
    if not made:
        return
    spared = frozenset(json.loads(before or "[]"))
    for path in reversed(find(context, lane, made)):
        if path not in spared:
            context.space.remove_from_lane(lane, path)
