"""Reasons of failures in words: the ending, what the sandbox refused, the last lines of output."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from surefoot.core.plan import LOOPBACK, Check, Service, Step
from surefoot.core.regex import regex

Confined: TypeAlias = Step | Check | Service
"""What the sandbox holds."""
LINES_MAX: Final = 3
_WIDTH_MAX = 300
_PLAIN = "plain"
"""The rung on which nothing is refused."""
_NO_LOOKUP = regex(
    r"temporary failure in name resolution|name or service not known|could not resolve (?:host|proxy)|unknown host"
    r"|no address associated with hostname|failed to lookup address|\b(?:eai_again|enotfound)\b"
    r"|lookup \S+(?: on \S+)?: |(?:network|host) is unreachable|no route to host|\b(?:enetunreach|ehostunreach)\b"
    r"|new connection: \[errno (?:13|101|113|-\d)\]",
    re.IGNORECASE,
)
_NO_WRITE = regex(
    r"read-only file system|\berofs\b|permission denied|\beacces\b|operation not permitted"
    r"|unable to create temporary object directory",
    re.IGNORECASE,
)


def last_lines(output: str, most: int = LINES_MAX) -> str:
    """Return the last lines of an output that hold a letter or a digit.

    The last line that names what a sandbox can refuse is always among them: programs report it before they give up.
    """
    full = (line.rstrip() for line in output.splitlines() if any(map(str.isalnum, line)))
    lines = [line if len(line) <= _WIDTH_MAX else f"{line[: _WIDTH_MAX - 1].rstrip()}…" for line in full]
    telling = [at for at, line in enumerate(lines) if _NO_LOOKUP.search(line) or _NO_WRITE.search(line)]
    last = lines[-most:]
    if telling and telling[-1] < len(lines) - most:
        last = [lines[telling[-1]], *lines[1 - most :]]
    return "\n".join(last)


def with_output(said: str, output: str, most: int = LINES_MAX) -> str:
    """Return a sentence with the last lines of the output: a single line behind it, several below it."""
    lines = last_lines(output, most)
    if not lines:
        return said
    return f"{said}\n{lines}" if "\n" in lines else f"{said}: {lines.strip()}"


def because(said: str, why: str) -> str:
    """Return a sentence with its reason behind it, if there is one."""
    return f"{said}: {why}" if why else said


def followed_by(reason: str, sentence: str) -> str:
    """Return a reason with a further sentence: on a line of its own where the reason has several."""
    return f"{reason}\n{sentence}" if "\n" in reason else f"{reason.rstrip('.')}. {sentence}"


def lacks_network(of: Confined, rung: str, output: str) -> bool:
    """Tell whether an output shows that a network was looked for which the plan does not give."""
    return _is_held(of, rung) and of.network is not True and misses_network(output)


def misses_network(output: str) -> bool:
    """Tell whether an output shows that a name or a route was looked for and not found."""
    return _NO_LOOKUP.search(output) is not None


def cure_of(of: Confined, rung: str, output: str) -> str:
    """Return the key of the plan that would allow what the sandbox seems to have refused; empty: nothing is seen."""
    if lacks_network(of, rung, output):
        what = type(of).__name__.lower()
        given = "only the loopback network" if of.network == LOOPBACK else "no network"
        return f"the plan gives this {what} {given}; `network: true` would"
    if _is_held(of, rung) and _NO_WRITE.search(output) is not None:
        if isinstance(of, Service):
            return "the sandbox lets it write only in its lane; write there"
        # Commands of a model stay in the sandbox.
        other = "" if isinstance(of, Step) and of.body.by_model else ", or set `confine: false`"
        return f"the sandbox lets it write only in its lane; write there (`writes`){other}"
    return ""


def with_cure(said: str, cure: str) -> str:
    """Return a sentence with the cure in brackets, if there is one."""
    return f"{said} ({cure})" if cure else said


def _is_held(of: Confined, rung: str) -> bool:
    """Tell whether a sandbox held the body, the check or the service."""
    if isinstance(of, Service):
        return rung != _PLAIN
    is_own_program = isinstance(of, Step) and of.body.in_program
    return of.confine and rung != _PLAIN and not is_own_program
