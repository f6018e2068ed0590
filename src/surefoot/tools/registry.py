"""The tools by name: their description for models, mistakes in a call, and a call's result.

Whether a call may be made is judged by the kernel before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import cast

from surefoot.core.agent_types import Role
from surefoot.core.event_words import Absent
from surefoot.core.short_text import shortened
from surefoot.core.tool_table import TOOLBOX, basic_tools_of, tools_of
from surefoot.ports import ToolSpec
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import flaw_in
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import known_files, nearest
from surefoot.tools.lane_files import Missing, Refused
from surefoot.tools.pagination import head_and_tail
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult, plain_values

SUMMARY_MAX = 160
"""No summary has more characters."""
DEPTH_MAX = 30
"""No arguments nest deeper; no plan needs it."""
_RAW_MAX = 200


@cache
def tool_of(name: str) -> Tool:
    """Return what the module of a tool says of it.

    Raises:
        KeyError: there is no such tool.
    """
    module = import_module(f"{__package__}.{TOOLBOX[name].name}_tool")
    return cast("Tool", module.TOOL)


@cache
def specs_of(role: Role) -> tuple[ToolSpec, ...]:
    """Return the tools of a role as it is told of them, in the order of the toolbox."""
    return tuple(spec_of(row.name, role) for row in tools_of(role))


@cache
def basic_specs_of(role: Role, *, has_stubs: bool) -> tuple[ToolSpec, ...]:
    """Return the few tools that a model without native tools is told of, in their basic form."""
    return tuple(_basic_spec_of(row.name, role) for row in basic_tools_of(role, has_stubs=has_stubs))


def _basic_spec_of(name: str, role: Role) -> ToolSpec:
    basic = tool_of(name).basic
    # A reviewer's claim is another one than a worker's.
    if basic is None or role is Role.REVIEWER:
        return spec_of(name, role)
    return ToolSpec(name=name, text=basic[0], schema=basic[1])


def arguments_of(name: str, arguments: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return the arguments of a call as its tool takes them, whichever of its forms they have."""
    if arguments is None or name not in TOOLBOX:
        return arguments
    return tool_of(name).from_basic(arguments)


def spec_of(name: str, role: Role) -> ToolSpec:
    """Return one tool as a role is told of it.

    Raises:
        KeyError: there is no such tool.
    """
    tool = tool_of(name)
    text, schema = tool.for_role.get(role, (tool.text, tool.schema))
    return ToolSpec(name=name, text=text, schema=schema)


def flaw_of(name: str, arguments: Mapping[str, object] | None, raw: str) -> str:
    """Say why a tool cannot be called with these arguments; empty where it can."""
    if arguments is None:
        written = (raw if len(raw) <= _RAW_MAX else f"{raw[:_RAW_MAX]}…") or "nothing"
        why = ""
        try:
            json.loads(raw)
        except (ValueError, RecursionError) as error:
            why = f" (it is no JSON: {error})" if raw else ""
        return _sendable(f"the arguments of {name!r} have to be one JSON object, but this was given: {written}{why}")
    if _is_deeper(arguments, DEPTH_MAX):
        return f"{name}: the arguments nest more than {DEPTH_MAX} levels deep; make them flatter"
    flaw = flaw_in(arguments, tool_of(name).schema)
    return _sendable(f"{name}: {flaw}") if flaw else ""


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = list(cast("Mapping[str, object]", value).values())
    if not isinstance(value, list | tuple):
        return False
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in cast("Sequence[object]", value))


def shell_command_of(name: str, arguments: Mapping[str, object]) -> str:
    """Return the shell command that a call runs; empty where it runs none."""
    return _sendable(Arguments(arguments).text(tool_of(name).command))


def question_of(name: str, arguments: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    """Return the question that a call asks a person, and the answers it takes (none: any text); empty: it asks none."""
    tool, taken = tool_of(name), Arguments(arguments)
    return _sendable(taken.text(tool.question)), tuple(map(_sendable, taken.texts(tool.options)))


def summary_of(name: str, arguments: Mapping[str, object]) -> str:
    """Say in a line what a call does, whatever its arguments are, and whether or not there is such a tool."""
    said = tool_of(name).summary if name in TOOLBOX else plain_values
    line = " ".join(_sendable(f"{name} {said(Arguments(arguments))}").split())
    return shortened(line, SUMMARY_MAX)


async def use(name: str, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
    """Carry out a call whose arguments `flaw_of` has found good.

    Raises:
        Exception: only what a worker has to report itself: the lane, or its commands, cannot be had.
    """
    taken = Arguments(cast("Mapping[str, object]", _whole(arguments)))
    try:
        result = await tool_of(name).perform(taken, context)
    except Missing as error:
        result = await _without_folder(name, taken, context, error)
    except Refused as error:
        result = _refusal(error)
    return await in_thread(_capped, result)


async def _without_folder(name: str, taken: Arguments, context: ToolContext, error: Missing) -> ToolResult:
    """Return the result for the only file that a path without its folder can mean; else what is near."""
    files = await known_files(context)
    meant = [file.path for file in files if file.path.endswith(f"/{error.path}")]
    if len(meant) != 1 or not tool_of(name).takes_names:
        near = await in_thread(nearest, files, error.path)
        text = f"{error.text}; there is {', '.join(near)}" if near else error.text
        return replace(_refusal(error), text=text)
    corrected = Arguments(cast("Mapping[str, object]", _with_path(taken, error.path, meant[0])))
    try:
        result = await tool_of(name).perform(corrected, context)
    except Refused as refused:
        result = _refusal(refused)
    return replace(result, text=f"{error.path} is taken for {meant[0]}, the only file of that name\n{result.text}")


def _refusal(error: Refused) -> ToolResult:
    absent = Absent.NAMED if isinstance(error, Missing) else None
    return ToolResult(ok=False, text=error.text, is_misuse=error.is_misuse, absent=absent)


def _with_path(value: object, path: str, meant: str) -> object:
    """Return arguments with another path wherever that one stands as a path."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return {
            key: meant
            if key == "path" and isinstance(each, str) and each.removeprefix("./") == path
            else _with_path(each, path, meant)
            for key, each in pairs.items()
        }
    if isinstance(value, list | tuple):
        return [_with_path(each, path, meant) for each in cast("Sequence[object]", value)]
    return value


def _whole(value: object) -> object:
    """Return plain JSON without halves of characters, which JSON can hold and no file, journal or model takes."""
    if isinstance(value, str):
        return _sendable(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return {_sendable(key): _whole(each) for key, each in pairs.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in cast("Sequence[object]", value)]
    return value


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _capped(result: ToolResult) -> ToolResult:
    """Return the result with a text that has room, and that is UTF-8 whatever names the lane holds."""
    text = result.text.encode("utf-8", "backslashreplace").decode()
    whole = None if result.whole is None else result.whole.encode("utf-8", "backslashreplace").decode()
    shown = head_and_tail(text, TEXT_BYTES_MAX + 2_000)
    if shown != text and whole is None and result.evidence is None:
        whole = text
    return replace(result, text=shown, whole=whole)
