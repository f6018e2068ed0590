"""The audit trail of a run as one file (`surefoot.trail/1`, JSON Lines), and its verification without a home.

The first line is the header. Each further line is an event with everything its hash covers, or a blob that an answer
refers to. Whoever can write the whole file can forge the chain; only the trailer of a commit on the run's branch tells
a forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any, cast

from surefoot.api.home import Home
from surefoot.core.events import CommitWritten, QuestionAnswered
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.errors import UsageError, why_unreadable
from surefoot.journal.chain import GENESIS, row_hash
from surefoot.journal.codec import decode
from surefoot.ports.storage import Encoded, StoredRow
from surefoot.release import RELEASE

FORMAT = "surefoot.trail/1"
_Json = dict[str, Any]


@record
class Verified:
    """What was found in a trail."""

    run: str
    events: int
    last_hash: str
    problems: tuple[str, ...]
    """What is wrong, a line each."""
    compare: str
    """What to compare, so that a whole new chain would show."""


def export_trail(home: Home, run: RunId, path: Path) -> None:
    """Write a run's trail into a file.

    Raises:
        UsageError: the file cannot be written.
    """
    seq, digest = home.journal.head(run)
    header = {"format": FORMAT, "run": run, "release": RELEASE, "events": seq, "last_hash": digest}
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps(header) + "\n")
            for stored in home.journal.stored(run):
                if stored.seq > seq:  # appended meanwhile
                    break
                for line in _lines(home, run, stored):
                    file.write(line + "\n")
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written ({error.strerror}); name another file") from error


def _lines(home: Home, run: RunId, stored: StoredRow) -> Iterator[str]:
    row = stored.row
    words = {"seq": stored.seq, "kind": row.kind, "version": row.version, "release": stored.release}
    event: object = json.loads(row.body)
    # As an object it can be read. Where that would not give the same bytes again, it stays the text it is.
    held = {"event": event} if _bytes_of(event) == row.body else {"body": row.body.decode()}
    yield json.dumps({**words, **held, "hash": stored.hash.hex()}, ensure_ascii=True)
    answered = decode(run, stored.seq, row, stored.release) if row.kind == QuestionAnswered.kind else None
    if isinstance(answered, QuestionAnswered) and answered.diff is not None:
        content = home.journal.blobs.get(answered.diff).decode("utf-8", "surrogateescape")
        yield json.dumps({"blob": answered.diff, "text": content}, ensure_ascii=True)


def _bytes_of(event: object) -> bytes:
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return b""


@record(frozen=False, kw_only=False)
class _Reader:
    """Goes through a trail, line by line."""

    run: str = ""
    events: int = 0
    last: bytes = GENESIS
    commit: str = ""
    problems: list[str] = field(default_factory=list[str])

    def read_event(self, number: int, line: _Json) -> None:
        """Take the next event; say what is wrong with it."""
        seq = int(line["seq"])
        body = line["body"].encode() if "body" in line else _bytes_of(line["event"])
        row = Encoded(str(line["kind"]), int(line["version"]), body)
        if seq != self.events + 1:
            first = self.events + 1
            gone = f"event {first} is" if seq == first + 1 else f"events {first} to {seq - 1} are"
            said = f"{gone} missing" if seq > self.events else f"event {seq} stands in the wrong place"
            self.problems.append(f"line {number}: {said}")
        elif line["hash"] != row_hash(self.last, RunId(self.run), seq, row, str(line["release"])).hex():
            self.problems.append(
                f"line {number}: event {seq} does not match its hash: it or what is before was altered"
            )
        self.last, self.events = bytes.fromhex(str(line["hash"])), seq
        if row.kind == CommitWritten.kind:
            self.commit = str(json.loads(body)["commit"])

    def read_blob(self, number: int, line: _Json) -> None:
        """Take a blob."""
        content = str(line["text"]).encode("utf-8", "surrogateescape")
        if hashlib.sha256(content).hexdigest() != line["blob"]:
            self.problems.append(f"line {number}: the text is not that of blob {line['blob']}: it was altered")


def verify_trail(path: Path) -> Verified:
    """Check a trail by itself.

    Raises:
        UsageError: the file cannot be read, or is none.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        text = f"{path}: it cannot be read ({why_unreadable(error)}); name a file of `surefoot audit --export`"
        raise UsageError(text) from error
    header = _read(lines[0]) if lines else None
    if header is None or header.get("format") != FORMAT:
        raise UsageError(f"{str(path)!r} is no trail; name a file of `surefoot audit --export`")
    reader = _Reader(run=str(header.get("run")))
    for number, text in enumerate(lines[1:], start=2):
        line = _read(text) or {}
        try:
            (reader.read_blob if "blob" in line else reader.read_event)(number, line)
        except (KeyError, ValueError, TypeError):
            reader.problems.append(f"line {number} is no line of a trail: it was altered")
    compare = "nobody can tell: the run made no commit."
    if reader.commit:
        compare = (
            f"commit {reader.commit[:12]} tells: its trailer Surefoot-Journal is SEQ:HASH of one line of this file "
            f"(git log -1 {reader.commit[:12]})."
        )
    missing = int(header.get("events", 0)) - reader.events
    if missing > 0:
        reader.problems.append(f"the end is missing: {missing} of {header['events']} events")
    elif header.get("last_hash") != reader.last.hex():
        reader.problems.append("the last event is not the one that the header names")
    return Verified(
        run=reader.run,
        events=reader.events,
        last_hash=reader.last.hex(),
        problems=tuple(reader.problems),
        compare=compare,
    )


def _read(text: str) -> _Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return cast("_Json", found) if isinstance(found, dict) else None
