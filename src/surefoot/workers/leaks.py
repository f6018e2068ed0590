"""Looks for the values of `env_from` variables in files, before anything of a file is stored, and for forms of keys.

Owns the question whether a file of a lane holds a secret, or what looks like one. Must never say which. Read
`surefoot.masking` next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot.masking import formats_in
from surefoot.workers.room import Room

_LARGEST = 1 << 20
"""Larger files are not looked through for keys: they are not written by hand."""


def holds_secret(room: Room, root: Path, path: str) -> bool:
    """Tell whether a file below `root` holds a secret, by name or content."""
    if room.declared.text(path) != path:
        return True
    file = root / path
    if file.is_symlink():
        target = str(file.readlink())
        return room.declared.text(target) != target
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return room.declared.is_in(opened)


def with_keys(root: Path, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files below `root` in which something has the form of a key; it may be an example of one."""
    for path in paths:
        file = root / path
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST:
            continue
        with file.open("rb") as opened:
            if formats_in(opened):
                yield path
