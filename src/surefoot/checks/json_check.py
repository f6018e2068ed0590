"""`json` checks: a value at a path of a JSON file, read with the precautions of `file` checks."""

from __future__ import annotations

import asyncio
import errno
import json
from pathlib import Path, PurePosixPath
from typing import NoReturn

from surefoot.checks.check_request import Answer, Question
from surefoot.core.check_kinds import JsonCheck
from surefoot.core.event_words import Verdict
from surefoot.core.json_paths import is_same, values_at
from surefoot.ports import Commands
from surefoot.safe_open import open_within

SIZE_MAX = 64_000_000
"""Larger files are not read."""
_SHOWN_MAX = 200


async def ask_json(kind: JsonCheck, question: Question, commands: Commands) -> Answer:
    """Read the file, relative to the lane's root or to the check's `cwd`, and compare the value."""
    check, root = question.check, commands.root
    try:
        looking = asyncio.to_thread(_look, kind, root / check.cwd if check.cwd else root, root)
        verdict, text = await asyncio.wait_for(looking, check.timeout_s)
    except TimeoutError:
        verdict, text = Verdict.INCONCLUSIVE, f"no answer within {check.timeout_s:g} s, the check's `timeout`"
    evidence = commands.store(text.encode("utf-8", "surrogateescape"))
    return Answer(verdict=verdict, text=text.encode("utf-8", "backslashreplace").decode(), evidence=evidence)


def _look(kind: JsonCheck, base: Path, root: Path) -> tuple[Verdict, str]:
    if kind.file.startswith("/") or ".." in PurePosixPath(kind.file).parts:
        return Verdict.INCONCLUSIVE, f"{kind.file} leads out of the workspace; name it relative to its root"
    try:
        with open_within(root, base / kind.file) as file:
            content = file.read(SIZE_MAX + 1)
    except OSError as error:
        if error.errno == errno.EACCES:
            return Verdict.INCONCLUSIVE, f"{kind.file}: {error.strerror}"
        return Verdict.FAILED, f"there is no file {kind.file} in the workspace"
    if len(content) > SIZE_MAX:
        return Verdict.INCONCLUSIVE, f"{kind.file} is larger than {SIZE_MAX} bytes; ask a command of its own by `run`"
    try:
        document: object = json.loads(content, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Verdict.FAILED, f"{kind.file}:{error.lineno}:{error.colno}: no JSON: {error.msg}"
    except (ValueError, RecursionError) as error:
        return Verdict.FAILED, f"{kind.file}: no JSON: {error}"
    return _compare(kind, document)


def _compare(kind: JsonCheck, document: object) -> tuple[Verdict, str]:
    found = list(values_at(document, kind.path))
    if any(is_same(value, kind.equals) for value in found):
        return Verdict.PASSED, f"{kind.path} in {kind.file} is {_shown(kind.equals)}"
    if found:
        return Verdict.FAILED, f"{kind.path} in {kind.file} is {_shown(found[0])}; expected {_shown(kind.equals)}"
    parts = kind.path.replace("[", ".").split("/" if kind.path.startswith("/") else ".")
    joined = "/" if kind.path.startswith("/") else "."
    for size in range(len(parts) - 1, 0, -1):
        above = joined.join(parts[:size]).replace("]", "")
        if above and (values := list(values_at(document, above))):
            return Verdict.FAILED, f"{kind.file} has no {kind.path}: {above} is {_kind_of(values[0])}"
    return Verdict.FAILED, f"{kind.file} has no {kind.path}: the document is {_kind_of(document)}"


def _kind_of(value: object) -> str:
    match value:
        case dict():
            return f"an object with the keys {_shown(list(value))}" if value else "an empty object"  # pyright: ignore[reportUnknownArgumentType]
        case list():
            return f"a list of {len(value)}"  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return _shown(value)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")
