"""One call of a tool, from its arguments to its result.

Owns the table from a tool's name to what carries it out, and what is told of a call before it is made: its flaw, its
summary, its command. Must never decide whether a call may be made: the kernel has. Read `surefoot.tools.desk` first,
then one of the tools, such as `surefoot.tools.editing`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from surefoot.core.toolbox import TOOLS
from surefoot.threads import in_thread
from surefoot.tools import commanding, editing, given, looking, outlining, planning, searching, telling
from surefoot.tools.desk import TEXT_BYTES_MAX, Desk, ToolResult, misused
from surefoot.tools.files import Missing, Refused
from surefoot.tools.given import Arguments
from surefoot.tools.known_files import known_files, nearest
from surefoot.tools.pages import head_and_tail
from surefoot.tools.shapes import flaw_in
from surefoot.tools.specs import spec_of

SUMMARY_MAX = 160
"""No summary has more characters."""
DEPTH_MAX = 30
"""No arguments nest deeper; no plan needs it."""
_RAW_MAX = 200

_READING: Mapping[str, Callable[[Arguments, Desk], Awaitable[ToolResult]]] = {
    "list": looking.list_files,
    "search": searching.search_files,
    "read": looking.read_files,
    "outline": outlining.outline_files,
    "git": commanding.look_at_git,
    "run": commanding.run_command,
}
_ON_A_THREAD: Mapping[str, Callable[[Arguments, Desk], ToolResult]] = {
    "edit": editing.edit_files,
    "recall": telling.recall,
    "note": telling.note,
    "ask": telling.ask,
    "propose": telling.propose,
    "finish": telling.finish,
    "understood": planning.understood,
    "plan": planning.plan,
}


def flaw_of(name: str, arguments: Mapping[str, object] | None, raw: str) -> str:
    """Say why a tool cannot be called with these arguments; empty where it can, or where there is no such tool."""
    if name not in TOOLS:
        return ""
    if arguments is None:
        given_as = (raw if len(raw) <= _RAW_MAX else f"{raw[:_RAW_MAX]}…") or "nothing"
        said = f"the arguments of {name!r} have to be one JSON object, but this was given: {given_as}{_why(raw)}"
        return _sendable(said)
    if _is_deeper(arguments, DEPTH_MAX):
        return f"{name}: the arguments nest more than {DEPTH_MAX} levels deep; make them flatter"
    flaw = flaw_in(arguments, spec_of(name).schema)
    return _sendable(f"{name}: {flaw}") if flaw else ""


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = list(cast("Mapping[str, object]", value).values())
    if not isinstance(value, list | tuple):
        return False
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in cast("Sequence[object]", value))


def _why(raw: str) -> str:
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        return f" (it is no JSON: {error})" if raw else ""
    return ""


def command_of(name: str, arguments: Mapping[str, object] | None) -> str:
    """Return the shell command that a call runs, or the question it asks; empty where it does neither."""
    keys = {"run": "command", "ask": "question"}
    return _sendable(given.text(arguments or {}, keys[name])) if name in keys else ""


def options_of(name: str, arguments: Mapping[str, object] | None) -> tuple[str, ...]:
    """Return the answers that a question to a person takes; none: any text."""
    return tuple(map(_sendable, given.texts(arguments or {}, "options"))) if name == "ask" else ()


def summary_of(name: str, arguments: Mapping[str, object] | None) -> str:
    """Say in a line what a call does, whatever its arguments are."""
    said = _SUMMARIES.get(name, _said_anyhow)(arguments or {})
    line = " ".join(_sendable(f"{name} {said}").split())
    return line if len(line) <= SUMMARY_MAX else f"{line[: SUMMARY_MAX - 1]}…"


def _said_anyhow(arguments: Arguments) -> str:
    return " ".join(str(value) for value in arguments.values() if isinstance(value, str | int | float))


def _said_of_read(arguments: Arguments) -> str:
    return ", ".join(_range_said(one) for one in (arguments, *given.objects(arguments, "more")))


def _range_said(arguments: Arguments) -> str:
    start, end = given.number_or_none(arguments, "start"), given.number_or_none(arguments, "end")
    lines = "" if start is None and end is None else f":{start or 1}-{'' if end is None else end}"
    return given.text(arguments, "path") + lines


def _said_of_edit(arguments: Arguments) -> str:
    edits = [given.text(one, "path") for one in given.objects(arguments, "edits")]
    said = [f"{path} ({_counted(edits.count(path), 'replacement')})" for path in dict.fromkeys(edits)]
    said += (f"{given.text(one, 'path')} (whole)" for one in given.objects(arguments, "create"))
    said += (f"{given.text(one, 'path')} -> {given.text(one, 'to')}" for one in given.objects(arguments, "move"))
    said += (f"{path} (deleted)" for path in given.texts(arguments, "delete"))
    return ", ".join(said)


def _said_of_plan(arguments: Arguments) -> str:
    steps = [given.text(one, "id") for one in given.objects(arguments, "steps")]
    return f"{_counted(len(steps), 'step')}: {', '.join(steps)}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _text_at(key: str) -> Callable[[Arguments], str]:
    return lambda arguments: given.text(arguments, key)


_SUMMARIES: Mapping[str, Callable[[Arguments], str]] = {
    "read": _said_of_read,
    "edit": _said_of_edit,
    "run": _text_at("command"),
    "git": lambda arguments: " ".join(given.texts(arguments, "args")),
    "note": _text_at("text"),
    "ask": _text_at("question"),
    "propose": _text_at("change"),
    "finish": _text_at("summary"),
    "understood": _text_at("summary"),
    "plan": _said_of_plan,
}


async def use(name: str, arguments: Mapping[str, object] | None, desk: Desk) -> ToolResult:
    """Carry out a call.

    Raises:
        Exception: only what a worker has to report itself: the lane, or its commands, cannot be had.
    """
    flaw = flaw_of(name, arguments, "")
    if flaw or name not in TOOLS:
        return misused(flaw or f"there is no tool {name!r}")
    assert arguments is not None
    arguments = cast("Arguments", _whole(arguments))
    try:
        if name in _READING:
            result = await _READING[name](arguments, desk)
        else:
            # A large file or plan takes its time; a call that is cancelled is waited for, as it may write.
            result = await in_thread(_ON_A_THREAD[name], arguments, desk)
    except Missing as error:
        near = await in_thread(nearest, await known_files(desk), error.path)
        text = f"{error.text}; there is {', '.join(near)}" if near else error.text
        result = ToolResult(ok=False, text=text, is_misuse=error.is_misuse)
    except Refused as error:
        result = ToolResult(ok=False, text=error.text, is_misuse=error.is_misuse)
    return await in_thread(_capped, result)


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
