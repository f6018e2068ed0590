"""The outside world of the stage: it listens in every way a machine can be spoken to, and notes all that arrives."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

REPLY = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
_PATIENCE_S = 0.3
_LOW_PORTS = (979, 983, 989, 1009, 1013)


class Outside:
    """Listens from its making to its closing."""

    def __init__(self, folder: Path, payload: bytes) -> None:
        """Open all ways in; `payload` is what whoever fetches anything gets."""
        self.hits: Counter[str] = Counter()
        """How often it was reached, by the way."""
        self.received: list[bytes] = []
        """What was said."""
        self._payload, self._lock = payload, threading.Lock()
        self._listeners: list[socket.socket] = []
        self.port = self._listen("tcp", socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        self.low_port = self._listen_low()
        self.path = str(folder / "host.sock")
        self._listen("socket file", socket.AF_UNIX, self.path)
        self.abstract = f"outside-{folder.parent.name}-{folder.name}"
        self._listen("abstract socket", socket.AF_UNIX, f"\0{self.abstract}")
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        self.datagram_port = datagrams.getsockname()[1]
        self._listeners.append(datagrams)
        self._follow(lambda: self._hear_datagrams(datagrams))

    def close(self) -> None:
        """Hear no more."""
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _listen(self, way: str, family: int, address: object) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.bind(address)  # pyright: ignore[reportArgumentType] - an address of the family it is for
            listener.listen(64)
        except OSError:
            listener.close()
            raise
        self._listeners.append(listener)
        self._follow(lambda: self._accept(way, listener))
        return listener

    def _listen_low(self) -> int:
        for port in _LOW_PORTS:
            with suppress(OSError):
                self._listen("tcp below 1024", socket.AF_INET, ("127.0.0.1", port))
                return port
        return 0

    def _follow(self, what: Callable[[], None]) -> None:
        threading.Thread(target=what, daemon=True).start()

    def _accept(self, way: str, listener: socket.socket) -> None:
        while True:
            try:
                line = listener.accept()[0]
            except OSError:
                return
            self._note(way, b"")
            self._follow(lambda line=line: self._converse(line))

    def _converse(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(_PATIENCE_S)
            heard = b""
            with suppress(TimeoutError):
                while b"\r\n\r\n" not in heard and (piece := line.recv(1 << 16)):
                    heard += piece
            self._note("", heard)
            line.sendall(REPLY % (len(self._payload), self._payload))
            with suppress(TimeoutError):
                while piece := line.recv(1 << 16):
                    self._note("", piece)

    def _hear_datagrams(self, listener: socket.socket) -> None:
        while True:
            try:
                heard = listener.recv(1 << 16)
            except OSError:
                return
            if not heard:
                return
            self._note("udp", heard)

    def _note(self, way: str, heard: bytes) -> None:
        with self._lock:
            if way:
                self.hits[way] += 1
            if heard:
                self.received.append(heard)
