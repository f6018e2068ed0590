"""Show what a function does: `python comparer.py FILE TESTS FUNCTION` prints its results on many inputs.

For `compare:` of a step with `best_of`: candidates that do the same print the same. The inputs come from the calls that
the tests make: each argument is changed in small ways, among values of the same type and of the same kind as those
seen (no negative number where none was, none more than twice as large as the largest, no letter that did not occur).
Then one argument at a time is a bound of its type: nothing, one, the first of several, the other sign, the other case.
They depend on the tests alone.
"""

# Arguments and results are values of any shape: what is in a list or dict of them has no type.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
import copy
import io
import random
import resource
import signal
import sys
import types
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

INPUTS = 100
"""So many inputs are made of the kind of those seen, and as many at bounds at most."""
SECONDS = 0.05
"""So much processor time a call may take."""
SLOW_MAX = 3
"""After so many calls that take too long, no more are made."""
BYTES_MAX = 2_000_000_000
_SHOWN_MAX = 2000
_SLOW = "takes too long"


class _TooLong(BaseException):
    """A call takes too long."""


@contextlib.contextmanager
def _limited(seconds: float) -> Generator[None]:
    def stop(*_: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def calls_of(text: str, tests: str, function: str) -> list[list[Any]]:
    """Return the arguments of each call of the function that the tests make."""
    module, depth = _loaded(text), [0]
    seen: list[list[Any]] = []
    original = module.__dict__[function]

    def recording(*given: Any) -> Any:
        if not depth[0]:
            seen.append(copy.deepcopy(list(given)))
        depth[0] += 1
        try:
            return original(*given)
        finally:
            depth[0] -= 1

    module.__dict__[function] = recording
    with contextlib.suppress(Exception, _TooLong, SystemExit), _limited(10 * SECONDS):
        exec(compile(tests, "tests.py", "exec"), {"__name__": "__main__"})  # noqa: S102
    return seen


def _loaded(text: str) -> types.ModuleType:
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    with _limited(10 * SECONDS):
        exec(compile(text, "solution.py", "exec"), module.__dict__)  # noqa: S102
    return module


class Inputs:
    """Makes inputs like those that were seen."""

    def __init__(self, calls: list[list[Any]]) -> None:
        """Look at what was seen."""
        self._random = random.Random(0)  # noqa: S311
        self._calls = calls
        leaves = [leaf for call in calls for leaf in _leaves(call)]
        numbers = [one for one in leaves if isinstance(one, int | float) and not isinstance(one, bool)]
        self._most = 2 * max((abs(one) for one in numbers), default=0)
        self._has_negative = any(one < 0 for one in numbers)
        self._has_zero = any(one == 0 for one in numbers)
        self._words = sorted({one for one in leaves if isinstance(one, str)})
        self._letters = sorted({letter for word in self._words for letter in word})

    def made(self) -> list[list[Any]]:
        """Return the inputs: those that were seen, and changed ones."""
        made, keys = list(self._calls), {repr(call) for call in self._calls}
        for _ in range(10 * INPUTS if self._calls else 0):
            if len(made) >= INPUTS:
                break
            call = copy.deepcopy(self._random.choice(self._calls))
            for _ in range(self._random.randint(1, 3)):
                at = self._random.randrange(len(call)) if call else 0
                call = [self._changed(one, at) if place == at else one for place, one in enumerate(call)]
            if repr(call) not in keys:
                keys.add(repr(call))
                made.append(call)
        return made

    def bounds(self) -> list[list[Any]]:
        """Return further inputs: those that were seen, each with one argument at a bound of its type."""
        made: dict[str, list[Any]] = {}
        for call in self._calls:
            for at, value in enumerate(call):
                for bound in _bounds_of(value):
                    given = copy.deepcopy([*call[:at], bound, *call[at + 1 :]])
                    made[repr(given)] = given
        for call in self._calls:
            made.pop(repr(call), None)
        found = list(made.values())
        random.Random(0).shuffle(found)  # noqa: S311
        return found[:INPUTS]

    def _changed(self, value: Any, at: int) -> Any:
        others = [call[at] for call in self._calls if at < len(call) and type(call[at]) is type(value)]
        if others and self._random.random() < 0.2:
            return copy.deepcopy(self._random.choice(others))
        match value:
            case bool():
                return not value
            case int():
                new = self._random.choice(
                    [value + 1, value - 1, value * 2, value // 2, value + self._random.randint(-9, 9)]
                )
                return self._in_range(new, value)
            case float():
                return self._in_range(
                    self._random.choice([value + 1, value - 1, value * 2, value / 2, round(value)]), value
                )
            case str():
                return self._text(value)
            case list():
                return self._list(value, at)
            case tuple():
                return tuple(self._list(list(value), at)) if value and len({type(x) for x in value}) == 1 else value
            case dict() if value:
                return self._dict(value, at)
            case _:
                return value

    def _in_range(self, new: float, value: float) -> float:
        if abs(new) > self._most:
            return value
        if new < 0 and not self._has_negative:
            return -new
        return value if new == 0 and not self._has_zero else new

    def _text(self, value: str) -> str:
        if value in self._words and " " not in value and len(self._words) > 8:
            return self._random.choice(self._words)
        if not value:
            return self._random.choice(self._words or [""])
        at = self._random.randrange(len(value))
        letter = self._random.choice(self._letters)
        begin, end = sorted(self._random.randrange(len(value) + 1) for _ in range(2))
        ways = [
            value[:at] + letter + value[at:],
            value[:at] + value[at + 1 :] or value,
            value[:at] + letter + value[at + 1 :],
            value[begin:end] or value,
            value + value[begin:end],
            value[::-1],
        ]
        return self._random.choice(ways)

    def _list(self, value: list[Any], at: int) -> list[Any]:
        if not value:
            pool = [one for call in self._calls if at < len(call) and isinstance(call[at], list) for one in call[at]]
            return [self._random.choice(pool)] if pool else value
        place = self._random.randrange(len(value))
        other = copy.deepcopy(self._random.choice(value))
        match self._random.randrange(6):
            case 0:
                return [*value[:place], other, *value[place:]]
            case 1:
                return [*value[:place], *value[place + 1 :]] if len(value) > 1 else value
            case 2:
                return value[::-1]
            case 3:
                return self._random.sample(value, len(value))
            case 4:
                return [*value, self._changed(other, -1)]
            case _:
                return [*value[:place], self._changed(value[place], -1), *value[place + 1 :]]

    def _dict(self, value: dict[Any, Any], at: int) -> dict[Any, Any]:
        key = self._random.choice(list(value))
        if self._random.random() < 0.3 and len(value) > 1:
            return {one: held for one, held in value.items() if one != key}
        return {one: self._changed(held, at) if one == key else held for one, held in value.items()}


def _bounds_of(value: Any) -> list[Any]:
    """Return the values of a type at which mistakes are often seen."""
    match value:
        case bool():
            return [not value]
        case int():
            return [0, 1, -1, 2, -value, value + 1, value - 1]
        case float():
            return [0.0, 1.0, -1.0, -value]
        case str():
            return ["", value[:1], value[:2], value * 2, value[::-1], value.upper(), value.lower(), f" {value}"]
        case list():
            ends = sorted({0, len(value) - 1}) if value else []
            inner = [[*value[:at], one, *value[at + 1 :]] for at in ends for one in _bounds_of(value[at])[:4]]
            return [[], value[:1], value[:2], value[::-1], value * 2, *inner]
        case tuple():
            return [value[::-1]]
        case dict():
            return [{}, dict(list(value.items())[:1])]
        case _:
            return []


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | set):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _leaves(key)
            yield from _leaves(held)
    else:
        yield value


def shown(text: str, function: str, inputs: list[list[Any]]) -> list[str]:
    """Return a line for each input: what the function returns, or that it fails."""
    try:
        called = _loaded(text).__dict__[function]
    except (Exception, _TooLong):  # noqa: BLE001 - whatever a candidate does
        return ["cannot be loaded"]
    lines: list[str] = []
    for given in inputs:
        lines.append(_result(called, copy.deepcopy(given)))
        if lines.count(_SLOW) == SLOW_MAX:
            break
    return lines


def _result(called: types.FunctionType, given: list[Any]) -> str:
    try:
        with _limited(SECONDS):
            result = called(*given)
            return _told(result)[:_SHOWN_MAX]
    except _TooLong:
        return _SLOW
    except Exception:  # noqa: BLE001 - whatever a candidate does
        return "fails"


def _told(value: Any) -> str:
    """Tell a value so that equal ones read alike: sets in order, numbers by their value, objects by what they hold."""
    if isinstance(value, bool) or value is None or isinstance(value, str | bytes):
        return repr(value)
    if isinstance(value, int | float):
        return f"{value:.9g}" if isinstance(value, float) else repr(value)
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(_told, value))})"
    if isinstance(value, set | frozenset):
        return f"set({', '.join(sorted(map(_told, value)))})"
    if isinstance(value, dict):
        return f"dict({', '.join(sorted(f'{_told(key)}: {_told(held)}' for key, held in value.items()))})"
    held = getattr(value, "__dict__", None)
    return type(value).__name__ + ("" if held is None else _told(dict(held)))


def main() -> None:
    """Do as the command line says."""
    file, tests, function = Path(sys.argv[1]), Path(sys.argv[2]).read_text("utf-8"), sys.argv[3]
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
    sys.setrecursionlimit(400)
    warnings.simplefilter("ignore")
    text = file.read_text("utf-8")
    maker = Inputs(calls_of(text, tests, function))
    inputs = [*maker.made(), *maker.bounds()]
    for given, line in zip(inputs, shown(text, function, inputs), strict=False):
        sys.stdout.write(f"{_told(given)} -> {line}\n")


if __name__ == "__main__":
    main()
