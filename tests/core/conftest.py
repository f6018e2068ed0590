"""A run that is played: the kernel decides, and a world answers kindly unless it was told otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis, Moment
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.report import report_of
from surefoot.core.state import RunState
from surefoot.effects import BY_COMMAND
from tests.core.world import kind_fact

CLOCKS = (do.WaitForRetry, do.WaitForDeadline, do.WaitForRequest)
RUN = RunId("20260101-aaaaaa")
_OF_PLAN = {field.name for field in dataclasses.fields(Plan)}


class Play:
    """One run with its engine; commands are answered one after the other, in the order in which they were issued."""

    def __init__(self, steps: Mapping[str, Mapping[str, Any]], **fields: Any) -> None:
        """Create a run of these steps and claim it; `fields` are those of the plan and of its creation."""
        made = tuple(Step(id=StepId(name), **{"body": RunBody(command=name), **own}) for name, own in steps.items())
        plan = Plan(goal="g", steps=made, **{name: fields[name] for name in fields if name in _OF_PLAN})
        rest = {name: fields[name] for name in fields if name not in _OF_PLAN}
        self.now = 1000.0
        self.token = 0
        self.open: list[do.Command] = []
        self._answers: dict[tuple[type[do.Command], str], list[tuple[type[Event] | None, dict[str, Any]]]] = {}
        created = ev.RunCreated(**{"at": self.now, "run": RUN, "plan": plan, "base": "c0", "base_tree": "t0", **rest})
        self.journal: list[Event] = [created]
        self.state: RunState = apply(None, created)
        self.claim()

    @classmethod
    def of(cls, journal: Sequence[Event]) -> Self:
        """Take up a run where a journal ends; whatever was under way never answers."""
        run = object.__new__(cls)
        run.now, run.open, run._answers, run.journal = journal[-1].at, [], {}, list(journal)
        state = None
        for event in journal:
            state = apply(state, event)
        assert state is not None
        run.state, run.token = state, state.token
        return run

    def will(self, command: type[do.Command], name: str, kind: type[Event] | None = None, **fields: Any) -> Self:
        """Tell the world how to answer the next such command about that step, lane, group or check."""
        self._answers.setdefault((command, name), []).append((kind, fields))
        return self

    def claim(self, **fields: Any) -> Self:
        """Let a new engine begin; whatever the one before had under way never answers."""
        self.token, self.open = self.token + 1, []
        own = {"engine": "e", "token": self.token, "pid": 1, "host": "h", "rung": "bubblewrap", "release": "0"}
        return self.say(ev.EngineStarted, **{**own, "boot": "b", **fields})

    def say(self, kind: type[Event], **fields: Any) -> Self:
        """Fold what a person or the engine says, without letting the kernel decide upon it yet."""
        if "by" in {field.name for field in dataclasses.fields(kind)}:
            fields = {"by": "una", **fields}
        return self._fold(kind(at=self.now, **fields))

    def say_yes(self) -> Self:
        """Approve beforehand what can be undone."""
        return self.say(ev.ApprovalsGiven, yes=True)

    def reply(self, answer: str, number: int = 0, **fields: Any) -> Self:
        """Answer an open question."""
        question = self.state.open_questions[number].asked.question
        return self.say(ev.QuestionAnswered, question=question, answer=answer, **fields)

    def go(self, until: type[do.Command] | None = None, name: str | None = None) -> Self:
        """Work until nothing is left to do, or until such a command (about that step, lane, …) is under way."""
        while True:
            self._decide()
            is_there = any(type(command) is until and name in (None, name_of(command)) for command in self.open)
            under_way = [command for command in self.open if not isinstance(command, do.WaitForDeadline)]
            if is_there or not under_way:
                return self._look()
            self.let(type(under_way[0]))

    def step(self) -> Self:
        """Let the kernel decide, and answer the command that has been under way longest."""
        self._decide()
        under_way = [command for command in self.open if not isinstance(command, do.WaitForDeadline)]
        return self.let(type(under_way[0])) if under_way else self

    def let(self, until: type[do.Command]) -> Self:
        """Answer the first such command that is under way."""
        command = next(command for command in self.open if type(command) is until)
        self.open.remove(command)
        self.now = max(self.now + 1.0, command.due if isinstance(command, CLOCKS) else 0.0)
        fact = kind_fact(command, self.now)
        waiting = self._answers.get((until, name_of(command)))
        if waiting:
            kind, fields = waiting.pop(0)
            if kind is ev.EffectFailed:
                told = {"diagnosis": Diagnosis.STRUCTURAL, **fields}
                return self._fold(BY_COMMAND[until].failed(command, self.now, **told))
            kept = {} if kind is None else {f.name for f in dataclasses.fields(kind)}
            own = {f.name: getattr(fact, f.name) for f in dataclasses.fields(fact) if kind is None or f.name in kept}
            fact = (kind or type(fact))(**{**own, **fields})
        return self._fold(fact)

    def _fold(self, event: Event) -> Self:
        apply(self.state, event)
        self.journal.append(event)
        return self

    def _decide(self) -> None:
        while proposals := decide(self.state, self.now):
            for proposal in proposals:
                self._fold(proposal.event)
                if isinstance(proposal.command, do.Interrupt):
                    self._interrupt(proposal.command)
                elif proposal.command is not None and not isinstance(proposal.command, do.AnswerPermission):
                    self.open.append(proposal.command)

    def _interrupt(self, order: do.Interrupt) -> None:
        for command in list(self.open):
            owner = command.step if isinstance(command, do.StepCommand) else ACCEPTANCE
            effect = BY_COMMAND[type(command)]
            if owner == order.step and effect.is_cancellable:
                self.open.remove(command)
                told = effect.after_cancellation(command, self.now)
                assert told is not None
                self._fold(told)

    def _look(self) -> Self:
        """Make sure of what holds at any moment: the journal is the state, and there is a report."""
        folded = None
        for event in self.journal:
            folded = apply(folded, event)
        assert folded == self.state
        assert self.report["at_seq"] == len(self.journal)
        return self

    @property
    def report(self) -> dict[str, Any]:
        """The report as it stands."""
        return report_of(self.state)

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """What the report says of each step."""
        return {step["id"]: step for step in self.report["steps"]}

    @property
    def states(self) -> dict[str, str]:
        """Where each step stands."""
        return {name: step["state"] for name, step in self.steps.items()}

    @property
    def asked(self) -> list[str]:
        """The texts of the questions that are open."""
        return [question["text"] for question in self.report["questions"]]

    @property
    def bodies(self) -> list[str]:
        """The steps whose bodies were begun, in order."""
        return [event.step for event in self.told(ev.BodyStarted)]

    def told(self, kind: type[Event]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.journal if type(event) is kind]


def name_of(command: do.Command) -> str:
    """Name what a command is about: a check by its name, an opened lane, a group; else the step."""
    match command:
        case do.OpenLane():
            return command.lane
        case do.ExpandGroup():
            return command.group.id
        case do.UpdateBranch():
            return command.commit
        case do.StartService():
            return command.service.name
        case do.StopService():
            return command.service
        case do.AskCheck():
            return f"during {command.check.name}" if command.moment is Moment.DURING else command.check.name
        case do.Inquire():
            return command.commit
        case do.UseTool():
            return command.call.call
        case _:
            return command.step


@pytest.fixture
def play() -> Callable[..., Play]:
    """Begin a run: `play({"a": {}, "b": {"needs": ("a",)}}, accept=…, base=…)`."""
    return Play
