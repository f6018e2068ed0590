"""The filter program for Git LFS pointers (gitattributes(5), "Long Running Filter Process").

git starts it once a call, as a script without the rest of Surefoot, so that it starts fast. A file that is no pointer
in git although its attributes say so stays as it is: its digest is noted at checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

KEEP_VARIABLE = "SUREFOOT_LFS_KEEP"
"""Set for calls of git whose result is kept."""
POINTER_SIZE_MAX = 1024
_CHUNK = 65516
"""What a packet of the protocol holds at most."""
_START = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER = re.compile(_START + rb"oid sha256:([0-9a-f]{64})\nsize (\d+)\n")
_LOOKS_LIKE_ONE = re.compile(rb"version (https?://[^\n]*(git-lfs|git-media|hawser))[^\n]*\n")


def parse_pointer(content: bytes) -> tuple[str, int] | None:
    """Return digest and size that a pointer names; None: it is none, or one with extensions of Git LFS."""
    found = _POINTER.fullmatch(content)
    return None if found is None else (found[1].decode(), int(found[2]))


def object_path(store: Path, digest: str) -> Path:
    """Return where a store keeps the content with this digest."""
    return store / digest[:2] / digest[2:4] / digest


def find_object(stores: Iterable[Path], pointer: tuple[str, int]) -> Path | None:
    """Return the file that a pointer stands for, from the first store that has it whole."""
    digest, size = pointer
    for store in stores:
        path = object_path(store, digest)
        with suppress(OSError):
            if path.stat().st_size == size:
                return path
    return None


class _Filter:
    def __init__(self, own: Path, users: Path, pipes: tuple[BinaryIO, BinaryIO]) -> None:
        self._own = own
        self._stores = (own, users)
        self._in, self._out = pipes
        self._keeps = KEEP_VARIABLE in os.environ

    def serve(self) -> None:
        """Answer until git hangs up."""
        self._read_list()
        self._write_list(b"git-filter-server", b"version=2")
        self._read_list()
        self._write_list(b"capability=clean", b"capability=smudge")
        while asked := self._read_list():
            if b"command=clean" in asked:
                self._clean()
            else:
                self._smudge()

    def _clean(self) -> None:
        if not self._keeps:
            with tempfile.TemporaryFile() as file:
                self._take_in(file)
            return
        self._own.mkdir(parents=True, exist_ok=True)
        fresh = self._own / f"incoming-{os.getpid()}"
        try:
            with fresh.open("w+b") as file:
                pointer = self._take_in(file)
                os.fsync(file.fileno())
            if pointer is not None and find_object(self._stores, pointer) is None:
                place = object_path(self._own, pointer[0])
                place.parent.mkdir(parents=True, exist_ok=True)
                fresh.rename(place)
        finally:
            fresh.unlink(missing_ok=True)

    def _take_in(self, file: BinaryIO) -> tuple[str, int] | None:
        """Copy a content to a file and answer with its pointer; return that, or None when the content stays in git."""
        digest, size, head = hashlib.sha256(), 0, b""
        for chunk in self._packets():
            digest.update(chunk)
            head += chunk[: max(0, POINTER_SIZE_MAX - size)]
            size += len(chunk)
            file.write(chunk)
        name = digest.hexdigest()
        is_pointer = size < POINTER_SIZE_MAX and _LOOKS_LIKE_ONE.match(head) is not None
        if size == 0 or is_pointer or self._note(name).exists():
            file.seek(0)
            self._reply(iter(lambda: file.read(_CHUNK), b""))
            return None
        file.flush()
        self._reply([_START + b"oid sha256:%s\nsize %d\n" % (name.encode(), size)])
        return name, size

    def _smudge(self) -> None:
        content = b"".join(self._packets())
        pointer = parse_pointer(content)
        found = None if pointer is None else find_object(self._stores, pointer)
        if found is not None:
            with found.open("rb") as file:
                self._reply(iter(lambda: file.read(_CHUNK), b""))
            return
        if content and _LOOKS_LIKE_ONE.match(content) is None:
            note = self._note(hashlib.sha256(content).hexdigest())
            with suppress(OSError):  # a body may not note anything
                note.parent.mkdir(parents=True, exist_ok=True)
                note.touch()
        self._reply([content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)])

    def _note(self, name: str) -> Path:
        return self._own.parent / "raw" / name

    def _reply(self, chunks: Iterable[bytes]) -> None:
        self._write_list(b"status=success")
        for chunk in chunks:
            self._write(chunk)
        self._out.write(b"00000000")  # the end of the content, and no other status
        self._out.flush()

    def _packets(self) -> Iterator[bytes]:
        while size := int(self._in.read(4) or b"0", 16):
            yield self._in.read(size - 4)

    def _read_list(self) -> list[bytes]:
        return [packet.rstrip(b"\n") for packet in self._packets()]

    def _write(self, content: bytes) -> None:
        self._out.write(b"%04x" % (len(content) + 4) + content)

    def _write_list(self, *lines: bytes) -> None:
        for line in lines:
            self._write(line + b"\n")
        self._out.write(b"0000")
        self._out.flush()


def main() -> None:
    """Serve the git that started this program; arguments: the run's store, the user's."""
    own, users = map(Path, sys.argv[1:3])
    with suppress(BrokenPipeError):
        _Filter(own, users, (sys.stdin.buffer, sys.stdout.buffer)).serve()


if __name__ == "__main__":
    main()
