"""`show`: the steps of a run, one step in full, or the journal.

Owns how a step's history looks: attempts, checks with their evidence, output, commit. Must never change anything. Read
`surefoot.cli.reading` next.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from surefoot.api.home import Home
from surefoot.api.reading import events
from surefoot.cli.lines import EMPTY, Line, Style, block, clean, counted, duration, one_line, words_of
from surefoot.cli.lookup import find_run
from surefoot.cli.reading import engine_of, read_report
from surefoot.cli.render_report import head_lines
from surefoot.cli.screen import Screen
from surefoot.cli.shape import CheckShape, StepShape
from surefoot.cli.telling import HASH, is_done, proof_of, style_of
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId
from surefoot.errors import JournalError, RunNotFound, UsageError
from surefoot.journal import Recorded

_TAIL = 15
"""So many lines of an output are shown, from its end."""
_DIFF_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be shown."""

    step: str | None
    """One step; None: the run."""
    events: bool
    """The journal."""
    output: bool
    """All that the body printed."""


def show(name: str | None, repo: Path | None, wanted: Wanted, screen: Screen) -> int:
    """Show what is wanted of a run.

    Raises:
        UsageError: `--output` without a step.
        RunNotFound: there is no such step.
    """
    if wanted.output and wanted.step is None:
        raise UsageError("--output shows what one step's body printed; name the step")
    with Home() as home:
        run = find_run(home, name, repo)
        if wanted.step is None:
            _show_run(home, run, wanted, screen)
            return 0
        step = _step(home, run, wanted.step)
        if wanted.output:
            _show_output(home, step, screen)
        elif wanted.events:
            _show_events(home, run, screen, only=wanted.step)
        elif screen.is_json:
            screen.document(step)
        else:
            screen.show(_step_lines(home, run, step))
    return 0


def _step(home: Home, run: RunId, name: str) -> StepShape:
    for step in read_report(home, run)["steps"]:
        if step["id"] == name:
            return step
    raise RunNotFound(f"run {run!r} has no step {name!r}; `surefoot show {run}` lists them", name=name)


# --- the run


def _show_run(home: Home, run: RunId, wanted: Wanted, screen: Screen) -> None:
    if wanted.events:
        _show_events(home, run, screen, only=None)
        return
    report = read_report(home, run)
    if screen.is_json:
        screen.document(report)
        return
    screen.show([*head_lines(report, engine_of(home, run)), EMPTY])
    widest = min(40, max((len(step["id"]) for step in report["steps"]), default=0))
    for step in report["steps"]:
        screen.show([_brief(step, widest)])


def _brief(step: StepShape, widest: int) -> Line:
    word = f"{step['state'].replace('_', ' '):<9}"
    said = proof_of(step) if step["state"] == "verified" else one_line(step["reason"] or "").replace("_", " ")
    text = f"{word}  {step['id']:<{widest}}  {said}"
    return Line(text.rstrip(), style_of(step["state"]), hang=11, styled=len(word))


def _show_events(home: Home, run: RunId, screen: Screen, *, only: str | None) -> None:
    for recorded in events(home, run):
        event = recorded.event
        if only is not None and getattr(event, "step", None) != only:
            continue
        if screen.is_json:
            screen.text(event_row(recorded))
        else:
            screen.show([_event_line(recorded.seq, event)])


def event_row(recorded: Recorded) -> str:
    """Return an event as one line of JSON."""
    event = recorded.event
    document = {"seq": recorded.seq, "kind": event.kind, "version": event.version, **asdict(event)}
    return json.dumps(document, default=str) + "\n"


def _event_line(seq: int, event: Event) -> Line:
    when = time.strftime("%H:%M:%S", time.localtime(event.at)) + f"{event.at % 1:.3f}"[1:]
    left_out = {"at", "plan", "findings"}
    fields = {key: value for key, value in asdict(event).items() if key not in left_out and value not in (None, "", ())}
    said = "  ".join(f"{key}={one_line(_short(value))}" for key, value in fields.items())
    return Line(f"{seq:>5}  {when}  {event.kind:<18}  {said}", hang=10)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


# --- one step


def _step_lines(home: Home, run: RunId, step: StepShape) -> Iterator[Line]:
    title = f": {one_line(step['title'])}" if step["title"] else ""
    yield Line(f"Step {step['id']}{title}", "head", hang=2)
    word = step["state"].replace("_", " ")
    said = proof_of(step) if is_done(step) and step["state"] == "verified" else one_line(step["reason"] or "")
    yield Line(f"{word}{': ' if said else ''}{said}", style_of(step["state"]), hang=2, styled=len(word))
    yield Line(f"effect {step['effect']}, {counted(step['attempts'], 'attempt')}")
    yield EMPTY
    yield Line("Attempts", "head")
    yield from _attempt_lines(home, run, step["id"])
    if step["checks"]:
        yield EMPTY
        yield Line("Checks", "head")
        for check in step["checks"]:
            yield from _check_lines(home, check)
    yield EMPTY
    yield Line("Output of the body", "head")
    yield from _tail_lines(home, step["output"], f"surefoot show {run} {step['id']} --output")
    if step["commit"] is not None:
        yield EMPTY
        yield from _commit_lines(home, run, step["commit"])


def _attempt_lines(home: Home, run: RunId, step: str) -> Iterator[Line]:
    began = 0.0
    for recorded in events(home, run):
        event = recorded.event
        if not isinstance(event, ev.StepEvent) or event.step != step:
            continue
        if isinstance(event, ev.StepStarted):
            began = event.at
        said = _said_of_attempt(event, began)
        if said is not None:
            text, style = said
            yield Line(f"  {event.attempt}  {text}".rstrip(), style, hang=5)


def _said_of_attempt(event: ev.StepEvent, began: float) -> tuple[str, Style] | None:
    """Say what an event means for the attempt it belongs to; None: nothing to tell."""
    match event:
        case ev.BodyFinished(ending=how):
            code = f" {how.exit_code}" if how.exit_code is not None and how.status != "ok" else ""
            return f"body {how.status}{code} after {duration(event.duration_s)}", ""
        case ev.AttemptFailed():
            return f"failed ({event.diagnosis}): {one_line(event.reason)}", "bad"
        case ev.LaneRestored():
            return "restored", ""
        case ev.ProbeAnswered():
            return f"probe: {event.answer} {one_line(event.text)}", ""
        case ev.QuestionAsked():
            return f"asked: question {event.question}", ""
        case ev.ApprovalRecorded():
            return f"approved by {one_line(event.by)}", ""
        case ev.StepVerified():
            return f"verified after {duration(event.at - began)}", "good"
        case ev.StepSkipped():
            return f"skipped: {one_line(event.reason)}", ""
        case ev.StepFailed():
            return f"given up: {one_line(event.reason)}", ""
        case _:
            return None


def _check_lines(home: Home, check: CheckShape) -> Iterator[Line]:
    word = check["verdict"].replace("_", " ")
    flags = f" [{', '.join(check['flags'])}]" if check["flags"] else ""
    before = f", before: {check['before']}" if check["before"] else ""
    text = f"  {word}  {one_line(check['name'])} ({check['expect']}{before}){flags}"
    yield Line(text, style_of(check["verdict"]), hang=6, styled=len(word) + 2)
    yield from block(check["text"], 6, "dim")
    if check["evidence"]:
        yield from _tail_lines(home, check["evidence"], "")


def _tail_lines(home: Home, blob: str | None, command: str) -> Iterator[Line]:
    text = _blob_text(home, blob)
    rows = words_of(text).rstrip().splitlines()
    if len(rows) > _TAIL:
        how = f"; all of it: {command}" if command else ""
        yield Line(f"      … {len(rows) - _TAIL} lines before{how}", "dim", is_whole=True)
    yield from (Line(f"      {row}", "dim", hang=8) for row in rows[-_TAIL:])
    if not rows and command:
        yield Line("      (nothing)", "dim")


def _blob_text(home: Home, blob: str | None) -> str:
    if blob is None:
        return ""
    try:
        return home.journal.blobs.get(BlobId(blob)).decode("utf-8", "replace")
    except JournalError as error:
        return error.message


def _show_output(home: Home, step: StepShape, screen: Screen) -> None:
    text = _blob_text(home, step["output"])
    if screen.is_json:
        screen.document({"step": step["id"], "output": text})
    else:
        screen.text(words_of(text) if screen.is_terminal else text)


def _commit_lines(home: Home, run: RunId, commit: str) -> Iterator[Line]:
    """Yield the commit as git shows it, from the user's repository or else from the run's own store."""
    yield Line(f"Commit {commit[:HASH]}", "head")
    repository = home.created(run).repository
    for folder in (repository, home.run_folder(run) / "store"):
        rows = _git_show(Path(cast("str", folder)), commit) if folder is not None else None
        if rows is not None:
            break
    else:
        yield Line("  git cannot show it: the repository is gone", "warn")
        return
    for row in rows[:_DIFF_MOST]:
        is_change = row[:1] in {"+", "-"} and row[:3] not in {"+++", "---"}
        yield Line(f"  {row}", ("good" if row[0] == "+" else "bad") if is_change else "", is_whole=True)
    if len(rows) > _DIFF_MOST:
        yield Line(f"  … {len(rows) - _DIFF_MOST} lines more: git -C {repository} show {commit[:HASH]}", "dim")


def _git_show(folder: Path, commit: str) -> list[str] | None:
    """Return `git show --stat --patch` of a commit, without colours and without the user's own way of showing."""
    command = ["git", "-C", str(folder), "--no-pager", "show", "--no-color", "--no-ext-diff", "--no-textconv"]
    try:
        done = subprocess.run(
            [*command, "--stat", "--patch", "--format=%an, %ad%n%n%B", commit, "--"],
            capture_output=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return clean(done.stdout.decode("utf-8", "replace")).rstrip().splitlines() if done.returncode == 0 else None
