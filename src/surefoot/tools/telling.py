"""The tools that speak to the runtime: `recall`, `note`, `propose`, `finish`; and what `ask` leaves to it.

Owns how stored texts come back in pages, and how an agent's own words become data. Must never take a claim for a proof,
and never bring back what a held-back check said. Read `surefoot.core.talking` next.
"""

from __future__ import annotations

from difflib import get_close_matches

from surefoot.core.talking import Claim, Note, Statement
from surefoot.tools import given
from surefoot.tools.desk import TEXT_BYTES_MAX, Desk, ToolResult, failed
from surefoot.tools.files import Refused
from surefoot.tools.given import Arguments
from surefoot.tools.pages import lines_of, page_of
from surefoot.tools.specs import LINES_MAX

_NAMED_MAX = 20


def recall(arguments: Arguments, desk: Desk) -> ToolResult:
    """Bring back a page of something that stands in the brief as a stub."""
    name = given.text(arguments, "reference").strip()
    blob = desk.references.get(name)
    if blob is None:
        raise Refused(f"nothing is kept as {name!r}; {_near(name, desk)}")
    if blob in desk.hidden:
        raise Refused(f"{name} is what a check said that is held back; it is not shown")
    start = given.number(arguments, "start", 1)
    lines = _broken(lines_of(desk.load(blob).decode("utf-8", "replace")))
    if not lines:
        return ToolResult(ok=True, text=f"{name}: empty")
    if start > len(lines):
        return failed(f"{name} has {len(lines)} lines; line {start} is beyond its end")
    page = page_of(lines, start, given.number(arguments, "lines", LINES_MAX), TEXT_BYTES_MAX)
    more = f"\n… go on with start: {page.end + 1}" if page.end < page.total else ""
    body = "\n".join(page.lines)
    return ToolResult(ok=True, text=f"{name}: {page.total} lines, {page.start}-{page.end} shown\n{body}{more}")


_PIECE = 480


def _broken(lines: list[str]) -> list[str]:
    """Break long lines, so that nothing of them is lost."""
    return [line[at : at + _PIECE] for line in lines for at in range(0, max(len(line), 1), _PIECE)]


def _near(name: str, desk: Desk) -> str:
    known = [key for key, blob in desk.references.items() if blob not in desk.hidden]
    near = get_close_matches(name, known, 3, 0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    last = ", ".join(known[-_NAMED_MAX:])
    return f"kept are: {last}" if last else "nothing is kept yet"


def note(arguments: Arguments, desk: Desk) -> ToolResult:
    """Keep a fact."""
    by = desk.role.value if desk.step is None else desk.step.id
    return ToolResult(
        ok=True, text="noted", note=Note(text=given.text(arguments, "text").strip(), by=by, call=desk.call)
    )


def ask(_arguments: Arguments, _desk: Desk) -> ToolResult:
    """Say that nobody was asked: where a person can be, the runtime asks before it comes here."""
    return failed("nobody could be asked; go on as well as you can, and say in the end what you are not sure of")


def propose(arguments: Arguments, _desk: Desk) -> ToolResult:
    """Propose a change of the plan."""
    change, why = given.text(arguments, "change").strip(), given.text(arguments, "why").strip()
    return ToolResult(ok=True, text="the proposal is recorded; go on with your step", proposal=f"{change} Why: {why}")


def finish(arguments: Arguments, _desk: Desk) -> ToolResult:
    """Take down what an agent says when it says that it is done."""
    confidence = arguments.get("confidence")
    statements = given.objects(arguments, "statements")
    claim = Claim(
        summary=given.text(arguments, "summary"),
        changed=given.texts(arguments, "changed"),
        statements=tuple(
            Statement(text=given.text(one, "text"), evidence=given.text(one, "evidence")) for one in statements
        ),
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
        uncertainties=given.texts(arguments, "uncertainties"),
        changes_next=given.text(arguments, "changes_next"),
        gives_up=given.flag(arguments, "gives_up"),
        objections=given.texts(arguments, "objections"),
    )
    return ToolResult(ok=True, text="taken down; the checks decide", claim=claim)
