"""`inbox`: open questions as text and as JSON (`surefoot.inbox/1`)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.questions import OpenQuestion, count_questions, question_of
from surefoot.api.questions import inbox as open_in
from surefoot.cli.follow import INTERRUPTED, Left, may_leave, pause
from surefoot.cli.lookup import find_question, find_run, root_of
from surefoot.cli.options import Given
from surefoot.cli.patches import coloured, patch_lines, stat_lines
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId, StepId
from surefoot.core.short_text import counted, listed
from surefoot.core.system_steps import step_said
from surefoot.views.diffs import Diff
from surefoot.views.lines import EMPTY, Line, block, duration, one_line, quoted
from surefoot.views.open_questions import SCHEMA, diff_shown, document_of, groups_of

_LOOK_S = 0.5
_ROLES_THEN = {"wait": "then it waits on", "hand_on": "then it goes to another role", "stop": "then the step stops"}


def inbox(given: Given, screen: Screen) -> int:
    """Show the open questions that are wanted, or the samples."""
    if given.samples:
        from surefoot.cli.sample_page import show_samples

        return show_samples(given, screen)
    with Home() as home:
        name = given.run_or_question
        if name is not None and "." in name:
            question = question_of(home, find_question(home, name, given.repo))
            diff = diff_shown(home, question)
            if screen.is_json:
                patch = None if diff is None else diff.patch
                screen.document({"schema": SCHEMA, "question": document_of(question), "diff": patch})
            screen.page(_question_lines(question, diff))
            return 0
        run = None if name is None else find_run(home, name, given.repo)
        root = None if given.every or run is not None else root_of(given.repo)
        if given.watch:
            return _watch(home, run, root, screen)
        standings = home.standings()
        found = open_in(home, run=run, repository=root, standings=standings)
        elsewhere = 0 if root is None or found else count_questions(home, standings)
    if screen.is_json:
        screen.document({"schema": SCHEMA, "questions": [document_of(one) for one in found]})
    screen.page(_inbox_lines(found, elsewhere))
    return 0


def _inbox_lines(found: Sequence[OpenQuestion], elsewhere: int) -> Iterator[Line]:
    if not found:
        yield Line("No open questions here.")
        if elsewhere:
            yield Line(f"Elsewhere {counted(elsewhere, 'question')}: surefoot inbox --all", "head", is_whole=True)
        return
    yield Line(f"{counted(len(found), 'question')} open", "head")
    for group in groups_of(found):
        yield EMPTY
        yield from group_lines(group)


def group_lines(group: Sequence[OpenQuestion]) -> Iterator[Line]:
    """Yield the first question of a kind in full, and how many more there are."""
    first, *others = group
    yield from head_lines(first)
    yield from block(first.text, 2)
    yield from file_lines(first)
    yield from way_lines(first)
    if others:
        names = listed((f"{one.question} ({one.step})" for one in others), 8)
        yield Line(f"  {len(others)} more like this: {one_line(names)}", "warn", hang=4)
        yield Line(f"  surefoot approve {first.question} --all-like", "head", is_whole=True)
        yield Line(f"    approves {one_line(first.like)}", "dim", hang=6)


def head_lines(question: OpenQuestion) -> Iterator[Line]:
    """Yield which question it is, how long it waits, and whose answer it takes."""
    named = step_said(StepId(question.step))
    yield Line(f"Question {question.question}: {question.kind.replace('_', ' ')}, {named}", "head", hang=2)
    said = [f"asked {duration(question.age_s)} ago"]
    if question.due is not None:
        left = question.due - time.time()
        when = f"expires in {duration(left)}" if left > 0 else "has expired"
        said.append(f"{when}, {_ROLES_THEN[question.overdue]}")
    if question.is_handed_on:
        said.append("nobody answered in time, so it was handed on")
    if question.role is not None:
        said.append(f"takes the role {question.role}")
    if question.people > 1:
        by = f", approved by {listed(question.approved_by)}" if question.approved_by else ""
        said.append(f"takes {question.people} people{by}")
    yield Line(f"  {one_line('; '.join(said))}", "dim", hang=4)
    if question.approver:
        how = "is asked as well" if question.is_with_approver else "leaves it to a person"
        why = f": {question.approver_said}" if question.approver_said else ""
        yield Line(f"  {one_line(f'{question.approver} (should_proceed) {how}{why}')}", "dim", hang=4)
    yield Line(f"  run {question.run}: {one_line(question.goal)}", "dim", hang=4)


def file_lines(question: OpenQuestion) -> Iterator[Line]:
    """Yield the files that the question shows."""
    for file in question.files:
        remark = f" ({one_line(file.remark)})" if file.remark else ""
        yield Line(f"  {'changed in ' if file.is_diff else ''}{one_line(file.path)}{remark}", "head", hang=4)
        yield from coloured(file.text) if file.is_diff else quoted(file.text, 4)


def way_lines(question: OpenQuestion) -> Iterator[Line]:
    """Yield how it can be answered."""
    name = question.question
    if question.lane is not None:
        yield Line(f"  work in: {one_line(question.lane)}", "warn", is_whole=True)
    if question.is_plan:
        yield Line(f"  surefoot approve {name}", "head", is_whole=True)
        yield Line(f"  surefoot reject {name} --reason TEXT   (another plan is made)", "head", is_whole=True)
        yield Line(f"  surefoot edit {name}", "head", is_whole=True)
        return
    if question.package is None:
        takes = "|".join(map(one_line, question.options)) or "TEXT"
        yield Line(f"  surefoot answer {name} {takes}", "head", is_whole=True)
        if question.is_failure:
            says = (
                "its agent and later ones read it" if question.is_by_model else "kept as a note; later agents read it"
            )
            yield Line(f"  with words: --say TEXT ({says})", "dim", is_whole=True)
        if question.is_failure and question.can_edit:
            yield Line(f"  another command, instruction or patch: surefoot edit {name}", "dim", is_whole=True)
        return
    others = [f"reject {name} --reason TEXT", *([f"edit {name}"] if question.can_edit else []), f"take-over {name}"]
    yield Line(f"  surefoot approve {name}", "head", is_whole=True)
    yield Line(f"  or: {', '.join(others)}", "dim", is_whole=True)
    if question.package.trees is not None:
        yield Line(f"  its changes: surefoot inbox {name}", "dim", is_whole=True)


# --- one question


def _question_lines(question: OpenQuestion, diff: Diff | None) -> Iterator[Line]:
    yield from head_lines(question)
    yield EMPTY
    yield from block(question.text, 2)
    yield from file_lines(question)
    package = question.package
    if package is not None and package.preconditions:
        yield EMPTY
        yield Line("Rests on", "head")
        for one in package.preconditions:
            yield Line(f"  {one_line(one.name)}  {one_line(one.state)}", hang=4)
    if diff is not None:
        yield EMPTY
        yield Line("Changes", "head")
        yield from stat_lines(diff)
        yield EMPTY
        yield from patch_lines(diff)
    yield EMPTY
    yield from way_lines(question)
    if question.like:
        yield Line(f"  surefoot approve {question.question} --all-like", "head", is_whole=True)
        yield Line(f"    approves {one_line(question.like)}", "dim", hang=6)


# --- as they come


def _watch(home: Home, run: RunId | None, root: Path | None, screen: Screen) -> int:
    """Show what is open, then what opens and closes, until Ctrl-C."""
    known: dict[str, OpenQuestion] = {}
    version = -1
    screen.show([Line("Ctrl-C leaves.", "dim")])
    try:
        with may_leave():
            while True:
                latest = home.journal.version()
                if latest != version:
                    version = latest
                    now = {one.question: one for one in open_in(home, run=run, repository=root)}
                    _tell(known, now, screen)
                    known = now
                pause(_LOOK_S)
    except Left:
        return INTERRUPTED


def _tell(before: dict[str, OpenQuestion], now: dict[str, OpenQuestion], screen: Screen) -> None:
    came = [one for name, one in now.items() if name not in before]
    gone = [one for name, one in before.items() if name not in now]
    if screen.is_json:
        for word, questions in (("open", came), ("closed", gone)):
            for one in questions:
                screen.text(json.dumps({"event": word, "question": document_of(one)}) + "\n")
        return
    screen.show(Line(f"Question {one.question} is not open any more.", "dim") for one in gone)
    for group in groups_of(came):
        screen.show([EMPTY, *group_lines(group)])
