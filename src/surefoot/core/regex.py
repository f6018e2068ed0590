"""Regular expressions that are compiled when they are first used.

Owns `regex`. To compile the two hundred of this program took a tenth of the processor time of a short run, although
each command uses few of them.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_METHODS = ("match", "search", "fullmatch", "split", "findall", "finditer", "sub", "subn")


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression by its methods; it is no `re.Pattern` for functions that ask for one."""
    return cast("re.Pattern[AnyStr]", Regex(text, flags))


class Regex:
    """Stands for a compiled expression; once it is compiled, its methods are that one's."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        """Keep what to compile."""
        self._text = text
        self._flags = flags

    def compile(self) -> re.Pattern[Any]:
        """Compile the expression."""
        compiled: re.Pattern[Any] = re.compile(self._text, self._flags)
        vars(self).update({name: getattr(compiled, name) for name in _METHODS})
        return compiled

    def __getattr__(self, name: str) -> Any:
        """Return what the compiled expression has by that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.compile(), name)
