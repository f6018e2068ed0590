"""`blame`: the first step after which a check fails."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.api.home import Home
from surefoot.api.run_blame import request_blame
from surefoot.cli.execution import engine_watched
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.cli.step_page import StepPage
from surefoot.core.events import BlameOutcome
from surefoot.core.inquiries import blame_key
from surefoot.core.short_text import counted
from surefoot.views.blamed_step import BlamePage
from surefoot.views.lines import EMPTY, Line, Style, one_line, quoted
from surefoot.views.report_sections import HASH, style_of

_NO_ANSWER = (BlameOutcome.FLAKY, BlameOutcome.UNANSWERED, BlameOutcome.UNCLEAR, BlameOutcome.NO_STEPS)


def blame(given: Given, screen: Screen) -> int:
    """Ask a check about commits of a run until the step is found that made it fail, and show that step."""
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        options = given.options
        found = request_blame(
            home, run, check=given.check_name or None, command=given.does_run or None, options=options
        )
        if found.ended is None:
            state = engine_watched(home, run, options, screen)
            if state is None:
                return ExitCode.STOPPED
            found = state.inquiries[blame_key(found.asked)]
        page = BlamePage.of(home, run, found)
        if screen.is_json:
            screen.document(page.document(following(page)))
        screen.show([EMPTY, *blame_lines(page)])
    if found.ended is None:
        return ExitCode.STOPPED
    return ExitCode.FAILED if found.ended.outcome in _NO_ANSWER else ExitCode.COMPLETED


def following(page: BlamePage) -> str | None:
    """Return the command that goes on from what was found."""
    if page.step is None:
        return None
    return f'surefoot invalidate {page.run} {page.steps[0]} --why "{page.blame.asked.check.name} fails after it"'


def blame_lines(page: BlamePage) -> Iterator[Line]:
    """Yield what was asked, what it came to, and the step."""
    style: Style = "good" if page.outcome == BlameOutcome.GREEN else "bad" if page.step is not None else "warn"
    yield Line(f"{one_line(page.said())}.", style, hang=2)
    known = sum(not one.is_asking for _, one in page.rows())
    beside = f", {counted(known, 'answer')} without asking" if known else ""
    yield Line(f"{counted(page.blame.askings, 'asking')}{beside}; steps with commits: {len(page.stops) - 1}", "dim")
    for stop, one in page.rows():
        word = one.verdict.value
        name = stop.step or "the base of the run"
        text = f"  {word}  {stop.commit[:HASH]} {name}{'' if one.is_asking else ' (known)'}"
        yield Line(text, style_of(word), hang=6, styled=len(word) + 2)
        if page.step is None:
            yield from quoted(one.text, 6, "dim")
    if page.changed_check():
        files = ", ".join(map(one_line, page.changed_check()))
        yield Line(
            f"The check rests on files that the run has changed, which are others at each commit: {files}", "warn"
        )
    if page.step is not None:
        yield from _step_lines(page)
    command = following(page)
    if command is not None:
        yield EMPTY
        yield Line(f"Next: {command}", "head", is_whole=True)


def _step_lines(page: BlamePage) -> Iterator[Line]:
    assert page.step is not None
    yield EMPTY
    yield from StepPage(page.step).lines(stat_only=False)
    if page.step.node.lessons:
        yield from (EMPTY, Line("What its agent was told of earlier attempts", "head"))
        for lesson in page.step.node.lessons:
            yield from quoted(f"attempt {lesson.attempt}: {lesson.said}", 2)
    if page.consumed:
        yield from (EMPTY, Line("What it rests on", "head"))
        yield from (Line(f"  {one.by}: {one_line(one.why)}", hang=6) for one in page.consumed)
    if page.spoilt:
        yield from (EMPTY, Line("What rests on it", "head"))
        for one in page.spoilt:
            yield Line(f"  {one.step}: {one_line(one.why)} (of {one.by})", "warn", hang=6)
