"""What `prepare` made in one lane, taken over by another lane of the run.

Only files that are as `prepare` left them are copied, and only where the command, the files that it rests on, and the
environment are the same. Nothing tells that a lane is prepared until all of the copy is there.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from surefoot.core.plan import Prepare, digest_of
from surefoot.core.record import record
from surefoot.faults import point
from surefoot.workers.caches import CACHES
from surefoot.workers.prepared import contents_of, load_prepared, note_prepared, origin_file
from surefoot.workers.run_context import RunContext
from surefoot.workspace import write_file
from surefoot.workspace.lane_copy import Contents, LaneCopy, NotCopied

_FILE_S, _BYTE_S = 300e-6, 5e-9
"""About what it takes to copy a file, and each byte of it; what is made faster than that is not copied."""
_SUFFIX = ".origin.json"
_VERBATIM = tuple(f".cache/{name}/" for name in CACHES)


@record
class Origin:
    """What other lanes can have of a lane."""

    lane: str
    digest: str
    """Of all that what `prepare` makes rests on."""
    took_s: float
    """How long `prepare` took."""
    made_ns: tuple[int, int]
    """When it began to write files, and when it ended."""
    roots: tuple[str, ...]
    files: Contents
    home: Contents
    kept: tuple[str, ...] = ()
    """What of it git does not ignore in the lane that has it now."""

    @property
    def is_worth_it(self) -> bool:
        """Whether to copy the files takes less time than to make them."""
        stamps = (*self.files.stamps.values(), *self.home.stamps.values())
        return self.took_s > len(stamps) * _FILE_S + sum(int(stamp.split()[2]) for stamp in stamps) * _BYTE_S


def origin_digest(context: RunContext, lane: str, prepare: Prepare, environment: str) -> str:
    """Name all that the files rest on which `prepare` makes in a lane that holds its checkpoint.

    Its key files, and files that its command names, where it has a key; without one any file of the repository.
    """
    tree = context.space.checkpoint_of(lane)
    if not prepare.key or tree is None:
        return digest_of((environment, tree))
    try:
        words = shlex.split(prepare.run)
    except ValueError:
        words = prepare.run.split()
    named = sorted({posixpath.normpath(posixpath.join(context.plan.folder, word.rstrip(";"))) for word in words})
    return digest_of((environment, sorted(context.space.found(tree, named).items())))


def note_origin(context: RunContext, lane: str, digest: str, took_s: float, made_ns: tuple[int, int]) -> None:
    """Note what other lanes can have of a lane that was just prepared, before anything else runs there."""
    roots, home = load_prepared(context, lane).roots, context.space.home_path(lane)
    contents = {
        "files": contents_of(context.space.lane_path(lane), roots),
        "home": contents_of(home, sorted(os.listdir(home))),  # noqa: PTH208 - names are all that is wanted
    }
    note = {
        **{name: {"stamps": dict(one.stamps), "folders": dict(one.folders)} for name, one in contents.items()},
        "roots": roots,
        "digest": digest,
        "took_s": took_s,
        "made_ns": made_ns,
    }
    write_file(origin_file(context, lane), json.dumps(note).encode("ascii"))


def has_origin(context: RunContext, lane: str, digest: str) -> bool:
    """Tell whether there is a lane from which this one could be cloned."""
    return next(_origins(context, lane, digest), None) is not None


def cloned_from(context: RunContext, lane: str, digest: str) -> Origin | None:
    """Copy into a lane what `prepare` made in another one, and return what was copied; None: nothing can be.

    In the lane nothing may run, and nothing that was prepared may be left. Where None is returned, nothing is there.
    """
    for origin in _origins(context, lane, digest):
        if any(os.path.lexists(context.space.lane_path(lane) / root.rstrip("/")) for root in origin.roots):
            continue
        try:
            return _copied(context, lane, origin)
        except NotCopied:
            undo_clone(context, lane, origin)
    return None


def undo_clone(context: RunContext, lane: str, origin: Origin) -> None:
    """Remove what was copied into a lane."""
    for root in origin.roots:
        context.space.remove_from_lane(lane, root.rstrip("/"))
    context.space.empty_home(lane)


def _copied(context: RunContext, lane: str, origin: Origin) -> Origin:
    space = context.space
    there_before = space.not_held(lane)
    copy = LaneCopy(context.folder, origin.lane, lane, made_ns=origin.made_ns)
    copy.copy(space.lane_path(origin.lane), space.lane_path(lane), origin.files)
    point("prepare.clone.half")
    copy.copy_home(space.home_path(origin.lane), space.home_path(lane), origin.home, _VERBATIM)
    kept = space.keep_prepared(lane)
    note_prepared(context, lane, there_before)
    if load_prepared(context, lane).roots != origin.roots:
        raise NotCopied("the lanes hold other files, or ignore others")
    point("prepare.clone.copied")
    return replace(origin, kept=kept, made_ns=copy.made_ns)


def _origins(context: RunContext, lane: str, digest: str) -> Iterator[Origin]:
    for path in sorted((context.folder / "notes").glob(f"*{_SUFFIX}")):
        found = _read(path)
        if found is not None and found.lane != lane and found.digest == digest and found.is_worth_it:
            yield found


def _read(path: Path) -> Origin | None:
    try:
        note = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    files, home = (Contents(stamps=note[name]["stamps"], folders=note[name]["folders"]) for name in ("files", "home"))
    began_ns, ended_ns = note["made_ns"]
    return Origin(
        lane=path.name.removesuffix(_SUFFIX),
        digest=note["digest"],
        took_s=note["took_s"],
        made_ns=(began_ns, ended_ns),
        roots=tuple(note["roots"]),
        files=files,
        home=home,
    )
