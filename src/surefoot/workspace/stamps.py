"""Stamps of files (size, times, place) in an index of git, by the layout of gitformat-index(5).

Files reach git as copies (`surefoot.workspace.staged_files`); the index gets the stamps of the originals, so that git
reads none of them again.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Mapping
from pathlib import Path

_HEADER = struct.Struct(">4sII")
_STAMP = struct.Struct(">6I")
_OWNER = struct.Struct(">3I")
_OWNER_AT, _OBJECT_AT = 28, 40
_IS_EXTENDED, _LENGTH_MAX = 0x4000, 0xFFF
"""Bits of the flags of an entry: a second pair of bytes follows; the length of the name, this one or a longer one."""
_MASK = 0xFFFFFFFF
_VERSIONS = (2, 3)
"""Those that keep each name whole; in others nothing is stamped, and git compares the contents."""


def stamp(index: Path, stamps: Mapping[str, os.stat_result], at_ns: int | None = None) -> dict[str, str]:
    """Write down how files are stamped whose content the index holds already; return the ids of these contents.

    `at_ns` is the time the index bears: files that were changed since then are compared by their content.
    """
    wanted = {os.fsencode(path): status for path, status in stamps.items()}
    content = bytearray(index.read_bytes())
    signature, version, count = _HEADER.unpack_from(content)
    if not wanted or signature != b"DIRC" or version not in _VERSIONS:
        return {}
    is_sha1 = content.endswith(hashlib.sha1(content[:-20], usedforsecurity=False).digest())
    size = 20 if is_sha1 else 32
    ids: dict[str, str] = {}
    at = _HEADER.size
    lengths = {min(len(name), _LENGTH_MAX) for name in wanted}
    for _ in range(count):
        flags = content[at + _OBJECT_AT + size] << 8 | content[at + _OBJECT_AT + size + 1]
        begin = at + _OBJECT_AT + size + (4 if flags & _IS_EXTENDED else 2)
        length = flags & _LENGTH_MAX
        end = begin + length if length < _LENGTH_MAX else content.index(0, begin)
        # There is an entry for each file of the repository, so that no name is copied without need.
        if length in lengths and (name := bytes(content[begin:end])) in wanted:
            _write_stamp(content, at, wanted[name])
            ids[os.fsdecode(name)] = content[at + _OBJECT_AT : at + _OBJECT_AT + size].hex()
            if len(ids) == len(wanted):
                break
        at += (end - at) // 8 * 8 + 8
    digest = hashlib.new("sha1" if is_sha1 else "sha256", content[:-size], usedforsecurity=False)
    content[-size:] = digest.digest()
    fresh = index.with_name(f"{index.name}.stamped")
    fresh.write_bytes(content)
    if at_ns is not None:
        os.utime(fresh, ns=(at_ns, at_ns))
    fresh.replace(index)
    return ids


def _write_stamp(content: bytearray, at: int, status: os.stat_result) -> None:
    times = (*divmod(status.st_ctime_ns, 10**9), *divmod(status.st_mtime_ns, 10**9))
    numbers = (*times, status.st_dev, status.st_ino)
    _STAMP.pack_into(content, at, *(number & _MASK for number in numbers))
    numbers = (status.st_uid, status.st_gid, status.st_size)
    _OWNER.pack_into(content, at + _OWNER_AT, *(number & _MASK for number in numbers))
