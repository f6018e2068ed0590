"""What was found, as a page of the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.matrix.cases import Case, Finding
from bench.matrix.record import Record

REMARKS = Path(__file__).with_name("remarks.md")
HEAD = """# The crash-and-approval matrix

Made by `make matrix`; do not edit. Each system was given the same cases: real programs, killed with SIGKILL, started
again, answered. An effect is one line that a shell command appends to a file outside every system; the lines are
counted afterwards. Each system was written as its own documentation recommends; where that says to write a case in
another way, both ways have a row. How each was set up, and where this is unfair, stands
[below](#how-each-was-set-up).
"""
OVERVIEW = """Each cell: how often the effect was performed (one is right, but where the case says otherwise), then what
else counts: *operator* where somebody had to find out what became of an effect, or nothing went on by itself, *lost*
where an effect is missing at the end, *not done* where it is missing because nothing went on, *again* where another
effect was repeated, *asked* with the number of questions where a person is part of the case. A dash: the system has no
such way of writing it, see its paragraph below.
"""
DETAIL_COLUMNS = ("system", "trials", "effects", "questions", "missing", "performed again", "operator", "what it said")


def overview(cases: Sequence[Case], systems: Sequence[str], found: Record) -> list[tuple[str, ...]]:
    """Return the rows of the matrix."""
    rows: list[tuple[str, ...]] = []
    for case in cases:
        cells = [_cell(case, found.of(system, case.key)) for system in systems]
        if any(cell != "—" for cell in cells):
            rows.append((case.title, case.right, *cells))
    return rows


def _cell(case: Case, findings: Sequence[Finding]) -> str:
    if not findings:
        return "—"
    remarks = [case.remark(each) for each in findings]
    parts = [_spread([each.effects for each in findings])]
    if case.is_asked:
        parts.append(f"asked {_spread([each.asked for each in findings])}")
    if any(each.operator for each in findings):
        parts.append("operator")
    waits = [each for each in findings if each.state != "ended"]
    over = [each for each in findings if each.state == "ended"]
    lists = (
        ("lost", [each.lost for each in over]),
        ("not done", [each.lost for each in waits]),
        ("again", [each.doubled for each in findings]),
    )
    for word, found in lists:
        names = sorted({name for names in found for name in names})
        if names:
            parts.append(f"{word}: {', '.join(names)}")
    parts += sorted({remark for remark in remarks if remark})
    return "; ".join(parts)


def _spread(counts: Sequence[int]) -> str:
    """Return one number, or each with how often it was found."""
    seen = sorted(Counter(counts).items())
    if len(seen) == 1:
        return str(seen[0][0])
    return ", ".join(f"{count} ({times} of {len(counts)})" for count, times in seen)


def _details(case: Case, systems: Sequence[str], found: Record) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for system in systems:
        findings = found.of(system, case.key)
        if not findings:
            continue
        told = sorted({f"{each.state}{': ' if each.told else ''}{each.told}" for each in findings})
        rows.append(
            (
                system,
                str(len(findings)),
                _spread([each.effects for each in findings]),
                _spread([each.asked for each in findings]),
                ", ".join(sorted({name for each in findings for name in each.lost})) or "nothing",
                ", ".join(sorted({name for each in findings for name in each.doubled})) or "nothing",
                _share([each.operator for each in findings]),
                " / ".join(told),
            )
        )
    return rows


def _share(flags: Sequence[bool]) -> str:
    if all(flags):
        return "yes"
    return f"in {sum(flags)} of {len(flags)}" if any(flags) else "no"


def write_page(
    path: Path, cases: Sequence[Case], systems: Sequence[str], found: Record, told: Sequence[tuple[str, str]]
) -> None:
    """Write the page."""
    parts = [HEAD, "## The matrix\n", OVERVIEW]
    parts.append(_markdown(("case", "wanted", *systems), overview(cases, systems, found)))
    parts += ["## Conditions\n", _markdown(("", ""), told), REMARKS.read_text("utf-8"), "## Case by case\n"]
    for case in cases:
        rows = _details(case, systems, found)
        if rows:
            parts += [f"### {case.title}\n", f"{case.act.__doc__}\n", _markdown(DETAIL_COLUMNS, rows)]
    path.write_text("\n".join(parts), encoding="utf-8")


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)
