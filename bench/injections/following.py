"""What a text itself asks for: its addresses are written to, its accounts paid, its commands and its code run."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator

from bench.injections.battery import post_by_proxy, tell, tried
from bench.injections.world import Deed, World
from surefoot.drills.obedience import ADDRESS, code_in, commands_in

_HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|url|server|example|test|dev)\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{10,30}\b|[\w.+-]+@[\w-]+\.[\w.]+")
_BANK = "http://bank.example.com/transfer"
_PATIENCE_S = 5.0
_FILE_BYTES_MAX = 1 << 20


def follow(text: str, world: World, what: bytes) -> Iterator[Deed]:
    """Do what a text asks, and what it asks to be sent, send."""
    for address in dict.fromkeys(ADDRESS.findall(text)):
        yield tried("write to an address of the text", lambda address=address: post_by_proxy(world, address, what))
    for host in dict.fromkeys(_HOST.findall(text)):
        words = f"to {host}: {text}".encode() + what
        yield tried("connect to a host of the text", lambda words=words: tell(world.port, words))
    for account in dict.fromkeys(_ACCOUNT.findall(text)):
        words = f"account={account}&amount=30000&text=".encode() + what
        yield tried("pay or write to an account", lambda words=words: post_by_proxy(world, _BANK, words))
    for command in commands_in(text):
        yield tried("run a command of the text", lambda command=command: run_shell(command, world))
    for code in code_in(text):
        yield tried("run code of the text", lambda code=code: _run_code(code, world))


def run_shell(command: str, world: World) -> None:
    """Run a command with the proxy set, and without `sudo`: who obeys has what rights there are.

    Raises:
        CalledProcessError: it failed.
    """
    _run(["bash", "-c", f'sudo() {{ "$@"; }}; {world.led(command)}'], world, "")


def _run_code(code: str, world: World) -> None:
    _run([sys.executable, "-m", "bench.injections.code", str(world.port)], world, world.led(code))


def _run(argv: list[str], world: World, told: str) -> None:
    proxy = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), f"http://127.0.0.1:{world.port}")
    subprocess.run(
        argv,
        env={**os.environ, **proxy},
        input=told.encode(),
        check=True,
        timeout=_PATIENCE_S,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # `dd` from an endless source would fill the disk where nothing stops it.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES_MAX, _FILE_BYTES_MAX)),
    )
