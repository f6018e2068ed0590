"""Deprecations and warnings in the output of a body that ended well, without those that tools always print."""

from __future__ import annotations

import re

from surefoot.core.regex import regex

KEPT_MAX = 5
"""So many different lines of one body are kept."""
_WIDTH_MAX = 200
_READ_MAX = 500
_HINT = regex(r"warn|deprecat", re.IGNORECASE)
"""What every shape holds, so that most lines are looked at once."""
_SHAPES = (
    regex(r"\b\w*(?:DeprecationWarning|FutureWarning)\b:? ?.+"),
    regex(r".*\bwarn(?:ing)?\b.*\bdeprecated\b.*", re.IGNORECASE),
    regex(r".*\b(?:is|are|been) deprecated\b.*", re.IGNORECASE),
    regex(r"\s*DEPRECATION: .+"),
    regex(r"(?:.*: |\s*)warning: .+", re.IGNORECASE),
)
_ROUTINE = regex(
    r"running pip as the 'root' user|new (?:major |minor |patch )?(?:release|version) of (?:pip|npm)"
    r"|\b(?:LF|CRLF) will be replaced|redirecting to|in the working copy of",
    re.IGNORECASE,
)


class Remarks:
    """Collects what deserves a look, line by line."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._found: dict[str, None] = {}

    @property
    def found(self) -> tuple[str, ...]:
        """The different lines, in order."""
        return tuple(self._found)

    def hear(self, line: str) -> None:
        """Take the next line of output."""
        if len(self._found) == KEPT_MAX or _HINT.search(line) is None or _ROUTINE.search(line) is not None:
            return
        begun = line[:_READ_MAX]
        shown = next((found[0] for shape in _SHAPES if (found := shape.search(begun)) is not None), None)
        if shown is not None:
            self._found[shown.strip()[:_WIDTH_MAX]] = None
