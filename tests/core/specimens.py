"""Events of every kind, aimed at what a state holds, and what refusing them changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from surefoot.core import events as ev
from surefoot.core.agent_types import Fault, ModelRouting
from surefoot.core.amendments import SetGoal
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import (
    Applied,
    ApproverWord,
    Diagnosis,
    Ending,
    Finding,
    Moment,
    Outcome,
    Phase,
    QuestionKind,
    Severity,
    Status,
    Verdict,
)
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Check, Constraint, Limits, Plan, RunBody, Step
from surefoot.core.policy_types import Overdue, Policy
from surefoot.core.state import RunState
from surefoot.errors import IllegalTransition

NOBODY = StepId("nobody")
_OF_EVERY_STATE: Mapping[str, object] = {
    "at": 99.0,
    "run": RunId("20260101-aaaaaa"),
    "plan": Plan(goal="g", steps=(Step(id=StepId("a"), body=RunBody(command="a")),)),
    "engine": "e2",
    "pid": 2,
    "host": "h",
    "rung": "plain",
    "release": "0",
    "reason": "because",
    "by": "me",
    "phase": Phase.VALIDATE,
    "outcome": Outcome.COMPLETED,
    "finding": Finding(kind="k", severity=Severity.NOTE, text="t"),
    "lane": "1",
    "commit": "c",
    "onto": "c",
    "onto_tree": "t",
    "fresh": False,
    "environment": "env",
    "diagnosis": Diagnosis.STRUCTURAL,
    "items": ("x", "x"),
    "tree": "t",
    "moment": Moment.AFTER,
    "check": 0,
    "verdict": Verdict.PASSED,
    "about": QuestionKind.CONFIRM,
    "text": "?",
    "answer": "yes",
    "shown": "s",
    "key": "k",
    "manifest": None,
    "count": 0,
    "size_bytes": 0,
    "ending": Ending(status=Status.OK, exit_code=0),
    "changed": (),
    "proof": "checks",
    "due": 1.0,
    "old": None,
    "service": "db",
    "port": 5000,
    "policy": Policy(),
    "diff": BlobId("d"),
    "overdue": Overdue.WAIT,
    "routing": ModelRouting(roles={}),
    "turn": 1,
    "model": "m",
    "tokens": 1,
    "reply": BlobId("r"),
    "said": "so",
    "fault": Fault.TIMEOUT,
    "position": 1,
    "ok": True,
    "output": BlobId("o"),
    "limit": "tokens",
    "limits": Limits(),
    "amendment": "m",
    "done": 1,
    "operations": (SetGoal(goal="h"),),
    "why": "because",
    "constraint": Constraint(text="c", deny=("config/**",)),
    "train": 1,
    "cars": (NOBODY,),
    "kept": (NOBODY,),
    "approver": "gate",
    "word": ApproverWord.PROCEED,
}
_OF_ITS_KIND: Mapping[type[Event], Mapping[str, object]] = {
    ev.ProbeAnswered: {"answer": Applied.APPLIED},
    ev.BlameRequested: {"check": Check(name="c", ask=CommandCheck(command="c"))},
    ev.BlameEnded: {"outcome": ev.BlameOutcome.GREEN, "askings": 2},
    ev.Inquired: {"check": "d"},
}
_INSTEAD_OF_DEFAULTS: Mapping[str, object] = {
    "commit": "c",
    "call": "9.9",
    "reason": "because",
    "edit": "x",
    "to": NOBODY,
    "leave": (NOBODY,),
}


_PLAIN = {str, int, float, bool, type(None)}


def copied(state: RunState) -> RunState:
    """Copy a state down to what is frozen, which both share: `deepcopy` would take half the time of the tests."""
    return _copied(state, {})


def _copied(part: Any, known: dict[int, Any]) -> Any:
    kind = type(part)
    if kind in _PLAIN:
        return part
    if id(part) in known:
        return known[id(part)]
    if kind in (list, tuple):
        copy = kind([_copied(one, known) for one in part])
    elif kind is dict:
        copy = {name: _copied(one, known) for name, one in part.items()}
    elif kind is set or not hasattr(kind, "__dataclass_params__"):
        copy = deepcopy(part, known)
    elif kind.__setattr__ is not object.__setattr__:  # it is frozen
        return part
    else:
        copy = object.__new__(kind)
        for field in dataclasses.fields(kind):
            setattr(copy, field.name, _copied(getattr(part, field.name), known))
    known[id(part)] = copy
    return copy


def specimens(state: RunState) -> Iterator[Event]:
    """Yield events of every kind, aimed at what the state holds; each as short and as full as it can be."""
    for kind in ev.EVENTS:
        fields = {field.name: field for field in dataclasses.fields(kind)}
        needed = [name for name, field in fields.items() if field.default is field.default_factory]  # both are missing
        fuller = {name: value for name, value in _instead(fields.values()) if name not in needed}
        for aim in _aims(state, kind, set(fields)):
            least = {name: aim.get(name, _OF_EVERY_STATE.get(name)) for name in needed}
            yield kind(**least)
            if fuller:
                yield kind(**least, **fuller)


def _instead(fields: Iterable[dataclasses.Field[object]]) -> Iterator[tuple[str, object]]:
    for field in fields:
        if type(field.default) is bool:
            yield field.name, not field.default
        elif field.name in _INSTEAD_OF_DEFAULTS:
            yield field.name, _INSTEAD_OF_DEFAULTS[field.name]


def _aims(state: RunState, kind: type[Event], fields: set[str]) -> Iterator[dict[str, object]]:
    """Yield what the event could be about: each step and none, and a question that is open and one that is not."""
    names = [*state.nodes, NOBODY, ACCEPTANCE] if {"step", "group"} & fields else [next(iter(state.nodes), NOBODY)]
    known = next((one.asked.question for one in state.open_questions), next(iter(state.questions), "none.1"))
    answer = _OF_ITS_KIND.get(kind, {})
    for name in names:
        node = state.nodes.get(name)
        conversation = None if node is None or node.work is None else node.work.conversation
        calls = (
            []
            if conversation is None or not conversation.turns
            else [one.asked.call for one in conversation.turns[-1].calls]
        )
        for question in dict.fromkeys((known, "new.1")) if "question" in fields else ("",):
            yield {
                "step": name,
                "group": name,
                "attempt": 1 if node is None else node.attempt or 1,
                "question": question,
                "call": next(iter(calls), "1.1"),
                "to": name,
                "steps": (name,),
                "pending": (name,),
                "invalidated": (name,),
                "token": state.token + 1,
                "revision": state.revision + 1,
                **answer,
            }


def refused_and_changed(state: RunState, events: Iterable[Event]) -> list[Event]:
    """Return the events that the state refused and was changed by all the same."""
    tried, found = copied(state), list[Event]()
    for event in events:
        try:
            apply(tried, event)
        except IllegalTransition:
            if tried == state:
                continue
            found.append(event)
        tried = copied(state)
    return found
