"""The post-mortem of a run: timeline, first wrong step, names of failures, what was spoilt, the cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.queries import events, told
from surefoot.core import events as ev
from surefoot.core.escalations import recoveries_of
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import BlameOutcome
from surefoot.core.events.invalidation_events import Taint
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.money import money
from surefoot.core.record import record
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.views.activity import Activity, is_step
from surefoot.views.blamed_step import spoilt_by
from surefoot.views.lines import duration, one_line, tokens
from surefoot.views.timeline import Entry, Timeline

SCHEMA = "surefoot.postmortem/1"


@record(kw_only=False)
class Failure:
    """An attempt that failed."""

    step: StepId
    attempt: int
    diagnosis: str
    reason: str
    counted: bool
    """Whether it counts as one of the attempts that `retry` allows."""


@record(kw_only=False)
class WrongStep:
    """The first step that went wrong."""

    step: StepId
    why: str
    found_by: str
    """`blame`, `person`: somebody took it back, or `failure`: neither, and it was the first that failed for good."""
    diagnosis: str
    """The name of the failure."""
    spoilt: tuple[Taint, ...]
    """The steps that rest on it, or wait for it in vain, and how."""


@record(kw_only=False)
class Postmortem:
    """What became of a run, and why."""

    run: RunId
    state: RunState
    outcome: str
    reasons: str
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    attempts: int
    """How many were begun at steps, of what was taken back or dropped since as well."""
    first: WrongStep | None

    @classmethod
    def of(cls, home: Home, run: RunId) -> Postmortem:
        """Gather it from the journal."""
        state: RunState | None = None
        entries: list[Entry] = []
        failures: list[Failure] = []
        timeline: Timeline | None = None
        attempts = 0
        found = [one.event for one in events(home, run)]
        for event in found:
            attempts += state is not None and _is_attempt(state, event)
            state = apply(state, event)
            timeline = timeline or Timeline(Activity(event.at))
            timeline.activity.follow(state, event)
            entry = timeline.entry_of(state, event)
            if entry is not None:
                entries.append(entry)
            if isinstance(event, ev.AttemptFailed):
                cause = event.diagnosis.value
                failures.append(Failure(event.step, event.attempt, cause, event.reason, event.is_counted))
        assert state is not None
        report = told(home, state)
        first = _blamed(state) or _found_wrong(found) or _failed(state, found, failures)
        outcome = report["outcome"] or report["state"]
        return cls(run, state, outcome, state.outcome_reason, tuple(entries), tuple(failures), attempts, first)

    @property
    def names(self) -> dict[str, int]:
        """How often attempts failed, or verified steps proved wrong, by the name of the failure."""
        late = [one.diagnosis.value for one in self._climbed() if one.diagnosis is Diagnosis.SILENT_ERROR]
        if self.first is not None and self.first.found_by == "blame" and not late:  # nobody has taken it back yet
            late.append(self.first.diagnosis)
        return dict(Counter([*(one.diagnosis for one in self.failures), *late]).most_common())

    def _nodes(self) -> list[StepState]:
        return [node for node in self.state.nodes.values() if node.recoveries]

    def _climbed(self) -> list[ev.RecoveryChosen]:
        return [one for node in self._nodes() for one in node.recoveries]

    def cost(self) -> dict[str, object]:
        """Return what the run took."""
        spent = self.state.spent.values()
        return {
            "seconds": round(self.state.active_s, 3),
            "attempts": self.attempts,
            "failed_attempts": len(self.failures),
            "cost_usd": round(self.state.cost_usd, 6),
            "requests": sum(one.usage.requests for one in spent),
            "tokens": sum(one.usage.tokens for one in spent),
        }

    def document(self) -> dict[str, object]:
        """Return all of it as plain data."""
        first = self.first
        return {
            "schema": SCHEMA,
            "run": self.run,
            "goal": self.state.plan.goal,
            "outcome": self.outcome,
            "reason": self.reasons,
            "first_wrong": None
            if first is None
            else {"step": first.step, "why": first.why, "found_by": first.found_by, "diagnosis": first.diagnosis},
            "failures": [
                {"step": one.step, "attempt": one.attempt, "diagnosis": one.diagnosis, "reason": one.reason}
                | {"counted": one.counted}
                for one in self.failures
            ],
            "names": self.names,
            "recoveries": [{"step": node.spec.id, **one} for node in self._nodes() for one in recoveries_of(node)],
            "spoilt": [] if first is None else [asdict(one) for one in first.spoilt],
            "cost": self.cost(),
            "timeline": [{"at": one.at, "word": one.word, "text": one.text} for one in self.entries],
        }

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """Yield titles and what stands below them, for people."""
        first, cost = self.first, self.cost()
        none = "Nothing failed for good, nothing was taken back, and nobody has asked `surefoot blame`."
        named = none if first is None else f"{first.step} ({first.diagnosis}): {one_line(first.why)}"
        yield "First wrong step", [named]
        climbed = [f"{one.step} attempt {one.attempt}: {one.diagnosis} -> {one.rung}" for one in self._climbed()]
        yield "Recoveries", climbed or ["none"]
        yield "Failures by name", [f"{name}: {count}" for name, count in self.names.items()] or ["none"]
        lines = [
            f"{one.step}, attempt {one.attempt} ({one.diagnosis}{'' if one.counted else ', not counted'}): "
            f"{one_line(one.reason)}"
            for one in self.failures
        ]
        if lines:
            yield "Failed attempts", lines
        spoilt = () if first is None else first.spoilt
        yield "What it spoilt", [f"{one.step}: {one.why} (of {one.by})" for one in spoilt] or ["nothing"]
        of_models = f"{counted(int(str(cost['requests'])), 'request')}, {tokens(int(str(cost['tokens'])))}"
        attempts = f"{counted(int(str(cost['attempts'])), 'attempt')}, {len(self.failures)} of them failed"
        took = f"{duration(self.state.active_s)} of work; {attempts}"
        yield "Cost", [took, f"{money(self.state.cost_usd)}; {of_models}"]
        yield "Timeline", [self._row(one) for one in self.entries]

    def _row(self, one: Entry) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.at))
        return f"{when}  {one.word:<10} {one.text}".rstrip()

    def markdown(self) -> str:
        """Return it for an issue or a wiki."""
        parts = [f"# Post-mortem of run {self.run}", one_line(self.state.plan.goal), f"Outcome: {self._said()}"]
        for title, lines in self.sections():
            if title == "Timeline":
                parts += [f"## {title}", "```text\n" + "\n".join(lines).replace("```", "'''") + "\n```"]
            else:
                parts += [f"## {title}", "\n".join(f"- {line}" for line in lines)]
        return "\n\n".join(parts) + "\n"

    def _said(self) -> str:
        why = f" ({one_line(self.reasons)})" if self.reasons else ""
        return f"{self.outcome.replace('_', ' ')}{why}"

    @property
    def said(self) -> str:
        """Say how the run ended, in a line."""
        return f"Post-mortem of run {self.run}: {self._said()}"


def _is_attempt(state: RunState, event: ev.Event) -> bool:
    """Tell whether a step is begun: not only judged again where it comes onto the branch anew."""
    node = state.nodes.get(event.step) if isinstance(event, ev.StepStarted) else None
    return node is not None and is_step(node) and node.transplant is None


def _blamed(state: RunState) -> WrongStep | None:
    """Return the step that `blame` found last."""
    for search in reversed(state.inquiries.values()):
        if search.ended is not None and search.ended.outcome is BlameOutcome.FOUND:
            step, name = search.ended.steps[0], search.asked.check.name
            why, spoilt = f"the first step after which {name!r} fails", spoilt_by(state, step)
            return WrongStep(step, why, "blame", Diagnosis.SILENT_ERROR.value, spoilt)
    return None


def _found_wrong(found: list[ev.Event]) -> WrongStep | None:
    """Return the verified step that somebody took back first."""
    said: ev.StepsFoundWrong | None = None
    for event in found:
        if isinstance(event, ev.StepsFoundWrong):
            said = event
        elif isinstance(event, ev.ResultsTakenBack) and said is not None:
            wrong = next((one for one in event.taken.tainted if one.by is None), None)
            if wrong is not None:
                spoilt = tuple(one for one in event.taken.tainted if one.by is not None)
                why = f"{said.by} took it back: {said.why}"
                return WrongStep(wrong.step, why, "person", Diagnosis.SILENT_ERROR.value, spoilt)
    return None


def _failed(state: RunState, found: list[ev.Event], failures: list[Failure]) -> WrongStep | None:
    """Return the first step that failed for good, with what waits for it in vain."""
    for event in found:
        if not isinstance(event, ev.StepFailed) or event.step not in state.nodes:
            continue
        bad = event.step
        if state.nodes[bad].status is StepStatus.FAILED:
            names = [one.diagnosis for one in failures if one.step == bad]
            waiting = (node.spec.id for node in state.steps() if bad in node.blocked_by)
            spoilt = tuple(Taint(step=name, by=bad, why="waits for the result") for name in waiting)
            return WrongStep(bad, event.reason, "failure", names[-1] if names else "structural", spoilt)
    return None
