"""Regular expressions of plans and models (RE2), searched in a time linear in the length of the text.

RE2 has neither look-around nor back references, which can take longer than anybody waits. While it searches, other
threads run.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any, Protocol, cast

from surefoot.core.record import record
from surefoot.core.regex import regex

CURE = "write it in RE2's syntax, which has no look-around and no back references"
_PROGRAM_MAX = 5_000
"""No expression takes more instructions: counts are multiplied out, and time goes with that, too."""
_OPEN_COUNT = regex(r"(?<!\\)\{,[0-9]+\}")


class _Compiled(Protocol):
    programsize: int

    def search(self, text: bytes) -> object | None: ...


class _Re2(Protocol):
    error: type[Exception]

    def compile(self, pattern: bytes, options: object) -> _Compiled: ...

    def Options(self) -> Any: ...  # noqa: N802 - RE2's name


@record(kw_only=False)
class Expression:
    """An expression that can be searched for."""

    compiled: _Compiled

    def is_in(self, content: bytes) -> bool:
        """Tell whether the expression matches anywhere in the content, which is UTF-8 for the most part."""
        return self.compiled.search(content) is not None


@lru_cache(maxsize=256)
def expression(text: str, *, by_line: bool = False) -> Expression:
    """Return the expression, ready to be searched for; with `by_line`, `^` and `$` match at each line.

    Raises:
        ValueError: it is none; the message says why.
    """
    if _OPEN_COUNT.search(text):
        raise ValueError("`{,n}` stands for itself in RE2; write `{0,n}`")
    re2 = cast("_Re2", importlib.import_module("re2"))
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile((f"(?m){text}" if by_line else text).encode("utf-8"), options)
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a character") from error
    except re2.error as error:
        said: object = error.args[0] if error.args else ""
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
    if compiled.programsize > _PROGRAM_MAX:
        raise ValueError("it is too large once its counts are multiplied out")
    return Expression(compiled)


def flaw_of(text: str, *, by_line: bool = False) -> str:
    """Say why a text cannot be searched for as an expression; empty where it can."""
    try:
        expression(text, by_line=by_line)
    except ValueError as error:
        return str(error)
    return ""


def is_whole(text: str, pattern: str) -> bool:
    """Tell whether the expression matches the whole text."""
    return expression(rf"\A(?:{pattern})\z").is_in(text.encode())
