"""One step in full: what it was asked to do, what became of it, on what proof, and how it is undone.

Owns what `show RUN STEP` tells, as text and as JSON (`surefoot.step/1`). Must never change anything. Read
`surefoot.views.diffs` next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.reading import events
from surefoot.checks.judging import Result, read_results
from surefoot.cli.patches import coloured, patch_lines, stat_lines
from surefoot.cli.talk_page import claim_lines, talk_lines
from surefoot.core import events as ev
from surefoot.core.foreign import behind, exact
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import AgentBody, AskBody, CallBody, FunctionBody, RunBody
from surefoot.core.report_shape import CheckShape, StepShape
from surefoot.core.state import RunState, StepState
from surefoot.errors import JournalError
from surefoot.views.diffs import Diff, read_diff
from surefoot.views.evidence import blob_text
from surefoot.views.lines import EMPTY, Line, Style, block, counted, duration, listed, one_line, quoted, words_of
from surefoot.views.report_sections import HASH, is_done, proof_of, style_of
from surefoot.views.timeline import said_by
from surefoot.views.transcript import last_transcript, spent_said

SCHEMA = "surefoot.step/1"
_TAIL = 15
"""So many lines of an output are shown, from its end."""
_TAIL_PASSED = 5
_TESTS_MOST = 20


@dataclass(frozen=True, slots=True)
class _Told:
    """Something that happened to a step."""

    attempt: int
    at: float
    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class StepPage:
    """What there is to know of one step."""

    home: Home
    run: RunId
    shape: StepShape
    """The step as the report has it."""
    node: StepState
    """The step as the journal has it."""
    state: RunState
    """The run."""
    diff: Diff | None
    """What its commit changed; None: it has none, or git cannot show it."""

    @classmethod
    def of(cls, home: Home, run: RunId, shape: StepShape) -> StepPage:
        """Gather it."""
        state = home.state(run)
        repository, commit = state.created.repository, shape["commit"]
        folders = [home.run_folder(run) / "store", *([Path(repository)] if repository is not None else [])]
        diff = read_diff(folders[::-1], commit) if commit is not None else None
        return cls(home, run, shape, state.nodes[StepId(shape["id"])], state, diff)

    # --- as data

    def document(self) -> dict[str, object]:
        """Return all of it as plain data."""
        spec = self.node.spec
        kind, text = self._body()
        asked = {
            "kind": kind,
            "text": text,
            "why": spec.why,
            "needs": list(self.node.needs),
            "reads": [*spec.reads, *spec.home],
            "writes": None if spec.writes is None else list(spec.writes),
            "network": spec.network,
            "confine": spec.confine,
            "timeout_s": spec.timeout_s,
            "maximum_attempts": spec.retry.maximum_attempts,
            "on_failure": spec.on_failure.value,
        }
        failing = {check["name"]: list(self._failing(number)) for number, check in enumerate(self.shape["checks"])}
        return {
            "schema": SCHEMA,
            "run": self.run,
            **self.shape,
            "asked": asked,
            "history": [{"attempt": one.attempt, "at": one.at, "text": one.text} for one in self._history()],
            "decisions": list(self._decisions()),
            "failing_tests": failing,
            "undo": spec.undo or None,
            "rollback_point": self.shape["commit"],
            "undone_by": self._undone_by(),
            "agent": self._agent_document(),
            "diff": self._diff_document(),
        }

    def _agent_document(self) -> dict[str, object] | None:
        if not isinstance(self.node.spec.body, AgentBody):
            return None
        usage = self.node.usage
        return {"requests": usage.requests, "tokens": usage.tokens, "cost_usd": round(usage.cost_usd, 6)}

    def _diff_document(self) -> dict[str, object] | None:
        if self.diff is None:
            return None
        files = [{"path": file.path, "added": file.added, "removed": file.removed} for file in self.diff.files]
        return {
            "message": self.diff.message,
            "files": files,
            "patch": self.diff.patch,
            "left_out": [file.path for file in self.diff.left_out],
        }

    # --- as text

    def lines(self, *, stat_only: bool) -> Iterator[Line]:
        """Yield all of it."""
        yield from self._head_lines()
        yield from _titled("Asked", self._asked_lines())
        attempts = (Line(f"  {one.attempt}  {one.text}".rstrip(), one.style, hang=5) for one in self._history())
        yield from _titled("Attempts", attempts)
        yield from _titled("Decided by people", self._decision_lines())
        yield from _titled("Checks", self._checks_lines())
        yield from _titled("Undeclared writes, put back", self._undeclared_lines())
        yield from _titled("Handed on", self._handed_on_lines())
        if isinstance(self.node.spec.body, AgentBody):
            yield from _titled("Claims, which prove nothing", self._claim_lines())
            yield from _titled("Agent", self._talk_lines())
        else:
            yield from _titled("Output of the body", self._output_lines())
        yield from _titled("Undo", self._undo_lines())
        commit = self.shape["commit"]
        if commit is not None:
            yield from _titled(f"Commit {commit[:HASH]}", self._commit_lines(stat_only=stat_only))

    def _head_lines(self) -> Iterator[Line]:
        step = self.shape
        title = f": {one_line(step['title'])}" if step["title"] else ""
        yield Line(f"Step {step['id']}{title}", "head", hang=2)
        word = step["state"].replace("_", " ")
        said = proof_of(step) if is_done(step) and step["state"] == "verified" else one_line(step["reason"] or "")
        yield Line(f"{word}{': ' if said else ''}{said}", style_of(step["state"]), hang=2, styled=len(word))
        took = ""
        if step["started_at"] is not None and step["ended_at"] is not None:
            took = f", {duration(step['ended_at'] - step['started_at'])} in all"
        decided = f", tier {step['tier']} (rule {step['rule']})" if step["tier"] else ""
        yield Line(f"effect {step['effect']}{decided}, {counted(step['attempts'], 'attempt')}{took}")

    def _body(self) -> tuple[str, str]:
        match self.node.spec.body:
            case RunBody(command=command):
                return "run", command
            case CallBody(function=function):
                return "call", function
            case FunctionBody(name=name):
                return "function", name
            case AgentBody(instructions=instructions):
                return "agent", instructions
            case AskBody(question=question):
                return "ask", question

    def _asked_lines(self) -> Iterator[Line]:
        spec = self.node.spec
        kind, text = self._body()
        yield Line(f"  {kind}:")
        yield from quoted(exact(text), 4)
        if spec.why:
            yield Line(f"  why: {one_line(spec.why)}", hang=4)
        if self.node.needs:
            yield Line(f"  needs: {listed(self.node.needs, 20)}", hang=4)
        writes = "what the plan's scope allows" if spec.writes is None else listed(map(one_line, spec.writes), 20)
        yield Line(f"  writes: {writes or 'nothing'}", hang=4)

    def _history(self) -> Iterator[_Told]:
        began = 0.0
        for recorded in events(self.home, self.run):
            event = recorded.event
            if isinstance(event, ev.QuestionAnswered):
                asked = self.state.questions[event.question].asked
                if asked.step == self.node.spec.id:
                    yield _Told(asked.attempt, event.at, f"answered: {said_by(event)}", "")
            if not isinstance(event, ev.StepEvent) or event.step != self.node.spec.id:
                continue
            if isinstance(event, ev.StepStarted):
                began = event.at
            said = _said_of_attempt(event, began)
            if said is not None:
                yield _Told(event.attempt, event.at, *said)

    def _decisions(self) -> Iterator[dict[str, object]]:
        """Yield who said what to the questions of this step, and what they were shown."""
        for recorded in events(self.home, self.run):
            event = recorded.event
            if not isinstance(event, ev.QuestionAnswered):
                continue
            asked = self.state.questions[event.question].asked
            if asked.step == self.node.spec.id:
                yield {
                    "question": event.question,
                    "asked_at": asked.at,
                    "shown": asked.text,
                    "at": event.at,
                    "by": event.by,
                    "roles": list(event.roles),
                    "via": event.via,
                    "answer": event.answer,
                    "reason": event.reason,
                    "edit": event.edit,
                    "diff": event.diff,
                    "like": event.like,
                }

    def _decision_lines(self) -> Iterator[Line]:
        for recorded in events(self.home, self.run):
            event = recorded.event
            if not isinstance(event, ev.QuestionAnswered):
                continue
            asked = self.state.questions[event.question].asked
            if asked.step != self.node.spec.id:
                continue
            how = ", ".join(filter(None, (event.via, *event.roles)))
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at))
            took = duration(event.at - asked.at)
            yield Line(f"  {when}  {said_by(event)} ({how or 'no word of how'}), {took} after it was asked", hang=4)
            if event.edit is not None:
                yield from block(behind("instead:", event.edit), 6)
            if event.diff is not None:
                yield from coloured(blob_text(self.home, event.diff))

    def _checks_lines(self) -> Iterator[Line]:
        for number, check in enumerate(self.shape["checks"]):
            word = check["verdict"].replace("_", " ")
            flags = f" [{', '.join(check['flags'])}]" if check["flags"] else ""
            before = f", before: {check['before']}" if check["before"] else ""
            text = f"  {word}  {one_line(check['name'])} ({check['expect']}{before}){flags}"
            yield Line(text, style_of(check["verdict"]), hang=6, styled=len(word) + 2)
            failing = list(self._failing(number))
            for name in failing[:_TESTS_MOST]:
                yield Line(f"      failed  {one_line(name)}", "bad", hang=14, styled=12)
            if len(failing) > _TESTS_MOST:
                yield Line(f"      … and {len(failing) - _TESTS_MOST} failing tests more", "bad")
            yield from quoted(check["text"], 6, "dim")
            yield from self._evidence_lines(check)

    def _failing(self, number: int) -> Iterator[str]:
        """Yield the tests that fail now: first those that passed before."""
        records = self.node.work.checks if self.node.work is not None else self.node.records
        if number >= len(records):
            return
        now, before = self._results(records[number].results), self._results(records[number].before_results)
        failing = [name for name, result in now.items() if result is Result.FAILED]
        yield from sorted(failing, key=lambda name: (before.get(name) is not Result.PASSED, name))

    def _results(self, blob: BlobId | None) -> dict[str, Result]:
        if blob is None:
            return {}
        try:
            return read_results(self.home.journal.blobs.get(blob))
        except (JournalError, ValueError):
            return {}

    def _evidence_lines(self, check: CheckShape) -> Iterator[Line]:
        if check["evidence"]:
            most = _TAIL_PASSED if check["verdict"] == "passed" else _TAIL
            yield from _tail_lines(blob_text(self.home, check["evidence"]), "", most)

    def _undeclared_lines(self) -> Iterator[Line]:
        for path in self.shape["undeclared_writes"]:
            yield Line(f"  {one_line(path)}", "warn")

    def _handed_on_lines(self) -> Iterator[Line]:
        for key, value in self.shape["outputs"].items():
            yield Line(f"  {key} = {one_line(value)}", hang=6)
        kept = self.shape["artifacts"]
        if kept is not None:
            yield Line(f"  artifacts: {kept['count']}, {kept['size_bytes']} bytes of files")

    def _output_lines(self) -> Iterator[Line]:
        command = f"surefoot show {self.run} {self.shape['id']} --output"
        yield from _tail_lines(blob_text(self.home, self.shape["output"]), command, _TAIL)

    def _claim_lines(self) -> Iterator[Line]:
        talk = self.node.work.talk if self.node.work is not None else None
        claim = talk.claim if talk is not None and talk.claim is not None else self.node.claim
        if claim is not None:
            yield from claim_lines(claim)
            own = (finding for finding in self.state.reported if finding.step == self.node.spec.id)
            yield from (Line(f"  found: {one_line(finding.text)}", "warn", hang=4) for finding in own)

    def _talk_lines(self) -> Iterator[Line]:
        talk = last_transcript(self.home, self.run, self.node.spec.id)
        if talk is not None:
            yield Line(f"  all attempts: {spent_said(self.node.usage)}", "dim")
            yield from talk_lines(talk, f"surefoot show {self.run} {self.node.spec.id} --turns")

    def _undo_lines(self) -> Iterator[Line]:
        spec = self.node.spec
        if spec.undo:
            yield Line(f"  as the plan says: {one_line(spec.undo)}", hang=4)
        elif self.node.effect.is_outside:
            yield Line("  the plan does not say how the effect is taken back; no restore does it", "warn", hang=4)
        command = self._undone_by()
        if command is not None:
            yield Line(f"  its files, and what came later: {command}", is_whole=True)
        elif self.shape["commit"] is not None:
            yield Line("  nothing of the run came before it: leave the branch, and start another run", hang=4)
        if self.shape["commit"] is not None:
            command = f"surefoot restore {self.run} --to {self.shape['id']}"
            yield Line(f"  it is a rollback point itself: {command}", is_whole=True)

    def _undone_by(self) -> str | None:
        """Return the command that goes back to before the step's commit; None: there is none."""
        if self.shape["commit"] is None:
            return None
        earlier = [n for n in self.state.nodes.values() if n.commit and n.verified_seq < self.node.verified_seq]
        last = max(earlier, key=lambda node: node.verified_seq, default=None)
        return None if last is None else f"surefoot restore {self.run} --to {last.spec.id}"

    def _commit_lines(self, *, stat_only: bool) -> Iterator[Line]:
        if self.diff is None:
            yield Line("  git cannot show it: the repository is gone", "warn")
            return
        yield from block(self.diff.message, 2)
        yield EMPTY
        yield from stat_lines(self.diff)
        if not stat_only:
            yield EMPTY
            yield from patch_lines(self.diff)


def _titled(title: str, lines: Iterator[Line]) -> Iterator[Line]:
    """Yield lines under a title; nothing, when there are none."""
    body: Sequence[Line] = list(lines)
    if body:
        yield from (EMPTY, Line(title, "head"), *body)


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


def _tail_lines(text: str, command: str, most: int) -> Iterator[Line]:
    rows = words_of(text).rstrip().splitlines()
    if len(rows) > most:
        how = f"; all of it: {command}" if command else ""
        yield Line(f"      … {len(rows) - most} lines before{how}", "dim", is_whole=True)
    if rows:
        yield from quoted("\n".join(rows[-most:]), 6, "dim")
    if not rows and command:
        yield Line("      (nothing)", "dim")
