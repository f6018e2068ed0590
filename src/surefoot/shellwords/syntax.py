"""The syntax records of a shell text: words of pieces, redirections, simple commands.

Conditions, loops and functions are not kept: whatever may be run is looked at.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from surefoot.core.record import record


class Kind(Enum):
    """What a piece of a word is."""

    TEXT = "text"
    VARIABLE = "variable"
    UNKNOWN = "unknown"
    """What only the shell can tell: `$(…)`, `${x#y}`, arithmetic."""


@record(kw_only=False)
class Piece:
    """A part of a word that is quoted in one way."""

    kind: Kind
    """What it is."""
    text: str
    """The characters without their quotes, the name of a variable, or the text as written."""
    is_quoted: bool = False
    """Whether the shell leaves it in one piece and takes nothing in it for a pattern."""
    commands: tuple[Simple, ...] = ()
    """For `$(…)`: the simple commands in it."""


Word = tuple[Piece, ...]


@record(frozen=False, kw_only=False)
class Redirect:
    """A redirection."""

    operator: str
    """Such as `>`; `<<` for every here-document."""
    target: Word
    """The file, or the text that is fed."""


@record(frozen=False, kw_only=False)
class Simple:
    """A simple command."""

    words: list[Word] = field(default_factory=list[Word])
    """The name and the arguments."""
    assignments: list[tuple[str, Word | None]] = field(default_factory=list[tuple[str, Word | None]])
    """Variables set in front of it; a value of None cannot be told."""
    redirects: list[Redirect] = field(default_factory=list[Redirect])
    """In order."""
    piped_from: Simple | None = None
    """The last command of what comes before it in a pipeline."""


@record(frozen=False, kw_only=False)
class Script:
    """What a text was read into."""

    commands: list[Simple] = field(default_factory=list[Simple])
    """All simple commands, in the order in which they begin, or end where they stand within each other."""
    values: dict[str, list[Word | None]] = field(default_factory=dict[str, list[Word | None]])
    """What loops and expansions set variables to."""
    calling_themselves: set[str] = field(default_factory=set[str])
    """Functions that start themselves in the background or in a pipeline."""
    functions: set[str] = field(default_factory=set[str])
    """All functions that are defined."""
    evaluates: bool = False
    """Whether an expansion has a value read as a prompt, which runs what it holds: `${x@P}`."""


class Unreadable(Exception):
    """The text is not what a shell would take, or nests too deeply."""
