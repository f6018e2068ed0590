"""`file` checks: files that match a glob, ignored files included.

`.git` does not count. Links out of the lane and links to folders are not followed, so nothing outside the lane is read.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from difflib import get_close_matches
from io import BufferedReader
from itertools import takewhile
from pathlib import Path, PurePosixPath

from surefoot.checks.check_request import Answer
from surefoot.checks.exit_status import NAMED_MAX
from surefoot.core.check_kinds import FileCheck
from surefoot.core.event_words import Verdict
from surefoot.core.globs import matches
from surefoot.core.plan import Check
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted, listed
from surefoot.expressions import CURE, Expression, expression
from surefoot.ports import Commands
from surefoot.safe_open import open_within

SEARCHED_MAX = 64_000_000
"""An expression is not searched for in larger files."""
_PART_SIZE = 1 << 20
_COMPARED_MAX = 1 << 16
"""So many bytes of a file are searched for a line that is like the wanted one."""
_LINE_MAX = 200
_ALIKE = 0.5
_MAGIC = regex(r"[*?\[]")


@record(kw_only=False)
class _Finding:
    """What the files say: a verdict, why, and the files or lines it rests on."""

    verdict: Verdict
    text: str
    rests_on: tuple[str, ...] = ()


@record(kw_only=False)
class _Files:
    """The files of a lane, of which only those are read that lie in it, wherever links lead."""

    base: Path
    root: Path

    def open(self, path: str) -> BufferedReader:
        """Open a file, to be closed by the caller."""
        return open_within(self.root, self.base / path)

    def has(self, path: str) -> bool:
        """Tell whether there is a plain file that lies in the lane."""
        try:
            self.open(path).close()
        except OSError as error:
            if error.errno == errno.EACCES:
                raise
            return False
        return True


async def ask_files(kind: FileCheck, check: Check, commands: Commands) -> Answer:
    """Ask one of the four questions about files; the glob is relative to the lane's root, or to the check's `cwd`."""
    base = commands.root / check.cwd if check.cwd else commands.root
    try:
        finding = await asyncio.wait_for(asyncio.to_thread(_find, kind, base, commands.root), check.timeout_s)
    except TimeoutError:
        finding = _Finding(Verdict.INCONCLUSIVE, f"no answer within {check.timeout_s:g} s, the check's `timeout`")
    evidence = commands.store("\n".join([finding.text, *finding.rests_on]).encode("utf-8", "surrogateescape"))
    text = finding.text.encode("utf-8", "backslashreplace").decode()
    return Answer(verdict=finding.verdict, text=text, evidence=evidence)


def _find(kind: FileCheck, base: Path, root: Path) -> _Finding:
    if kind.glob.startswith("/") or ".." in PurePosixPath(kind.glob).parts:
        return _Finding(Verdict.INCONCLUSIVE, f"{kind.glob} leads out of the workspace; name it relative to its root")
    try:
        paths = tuple(sorted(files_matching(kind.glob, base, root)))
        if kind.exists is not None:
            return _exists(kind, base, paths)
        files = _Files(base, root)
        readable = tuple(path for path in paths if files.has(path))
        if kind.lacks is not None:
            return _lacks(kind, kind.lacks, files, readable)
        return _each_has(kind, files, readable)
    except OSError as error:
        return _Finding(Verdict.INCONCLUSIVE, f"{error.filename}: {error.strerror}")
    except ValueError as error:
        return _Finding(Verdict.INCONCLUSIVE, f"{kind.matches!r} cannot be searched for: {error}; {CURE}")


def _exists(kind: FileCheck, base: Path, paths: tuple[str, ...]) -> _Finding:
    if not paths and not _MAGIC.search(kind.glob) and (base / kind.glob).is_dir():
        # Somebody who names a folder means the folder.
        paths = (kind.glob,)
    verdict = Verdict.PASSED if bool(paths) is kind.exists else Verdict.FAILED
    if not paths:
        return _Finding(verdict, f"nothing matches {kind.glob}")
    number = f"{counted(len(paths), 'file')} {'matches' if len(paths) == 1 else 'match'}"
    named = f": {listed(paths, NAMED_MAX)}" if verdict is Verdict.FAILED and paths != (kind.glob,) else ""
    return _Finding(verdict, f"{number} {kind.glob}{named}", paths)


def _lacks(kind: FileCheck, unwanted: str, files: _Files, paths: tuple[str, ...]) -> _Finding:
    if not paths:
        return _Finding(Verdict.INCONCLUSIVE, f"no file matches {kind.glob}")
    places = tuple(f"{path}:{line}" for path in paths for line in _lines_with(files, path, unwanted))
    if places:
        return _Finding(Verdict.FAILED, f"found {unwanted!r} in {listed(places, NAMED_MAX)}", places)
    return _Finding(Verdict.PASSED, f"found {unwanted!r} in none of {counted(len(paths), 'file')}", paths)


def _each_has(kind: FileCheck, files: _Files, paths: tuple[str, ...]) -> _Finding:
    wanted = kind.matches if kind.contains is None else kind.contains
    assert wanted is not None
    pattern = expression(wanted, by_line=True) if kind.contains is None else None
    if not paths:
        return _Finding(Verdict.FAILED, f"no file matches {kind.glob}")
    large = next((path for path in paths if pattern is not None and _size_of(files, path) > SEARCHED_MAX), None)
    if large is not None:
        text = f"{large} is larger than {SEARCHED_MAX} bytes; search it by a check of its own: `run: grep …`"
        return _Finding(Verdict.INCONCLUSIVE, text)
    without = tuple(path for path in paths if not _has(files, path, wanted, pattern))
    if without:
        where = "" if len(paths) == 1 else f"; {len(without)} of {len(paths)} files lack it"
        nearest = _nearest(files, without[0], wanted)
        text = f"{wanted!r} not found in {listed(without, NAMED_MAX)}{where}"
        return _Finding(Verdict.FAILED, f"{text}\n{without[0]}:{nearest}" if nearest else text, without)
    return _Finding(Verdict.PASSED, f"found {wanted!r} in each of {counted(len(paths), 'file')}", paths)


def _size_of(files: _Files, path: str) -> int:
    with files.open(path) as file:
        return os.fstat(file.fileno()).st_size


def _nearest(files: _Files, path: str, wanted: str) -> str:
    """Return the line of a file that is most like the wanted text, with its number; empty: no line is like it."""
    with files.open(path) as file:
        lines = file.read(_COMPARED_MAX).decode("utf-8", "replace").splitlines()
    known = {line.strip(): number for number, line in reversed([*enumerate(lines, 1)]) if len(line) <= _LINE_MAX}
    like = get_close_matches(wanted.strip()[:_LINE_MAX], known, n=1, cutoff=_ALIKE)
    return f"{known[like[0]]}: {like[0]}" if like else ""


def _has(files: _Files, path: str, wanted: str, pattern: Expression | None) -> bool:
    if pattern is None:
        return next(_lines_with(files, path, wanted), None) is not None
    with files.open(path) as file:
        return pattern.is_in(file.read(SEARCHED_MAX + 1))


def _lines_with(files: _Files, path: str, text: str) -> Iterator[int]:
    """Yield the number of each line on which the text begins; however big the file, only parts of it are held."""
    wanted = text.encode("utf-8", "surrogateescape")
    if not wanted:
        yield 1
        return
    line, named, held = 1, 0, b""
    with files.open(path) as file:
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
