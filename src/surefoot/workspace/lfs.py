"""Git LFS: where contents come from (the user's store, the run's own), and how those of a run get to the user.

Lanes hold contents, commits hold pointers.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from surefoot.errors import WorkspaceError
from surefoot.workspace import lfs_filter
from surefoot.workspace.git import Git, user_git
from surefoot.workspace.lfs_filter import POINTER_SIZE_MAX, find_object, object_path, parse_pointer


def lfs_settings(own: Path, users: Path) -> tuple[tuple[str, str], ...]:
    """Return the settings by which git asks our filter for everything that is marked `filter=lfs`."""
    command = [sys.executable, "-I", "-S", lfs_filter.__file__, str(own), str(users)]
    return ("filter.lfs.process", shlex.join(command)), ("filter.lfs.required", "true")


def pointers_among(git: Git, objects: Sequence[str]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield those of the objects that are pointers, with digest and size of what they stand for."""
    asked = "".join(f"{one}\n" for one in objects).encode()
    lines = git.run("cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname)", stdin=asked).splitlines()
    parts = (line.split() for line in lines)
    small = [name.decode() for kind, size, name in parts if kind == b"blob" and int(size) < POINTER_SIZE_MAX]
    out = git.run("cat-file", "--batch", stdin="".join(f"{one}\n" for one in small).encode())
    at = 0
    for one in small:
        end = out.index(b"\n", at)
        size = int(out[at:end].split(b" ")[2])
        pointer = parse_pointer(out[end + 1 : end + 1 + size])
        at = end + size + 2
        if pointer is not None:
            yield one, pointer


def lend_contents(git: Git, objects: Sequence[str], own: Path, users: Path) -> None:
    """Put what the pointers among `objects` stand for into the user's LFS store, as far as the run made it.

    Raises:
        WorkspaceError: the user's store cannot be written.
    """
    for _, pointer in pointers_among(git, objects):
        source = find_object((own,), pointer)
        if source is None or find_object((users,), pointer) is not None:
            continue
        target = object_path(users, pointer[0])
        fresh = target.with_name(f"{target.name}.surefoot")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            try:
                os.link(source, fresh)
            except OSError:
                shutil.copyfile(source, fresh)
            fresh.replace(target)
        except OSError as error:
            text = f"The content of a Git LFS file cannot be written to {str(users)!r}: {error.strerror}. "
            raise WorkspaceError(text + "It is kept in the run's own store.", path=str(users)) from error


def missing_contents(git: Git, blobs: Sequence[str], stores: Sequence[Path]) -> frozenset[str]:
    """Return those of the blobs that are pointers to something that is in none of the stores."""
    return frozenset(one for one, pointer in pointers_among(git, blobs) if find_object(stores, pointer) is None)


def users_lfs(git_dir: Path) -> Path:
    """Return where the repository `git_dir` of the user's keeps contents."""
    storage = os.fsdecode(user_git(git_dir).attempt("config", "--get", "lfs.storage").out).rstrip("\n")
    return git_dir / Path(storage or "lfs").expanduser() / "objects"


def own_lfs(git_dir: Path) -> Path:
    """Return where the run's store `git_dir` keeps contents."""
    return git_dir / "lfs" / "objects"
