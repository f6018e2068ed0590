"""The clone of a lane: the repository that its bodies see and may wreck.

Refs, settings and worktree administration follow from a pristine copy that bodies cannot write. Each lane has its own,
so that bodies that run at once cannot meet in a ref, a stash or a lock. Layout: git's gitrepository-layout(5).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.workspace.folder_files import is_folder, make_folder, put_file, remove_path, write_file
from surefoot.workspace.git import user_git
from surefoot.workspace.source import Settings, Source, config_text
from surefoot.workspace.store import Store

_KEPT = frozenset({"objects", "worktrees", "modules", "refs", "info", "HEAD"})
_COPIED = ("config", "packed-refs", "shallow", "info/exclude", "info/attributes", "objects/info/alternates")
_STATE = frozenset({"packed-refs", "shallow", "logs"})
"""What a body's own work with git leaves, and no program is named in."""
_LANE_KEPT = frozenset({"modules", "HEAD", "commondir", "gitdir", "locked", "index"})
_COMMIT = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LINE_MAX = 1000
_LOCKED = b"A lane of a Surefoot run.\n"


@record(kw_only=False)
class Clone:
    """A bare repository whose one worktree is the lane."""

    path: Path
    """Where it lies; bodies may write here."""
    pristine: Path
    """Its files as they should be, where bodies may not write."""

    def mend(self, head: str, lane: str) -> None:
        """Put refs, settings, hooks and object borrowing back, with `head` checked out; build what is missing.

        Objects that bodies made stay as long as the lane. Worktrees other than `lane` are forgotten.
        """
        self._mend_files(_KEPT)
        # All loose refs go: those that count are packed.
        refs = self.path / "refs"
        folders = (refs, refs / "heads", refs / "tags")
        names = [sorted(entry.name for entry in folder.iterdir()) if is_folder(folder) else None for folder in folders]
        if names != [["heads", "tags"], [], []]:
            remove_path(refs)
        for folder in folders:
            make_folder(folder)
        put_file(self.path / "HEAD", f"{head}\n".encode())
        for entry in os.scandir(self.path / "worktrees"):
            if entry.name != lane:
                remove_path(Path(entry))

    def mend_settings(self, lane: str, root: Path) -> None:
        """Put settings, hooks and object borrowing back, and the way to them from the lane at `root`.

        Refs, the index and what is checked out stay as a body has left them.
        """
        self._mend_files({*_KEPT, *_STATE})
        own = self.path / "worktrees" / lane
        make_folder(own)
        remove_path(own / "config.worktree")
        _point(own, root)

    def _mend_files(self, kept: Collection[str]) -> None:
        """Make the files what they are in the pristine copy; others stay where `kept` names them."""
        make_folder(self.path)
        for folder in ("objects", "objects/info", "objects/pack", "info", "worktrees"):
            make_folder(self.path / folder)
        names = [name for name in _COPIED if name not in kept]
        wanted = {name: self.pristine / name for name in names if (self.pristine / name).is_file()}
        for entry in os.scandir(self.path):
            if entry.name not in kept and entry.name not in wanted:
                remove_path(Path(entry))
        for entry in os.scandir(self.path / "info"):
            if f"info/{entry.name}" not in wanted:
                remove_path(Path(entry))
        remove_path(self.path / "objects/info/http-alternates")
        for name, source in wanted.items():
            put_file(self.path / name, source.read_bytes())

    def is_whole(self) -> bool:
        """Tell whether the clone is there at all."""
        return all((self.path / name).is_file() for name in ("HEAD", "config"))

    def head(self, lane: str) -> str | None:
        """Return the commit a body has checked out in the lane; None when that cannot be told."""
        own = self.path / "worktrees" / lane
        try:
            said = _line_of(own / "HEAD")
            if said.startswith("ref: refs/") and ".." not in said:
                said = _line_of(self.path / said.removeprefix("ref: "))
        except (OSError, UnicodeDecodeError):
            return None
        return said if _COMMIT.fullmatch(said) else None

    def point_lane(self, name: str, root: Path, commit: str, index: Path) -> None:
        """Make the lane `name` at `root` a worktree with `commit` checked out and nothing under way.

        Whatever a body began there (a merge, a rebase, a lock) is forgotten.
        """
        own = self.path / "worktrees" / name
        make_folder(own.parent)
        make_folder(own)
        for entry in os.scandir(own):
            if entry.name not in _LANE_KEPT:
                remove_path(Path(entry))
        _point(own, root)
        # `locked` keeps a body's `git worktree prune` away from lanes it cannot see.
        put_file(own / "locked", _LOCKED)
        put_file(own / "HEAD", f"{commit}\n".encode())
        fresh = own / "index.new"
        with index.open("rb") as content, safe_open.make_plain(fresh) as out:
            shutil.copyfileobj(content, out)
            out.flush()
            status = os.fstat(content.fileno())
            # git judges by its time which entries it must read again.
            os.utime(out.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        if is_folder(own / "index"):
            remove_path(own / "index")
        safe_open.move(fresh, own / "index")


def _point(own: Path, root: Path) -> None:
    """Let the lane at `root`, and the clone's own folder for it, know each other."""
    put_file(own / "commondir", b"../..\n")
    put_file(own / "gitdir", os.fsencode(root / ".git") + b"\n")
    put_file(root / ".git", b"gitdir: " + os.fsencode(own) + b"\n")


def _line_of(path: Path) -> str:
    with safe_open.open_plain(path) as file:
        return file.read(_LINE_MAX).decode("ascii").strip()


def write_pristine(pristine: Path, store: Store, source: Source, settings: Settings) -> None:
    """Write down what the clone of each lane shall look like; `Clone.mend` then builds it.

    It has the user's branches and tags (as they are now), remotes and rules; it has no hooks, and no way into the
    user's repository but reading objects.
    """
    config = (store.git_dir / "config").read_bytes()
    ours = [
        *settings.remotes,
        ("user.name", settings.name),
        ("user.email", settings.email),
        ("core.hooksPath", os.devnull),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
        ("core.fsync", "committed"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("submodule.active", "."),
    ]
    (pristine / "info").mkdir(parents=True)
    (pristine / "objects/info").mkdir(parents=True)
    write_file(pristine / "config", config + config_text(ours))
    write_file(pristine / "packed-refs", _packed_refs(source))
    write_file(pristine / "info/exclude", settings.excludes)
    write_file(pristine / "info/attributes", settings.attributes)
    # The user's objects as well, though the store borrows them: not every reader of objects follows a chain.
    borrowed = [store.objects] if source.git_dir is None else [store.objects, source.git_dir / "objects"]
    write_file(pristine / "objects/info/alternates", b"".join(os.fsencode(place) + b"\n" for place in borrowed))
    with suppress(FileNotFoundError):
        shutil.copyfile(store.git_dir / "shallow", pristine / "shallow")


def _packed_refs(source: Source) -> bytes:
    """Return the user's branches, tags and remote branches as a file of packed refs."""
    if source.git_dir is None:
        return b""
    places = ("refs/heads", "refs/tags", "refs/remotes")
    out = user_git(source.root).run("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *places)
    parts = (line.split(b" ") for line in out.splitlines())
    lines = [b"%s %s\n" % (one, name) for one, name, symref in parts if not symref]
    kept = [line for line in lines if b" refs/heads/surefoot/" not in line]
    return b"# pack-refs with: sorted \n" + b"".join(kept)
