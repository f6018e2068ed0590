"""What an agent is shown before its first request: red outputs, the files it is about, the tree, the latest commits.

Files and outputs are untrusted: each text stands in a fence that is longer than any within it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path, PurePosixPath

from surefoot.core.agent_types import ExcerptKind, Role
from surefoot.core.globs import matches
from surefoot.core.plan import EVERYTHING
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted
from surefoot.core.token_estimate import tokens_of
from surefoot.core.untrusted_text import in_line, prose
from surefoot.tools.lane_files import LaneFiles, Refused, text_of
from surefoot.tools.pagination import head_and_tail, lines_of, size_said

OUTPUTS_SHARE, SURROUNDINGS_SHARE = 0.35, 0.25
"""Of the room, what red outputs may take, and what is kept free for the tree and the commits."""
_BYTES_A_TOKEN, _OUTPUT_BYTES_MIN = 3, 600
_FILE_BYTES_MAX = 24_000
_LISTED_MAX, _NAMED_MAX = 40, 12
_OTHERS_MAX, _SUBJECT_MAX, _CHANGED_MAX = 5, 100, 8
_WORD = regex(r"[\w.+@/-]*[\w+@-]")
_TICKS = regex(r"`{3,}")
_TEST_TARGET = regex(r"(?m)^test\s*:")
_TEST_SCRIPT = regex(r'"test"\s*:\s*"')
_TEST_FILE = regex(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


@record
class Commit:
    """One of the latest commits."""

    subject: str
    changed: tuple[str, ...]
    """The paths it changed, for commits of the run."""


@record
class Repository:
    """What is known of the files that an agent works on."""

    root: Path
    """Where its paths count from."""
    prefix: str
    """That folder from the root of the repository, with a `/` behind it; empty: the root itself."""
    sizes: Mapping[str, int]
    """The tracked files, by path, with their sizes in bytes."""
    log: tuple[Commit, ...]
    """The latest first."""


@record
class Found:
    """A text to be shown."""

    kind: ExcerptKind
    name: str = ""
    text: str


@record(frozen=False, kw_only=False)
class Overview:
    """Gathers what is shown, the most important first, within so many tokens."""

    repository: Repository
    room: int
    found: list[Found] = field(default_factory=list[Found])
    saw: dict[str, str] = field(default_factory=dict[str, str])
    """The files that are shown whole, with the digests of their contents."""
    printed: str = ""
    """What the red checks printed."""

    def add_output(self, asks: str, printed: str, count: int) -> None:
        """Add what a red check printed, one of so many."""
        self.printed += f"{printed}\n"
        room = int(self.room * OUTPUTS_SHARE) * _BYTES_A_TOKEN // max(count, 1)
        text = output_text(printed, self.repository.root, max(room, _OUTPUT_BYTES_MIN))
        self.found.append(Found(kind=ExcerptKind.OUTPUT, name=asks, text=text))

    def add_files(self, about: str, writes: Sequence[str]) -> None:
        """Add the files that the words name, those in the scope, and those that red outputs name; whole where small."""
        sizes, prefix = self.repository.sizes, self.repository.prefix
        room = self.room - sum(tokens_of(one.text) for one in self.found) - int(self.room * SURROUNDINGS_SHARE)
        scope = [] if EVERYTHING in writes else [path for path in sizes if matches(prefix + path, writes)]
        fits = sum(map(self._tokens_about, scope)) <= room
        named = [*named_in(about, sizes)[:_NAMED_MAX], *(scope if fits else ())]
        bare = [] if fits else scope
        for path in dict.fromkeys([*named, *named_in(self.printed, sizes)[:_NAMED_MAX]]):
            text = self._content_of(path) if self._tokens_about(path) <= room else None
            if text is None:
                bare.append(path)
                continue
            room -= tokens_of(text)
            self._add(ExcerptKind.FILE, text, path)
        lines = [f"{in_line(path)} ({size_said(sizes[path])})" for path in bare if path not in self.saw]
        if len(lines) > _LISTED_MAX:
            lines = [*lines[:_LISTED_MAX], f"… and {len(lines) - _LISTED_MAX} more"]
        self._add(ExcerptKind.SIZES, "\n".join(dict.fromkeys(lines)))

    def add_surroundings(self, role: Role) -> None:
        """Add the tree, the latest commits and, for who makes plans, what seems to run the tests."""
        if role.cast in (Role.SCOUT, Role.PLANNER):
            self._add(ExcerptKind.TESTS, "\n".join(self._test_commands()))
        size = int(self.room * SURROUNDINGS_SHARE) * _BYTES_A_TOKEN
        self._add(ExcerptKind.TREE, tree_of(self.repository.sizes, size))
        self._add(ExcerptKind.LOG, "\n".join(self._log_lines()))

    def _add(self, kind: ExcerptKind, text: str, name: str = "") -> None:
        if text:
            self.found.append(Found(kind=kind, name=name, text=fence(text)))

    def _tokens_about(self, path: str) -> int:
        size = self.repository.sizes[path]
        return size // _BYTES_A_TOKEN if size <= _FILE_BYTES_MAX else self.room + 1

    def _content_of(self, path: str) -> str | None:
        """Return a file as text, and note that it was seen; None where it is none that can be shown."""
        with suppress(Refused):
            held = LaneFiles(self.repository.root).read(path)
            text = "\n".join(lines_of(text_of(held.path, held.content)))
            self.saw[held.path] = held.digest
            return text or "(empty)"
        return None

    def _test_commands(self) -> list[str]:
        sizes, files = self.repository.sizes, LaneFiles(self.repository.root)
        found: list[str] = []
        for path, wanted, command in (
            ("Makefile", _TEST_TARGET, "make test"),
            ("package.json", _TEST_SCRIPT, "npm test"),
        ):
            with suppress(Refused):
                if path in sizes and wanted.search(text_of(path, files.read(path).content)):
                    found.append(command)
        found += ["cargo test"] if "Cargo.toml" in sizes else []
        found += ["go test ./..."] if "go.mod" in sizes else []
        found += ["python -m pytest -q"] if any(map(_TEST_FILE.search, sizes)) else []
        return found

    def _log_lines(self) -> list[str]:
        own = [one for one in self.repository.log if one.changed]
        others = [one for one in self.repository.log if not one.changed][:_OTHERS_MAX]
        lines: list[str] = []
        for one in (*own, *others):
            paths = ", ".join(map(in_line, one.changed[:_CHANGED_MAX]))
            more = f" and {len(one.changed) - _CHANGED_MAX} more" if len(one.changed) > _CHANGED_MAX else ""
            lines.append(in_line(one.subject)[:_SUBJECT_MAX] + (f" (in this run: {paths}{more})" if paths else ""))
        return lines


def output_text(printed: str, root: Path, bytes_max: int) -> str:
    """Return beginning and end of what a check printed, in a fence; only paths from the root can be given to tools."""
    return fence(head_and_tail(prose(printed.replace(f"{root}/", "").strip("\n")), bytes_max))


def fence(text: str) -> str:
    """Return a text in a fence that nothing in the text can close."""
    longest = max((len(found.group()) for found in _TICKS.finditer(text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}\n{text}\n{ticks}"


def named_in(text: str, paths: Iterable[str]) -> list[str]:
    """Return the files that a text names: by their path, by its end, or by a name that only one file has."""
    known = set(paths)
    by_name: dict[str, list[str]] = {}
    for path in known:
        by_name.setdefault(PurePosixPath(path).name, []).append(path)
    found: dict[str, None] = {}
    for word in dict.fromkeys(_WORD.findall(text)):
        parts = [part for part in word.split("/") if part not in ("", ".")]
        ends = ("/".join(parts[at:]) for at in range(len(parts)))
        path = next((end for end in ends if end in known), None)
        same = by_name.get(parts[-1], []) if parts else []
        if path is None and len(same) == 1:
            path = same[0]
        if path is not None:
            found[path] = None
    return list(found)


def tree_of(paths: Iterable[str], bytes_max: int) -> str:
    """Return the paths, one a line; where there are too many, folders stand in short with the number of their files.

    Folders near the root are opened first, small ones before big ones.
    """
    below: dict[str, list[str]] = {}
    counts = Counter[str]()
    for path in paths:
        parts = path.split("/")
        for depth in range(len(parts)):
            folder, entry = "/".join(parts[:depth]), "/".join(parts[: depth + 1])
            is_file = depth == len(parts) - 1
            counts[folder] += 1
            entries = below.setdefault(folder, [])
            name = entry if is_file else f"{entry}/"
            if is_file or name not in entries[-1:]:
                entries.append(name)
    opened = {""}
    room = bytes_max - sum(len(name) + 12 for name in below.get("", []))
    for folder in sorted(below, key=lambda one: (one.count("/"), len(below[one]), one)):
        cost = sum(len(name) + 12 for name in below[folder])
        if folder and folder.rpartition("/")[0] in opened and cost <= room:
            opened.add(folder)
            room -= cost
    lines = list(_lines_below("", below, counts, opened))
    kept: list[str] = []
    for line in lines:
        bytes_max -= len(line) + 1
        if bytes_max < 0:
            return "\n".join([*kept, f"… and {len(lines) - len(kept)} more"])
        kept.append(line)
    return "\n".join(kept)


def _lines_below(
    folder: str, below: Mapping[str, list[str]], counts: Mapping[str, int], opened: set[str]
) -> Iterable[str]:
    for name in dict.fromkeys(below.get(folder, [])):
        inner = name.removesuffix("/")
        if inner == name:
            yield in_line(name)
        elif inner in opened:
            yield from _lines_below(inner, below, counts, opened)
        else:
            yield f"{in_line(name)} ({counted(counts[inner], 'file')})"
