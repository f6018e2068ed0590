"""Figures over the steps of runs: failures by name, what helped after them, proofs, and what models took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from surefoot.core import events as ev
from surefoot.core.agent_types import Usage
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.ways_on import TRIES_AGAIN, is_about_failure

RETRY, LESSON, STRONGER = "retry", "lesson", "stronger"
"""What followed a failure in journals without rungs, where no person said anything: the same again; again with what the
failed attempt had shown; the same with a stronger model. Else the rung stands, or the word of the person's answer."""


@record
class Recovery:
    """What followed a failed attempt."""

    move: str
    helped: bool
    """Whether the attempt after it was verified."""


@record
class StepFigures:
    """What became of one step that was tried."""

    kind: str
    """What its body is: `run`, `agent`, `verify`, and so on."""
    repository: str
    """Empty: the run had none."""
    status: StepStatus
    attempts: int
    failures: tuple[Diagnosis, ...]
    """Of its attempts, in order."""
    recoveries: tuple[Recovery, ...]
    """Those of which it is known what they came to."""
    proof: str | None
    usage: Mapping[str, Usage]
    """What models took for it, by their names."""


@record
class Figures:
    """What became of several steps."""

    steps: int
    verified: int
    failed: int
    attempts: int
    failures: Mapping[str, int]
    """How often attempts failed, by the names of the failures."""
    recoveries: Mapping[str, tuple[int, int]]
    """Of each move how often it helped, and how often it was tried."""
    proofs: Mapping[str, int]
    """How many verified steps are proved how."""
    tokens: int
    cost_usd: float


@record(kw_only=False)
class _History:
    """What the journal says of one step."""

    attempts: set[int] = field(default_factory=set[int])
    failures: list[Diagnosis] = field(default_factory=list[Diagnosis])
    recoveries: list[Recovery] = field(default_factory=list[Recovery])


def step_figures(state: RunState, events: Iterable[Event]) -> list[StepFigures]:
    """Return the figures of the steps of a run that were tried; a group counts by its members."""
    histories = _Histories(state)
    for event in events:
        histories.note(event)
    usage = _usage_by_step(state)
    return [
        StepFigures(
            kind=node.spec.body.kind,
            repository=state.created.repository or "",
            status=node.status,
            attempts=len(found.attempts),
            failures=tuple(found.failures),
            recoveries=tuple(found.recoveries),
            proof=node.proof if node.status is StepStatus.VERIFIED else None,
            usage=usage.get(node.spec.id, {}),
        )
        for node in state.nodes.values()
        if node.members is None and (found := histories.steps.get(node.spec.id)) is not None
    ]


@record(frozen=False, kw_only=False)
class _Histories:
    """The steps of a run, and what is under way at each."""

    state: RunState
    steps: dict[StepId, _History] = field(default_factory=dict[StepId, _History])
    asked: dict[str, StepId] = field(default_factory=dict[str, StepId])
    answers: dict[StepId, str] = field(default_factory=dict[StepId, str])
    failed: dict[StepId, ev.AttemptFailed] = field(default_factory=dict[StepId, ev.AttemptFailed])
    under_way: dict[StepId, str] = field(default_factory=dict[StepId, str])
    rungs: dict[StepId, str] = field(default_factory=dict[StepId, str])
    guessed: set[StepId] = field(default_factory=set[StepId])

    def note(self, event: Event) -> None:
        """Take down the next event of the run."""
        match event:
            case ev.StepStarted():
                self.steps.setdefault(event.step, _History()).attempts.add(event.attempt)
            case ev.AttemptFailed():
                self._close(event.step, helped=False, is_known=event.is_counted)
                self.steps.setdefault(event.step, _History()).failures.append(event.diagnosis)
                self.failed[event.step] = event
            case ev.StepVerified():
                self._close(event.step, helped=True)
            case ev.ModelRequested() if event.step in self.guessed and event.step in self.state.nodes:
                self.guessed.discard(event.step)
                if _is_stronger(self.state, self.state.nodes[event.step], event.model):
                    self.under_way[event.step] = STRONGER
            case _:
                self._note_help(event)

    def _note_help(self, event: Event) -> None:
        """Take down what is done about a failure."""
        match event:
            case ev.QuestionAsked() if is_about_failure(event):
                self.asked[event.question] = event.step
            case ev.QuestionAnswered() if event.question in self.asked:
                self.answers[self.asked.pop(event.question)] = event.answer
            case ev.RecoveryChosen() if event.diagnosis is Diagnosis.SILENT_ERROR:  # it was verified, and proved wrong
                self.steps.setdefault(event.step, _History()).failures.append(event.diagnosis)
                self.under_way[event.step] = event.rung.value
            case ev.RecoveryChosen():
                self.rungs[event.step] = event.rung.value
            case ev.RetryScheduled() if event.step in self.failed and event.step in self.state.nodes:
                self._begin(event.step, self.failed.pop(event.step))
            case _:
                pass

    def _begin(self, step: StepId, failure: ev.AttemptFailed) -> None:
        answer, rung = self.answers.pop(step, ""), self.rungs.pop(step, "")
        if answer in TRIES_AGAIN or failure.is_counted:
            own = RETRY if failure.lesson is None else LESSON
            self.under_way[step] = answer or rung or own
            self.guessed |= set() if answer or rung else {step}

    def _close(self, step: StepId, *, helped: bool, is_known: bool = True) -> None:
        """Note what a recovery came to; an attempt that does not count, as of a killed engine, says nothing of it."""
        if is_known and step in self.under_way:
            self.steps[step].recoveries.append(Recovery(move=self.under_way.pop(step), helped=helped))


def _is_stronger(state: RunState, node: StepState, model: str) -> bool:
    """Tell whether a model is the stronger one of the role that plays the step."""
    models = state.routing.roles.get(node.spec.body.played_by)
    return models is not None and models.stronger is not None and models.stronger.name == model


def _usage_by_step(state: RunState) -> dict[StepId, dict[str, Usage]]:
    found: dict[StepId, dict[str, Usage]] = {}
    for one in state.spent.values():
        models = found.setdefault(one.step, {})
        models[one.model] = models.get(one.model, Usage()).plus(one.usage)
    return found


def together(steps: Iterable[StepFigures], model: str | None = None) -> Figures:
    """Return the figures of several steps; with a model, what this one took."""
    found = list(steps)
    usage = Usage()
    for one in found:
        for name, took in one.usage.items():
            usage = usage.plus(took) if model in (None, name) else usage
    recoveries = [recovery for one in found for recovery in one.recoveries]
    tried, helped = Counter(one.move for one in recoveries), Counter(one.move for one in recoveries if one.helped)
    return Figures(
        steps=len(found),
        verified=sum(one.status is StepStatus.VERIFIED for one in found),
        failed=sum(one.status is StepStatus.FAILED for one in found),
        attempts=sum(one.attempts for one in found),
        failures=dict(Counter(name.value for one in found for name in one.failures).most_common()),
        recoveries={move: (helped[move], often) for move, often in tried.most_common()},
        proofs=dict(Counter(one.proof for one in found if one.proof is not None).most_common()),
        tokens=usage.tokens,
        cost_usd=usage.cost_usd,
    )


def by_side(steps: Iterable[StepFigures]) -> dict[str, dict[str, Figures]]:
    """Return the figures by step kind, model and repository, the names with most steps first.

    A step that several models worked on counts at each.
    """
    found = list(steps)
    return {
        side: {
            name: together(some, name if side == "model" else None)
            for name, some in sorted(_grouped(found, names_of).items(), key=lambda one: (-len(one[1]), one[0]))
        }
        for side, names_of in _SIDES.items()
    }


def _grouped(
    steps: list[StepFigures], names_of: Callable[[StepFigures], Iterable[str]]
) -> dict[str, list[StepFigures]]:
    groups: dict[str, list[StepFigures]] = {}
    for one in steps:
        for name in names_of(one):
            groups.setdefault(name, []).append(one)
    return groups


_SIDES: Mapping[str, Callable[[StepFigures], Iterable[str]]] = {
    "kind": lambda one: (one.kind,),
    "model": lambda one: one.usage,
    "repository": lambda one: (one.repository,) if one.repository else (),
}
