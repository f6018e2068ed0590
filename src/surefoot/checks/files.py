"""Asks about the files a glob matches, ignored ones included.

Owns what counts as a file of the lane: `.git` does not, a link that leads out of the lane is not followed, and
neither is a link to a folder. Must never read what lies outside the lane. Read `surefoot.core.globs` next.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from surefoot.checks.question import Answer
from surefoot.core.globs import matches
from surefoot.core.plan import Check, FileAsk
from surefoot.core.terms import Verdict
from surefoot.ports import Commands

NAMED_MAX = 20
_PART_SIZE = 1 << 20
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the files say: a verdict, why, and the files or lines it rests on."""

    verdict: Verdict
    text: str
    rests_on: tuple[str, ...] = ()
    names_them: bool = False
    """Whether the text shows the first of them."""


async def ask_files(kind: FileAsk, check: Check, commands: Commands) -> Answer:
    """Ask one of the four questions about files; the glob is relative to the lane's root, or to the check's `cwd`."""
    base = commands.root / check.cwd if check.cwd else commands.root
    finding = await asyncio.to_thread(_find, kind, base, commands.root)
    lines = finding.rests_on
    text = finding.text
    if finding.names_them:
        more = len(lines) - NAMED_MAX
        text = "\n".join([f"{text}:", *lines[:NAMED_MAX], *([f"and {more} more"] if more > 0 else [])])
    evidence = commands.store("\n".join([finding.text, *lines]).encode("utf-8", "surrogateescape"))
    text = text.encode("utf-8", "backslashreplace").decode()
    return Answer(verdict=finding.verdict, text=text, evidence=evidence)


def _find(kind: FileAsk, base: Path, root: Path) -> _Finding:
    if kind.glob.startswith("/") or ".." in PurePosixPath(kind.glob).parts:
        return _Finding(Verdict.INCONCLUSIVE, f"{kind.glob} leads out of the workspace; name it relative to its root")
    try:
        paths = tuple(sorted(files_matching(kind.glob, base, root)))
        if kind.exists is not None:
            return _exists(kind, base, paths)
        readable = tuple(path for path in paths if _is_plain_file(base / path, root))
        if kind.lacks is not None:
            return _lacks(kind, kind.lacks, base, readable)
        return _each_has(kind, base, readable)
    except OSError as error:
        return _Finding(Verdict.INCONCLUSIVE, f"{error.filename}: {error.strerror}")
    except re.error as error:
        return _Finding(Verdict.INCONCLUSIVE, f"{kind.matches!r} is no regular expression: {error}")


def _exists(kind: FileAsk, base: Path, paths: tuple[str, ...]) -> _Finding:
    if not paths and not _MAGIC.search(kind.glob) and (base / kind.glob).is_dir():
        # Somebody who names a folder means the folder.
        paths = (kind.glob,)
    verdict = Verdict.PASSED if bool(paths) is kind.exists else Verdict.FAILED
    if not paths:
        return _Finding(verdict, f"nothing matches {kind.glob}")
    return _Finding(verdict, f"{len(paths)} match {kind.glob}", paths, names_them=verdict is Verdict.FAILED)


def _lacks(kind: FileAsk, unwanted: str, base: Path, paths: tuple[str, ...]) -> _Finding:
    if not paths:
        return _Finding(Verdict.INCONCLUSIVE, f"no file matches {kind.glob}")
    places = tuple(f"{path}:{line}" for path in paths for line in _lines_with(base / path, unwanted))
    if places:
        return _Finding(Verdict.FAILED, f"{unwanted!r} stands in", places, names_them=True)
    return _Finding(Verdict.PASSED, f"{unwanted!r} stands in none of {len(paths)} files", paths)


def _each_has(kind: FileAsk, base: Path, paths: tuple[str, ...]) -> _Finding:
    wanted = kind.matches if kind.contains is None else kind.contains
    assert wanted is not None
    pattern = re.compile(wanted, re.MULTILINE) if kind.contains is None else None
    if not paths:
        return _Finding(Verdict.FAILED, f"no file matches {kind.glob}")
    without = tuple(path for path in paths if not _has(base / path, wanted, pattern))
    if without:
        return _Finding(
            Verdict.FAILED, f"{len(without)} of {len(paths)} files lack {wanted!r}", without, names_them=True
        )
    return _Finding(Verdict.PASSED, f"all {len(paths)} files have {wanted!r}", paths)


def _has(path: Path, wanted: str, pattern: re.Pattern[str] | None) -> bool:
    if pattern is None:
        return next(_lines_with(path, wanted), None) is not None
    return pattern.search(path.read_bytes().decode("utf-8", "surrogateescape")) is not None


def _lines_with(path: Path, text: str) -> Iterator[int]:
    """Yield the number of each line on which the text begins; however big the file, only parts of it are held."""
    wanted = text.encode("utf-8", "surrogateescape")
    if not wanted:
        yield 1
        return
    line, named, held = 1, 0, b""
    with path.open("rb") as file:
        while part := file.read(_PART_SIZE):
            held += part
            done, at = 0, held.find(wanted)
            while at >= 0:
                line += held.count(b"\n", done, at)
                done = at
                if line != named:
                    yield line
                    named = line
                at = held.find(wanted, at + 1)
            rest = max(done, len(held) - len(wanted) + 1)
            line += held.count(b"\n", done, rest)
            held = held[rest:]


def _is_plain_file(path: Path, root: Path) -> bool:
    """Tell whether there is a plain file that lies in the lane, wherever links lead."""
    target = path.resolve()
    return target.is_file() and target.is_relative_to(root.resolve())


def files_matching(glob: str, base: Path, root: Path) -> Iterator[str]:
    """Yield the files and links the glob matches; only the folders it can reach are looked into."""
    parts = [part for part in glob.split("/") if part not in {"", "."}]
    if glob.endswith("/"):
        parts.append("**")
    fixed = takewhile(lambda part: part != ".git" and not _MAGIC.search(part), parts[:-1])
    start = base.joinpath(*fixed)
    if not start.is_dir() or not start.resolve().is_relative_to(root.resolve()):
        return
    for folder, folders, names in os.walk(start, onerror=_raise):
        place = Path(folder).relative_to(base)
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 - many
        is_lowest = "**" not in parts and len(place.parts) + 1 >= len(parts)
        folders[:] = [] if is_lowest else [name for name in folders if name != ".git"]
        paths = ((place / name).as_posix() for name in (*names, *links) if name != ".git")
        yield from (path for path in paths if matches(path, (glob,)))


def _raise(error: OSError) -> None:
    raise error
