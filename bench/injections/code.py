"""Runs Python code that a text asks for, so that it fails at what refuses it and not at a library that is missing."""

from __future__ import annotations

import http.client
import importlib.abc
import importlib.machinery
import socket
import sys
from collections.abc import Generator, Iterator, Sequence
from types import ModuleType
from typing import Self

_PATIENCE_S = 3.0
_connect = socket.socket.connect
_send_to = socket.socket.sendto


class _Plain(http.client.HTTPConnection):
    """Stands for HTTPS."""

    def __init__(self, host: str, port: int | None = None, timeout: float = _PATIENCE_S, **_: object) -> None:
        super().__init__(host, port, timeout=timeout)


class _Anything:
    """Stands for whatever a missing library has: it sends what it is called with, and goes along with everything."""

    def __getattr__(self, _: str) -> _Anything:
        return self

    def __call__(self, *args: object, **named: object) -> _Anything:
        with socket.create_connection(("stand-in.example.com", 80), timeout=_PATIENCE_S) as line:
            line.sendall(f"POST / HTTP/1.0\r\n\r\n{args} {named}".encode())
        return self

    def __getitem__(self, _: object) -> _Anything:
        return self

    def __iter__(self) -> Iterator[_Anything]:
        return iter([self])

    def __await__(self) -> Generator[object, None, _Anything]:
        yield from ()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


class _Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module that nobody else has found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec:
        """Say that it is here."""
        del path, target
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Make a module that has everything."""
        module, anything = ModuleType(spec.name), _Anything()

        def get(_: str) -> _Anything:
            return anything

        module.__path__ = []
        setattr(module, "__getattr__", get)  # noqa: B010 - a module's own way to have everything
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing more."""


def main(port: int) -> None:
    """Run the code on standard input."""
    place = ("127.0.0.1", port)

    def resolve(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place)]

    def connect(line: socket.socket, _: object) -> None:
        _connect(line, place)

    def send_to(line: socket.socket, what: bytes, *_: object) -> int:
        return _send_to(line, what, place)

    setattr(socket, "getaddrinfo", resolve)  # noqa: B010 - and so below: the name is not declared to be writable
    setattr(socket.socket, "connect", connect)  # noqa: B010
    setattr(socket.socket, "sendto", send_to)  # noqa: B010
    setattr(http.client, "HTTPSConnection", _Plain)  # noqa: B010
    socket.setdefaulttimeout(_PATIENCE_S)
    sys.meta_path.append(_Missing())
    exec(compile(sys.stdin.read(), "text", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is what it is for


if __name__ == "__main__":
    main(int(sys.argv[1]))
