"""An HTTP proxy that lets an agent of others reach the hosts of its provider, and no others.

It runs in the engine for one attempt, on a port of this machine's loopback, which is all that the agent's network
leads to. A token in its address keeps other commands out that may use the loopback. Must never connect anywhere before
the host was compared, and never forward a second request of a connection, for that one would not be compared.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

from surefoot.core.globs import literal, matches
from surefoot.core.regex import regex

_CONNECT_S = 30.0
_CHUNK = 1 << 16
_REFUSED_MAX = 20
_PORTS = {"http": 80, "https": 443}
_OWN = frozenset({"host", "connection", "proxy-connection", "proxy-authorization", "keep-alive"})
"""Headers between a client and its proxy, or written anew."""
_HOST = regex(r"[a-z0-9._:-]{1,253}")
_LOOPBACK = "localhost,127.0.0.1,::1"
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _NotForwarded(Exception):
    """A request that is answered by the proxy: with this status, and a text that says why."""


class ProviderProxy:
    """An open proxy."""

    def __init__(self, hosts: Sequence[str], environ: Mapping[str, str]) -> None:
        """Let through requests to hosts (globs, with or without `:PORT`), by the proxies that `environ` names."""
        self.refused: list[str] = []
        """The hosts that were asked for and refused, each once."""
        self.port = 0
        self._hosts, self._environ, self._token = tuple(hosts), environ, secrets.token_hex(16)
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def env(self) -> dict[str, str]:
        """The variables by which programs find the proxy."""
        url = f"http://surefoot:{self._token}@127.0.0.1:{self.port}"
        names = {"http_proxy": url, "https_proxy": url, "all_proxy": url, "no_proxy": _LOOPBACK}
        return {**names, **{name.upper(): value for name, value in names.items()}, "NODE_USE_ENV_PROXY": "1"}

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to answer a connection."""
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far, first = await self._forward(reader)
        except _NotForwarded as error:
            status, text = error.args
            more = "Proxy-Authenticate: Basic\r\n" if status.startswith("407") else ""
            head = f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
            with suppress(OSError):
                writer.write(f"{head}{text}".encode("ascii", "replace"))
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        else:
            writer.write(first)
            try:
                await asyncio.gather(_copy(reader, far[1]), _copy(far[0], writer))
            finally:
                far[1].close()
        finally:
            writer.close()

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader) -> tuple[_Streams, bytes]:
        """Read the head of a request and open what it asks for; return that, and what the client is told first."""
        async with asyncio.timeout(_CONNECT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        words, *lines = head.rstrip("\r\n").split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        given = next((value for name, value in headers if name.lower() == "proxy-authorization"), "")
        if not secrets.compare_digest(given.encode(), basic_login(f"surefoot:{self._token}").encode()):
            raise _NotForwarded("407 Proxy Authentication Required", "This proxy is for one agent of Surefoot's.")
        method, parts, host, port = _target_of(words)
        self._compare(host, port)
        try:
            async with asyncio.timeout(_CONNECT_S):
                far = await self._open(parts.scheme, host, port)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise _NotForwarded("502 Bad Gateway", f"{host} was not reached: {error or 'no answer'}") from error
        if method == "CONNECT":
            return far, b"HTTP/1.1 200 Connection established\r\n\r\n"
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        fresh = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", "Connection: close"]
        fresh += [f"{name}: {value}" for name, value in headers if name.lower() not in _OWN]
        far[1].write("\r\n".join([*fresh, "", ""]).encode("latin-1"))
        return far, b""

    def _compare(self, host: str, port: int) -> None:
        if _HOST.fullmatch(host) and (matches(host, self._hosts) or matches(f"{host}:{port}", self._hosts)):
            return
        said = host if _HOST.fullmatch(host) else "a host without a proper name"
        if said not in self.refused and len(self.refused) < _REFUSED_MAX:
            self.refused.append(said)
        raise _NotForwarded("403 Forbidden", f"Surefoot lets this agent reach its provider only, and not {said}.")

    async def _open(self, scheme: str, host: str, port: int) -> _Streams:
        """Connect to a host, by the user's own proxy where there is one for it."""
        upstream = _proxy_for(scheme, self._environ)
        if not upstream or _needs_none(host, f"{_LOOPBACK},{_variable(self._environ, 'no_proxy')}"):
            return await asyncio.open_connection(host, port)
        parts = urlsplit(upstream)
        far = await asyncio.open_connection(parts.hostname, parts.port or _PORTS["http"])
        try:
            who = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
            await _ask_for(far, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", who if parts.username else "")
        except BaseException:
            far[1].close()
            raise
        return far


def _target_of(words: str) -> tuple[str, SplitResult, str, int]:
    """Return what the first line of a request asks for: its method, its address, and the host and port in that."""
    try:
        method, target, _ = words.split(" ")
        parts = urlsplit(f"https://{target}" if method == "CONNECT" else target)
        host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise _NotForwarded("400 Bad Request", "CONNECT HOST:PORT or http://HOST/ was expected.") from None
    if method != "CONNECT" and parts.scheme != "http":
        raise _NotForwarded("400 Bad Request", "Only http:// is forwarded; use CONNECT for others.")
    return method, parts, host, port


@asynccontextmanager
async def open_proxy(hosts: Sequence[str], environ: Mapping[str, str]) -> AsyncGenerator[ProviderProxy]:
    """Have a proxy for as long as the block lasts."""
    proxy = ProviderProxy(hosts, environ)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


def hosts_in(values: Iterable[str]) -> tuple[str, ...]:
    """Return the hosts, with their ports, of those values that are web addresses."""
    found: list[str] = []
    for value in values:
        with suppress(ValueError):
            parts = urlsplit(value)
            if parts.hostname and parts.scheme in _PORTS:
                found.append(literal(f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"))
    return tuple(found)


def is_spoken(environ: Mapping[str, str]) -> bool:
    """Tell whether the proxies that an environment names, if any, are such that ours can go through them."""
    return all(urlsplit(url).scheme == "http" for scheme in _PORTS if (url := _proxy_for(scheme, environ)))


def _proxy_for(scheme: str, environ: Mapping[str, str]) -> str:
    url = _variable(environ, f"{scheme}_proxy") or _variable(environ, "all_proxy")
    return url if "://" in url or not url else f"http://{url}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper(), "")


def _needs_none(host: str, said: str) -> bool:
    names = [name.strip().lstrip(".").lower() for name in said.split(",") if name.strip()]
    return any(name in ("*", host) or host.endswith(f".{name}") for name in names)


def basic_login(who: str) -> str:
    """Return what tells a proxy who asks, as `NAME:PASSWORD`."""
    return f"Basic {b64encode(who.encode()).decode()}"


async def _ask_for(far: _Streams, place: str, who: str) -> None:
    """Have another proxy connect to a place."""
    login = f"Proxy-Authorization: {basic_login(who)}\r\n" if who else ""
    far[1].write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n".encode())
    said = (await far[0].readuntil(b"\r\n\r\n")).decode("latin-1").partition("\r\n")[0]
    if said.split(" ")[1:2] != ["200"]:
        raise OSError(f"the proxy of this machine said {said}")


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy one way until its end; broken one way is broken both ways."""
    try:
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()
