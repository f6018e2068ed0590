"""The relay between a command in a network of its own and the servers on the host's loopback, both ways.

Outside, a program of its own (`main`) listens and connects on the host's loopback; inside the command's network, a
child of the guard (`serve`) makes the sockets it is asked for and hands them out. Must never connect anywhere but to a
loopback address: `main` is the only one with a socket on the host's side, and it takes no address from inside, only
ports. It imports nothing of Surefoot, for it is started anew for each command.

A socket stays in the network it was made in, whoever holds it. So `main` accepts on a socket made inside and connects
outside, or the other way round, and copies bytes between the two; no packet crosses. TCP only. Which servers there are
is looked up before the command starts and ten times a second from then on. Ports below 1024 are left out: inside,
nobody may listen on them. When the command has ended, both halves end, with every connection.
"""

from __future__ import annotations

import _thread
import array
import os
import select
import socket
import sys
import time

TYPE_CHECKING = False  # Importing `typing`, or `collections.abc`, for annotations alone would take milliseconds.
if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOK_EVERY_MS = 100
_ANSWER_MOST = 1 << 16
_CHUNK = 1 << 16
_CONNECT_S = 2.0
_PORT_LEAST = 1024
_LISTENING = "0A"
_READY, _LISTEN, _CONNECT, _LIST = b"ready", b"listen", b"connect", b"list"
_NO = b"no"

Place = tuple[str, int]
"""A loopback address and a port."""


def main() -> None:
    """Be the half outside; the argument is the descriptor that leads inside."""
    inside = _Inside(socket.socket(fileno=int(sys.argv[1])))
    doors = _Doors(inside)
    doors.look()
    inside.tell(_READY)
    ready = select.poll()
    ready.register(inside.link, select.POLLIN)
    doors.watch(ready)
    looked = time.monotonic()
    while True:
        for source, _ in ready.poll(_LOOK_EVERY_MS):
            if source == inside.link.fileno():
                os._exit(0)  # Nothing is ever said unasked: it has hung up. Copying goes on in threads; ended, too.
            doors.take(source)
        if time.monotonic() - looked >= _LOOK_EVERY_MS / 1000:
            doors.look()
            looked = time.monotonic()


class _Inside:
    """The half inside, as the one outside sees it."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link

    def tell(self, words: bytes) -> None:
        """Say something that needs no answer."""
        try:
            self.link.send(words)
        except OSError:
            os._exit(0)

    def ask(self, words: bytes) -> tuple[bytes, socket.socket | None]:
        """Ask for something; return the answer and the socket that came with it."""
        self.tell(words)
        numbers = array.array("i")
        try:
            answer, extra, _, _ = self.link.recvmsg(_ANSWER_MOST, socket.CMSG_SPACE(numbers.itemsize))
        except OSError:
            os._exit(0)
        if not answer:
            os._exit(0)
        for level, kind, content in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
        return answer, socket.socket(fileno=numbers[0]) if numbers else None


class _Doors:
    """All sockets that are listened on: inside for servers of the host, on the host for servers inside."""

    def __init__(self, inside: _Inside) -> None:
        self._inside = inside
        self._inward: dict[Place, socket.socket] = {}
        self._outward: dict[Place, socket.socket] = {}
        self._by_number: dict[int, tuple[socket.socket, Place, bool]] = {}
        self._ready: select.poll | None = None

    def watch(self, ready: select.poll) -> None:
        """Have `ready` tell when somebody knocks."""
        self._ready = ready
        for number in self._by_number:
            ready.register(number, select.POLLIN)

    def look(self) -> None:
        """Open doors for servers that have come, close those of servers that have gone."""
        here = listening() - self._inward.keys()
        self._close(self._outward, here)
        for place in here - self._outward.keys():
            door = self._inside.ask(b"%b %b %d" % (_LISTEN, place[0].encode(), place[1]))[1]
            self._open(self._outward, place, door, leads_out=True)
        answer, stray = self._inside.ask(_LIST)
        if stray is not None:
            stray.close()
        there = read_places(answer.decode("ascii", "replace").split()) - self._outward.keys()
        self._close(self._inward, there)
        for place in there - self._inward.keys():
            self._open(self._inward, place, listen(place), leads_out=False)

    def _open(
        self, doors: dict[Place, socket.socket], place: Place, door: socket.socket | None, *, leads_out: bool
    ) -> None:
        if door is None:
            return
        door.setblocking(False)  # noqa: FBT003 - the standard library takes it in no other way.
        doors[place] = door
        self._by_number[door.fileno()] = (door, place, leads_out)
        if self._ready is not None:
            self._ready.register(door, select.POLLIN)

    def _close(self, doors: dict[Place, socket.socket], wanted: set[Place]) -> None:
        for place in doors.keys() - wanted:
            door = doors.pop(place)
            del self._by_number[door.fileno()]
            if self._ready is not None:
                self._ready.unregister(door)
            door.close()

    def take(self, number: int) -> None:
        """Let in who knocks at a door, and copy until both sides have said all."""
        if number not in self._by_number:
            return
        door, place, leads_out = self._by_number[number]
        try:
            one, _ = door.accept()
        except OSError:
            return
        other = (
            connect(place) if leads_out else self._inside.ask(b"%b %b %d" % (_CONNECT, place[0].encode(), place[1]))[1]
        )
        if other is None:
            one.close()
            return
        for end in (one, other):
            end.setblocking(True)  # noqa: FBT003 - as above.
        open_ways = [None, None]
        for source, target in ((one, other), (other, one)):
            _thread.start_new_thread(_copy, (source, target, open_ways))


def _copy(source: socket.socket, target: socket.socket, open_ways: list[None]) -> None:
    """Copy one way until its end; whoever ends last closes both."""
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # Broken one way is broken both ways.
        for end in (source, target):
            _hang_up(end)
    open_ways.pop()
    if not open_ways:
        source.close()
        target.close()


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def serve(link: int, ready: int) -> None:
    """Be the half inside, until the one outside hangs up; `ready` is closed when the first doors are open."""
    outside = socket.socket(fileno=link)
    while words := outside.recv(_ANSWER_MOST):
        verb, *rest = words.split()
        if verb == _READY:
            os.close(ready)
            continue
        if verb == _LIST:
            outside.send(b" ".join([b"ok", *(b"%b/%d" % (name.encode(), port) for name, port in listening())]))
            continue
        place = rest[0].decode(), int(rest[1])
        made = listen(place) if verb == _LISTEN else connect(place)
        if made is None:
            outside.send(_NO)
            continue
        numbers = array.array("i", [made.fileno()])
        outside.sendmsg([b"ok"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
        made.close()


def listening() -> set[Place]:
    """Find what is listened on in this process's network, on loopback addresses or on all."""
    found: set[Place] = set()
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/self/net/{name}", encoding="ascii") as table:  # noqa: PTH123 - pathlib takes too long.
                lines = table.read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING:
                address, _, port = fields[1].partition(":")
                found.update((name, int(port, 16)) for name in loopback_names(address))
    return {place for place in found if place[1] >= _PORT_LEAST}


def loopback_names(address: str) -> Iterable[str]:
    """Return the loopback addresses at which a server that listens on `address`, as `/proc` spells it, is reached."""
    packed = b"".join(int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8))
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    if packed == bytes(16):
        return ("127.0.0.1", "::1")
    if packed == bytes(4):
        return ("127.0.0.1",)
    if len(packed) == 16:
        return ("::1",) if packed == bytes(15) + b"\1" else ()
    return (".".join(map(str, packed)),) if packed[0] == 127 else ()


def read_places(words: Iterable[str]) -> set[Place]:
    """Read `ADDRESS/PORT` words from inside; only loopback addresses and allowed ports count."""
    found: set[Place] = set()
    for word in words:
        name, _, port = word.partition("/")
        if is_loopback(name) and port.isdecimal() and _PORT_LEAST <= int(port) < 1 << 16:
            found.add((name, int(port)))
    return found


def is_loopback(name: str) -> bool:
    """Tell whether a text spells a loopback address; a name that would have to be looked up does not."""
    try:
        return name == "::1" or socket.inet_pton(socket.AF_INET, name)[0] == 127
    except (OSError, ValueError):
        return False


def listen(place: Place) -> socket.socket | None:
    """Listen at a place; None when it is taken, or there is no such address here."""
    door = _new_socket(place)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(place)
        door.listen(128)
    except OSError:
        door.close()
        return None
    return door


def connect(place: Place) -> socket.socket | None:
    """Connect to a place; None when nobody answers."""
    end = _new_socket(place)
    end.settimeout(_CONNECT_S)
    try:
        end.connect(place)
    except OSError:
        end.close()
        return None
    return end


def _new_socket(place: Place) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_STREAM)
