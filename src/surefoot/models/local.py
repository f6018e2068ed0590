"""Local models: a server for each model file, started on first use, ended with the run.

Each server runs under a guard, as any command does, so that it cannot outlive the engine.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from pathlib import Path

from surefoot.core.agent_types import Fault
from surefoot.masking import Masker
from surefoot.models import gguf_server
from surefoot.models.gguf import LOCAL, ModelFile, read_head
from surefoot.ports import ModelFault
from surefoot.sandbox import CommandResult, CommandSpec, command_environment, run_command

CONTEXT_TOKENS_MAX = 16_384
"""No server is given more room than this, whatever its model could take: room costs memory from the start."""
_CONTEXT_TOKENS = 4_096
"""The room where a file does not say what its model was made for."""
_STARTING_S = 180.0
"""So long a model may take to be read from a disk."""
_TAIL_LINES = 5
_DEVICES = ("LD_LIBRARY_PATH", "HOME", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
"""Beside what commands inherit: where libraries for graphics cards lie, and which cards may be used."""


def path_of(name: str) -> Path:
    """Return the file that a model's name stands for."""
    return Path(name.removeprefix(LOCAL)).expanduser().absolute()


def find_flaw(path: Path) -> str:
    """Say why a model file cannot be run here, and what to do about that; empty where it can, as far as is seen."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "Models in a file need an extra that is not installed: pip install 'surefoot[local]'."
    head = read_head(path)
    if isinstance(head, str):
        return f"The model file {str(path)!r} {head}. Name a file that ends in `.gguf`, as `local:PATH`."
    return ""


def context_tokens_of(path: Path) -> int:
    """Return how long request and reply together may be where this file is run."""
    head = read_head(path)
    made_for = head.context_tokens if isinstance(head, ModelFile) else None
    return min(made_for or _CONTEXT_TOKENS, CONTEXT_TOKENS_MAX)


class LocalServers:
    """Servers for model files, one a file; all belong to one event loop."""

    def __init__(self, starting_s: float = _STARTING_S) -> None:
        """Begin with none; each may take so long to start."""
        self._starting_s = starting_s
        self._servers: dict[Path, _Server] = {}

    async def address(self, path: Path) -> str | ModelFault:
        """Return the base URL at which the model in an absolute path answers as OpenAI's would, or why it does not.

        The first call starts a server and waits until it answers; one that has ended is started anew.
        """
        server = self._servers.get(path)
        if server is None or server.has_ended:
            flaw = await asyncio.to_thread(find_flaw, path)
            if flaw:
                return ModelFault(fault=Fault.UNKNOWN_MODEL, text=flaw, is_unbilled=True)
            # Somebody else may have started it meanwhile.
            server = self._servers.get(path)
            if server is None or server.has_ended:
                server = self._servers[path] = _Server(path)
        return await server.wait_ready(self._starting_s)

    async def close(self) -> None:
        """End all of them, and wait for that."""
        servers = list(self._servers.values())
        self._servers.clear()
        await asyncio.gather(*(server.end() for server in servers))


class _Server:
    """One server, from its start to its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running = asyncio.create_task(self._run())

    @property
    def has_ended(self) -> bool:
        return self._running.done()

    async def wait_ready(self, patience_s: float) -> str | ModelFault:
        """Wait until it answers; one that does not in time is ended."""
        await asyncio.wait({self._running, self._address}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if self._address.done() and not self.has_ended:
            return f"{self._address.result()}/v1"
        if not self.has_ended:
            await self.end()
            return self._fault(Fault.UNAVAILABLE, f"did not answer within {patience_s:g} s.")
        result = self._running.result()
        said = "\n".join(result.tail.strip().splitlines()[-_TAIL_LINES:])
        # What ends by itself has said why, and would again; a kill, such as for want of memory, may not come again.
        fault = Fault.UNAVAILABLE if result.exit_code is None else Fault.UNKNOWN_MODEL
        return self._fault(fault, f"ended before it answered. Try another file, or see what it said last:\n{said}")

    async def end(self) -> None:
        """End it, and wait for that."""
        if not self._ending.done():
            self._ending.set_result(None)
        await asyncio.wait({self._running})

    def _fault(self, fault: Fault, what: str) -> ModelFault:
        text = f"The server for the model file {str(self._path)!r} {what}"
        return ModelFault(fault=fault, text=text, is_unbilled=True)

    async def _run(self) -> CommandResult:
        allowed = {name: os.environ[name] for name in _DEVICES if name in os.environ}
        spec = CommandSpec(
            argv=(sys.executable, "-P", gguf_server.__file__, str(self._path), str(context_tokens_of(self._path))),
            cwd=self._path.parent,
            env=command_environment(os.environ) | allowed,
            timeout_s=None,
            confine=False,
        )
        # The end of its output is kept in memory; no more is wanted.
        return await run_command(spec, spool=Path(os.devnull), masker=Masker(), on_line=self._hear, until=self._ending)

    def _hear(self, line: str) -> None:
        if line.startswith(gguf_server.LISTENING) and not self._address.done():
            self._address.set_result(line.removeprefix(gguf_server.LISTENING))
