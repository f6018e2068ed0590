"""Calls of a plan's Python function in a child: the command that starts the child, and the child.

The child imports the function from the plan's folder or from installed packages (never from the workspace, and
`PYTHONPATH` does not count), calls it with one argument that has the given attributes (a function that takes none is
called without), writes a returned mapping to `$SUREFOOT_OUTPUT`, and prints the outcome as one line of JSON behind a
marker. Exit status 0: it returned; 1: it raised; 3: it could not be imported.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import cast

RAISED = 1
NOT_IMPORTED = 3
_VARIABLE = "SUREFOOT_CALL"
_OUTPUT = "SUREFOOT_OUTPUT"
_MARKER = "surefoot-call: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command that calls a function."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Variables it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """What a function raised."""

    error_type: str
    retryable: bool | None
    """Its `retryable` attribute, if it has one that is a bool."""


def call_request(function: str, plan_folder: Path | None, argument: Mapping[str, object]) -> Call:
    """Return the command that calls `package.module:function`.

    `argument` must be plain data; `workspace` arrives as a `Path`.
    """
    order = {"plan_folder": None if plan_folder is None else str(plan_folder), "argument": dict(argument)}
    argv = (sys.executable, "-P", "-E", "-B", str(Path(__file__).resolve()), function)
    return Call(argv=argv, env={_VARIABLE: json.dumps(order)})


def read_failure(output: str) -> CallFailure | None:
    """Return what the function raised, from what the child printed; None when it says nothing of that."""
    record = _last_record(output)
    error_type = record.get("error_type")
    if not isinstance(error_type, str):
        return None
    retryable = record.get("retryable")
    return CallFailure(error_type=error_type, retryable=retryable if isinstance(retryable, bool) else None)


def read_result(output: str) -> object:
    """Return what the function returned (tuples as lists), from what the child printed; None when it says nothing."""
    return _last_record(output).get("result")


def lines_of(result: object) -> list[str]:
    """Return a function's result as lines for `$SUREFOOT_OUTPUT`: a mapping of plain values; anything else is none.

    Raises:
        ValueError: a key or a value cannot stand on one line.
    """
    if not isinstance(result, Mapping):
        return []
    values = cast("Mapping[object, object]", result)
    if not all(isinstance(value, str | int | float) for value in values.values()):
        return []
    texts = {str(key): str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()}
    for key, text in texts.items():
        if "=" in key or "\n" in f"{key}{text}":
            raise ValueError(f"the output {key!r} does not fit on one line as KEY=VALUE; return another text")
    return [f"{key}={text}" for key, text in texts.items()]


def written_result(result: object) -> str:
    """Return as JSON what a function returned; what JSON cannot hold stands as Python shows it, or is named."""
    # Keys may be no text; a value may hold itself, nest too deeply, or raise whatever it likes when it is shown.
    for write in (lambda: json.dumps(result, default=repr), lambda: json.dumps(repr(result))):
        with suppress(Exception):
            return write()
    return json.dumps(f"a {type(result).__name__} that cannot be shown")


def is_record(line: str) -> bool:
    """Tell whether a line of the child's output is meant for the engine, not for a person."""
    return line.startswith(_MARKER)


def _last_record(output: str) -> dict[str, object]:
    lines = [line for line in output.split("\n") if is_record(line)]
    if not lines:
        return {}
    try:
        record = json.loads(lines[-1].removeprefix(_MARKER))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", record) if isinstance(record, dict) else {}


def main(function: str) -> int:
    """Be the child: call the function and print what came of it."""
    order = json.loads(os.environ.pop(_VARIABLE))
    if order["plan_folder"] is not None:
        sys.path.insert(0, order["plan_folder"])
    # For functions that import `surefoot` where it is not installed but run from its source folder.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    module, _, name = function.partition(":")
    try:
        called = reduce(getattr, name.split("."), importlib.import_module(module))
        if not callable(called):
            raise TypeError(f"{function} cannot be called")  # noqa: TRY301 - one way out for all that cannot be had
    except Exception as error:  # noqa: BLE001 - a module may raise anything while it is imported; the engine judges it
        return _print_failure(error, NOT_IMPORTED)
    try:
        result = _call(called, order["argument"])
        lines = lines_of(result) if _OUTPUT in os.environ else []
        if lines:
            with Path(os.environ[_OUTPUT]).open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its end; the engine judges it
        return _print_failure(error, RAISED)
    _print_record(f'{{"result": {written_result(result)}}}')
    return 0


def _call(called: Callable[..., object], attributes: dict[str, object]) -> object:
    if attributes.get("workspace") is not None:
        attributes["workspace"] = Path(str(attributes["workspace"]))
    arguments = (SimpleNamespace(**attributes),) if _takes_one(called) else ()
    result = called(*arguments)

    async def wait_for_it() -> object:
        return await result if inspect.isawaitable(result) else result

    return asyncio.run(wait_for_it()) if inspect.isawaitable(result) else result


def _takes_one(called: Callable[..., object]) -> bool:
    try:
        inspect.signature(called).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _print_failure(error: Exception, status: int) -> int:
    traceback.print_exception(error)
    sys.stderr.flush()
    retryable = getattr(error, "retryable", None)
    known = retryable if isinstance(retryable, bool) else None
    _print_record(json.dumps({"error_type": type(error).__name__, "retryable": known}))
    return status


def _print_record(text: str) -> None:
    # On a line of its own, even if the function left one without an end.
    sys.stdout.write(f"\n{_MARKER}{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
