"""`show --candidate`: one of several results of a step, what it does and what it changes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from surefoot.api.home import Home
from surefoot.cli.options import Given
from surefoot.cli.patches import coloured
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.core.report_shape import CandidateShape, StepShape
from surefoot.core.short_text import counted, listed
from surefoot.core.untrusted_text import printable
from surefoot.errors import RunNotFound
from surefoot.masking import masker_of
from surefoot.views.evidence import blob_text
from surefoot.views.lines import Line, block, one_line, words_of
from surefoot.views.report_sections import style_of

SCHEMA = "surefoot.candidate/1"


def show_candidate(home: Home, run: RunId, step: StepShape, given: Given, screen: Screen) -> None:
    """Show what a candidate of a step does, or with `--diff` what it changes.

    Raises:
        RunNotFound: there is no such candidate.
    """
    one = _found(run, step, given.candidate or 0)
    patch = masker_of(os.environ).text(blob_text(home, one["patch"]))
    if screen.is_json:
        printed = None if one["compare"] is None else blob_text(home, one["compare"]["output"])
        screen.document({"schema": SCHEMA, "run": run, "step": step["id"], **one, "printed": printed, "diff": patch})
    elif not given.diff:
        screen.page(_lines(home, run, step, one))
    elif screen.is_terminal:
        screen.page([Line(f"Candidate {one['candidate']} of {step['id']}", "head"), *coloured(patch)])
    else:
        screen.text(printable(patch))


def _found(run: RunId, step: StepShape, number: int) -> CandidateShape:
    found = next((one for one in step["candidates"] if one["candidate"] == number), None)
    if found is None:
        known = listed(str(one["candidate"]) for one in step["candidates"])
        said = f"it has {known}" if known else "it has none, as no attempt was kept as one"
        raise RunNotFound(f"step {step['id']!r} of run {run!r} has no candidate {number}: {said}", name=step["id"])
    return found


def candidate_lines(step: StepShape) -> Iterator[Line]:
    """Yield a line for each candidate of a step."""
    for one in step["candidates"]:
        yield Line(f"  {one['candidate']}  {_said(one)}", "good" if one["chosen"] else "", hang=5)
        if one["why"]:
            yield Line(f"     {one_line(one['why'])}", hang=5)


def _said(one: CandidateShape) -> str:
    with_which = listed(map(str, one["agrees_with"]))
    agrees = f"agrees with {with_which}" if with_which else "agrees with no other"
    chosen = "chosen, " if one["chosen"] else ""
    flaw = f"; {one_line(one['compare']['flaw'])}" if one["compare"] is not None and one["compare"]["flaw"] else ""
    return f"{chosen}attempt {one['attempt']}, {counted(one['lines'], 'line')} changed, {agrees}{flaw}"


def _lines(home: Home, run: RunId, step: StepShape, one: CandidateShape) -> Iterator[Line]:
    yield Line(f"Candidate {one['candidate']} of {step['id']}: {_said(one)}", "head", hang=2)
    if one["why"]:
        yield Line(f"  {one_line(one['why'])}", hang=2)
    yield Line(f"  files: {listed(map(one_line, one['changed'])) or 'none'}", hang=4)
    for check in one["checks"]:
        word = check["verdict"].replace("_", " ")
        yield Line(f"  {word}  {one_line(check['name'])}", style_of(check["verdict"]), hang=6, styled=len(word) + 2)
    for other in one["differences"]:
        yield Line(f"  differs from candidate {other['candidate']} first in line {other['line']}:", hang=4)
        yield Line(f"    {other['candidate']}: {one_line(other['there'])}", hang=8)
        yield Line(f"    {one['candidate']}: {one_line(other['here'])}", hang=8)
    if one["compare"] is not None:
        ended = "" if one["compare"]["exit_code"] is None else f", exit status {one['compare']['exit_code']}"
        yield Line(f"  compared: {one_line(one['compare']['run'])}{ended}", hang=4)
        yield from block(words_of(blob_text(home, one["compare"]["output"])), 4)
    command = f"surefoot show {run} {step['id']} --candidate {one['candidate']} --diff"
    yield Line(f"  what it changes: {command}", is_whole=True)
