"""`doctor`: whether this machine has what runs need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.screen import Screen
from surefoot.views.lines import Line, Style, one_line
from surefoot.views.machine import SCHEMA, Answer, look

_STYLES: dict[str, Style] = {"ok": "good", "note": "dim", "problem": "bad"}


def doctor(screen: Screen) -> int:
    """Look at everything and tell."""
    answers = list(look())
    if screen.is_json:
        screen.document({"schema": SCHEMA, "answers": [asdict(answer) for answer in answers]})
    screen.show(line for answer in answers for line in answer_lines(answer))
    return FOUND_PROBLEMS if any(answer.verdict == "problem" for answer in answers) else FOUND_NOTHING


def answer_lines(answer: Answer) -> Iterator[Line]:
    """Yield what is said about one look."""
    text = f"{answer.verdict:<8} {answer.name}: {one_line(answer.text)}"
    yield Line(text, _STYLES[answer.verdict], hang=9, styled=len(answer.verdict))
    if answer.cure:
        yield Line(f"{'':<8} do: {one_line(answer.cure)}", "head", hang=13)
