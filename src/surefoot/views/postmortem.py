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
from surefoot.core.step_state import DONE, StepState, StepStatus
from surefoot.views.activity import Activity
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
    """`blame`, or `failure`: nobody asked, and it was the first that failed for good."""


@record(kw_only=False)
class Postmortem:
    """What became of a run, and why."""

    run: RunId
    state: RunState
    outcome: str
    reasons: str
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    first: WrongStep | None
    spoilt: tuple[Taint, ...]
    """The steps that rest on the first wrong one, or wait for it in vain, and how."""

    @classmethod
    def of(cls, home: Home, run: RunId) -> Postmortem:
        """Gather it from the journal."""
        state: RunState | None = None
        entries: list[Entry] = []
        failures: list[Failure] = []
        timeline: Timeline | None = None
        found = [one.event for one in events(home, run)]
        for event in found:
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
        first = _first_wrong(state, found)
        spoilt = () if first is None else _spoilt(state, first.step)
        outcome = report["outcome"] or report["state"]
        return cls(run, state, outcome, state.outcome_reason, tuple(entries), tuple(failures), first, spoilt)

    @property
    def names(self) -> dict[str, int]:
        """How often attempts failed, or verified steps proved wrong, by the name of the failure."""
        late = [one.diagnosis.value for one in self._climbed() if one.diagnosis is Diagnosis.SILENT_ERROR]
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
            "attempts": sum(node.attempt for node in self.state.steps())
            + sum(not one.counted for one in self.failures),
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
            else {"step": first.step, "why": first.why, "found_by": first.found_by},
            "failures": [
                {"step": one.step, "attempt": one.attempt, "diagnosis": one.diagnosis, "reason": one.reason}
                | {"counted": one.counted}
                for one in self.failures
            ],
            "names": self.names,
            "recoveries": [{"step": node.spec.id, **one} for node in self._nodes() for one in recoveries_of(node)],
            "spoilt": [asdict(one) for one in self.spoilt],
            "cost": self.cost(),
            "timeline": [{"at": one.at, "word": one.word, "text": one.text} for one in self.entries],
        }

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """Yield titles and what stands below them, for people."""
        first, cost = self.first, self.cost()
        none = "Nothing failed for good, and nobody has asked `surefoot blame`."
        yield "First wrong step", [none if first is None else f"{first.step}: {one_line(first.why)}"]
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
        yield "What it spoilt", [f"{one.step}: {one.why} (of {one.by})" for one in self.spoilt] or ["nothing"]
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


def _first_wrong(state: RunState, found: list[ev.Event]) -> WrongStep | None:
    """Return the step that `blame` found last; else the first that failed for good."""
    for search in reversed(state.inquiries.values()):
        if search.ended is not None and search.ended.outcome is BlameOutcome.FOUND:
            name = search.asked.check.name
            return WrongStep(search.ended.steps[0], f"the first step after which {name!r} fails", "blame")
    failed = (event for event in found if isinstance(event, ev.StepFailed))
    for event in failed:
        if event.step in state.nodes and state.nodes[event.step].status is StepStatus.FAILED:
            return WrongStep(event.step, event.reason, "failure")
    return None


def _spoilt(state: RunState, bad: StepId) -> tuple[Taint, ...]:
    """Return what consumed a wrong result, directly or through others; of a failed step, what waits for it in vain."""
    if state.nodes[bad].status in DONE:
        return spoilt_by(state, bad)
    waiting = (node.spec.id for node in state.steps() if bad in node.blocked_by)
    return tuple(Taint(step=name, by=bad, why="waits for the result") for name in waiting)
