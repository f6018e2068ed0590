"""What an agent of others asks for, as a call that the kernel can weigh; and the answer among those it offers."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from surefoot.core.agent_types import ToolCall
from surefoot.core.ids import BlobId
from surefoot.core.policy_types import CommandFacts
from surefoot.core.regex import regex
from surefoot.core.short_text import shortened
from surefoot.shellwords import facts_given, facts_of
from surefoot.workers.run_context import RunContext

KINDS = ("read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switch_mode", "other")
"""The kinds of tools that the protocol knows; whatever else an agent says is `other`."""
_TITLE_MAX = 200
_QUOTED = regex(r"`([^`]+)`")
_COMMAND_KEYS = ("command", "cmd", "script")
_PATH_KEYS = ("file_path", "path", "abs_path", "filePath", "notebook_path")

Json = Mapping[str, Any]


def call_of(context: RunContext, lane: str, name: str, asked: Json) -> ToolCall:
    """Return what the agent wants to do, as far as it says so; `asked` is the tool call of the protocol."""
    given = table_in(asked.get("rawInput"))
    kind, title = str(asked.get("kind") or "other"), " ".join(str(asked.get("title") or "").split())
    command = _command_in(given) or (_quoted_in(title) if kind == "execute" else "")
    if command or kind == "execute":
        kind, does = "execute", facts_of(command) if command else _UNSAID
    else:
        paths = tuple(_relative(context.space.lane_path(lane), path) for path in _paths_in(asked, given))
        does = CommandFacts(writes=paths) if paths else None
    return _call(context, name, kind if kind in KINDS else "other", command, title or command, given, does)


def table_in(value: object) -> Json:
    """Return the JSON object that a value is; an empty one, where it is none."""
    return cast("Json", value) if isinstance(value, Mapping) else {}


def command_call(context: RunContext, name: str, command: str, env: Mapping[str, str]) -> ToolCall:
    """Return that the agent wants a command run in a terminal of ours, with these variables."""
    given = {"command": command, "env": dict(env)}
    return _call(context, name, "execute", command, command, given, facts_given(command, env))


_UNSAID = CommandFacts(unclear="the agent does not say which command it would run")


def _call(
    context: RunContext, name: str, kind: str, command: str, title: str, given: Json, does: CommandFacts | None
) -> ToolCall:
    arguments: BlobId = context.store(json.dumps(given, default=str).encode())
    return ToolCall(
        call=name,
        tool=kind,
        arguments=arguments,
        summary=shortened(f"{kind} {title}".strip(), _TITLE_MAX),
        does=does,
        command=command or title,
    )


def _command_in(given: Json) -> str:
    """Return the command that an input holds: a text for a shell, or a program with its arguments."""
    for key in _COMMAND_KEYS:
        value = given.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list) and value:
            return shlex.join(map(str, cast("list[object]", value)))
    return ""


def _quoted_in(title: str) -> str:
    found = _QUOTED.search(title)
    return "" if found is None else found[1]


def _paths_in(asked: Json, given: Json) -> Iterable[str]:
    """Return the files that a call names, each once."""
    found = [given.get(key) for key in _PATH_KEYS]
    for key in ("locations", "content"):
        places = asked.get(key)
        if isinstance(places, Sequence):
            found += [table_in(place).get("path") for place in cast("Sequence[object]", places)]
    return dict.fromkeys(path for path in found if isinstance(path, str) and path)


def _relative(root: Path, path: str) -> str:
    """Return a path from the root of the lane; one that leads out of it stays absolute."""
    base = os.path.realpath(root)
    real = os.path.realpath(root / path)
    return os.path.relpath(real, base) if real.startswith(f"{base}{os.sep}") else real


def outcome_of(options: Sequence[Json], *, is_allowed: bool) -> dict[str, Any]:
    """Return the answer to a request: once, never for good; where an agent offers no such answer it is refused."""
    kinds = ("allow_once",) if is_allowed else ()
    for kind in (*kinds, "reject_once", "reject_always"):
        for option in options:
            if option.get("kind") == kind:
                return {"outcome": {"outcome": "selected", "optionId": option["optionId"]}}
    return {"outcome": {"outcome": "cancelled"}}
