"""`port` probes against real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import PortProbe, Probe
from surefoot.probes import ProbeReply, ask, port_probe

APPLIED, NOT_APPLIED, UNKNOWN = Applied


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that listens on the loopback."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        yield server


@pytest.fixture
def asked(commands: Any) -> Any:
    """Ask about a place, in which `PORT` is the number."""

    async def about(place: str, server: socket.socket) -> ProbeReply:
        probe = PortProbe(port=place.replace("PORT", str(server.getsockname()[1])))
        return await ask(Probe(ask=probe), commands)

    return about


@pytest.mark.parametrize("place", ["PORT", "127.0.0.1:PORT", "localhost:PORT"])
async def test_a_port_that_accepts_connections_is_applied(asked: Any, listening: socket.socket, place: str) -> None:
    """On this machine, whatever it is called."""
    assert (await asked(place, listening)).answer is APPLIED


@pytest.mark.parametrize("place", ["PORT", "127.0.0.1:PORT"])
async def test_a_port_that_refuses_is_not_applied(asked: Any, listening: socket.socket, place: str) -> None:
    """It was there, and is no more."""
    probe = place.replace("PORT", str(listening.getsockname()[1]))
    listening.close()
    with socket.socket() as unused:
        assert (await asked(probe, unused)).answer is NOT_APPLIED


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs a loopback of IPv6")
@pytest.mark.parametrize("place", ["PORT", "[::1]:PORT"])
async def test_a_server_may_listen_on_one_of_both_loopbacks(asked: Any, place: str) -> None:
    """A number alone means either."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert (await asked(place, server)).answer is APPLIED


async def test_a_port_that_is_silent_says_nothing(
    asked: Any, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue is full: whoever comes now gets no answer."""
    monkeypatch.setattr(port_probe, "TIMEOUT_S", 0.1)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)  # noqa: FBT003 - the library's own way
        each.connect_ex(listening.getsockname())
    assert (await asked("127.0.0.1:PORT", listening)).answer is UNKNOWN
    for each in waiting:
        each.close()


@pytest.mark.parametrize("place", ["a..b:PORT", "no port", "0", "70000"])
async def test_what_is_no_place_says_nothing(asked: Any, listening: socket.socket, place: str) -> None:
    """What placeholders become is known only when the probe is asked."""
    assert (await asked(place, listening)).answer is UNKNOWN
