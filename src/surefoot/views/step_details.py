"""One step in full: instruction, outcome, proof, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.checks.test_judgement import Result, read_results
from surefoot.core import events as ev
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.record import record
from surefoot.core.report_shape import StepShape
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import attempted_step
from surefoot.errors import JournalError
from surefoot.views.candidates_said import candidate_history
from surefoot.views.diffs import Diff, read_diff
from surefoot.views.lines import Style, duration, mutants_said, one_line
from surefoot.views.timeline import said_by

SCHEMA = "surefoot.step/1"


@record(kw_only=False)
class Occurrence:
    """Something that happened to a step."""

    attempt: int
    at: float
    text: str
    style: Style


@record(kw_only=False)
class StepDetails:
    """What there is to know of one step."""

    home: Home
    run: RunId
    shape: StepShape
    node: StepState
    state: RunState
    diff: Diff | None
    """What its commit changed; None: it has none, or git cannot show it."""

    @classmethod
    def of(cls, home: Home, run: RunId, shape: StepShape) -> StepDetails:
        """Gather it."""
        state = home.state(run)
        repository, commit = state.created.repository, shape["commit"]
        folders = [home.run_folder(run) / "store", *([Path(repository)] if repository is not None else [])]
        diff = read_diff(folders[::-1], commit) if commit is not None else None
        return cls(home, run, shape, state.nodes[StepId(shape["id"])], state, diff)

    def document(self) -> dict[str, object]:
        """Return all of it as plain data."""
        spec, usage, diff = self.node.spec, self.node.usage, self.diff
        asked = {
            "kind": spec.body.kind,
            "text": spec.body.text,
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
        agent = {"requests": usage.requests, "tokens": usage.tokens, "cost_usd": round(usage.cost_usd, 6)}
        changed = (
            None
            if diff is None
            else {
                "message": diff.message,
                "files": [{"path": file.path, "added": file.added, "removed": file.removed} for file in diff.files],
                "patch": diff.patch,
                "left_out": [file.path for file in diff.left_out],
            }
        )
        failing = {check["name"]: list(self.failing(number)) for number, check in enumerate(self.shape["checks"])}
        return {
            "schema": SCHEMA,
            "run": self.run,
            **self.shape,
            "asked": asked,
            "history": [{"attempt": one.attempt, "at": one.at, "text": one.text} for one in self.history()],
            "decisions": list(self.decisions()),
            "failing_tests": failing,
            "undo": spec.undo or None,
            "undo_command": spec.undo_run or None,
            "rollback_point": self.shape["commit"],
            "undone_by": self.undone_by(),
            "agent": agent if spec.body.by_model else None,
            "diff": changed,
        }

    def history(self) -> Iterator[Occurrence]:
        """Yield what happened in its attempts."""
        began: dict[int, float] = {}
        attempt = 1
        for recorded in events(self.home, self.run):
            event = recorded.event
            if isinstance(event, ev.QuestionAnswered):
                asked = self.state.questions[event.question].asked
                if attempted_step(asked.step) == self.node.spec.id:
                    yield Occurrence(asked.attempt, event.at, f"answered: {said_by(event)}", "")
            if isinstance(event, ev.MessageSent) and self.node.spec.id in self.state.messages[event.message].to:
                yield Occurrence(attempt, event.at, f"{one_line(event.by)} told the agent: {one_line(event.text)}", "")
            if (changed := self._changed_by(event)) is not None:
                yield Occurrence(attempt, event.at, *changed)
            if (taken := self._taken_by(event)) is not None:
                yield Occurrence(attempt, event.at, *taken)
            if not isinstance(event, ev.StepEvent) or attempted_step(event.step) != self.node.spec.id:
                continue
            if isinstance(event, ev.StepStarted):
                began[event.attempt], attempt = event.at, event.attempt
            is_left = isinstance(event, ev.StepSkipped) and event.step != self.node.spec.id  # told as a failure
            said = None if is_left else _said_of_attempt(event, began.get(event.attempt, event.at))
            if said is not None:
                yield Occurrence(event.attempt, event.at, *said)

    def _changed_by(self, event: ev.Event) -> tuple[str, Style] | None:
        """Say what an amendment of the plan does to the step, and where it comes from; None: nothing."""
        changes = event.changes if isinstance(event, ev.PlanAmended) else ()
        change = next((one for one in changes if one.step == self.node.spec.id), None)
        if change is None or not isinstance(event, ev.PlanAmended):
            return None
        wanted = self.state.amendments[event.amendment].proposed
        origin = "" if wanted.origin is AmendmentOrigin.PERSON else f" ({wanted.origin})"
        why = f": {one_line(wanted.why)}" if wanted.why else ""
        return f"{change.fate} in revision {event.revision} of the plan, by {one_line(wanted.by)}{origin}{why}", ""

    def _taken_by(self, event: ev.Event) -> tuple[str, Style] | None:
        """Say what it means for the step that results are taken back; None: nothing."""
        taken = event.taken if isinstance(event, ev.ResultsTakenBack | ev.PlanAmended) else None
        if taken is None:
            return None
        name = self.node.spec.id
        if name in taken.kept:
            return "brought onto the branch again, to be judged anew", ""
        found = next((one for one in taken.tainted if one.step == name), None)
        if found is None:
            return None
        why = "its result was wrong" if found.by is None else f"it {one_line(found.why)} ({one_line(found.by)})"
        return f"taken back: {why}", "warn"

    def answers(self) -> Iterator[tuple[ev.QuestionAsked, ev.QuestionAnswered]]:
        """Yield what people answered to the questions of this step."""
        for recorded in events(self.home, self.run):
            if isinstance(event := recorded.event, ev.QuestionAnswered):
                asked = self.state.questions[event.question].asked
                if attempted_step(asked.step) == self.node.spec.id:
                    yield asked, event

    def decisions(self) -> Iterator[dict[str, object]]:
        """Yield who said what to the questions of this step, and what they were shown."""
        for asked, event in self.answers():
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

    def failing(self, number: int) -> Iterator[str]:
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

    def undone_by(self) -> str | None:
        """Return the command that goes back to before the step's commit; None: there is none."""
        if self.shape["commit"] is None:
            return None
        earlier = [n for n in self.state.nodes.values() if n.commit and n.verified_seq < self.node.verified_seq]
        last = max(earlier, key=lambda node: node.verified_seq, default=None)
        return None if last is None else f"surefoot restore {self.run} --to {last.spec.id}"


def _said_of_attempt(event: ev.StepEvent, began: float) -> tuple[str, Style] | None:
    """Say what an event means for the attempt it belongs to; None: nothing to tell."""
    match event:
        case ev.AttemptFailed():
            return f"failed ({event.diagnosis}): {one_line(event.reason)}", "bad"
        case ev.RecoveryChosen():
            told = f": {one_line('; '.join(event.told))}" if event.told else ""
            return f"recovery for {event.diagnosis}: {event.rung} ({event.rule} ladder){told}", ""
        case ev.LaneRestored():
            return "restored", ""
        case ev.QuestionAsked():
            return f"asked: question {event.question}", ""
        case ev.ProbeAnswered():
            return f"probe: {event.answer} {one_line(event.text)}", ""
        case ev.ApproverAnswered():
            why = one_line(event.fault or event.reason) or "no reason given"
            return f"{one_line(event.approver)} (should_proceed): {event.word}, {why}", ""
        case ev.ApprovalRecorded():
            return f"approved by {one_line(event.by)}", ""
        case ev.MutantsTried():
            return mutants_said(event), "warn" if event.is_open else ""
        case _:
            return candidate_history(event) or _said_of_end(event, began)


def _said_of_end(event: ev.StepEvent, began: float) -> tuple[str, Style] | None:
    """Say how its body or the step itself ended."""
    match event:
        case ev.BodyFinished(ending=how):
            code = f" {how.exit_code}" if how.exit_code is not None and how.status != "ok" else ""
            return f"body {how.status}{code} after {duration(event.duration_s)}", ""
        case ev.StepVerified():
            return f"verified after {duration(event.at - began)}", "good"
        case ev.StepSkipped() | ev.StepFailed():
            words = {ev.StepSkipped: "skipped", ev.StepFailed: "given up"}
            return f"{words[type(event)]}: {one_line(event.reason)}", ""
        case _:
            return None
