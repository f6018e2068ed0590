"""Lines of text for people: cleaned of terminal escapes, marked by meaning, of no fixed width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from surefoot.core.event_words import Mutant
from surefoot.core.events import MutantsTried
from surefoot.core.failure_words import LINES_MAX
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted, listed
from surefoot.core.untrusted_text import BAR, barred, prose

Style = Literal["", "good", "bad", "warn", "dim", "head"]
Words = tuple[str, str, Style]
"""What is told of an event: a word, a text, and what they mean."""

_ESCAPES = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
# Only what can hide no word of a command: between a colour's digits a shell finds nothing to run.
_COLOURS = regex(r"\x1b\[(?:\d+(?:;\d+)*)?m")
_CONTROLS = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MINUTE, _HOUR = 60, 3600
_MANY = 3
"""What is the same of so many steps is said once."""
_THOUSAND, _MILLION = 1_000, 1_000_000


@record(kw_only=False)
class Line:
    """One line, before it is wrapped."""

    text: str
    """What it says; no line breaks."""
    style: Style = ""
    hang: int = 0
    """By how many columns what does not fit is indented."""
    styled: int | None = None
    """The style holds for this many characters; None: for all."""
    is_whole: bool = False
    """Whether it is never wrapped, because it will be copied."""
    bar: str = ""
    """What stands in front of what does not fit, behind the indentation: no row of it looks like a line of its own."""


EMPTY = Line("")


def words_of(output: str) -> str:
    """Return a program's output without colours, titles and the like; not for what a person has to decide about."""
    return clean(_ESCAPES.sub("", output))


def clean(text: str) -> str:
    """Return text without what could steer a terminal or hide a word; line breaks and tabs stay."""
    text = _COLOURS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROLS.sub("", text.replace("\x1b", "\\x1b"))
    return prose(text)


def one_line(text: str) -> str:
    """Return text on one line."""
    return " ".join(clean(text).split())


def first_line(text: str) -> str:
    """Return the first line that says something."""
    return next((line.strip() for line in clean(text).splitlines() if line.strip()), "")


def in_brief(text: str) -> str:
    """Return a reason on one line: its first line, and the last one where it has several."""
    lines = [line.strip() for line in clean(text).splitlines() if line.strip()]
    if len(lines) < 2:
        return "".join(lines)
    return f"{lines[0].rstrip(':')}: {lines[-1]}"


_MISSED_MOST = 5


def mutants_said(event: MutantsTried) -> str:
    """Say which small changes of a result its checks noticed, with the first ones that they did not."""
    if not event.tried:
        return f"small changes: {one_line(event.text) or 'none was tried'}"
    time_up = f"; {event.left_out} not tried for want of time" if event.left_out else ""
    alike = f"; {event.alike} change nothing that `compare` shows" if event.alike else ""
    noticed = f"small changes: {event.noticed} of {event.tried} noticed{alike}{time_up}"
    if event.around:
        held = event.around - len(event.missed_around)
        noticed += f"; {held} of {event.around} elsewhere in the same functions noticed, or without effect"
    missed = [*event.survivors, *event.missed_around]
    return noticed + (f"; not noticed: {one_line(listed(map(_mutant_said, missed), _MISSED_MOST))}" if missed else "")


def _mutant_said(one: Mutant) -> str:
    return f"{one.path}:{one.line} `{one.before}`, {'put back to' if one.is_undone else 'as'} `{one.after}`"


def headline_of(reason: str) -> str:
    """Return the sentence of a reason, without the lines that show the cause."""
    return first_line(reason).rstrip(":")


def cause_of(reason: str) -> str:
    """Return the lines of a reason that show the cause, behind bars: the last of those below its sentence."""
    _, _, below = clean(reason).strip().partition("\n")
    shown = [line.rstrip() for line in below.splitlines() if line.strip()][-LINES_MAX:]
    return "\n".join(barred("\n".join(shown), 0)) if shown else ""


def block(text: str, indent: int, style: Style = "") -> Iterator[Line]:
    """Yield a text of several lines, each indented."""
    for line in clean(text).splitlines():
        own = len(line) - len(line.lstrip())
        # A line that is behind a bar goes on behind that bar.
        hang = indent + own + (0 if line.lstrip().startswith(BAR) else 2)
        yield Line(" " * indent + line.rstrip(), style, hang=hang, bar=BAR)


def quoted(text: str, indent: int, style: Style = "") -> Iterator[Line]:
    """Yield what others wrote, each line behind a bar."""
    yield from block("\n".join(barred(clean(text).rstrip("\n"), 0)), indent, style)


def duration(seconds: float) -> str:
    """Return a span of time in words."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def size_said(size_bytes: int) -> str:
    """Return a size on disk in few characters."""
    if size_bytes >= _MILLION * _THOUSAND:
        return f"{size_bytes / _MILLION / _THOUSAND:.1f} GB"
    return f"{size_bytes / _MILLION:.1f} MB"


def tokens(number: int) -> str:
    """Return a number of tokens in few characters."""
    if number >= _MILLION:
        return f"{number / _MILLION:.2f}M tokens"
    return f"{number / _THOUSAND:.1f}k tokens" if number >= 10 * _THOUSAND else counted(number, "token")


def said_once(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each text that was found of many steps the words that name them all.

    `found` has pairs of a step, which may be empty, and a text.
    """
    steps: dict[str, dict[str, None]] = {}
    for step, text in found:
        if step:
            steps.setdefault(text, {})[step] = None
    return {text: f"{len(of)} steps ({listed(of)})" for text, of in steps.items() if len(of) >= _MANY}
