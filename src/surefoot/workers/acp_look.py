"""A look at the agents of others that are installed: their version and protocol, and whether somebody is logged in."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from acp import PROTOCOL_VERSION
from acp.schema import InitializeRequest, InitializeResponse
from pydantic import ValidationError

from surefoot.core.agent_programs import AgentProgram
from surefoot.core.record import record
from surefoot.workers.acp_link import MESSAGE_BYTES_MAX

_ANSWER_S = 10.0


@record(kw_only=False)
class Seen:
    """What one look found."""

    name: str
    said: str
    """Its version and protocol, or why they are not known."""
    is_usable: bool
    has_login: bool
    """Whether a place of its login is there, or a variable that holds a key is set."""


def look_at(programs: Iterable[AgentProgram], environ: Mapping[str, str]) -> tuple[Seen, ...]:
    """Return what those agents say of themselves whose programs are on PATH."""
    found = [one for one in programs if shutil.which(one.command[0], path=environ.get("PATH")) is not None]
    return asyncio.run(_look_at(found, environ)) if found else ()


async def _look_at(programs: Iterable[AgentProgram], environ: Mapping[str, str]) -> tuple[Seen, ...]:
    said = [(one, asyncio.create_task(_greet(one))) for one in programs]
    return tuple([Seen(one.name, *await task, _has_login(one, environ)) for one, task in said])


def _has_login(program: AgentProgram, environ: Mapping[str, str]) -> bool:
    home = Path(environ.get("HOME") or "/")
    is_set = any(environ.get(name) and name.endswith(("_KEY", "_TOKEN")) for name in program.variables)
    return is_set or any((home / place.removeprefix("~/")).exists() for place in program.login)


async def _greet(program: AgentProgram) -> tuple[str, bool]:
    """Return what the program answers to `initialize`, and whether that can be used."""
    params = InitializeRequest(protocol_version=PROTOCOL_VERSION).model_dump(mode="json", by_alias=True)
    asked = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
    process = await asyncio.create_subprocess_exec(
        *program.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=MESSAGE_BYTES_MAX,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        agent = await asyncio.wait_for(_answer_of(process.stdout), _ANSWER_S)
    except (TimeoutError, OSError, ValueError):
        agent = None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if agent is None:
        return "does not answer as an ACP agent", False
    version = "" if agent.agent_info is None else f" {agent.agent_info.version}"
    return f"{version} (protocol {agent.protocol_version})".strip(), agent.protocol_version == PROTOCOL_VERSION


async def _answer_of(stream: asyncio.StreamReader) -> InitializeResponse | None:
    """Return the answer among the lines of a program; None: it ended without one."""
    while line := await stream.readline():
        with suppress(ValueError, ValidationError, TypeError, KeyError, AttributeError):
            return InitializeResponse.model_validate(json.loads(line)["result"])
    return None
