"""The proxy of agents of others: which requests it lets through, with real sockets on both sides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest

from surefoot.workers.provider_proxy import ProviderProxy, basic_login, hosts_in, is_spoken, open_proxy

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Far:
    """A server, and the heads of the requests that reached it; asked to CONNECT, it answers in the name of all."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.heads: list[str] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, after a tunnel where one is asked for."""
        while True:
            try:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            except EOFError:
                writer.close()
                return
            is_tunnel = self.heads[-1].startswith("CONNECT")
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n" if is_tunnel else ANSWER)
            await writer.drain()
            if not is_tunnel:
                writer.close()
                return


@asynccontextmanager
async def a_server() -> AsyncGenerator[Far]:
    """Run a server on loopback."""
    far = Far()
    server = await asyncio.start_server(far.answer, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    async with server:
        yield far


async def said(proxy: ProviderProxy, *requests: str, token: str | None = None) -> str:
    """Send requests on one connection, and return all that comes back."""
    given = proxy.env["HTTP_PROXY"].partition("//")[2].partition("@")[0] if token is None else token
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    for request in requests:
        writer.write(f"{request} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: {basic_login(given)}\r\n\r\n".encode())
    found = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    return found


async def test_a_tunnel_leads_to_an_allowed_host() -> None:
    """Bytes pass both ways."""
    async with a_server() as far, open_proxy(("local*",), {}) as proxy:
        found = await said(proxy, f"CONNECT localhost:{far.port}", "GET /inside")
    assert found.startswith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert far.heads[0].startswith("GET /inside HTTP/1.1")


async def test_a_plain_request_reaches_an_allowed_host() -> None:
    """In the form that servers take, without what is the proxy's."""
    async with a_server() as far, open_proxy((f"127.0.0.1:{far.port}",), {}) as proxy:
        found = await said(proxy, f"GET http://127.0.0.1:{far.port}/v1?a=b")
    assert found.endswith("hi")
    assert far.heads == [f"GET /v1?a=b HTTP/1.1\r\nHost: 127.0.0.1:{far.port}\r\nConnection: close\r\n\r\n"]


@pytest.mark.parametrize(
    ("request_", "host"),
    [
        ("CONNECT example.com:443", "example.com"),
        ("CONNECT 127.0.0.1:PORT", "127.0.0.1"),
        ("CONNECT [::1]:PORT", "::1"),
        ("GET http://127.0.0.1:PORT/", "127.0.0.1"),
        ("GET http://localhost@127.0.0.1:PORT/", "127.0.0.1"),
        ("CONNECT localhost.evil.example:443", "localhost.evil.example"),
        ("CONNECT a/../localhost:443", "a"),
    ],
)
async def test_another_host_is_refused_and_noted_once(request_: str, host: str) -> None:
    """Also by its address, and whatever stands around it."""
    async with a_server() as far, open_proxy(("localhost",), {}) as proxy:
        for _ in range(2):
            assert (await said(proxy, request_.replace("PORT", str(far.port)))).startswith("HTTP/1.1 403 ")
    assert (far.heads, proxy.refused) == ([], [host])


async def test_a_port_that_is_named_is_the_only_one() -> None:
    """The address of a provider on this machine opens no other server there."""
    async with a_server() as far, open_proxy((f"localhost:{far.port + 1}",), {}) as proxy:
        assert (await said(proxy, f"CONNECT localhost:{far.port}")).startswith("HTTP/1.1 403 ")
    assert far.heads == []


@pytest.mark.parametrize("request_", ["GET /", "nonsense", "CONNECT localhost:x", "GET https://localhost/", "A B C D"])
async def test_what_is_no_request_to_a_proxy_is_refused(request_: str) -> None:
    """With a status that says so."""
    async with open_proxy(("localhost",), {}) as proxy:
        assert (await said(proxy, request_)).startswith("HTTP/1.1 400 ")


async def test_nobody_without_the_token_is_let_through() -> None:
    """Other commands may use this machine's loopback, too."""
    async with a_server() as far, open_proxy(("localhost",), {}) as proxy:
        assert (await said(proxy, f"CONNECT localhost:{far.port}", token="surefoot:")).startswith("HTTP/1.1 407 ")
    assert (far.heads, proxy.refused) == ([], [])


async def test_a_host_that_is_down_is_said_to_be() -> None:
    """The proxy goes on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with open_proxy(("127.0.0.1",), {}) as proxy:
        assert (await said(proxy, f"CONNECT 127.0.0.1:{port}")).startswith("HTTP/1.1 502 ")
        assert (await said(proxy, f"GET http://127.0.0.1:{port}/")).startswith("HTTP/1.1 502 ")


@pytest.mark.parametrize("request_", ["CONNECT provider.test:443", "GET http://provider.test:443/"])
async def test_the_proxy_of_the_user_is_gone_through(request_: str) -> None:
    """By a tunnel, with its password; it knows names that this machine does not."""
    async with a_server() as far:
        upstream = {"http_proxy": f"http://me:p%40ss@127.0.0.1:{far.port}"}
        environ = {**upstream, "HTTPS_PROXY": upstream["http_proxy"], "no_proxy": "other.test"}
        async with open_proxy(("provider.test",), environ) as proxy:
            assert (await said(proxy, request_, "GET /")).partition("\r\n")[0].startswith("HTTP/1.1 200")
    assert far.heads[0].startswith("CONNECT provider.test:443 HTTP/1.1\r\n")
    assert basic_login("me:p@ss") in far.heads[0]


@pytest.mark.parametrize("host", ["ip6-localhost", "localhost"])
async def test_no_proxy_of_the_user_is_used_for_what_needs_none(host: str) -> None:
    """As `no_proxy` says; and none leads to this machine's loopback."""
    async with a_server() as far:
        environ = {"https_proxy": f"http://127.0.0.1:{far.port}", "no_proxy": "ip6-localhost"}
        async with open_proxy((host,), environ) as proxy:
            await said(proxy, f"CONNECT {host}:{far.port}", "GET /")
    assert not any(head.startswith("CONNECT") for head in far.heads)


async def test_an_open_tunnel_ends_with_the_proxy() -> None:
    """And with nothing said about it: the agent has ended, too."""
    said_: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, found: said_.append(found))
    async with a_server() as far:
        async with open_proxy(("localhost",), {}) as proxy:
            login = basic_login(proxy.env["HTTP_PROXY"].partition("//")[2].partition("@")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(f"CONNECT localhost:{far.port} HTTP/1.1\r\nProxy-Authorization: {login}\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
    assert said_ == []


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({}, True),
        ({"https_proxy": "proxy.example:8080"}, True),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080"}, False),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080", "HTTP_PROXY": "http://a", "HTTPS_PROXY": "http://a"}, True),
    ],
)
def test_only_http_proxies_can_be_gone_through(environ: Mapping[str, str], *, spoken: bool) -> None:
    """Others are told apart before the agent starts."""
    assert is_spoken(environ) is spoken


def test_addresses_in_variables_name_hosts() -> None:
    """With their ports; keys and other words name none."""
    values = ("https://api.example.com/v1", "http://127.0.0.1:8000", "sk-123", "ftp://x", "http://[")
    assert hosts_in(values) == ("api.example.com:443", "127.0.0.1:8000")
