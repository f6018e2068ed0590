"""The project's advice to agents: the nearest AGENTS.md, else CLAUDE.md.

The text is untrusted: it is only told, and changes neither tiers nor scope. No link is followed out of the lane.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from surefoot.core.globs import literal_folder
from surefoot.core.record import record
from surefoot.tools.lane_files import LaneFiles, Refused, text_of

BYTES_MAX = 32_000
_NAMES = ("AGENTS.md", "CLAUDE.md")


@record(kw_only=False)
class Found:
    """A project's advice."""

    path: str
    text: str
    digest: str
    """SHA-256 of all of it, in hex."""


def guidance_of(root: Path, near: Iterable[str]) -> Found | None:
    """Return the advice that is nearest to the files a step writes, given as paths or globs; None where there is none.

    It is looked for from the folder they have in common upwards, first for an AGENTS.md.
    """
    files = LaneFiles(root)
    folder = _common_folder(near)
    for name in _NAMES:
        for depth in range(len(folder), -1, -1):
            found = _read_advice(files, "/".join((*folder[:depth], name)))
            if found is not None:
                return found
    return None


def _common_folder(near: Iterable[str]) -> tuple[str, ...]:
    folders: list[tuple[str, ...]] = []
    for glob in near:
        folder = literal_folder(glob)
        is_literal = "/".join(folder) == glob.removeprefix("./")
        folders.append(folder[:-1] if is_literal else folder)
    if not folders:
        return ()
    first = min(folders, key=len)
    size = next((at for at in range(len(first)) if any(one[at] != first[at] for one in folders)), len(first))
    return first[:size]


def _read_advice(files: LaneFiles, path: str) -> Found | None:
    try:
        content = files.read(path).content
        text = text_of(path, content)
    except Refused:
        return None
    if len(content) > BYTES_MAX:
        text = content[:BYTES_MAX].decode("utf-8", "ignore") + "\n[the rest is left out]"
    return Found(path, text, hashlib.sha256(content).hexdigest()) if text.strip() else None
