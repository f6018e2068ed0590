"""A report rendered as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from surefoot.core.regex import regex
from surefoot.views.lines import EMPTY, Line, block, clean, one_line
from surefoot.views.report_sections import (
    Row,
    Section,
    facts,
    fork_said,
    headline,
    phase_said,
    proofs_said,
    sections,
    selection_said,
    standing,
    style_of,
)

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import Report

_ENDED = {
    "completed": "is completed",
    "partially_completed": "is only partially completed",
    "failed": "failed",
    "cancelled": "was cancelled",
}
_NAME_MOST = 36
"""Names are set in a column as long as none is longer than this."""
_MARKS = regex(r"([\\`*_{}\[\]<>#|~&])")
_LEADING = regex(r"^(\d*)([-+.)=])")
"""What would begin a list, a rule or a heading."""
_REFERENCES = regex(
    r"((?<![\w`./-])(?:[\w.-]++(?:/[\w.-]++)*+)?(?:@[\w.-]++(?:/[\w.-]++)*+|[#!$%&~]\d+)|\bGH-\d+"
    r"|\b(?:https?://|ftp://|mailto:|www\.)\S+)"
)
"""Names with an `@`, numbers of issues, and addresses: in code nobody is notified, and nothing links."""
_BACKTICKS = regex(r"`+")


def report_lines(
    report: Report, *, is_short: bool = False, is_long: bool = False, engine: str | None = None
) -> Iterator[Line]:
    """Yield the report as text; `engine` is who is at work on the run."""
    yield from head_lines(report, engine)
    for section in sections(report, is_short=is_short, is_long=is_long):
        yield EMPTY
        yield from section_lines(section)
    yield EMPTY
    yield Line(facts(report), "dim", hang=2)
    yield from next_lines(report, engine)


def head_lines(report: Report, engine: str | None = None) -> Iterator[Line]:
    """Yield which run it is, where it stands, and how much was done."""
    word = "head" if report["outcome"] is None else style_of(report["outcome"])
    yield Line(f"Run {report['run']}: {standing(report, engine)}", word, hang=2)
    yield Line(f"  {one_line(report['goal'])}", hang=2)
    yield Line(headline(report), "head", hang=2)
    if report["proofs"]:
        yield Line(f"Proof: {proofs_said(report)}", hang=2)
    yield from origin_lines(report)
    if report["outcome"] is None:
        yield Line(phase_said(report), hang=2)
    elif report["reason"]:
        yield Line(f"Why it {_ENDED[report['outcome']]}: {one_line(report['reason'])}", hang=2)


def origin_lines(report: Report) -> Iterator[Line]:
    """Yield in which run it began, and which steps of the plan were chosen for it."""
    if report["forked_from"] is not None:
        yield Line(fork_said(report["forked_from"]), hang=2)
    if report["selection"] is not None:
        yield Line(selection_said(report["selection"]), "warn", hang=2)


def next_lines(report: Report, engine: str | None = None) -> Iterator[Line]:
    """Yield what to type next."""
    if engine is not None and not report["questions"]:
        yield Line(f"Next: surefoot pause {report['run']}   (or wait)", "head", is_whole=True)
        return
    yield Line(f"Next: {report['next']}", "head", is_whole=True)


def section_lines(section: Section) -> Iterator[Line]:
    """Yield a section under its title."""
    yield Line(section.title, "head")
    widest_word = max(len(row.word) for row in section.rows)
    widest_name = max((len(row.name) for row in section.rows if len(row.name) <= _NAME_MOST), default=0)
    for row in section.rows:
        yield from _row_lines(row, widest_word, widest_name)
    if section.hidden:
        yield Line(f"  … and {section.hidden} more; `surefoot report` shows all", "dim", hang=4)


def _row_lines(row: Row, widest_word: int, widest_name: int) -> Iterator[Line]:
    if not row.word:
        yield Line(f"  - {row.text}", hang=4)
        return
    word = f"  {row.word:<{widest_word}}"
    name = f"  {row.name:<{widest_name}}" if row.name else ""
    text = f"{word}{name}  {row.text}" if row.text else f"{word}{name}"
    hang = min(len(word) + 2, 16)
    has_command_beside = bool(row.command) and not row.more
    if has_command_beside:
        yield Line(f"{text}  {row.command}", row.style, hang=hang, styled=len(word), is_whole=True)
        return
    yield Line(text.rstrip(), row.style, hang=hang, styled=len(word))
    if row.aside:
        yield Line(f"    {row.aside}", "dim", hang=6)
    yield from block(row.more, 4)
    if row.command:
        yield Line(f"    {row.command}", "head", is_whole=True)


def report_markdown(report: Report) -> str:
    """Return the report as Markdown."""
    lines = [f"# Run {_code(report['run'])}: {standing(report)}", "", _escaped(one_line(report["goal"])), ""]
    lines += [f"**{headline(report)}**", ""]
    lines += [f"Proof: {proofs_said(report)}", ""] if report["proofs"] else []
    lines += [] if report["selection"] is None else [_escaped(selection_said(report["selection"])), ""]
    if report["reason"]:
        lines += [f"Why: {_escaped(one_line(report['reason']))}", ""]
    for section in sections(report, is_short=False, is_long=True):
        lines += [f"## {section.title}", "", *(line for row in section.rows for line in _markdown_row(row)), ""]
    lines += [_escaped(facts(report)), "", f"Next: {_code(report['next'])}"]
    return clean("\n".join(lines)) + "\n"


def _markdown_row(row: Row) -> Iterator[str]:
    parts = [f"**{_escaped(row.word)}**" if row.word else "", _code(row.name) if row.name else "", _escaped(row.text)]
    if row.command and not row.more:
        parts.append(_code(row.command))
    yield "- " + " ".join(part for part in parts if part)
    if row.aside:
        yield f"  - {_escaped(row.aside)}"
    if row.more:
        said = clean(row.more)
        longest = max((len(found) for found in _BACKTICKS.findall(said)), default=0)
        fence = "`" * max(3, longest + 1)
        yield from ("", *(f"  {line}" for line in (fence, *said.splitlines(), fence)), "")
        if row.command:
            yield f"  {_code(row.command)}"


def _escaped(text: str) -> str:
    """Return text as Markdown that shows it and does nothing: what platforms make links and mentions of is code."""
    pieces = _REFERENCES.split(text)
    return "".join(_code(piece) if at % 2 else _plain(piece, is_first=at == 0) for at, piece in enumerate(pieces))


def _plain(text: str, *, is_first: bool) -> str:
    marked = _MARKS.sub(r"\\\1", text)
    return _LEADING.sub(r"\1\\\2", marked) if is_first else marked


def _code(text: str) -> str:
    text = clean(text)
    longest = max((len(found) for found in _BACKTICKS.findall(text)), default=0)
    ticks, gap = "`" * (longest + 1), " " if "`" in text else ""
    return f"{ticks}{gap}{text}{gap}{ticks}"
