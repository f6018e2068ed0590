"""The stock of a run: what is done, what is left, what was learnt, and what the right way may be.

It is taken where a plan has turned out wrong. It rests on the state alone, and exists at any moment.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.event_words import Severity, Verdict
from surefoot.core.people_words import without_words
from surefoot.core.plan import Check
from surefoot.core.record import record
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepState
from surefoot.core.verdicts import CheckRecord, is_red_before

_TEXT_MAX, _LEARNT_MAX, _WAYS_MAX = 400, 40, 20
_HIDDEN = "it did not pass a check that agents are not told of"


@record
class StockStep:
    """How a step stands."""

    step: str
    status: str
    commit: str | None = None
    proof: str | None = None


@record
class Stock:
    """What a run has come to, for whoever makes another plan."""

    why: str
    """Why stock is taken."""
    done: tuple[StockStep, ...]
    """What was carried out and stays, in the order in which it was verified."""
    left: tuple[StockStep, ...]
    """What may be replaced."""
    head: str | None
    """The head of the run branch."""
    tree: str | None
    learnt: tuple[str, ...]
    ways: tuple[str, ...]
    """What was said of the right way: by people, agents, and the planner."""


def red_checks(state: RunState) -> list[tuple[Check, CheckRecord]]:
    """Return the acceptance checks that do not pass on the present result, and were not red before the run."""
    pairs = zip(state.plan.accept, state.accept.records, strict=True)
    return [(check, one) for check, one in pairs if one.after not in (None, Verdict.PASSED) and not _old(check, one)]


def _old(check: Check, one: CheckRecord) -> bool:
    return is_red_before(check, one)


def stock_of(state: RunState, *, is_for_agents: bool = False) -> Stock:
    """Return the stock of a run; agents are not told what is held back from them."""
    steps = list(state.steps())
    done = sorted((node for node in steps if node.status in DONE), key=lambda node: node.verified_seq)
    return Stock(
        why=_why(state),
        done=tuple(map(_standing, done)),
        left=tuple(_standing(node) for node in steps if node.status not in DONE),
        head=None if state.branch is None else state.branch.head,
        tree=None if state.branch is None else state.branch.tree,
        learnt=tuple(dict.fromkeys(_learnt(state, is_for_agents=is_for_agents)))[:_LEARNT_MAX],
        ways=tuple(dict.fromkeys(_ways(state, is_for_agents=is_for_agents)))[-_WAYS_MAX:],
    )


def _why(state: RunState) -> str:
    stop = state.stop
    if stop is not None:
        return f"{stop.asked.by} has stopped the plan: {stop.asked.why}"
    if red_checks(state):
        return "the acceptance is red"
    return f"{state.stops[-1].asked.by} has stopped the plan: {state.stops[-1].asked.why}" if state.stops else ""


def _standing(node: StepState) -> StockStep:
    return StockStep(step=node.spec.id, status=node.status.value, commit=node.commit, proof=node.proof)


def _learnt(state: RunState, *, is_for_agents: bool) -> Iterator[str]:
    """Yield what is known now and was not before: failures with their causes, findings, what was noted and said."""
    for node in state.steps():
        why = failure_of(node, is_for_agents=is_for_agents)
        if why:
            said = without_words(state, why) if is_for_agents else why
            yield f"{node.spec.id} failed: {shortened(said, _TEXT_MAX)}"
    for check, one in red_checks(state):
        is_hidden = is_for_agents and check.held_back
        said = _HIDDEN if is_hidden else f"acceptance check {check.name!r}: {shortened(one.text, _TEXT_MAX)}"
        yield said
    for found in state.reported:
        if found.severity is not Severity.NOTE:
            yield f"{found.step or 'the run'}: {shortened(found.text, _TEXT_MAX)}"
    yield from (f"noted by {note.by}: {shortened(note.text, _TEXT_MAX)}" for note in state.notes)
    for word in state.said:
        if word.text and not is_for_agents:  # agents have the words of people whole
            yield f"{word.by} said about {word.about}: {shortened(word.text, _TEXT_MAX)}"


def failure_of(node: StepState, *, is_for_agents: bool = False) -> str:
    """Say why the last attempt at a step failed; empty: it did not, or was tried again with success."""
    failed = node.last_failure
    if failed is None or node.status in DONE or not failed.is_counted:
        return ""
    return without_held_back(node, failed.reason) if is_for_agents else failed.reason


def without_held_back(node: StepState, text: str) -> str:
    """Return what is said of a step, for agents: nothing of a check that is held back from them."""
    is_hidden = any(check.held_back and check.name in text for check in node.spec.checks)
    return _HIDDEN if is_hidden else text


def _ways(state: RunState, *, is_for_agents: bool) -> Iterator[str]:
    for doubt in state.plan_doubts:
        yield f"{doubt.wanted.step}: {shortened(doubt.wanted.why, _TEXT_MAX)}"
    for stop in state.stops:
        if stop.asked.step is not None or not is_for_agents:  # agents have the words of people whole
            yield f"{stop.asked.by}: {shortened(stop.asked.why, _TEXT_MAX)}"
        if stop.said:
            yield f"the planner: {shortened(stop.said, _TEXT_MAX)}"
