"""A model's plan, shown to a person and edited by them.

Mistakes are shown when the editor closes and can be corrected at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.preview import look_over
from surefoot.api.revisions import ShownPlan, checked_plan, shown_plan
from surefoot.cli.editor import edited
from surefoot.cli.patches import coloured
from surefoot.cli.plans import ask_lines, finding_lines
from surefoot.cli.screen import Screen
from surefoot.core.state import RunState
from surefoot.errors import PlanInvalid, UsageError
from surefoot.views.lines import EMPTY, Line
from surefoot.views.plan_order import problems_of

SUFFIX = ".yaml"


def shown_lines(state: RunState, shown: ShownPlan) -> Iterator[Line]:
    """Yield what `surefoot check` finds about a plan, beside the question that shows it."""
    if state.created.repository is not None:
        reviewed = look_over(shown.plan, Path(state.created.repository), {})
        yield from ask_lines(reviewed)
        yield from finding_lines(reviewed.findings, with_notes=False)


def plan_difference(shown: bytes, wanted: bytes) -> Iterator[Line]:
    """Yield how a plan that is wanted differs from the one that was shown."""
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (shown, wanted))
    yield from coloured("\n".join(difflib.unified_diff(before, after, "as shown", "as edited", lineterm="")))


def wanted_plan(home: Home, state: RunState, question: str, screen: Screen) -> bytes:
    """Let the person change the plan in their editor, again and again until it can run.

    Raises:
        UsageError: they gave up, nothing was changed, or there is no editor.
        NotAwaitingAnswer: the question shows no plan.
    """
    shown = shown_plan(home, state, question)
    text = b"" if shown is None else shown.text
    while True:
        text = edited(text, SUFFIX)
        try:
            checked_plan(home, state, question, text)
        except PlanInvalid as error:
            screen.show([EMPTY, *(Line(problem, "warn", hang=4) for problem in problems_of(error))])
            if input("Edit it once more? [Y/n] ").strip().lower() in {"n", "no"}:
                raise UsageError("nothing was sent; the question is still open") from error
        else:
            return text
