"""Looks for the values of `env_from` variables in files, before anything of a file is stored.

Owns the question whether a file of a lane holds a secret. Must never say which. Read `surefoot.masking` next.
"""

from __future__ import annotations

from pathlib import Path

from surefoot.workers.room import Room


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
