"""The question about a failed step: which ways on it offers, and what it shows of the failure.

A way on may come with words, which the next attempt is told (`surefoot.core.people_words`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from surefoot.core.attempt import Attempt
from surefoot.core.event_words import QuestionKind, Status, Verdict
from surefoot.core.events import AttemptFailed, QuestionAsked
from surefoot.core.failure_words import LINES_MAX, followed_by, last_lines
from surefoot.core.messages import may_replan
from surefoot.core.plan import Check, Effect
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import barred, fenced_below, in_line, prose
from surefoot.core.verdicts import CheckRecord

RETRY: Final = "retry"
RETRY_WITH_CHANGES: Final = "retry_with_changes"
"""Try again from what the failed attempt had changed."""
EDIT: Final = "edit"
"""Try again with another command or instruction, or take a patch as the result."""
TAKE_OVER: Final = "take_over"
"""Do it by hand."""
_SPLIT, _REPLAN, _SKIP, BLOCK, _STOP = "split", "replan", "skip", "block", "stop"
WANTS_PLAN: Final = frozenset({_SPLIT, _REPLAN})
"""The answers after which the planner is asked: to split the step, or to find another way."""
_ALL = frozenset({RETRY, RETRY_WITH_CHANGES, EDIT, TAKE_OVER, _SKIP, BLOCK, _STOP}) | WANTS_PLAN
TRIES_AGAIN: Final = frozenset({RETRY, RETRY_WITH_CHANGES, EDIT, TAKE_OVER})
"""The answers after which another attempt follows."""
_CHECKS_MAX, _PATHS_MAX, _OUTPUT_MAX, _SAID_MAX = 8, 8, 12, 400


def is_about_failure(asked: QuestionAsked) -> bool:
    """Tell whether a question asks how to go on after a failure."""
    has_ways = asked.options[:1] == (RETRY,) and _ALL.issuperset(asked.options)
    return asked.about is QuestionKind.ASK and has_ways


def can_reword(node: StepState) -> bool:
    """Tell whether the step has a command or an instruction that a person may put another one in place of."""
    return node.spec.body.by_model or bool(node.spec.body.commands)


def can_patch(state: RunState, node: StepState) -> bool:
    """Tell whether a patch may be the result of the step: not where the step has an effect outside the workspace."""
    spec = node.spec
    return state.has_workspace and spec.body.needs_lane and node.effect is Effect.REVERSIBLE


def ways_on(state: RunState, node: StepState) -> tuple[str, ...]:
    """Return how a run may go on after a failed attempt; what understands or plans cannot be left out."""
    if node.is_system_step:
        return (RETRY, _STOP)
    ways = [RETRY]
    ways += [RETRY_WITH_CHANGES] if node.left_changes is not None and can_patch(state, node) else []
    ways += [EDIT] if can_reword(node) or can_patch(state, node) else []
    ways += [TAKE_OVER] if node.spec.body.acts else []
    ways += [_SPLIT, _REPLAN] if may_replan(state) else []
    return (*ways, _SKIP, BLOCK, _STOP)


def failure_shown(state: RunState, node: StepState, work: Attempt, failure: AttemptFailed) -> str:
    """Return the question about a failure: the cause, and what was expected beside what was found."""
    head = fenced_below(f"Step {node.spec.id} failed: {failure.reason}")
    facts = [*_body_shown(work), *_checks_shown(node, work), *_changes_shown(state, node, failure)]
    return "\n".join([head, *facts, "Go on how?"]) if facts else followed_by(head, "Go on how?")


def _body_shown(work: Attempt) -> Iterator[str]:
    """Say how the body ended; its last lines, where the reason of the failure has fewer."""
    ending = work.ending
    if ending is None or ending.status not in (Status.EXIT, Status.SIGNAL, Status.OK):
        return
    found = {Status.EXIT: f"exit status {ending.exit_code}", Status.SIGNAL: f"signal {ending.signal}"}
    if ending.status is not Status.OK:
        yield f"  body: expected exit status 0, found {found[ending.status]}"
    output = prose(last_lines(ending.text, _OUTPUT_MAX))
    if ending.status is not Status.OK and output.count("\n") >= LINES_MAX:
        yield from ("  it printed last:", *barred(output, 4))


def _checks_shown(node: StepState, work: Attempt) -> Iterator[str]:
    """Say of each check what it expected and what it found."""
    pairs = list(zip(node.spec.checks, work.checks, strict=True))
    if not any(record.after is not None for _, record in pairs):
        return
    for check, record in pairs[:_CHECKS_MAX]:
        yield from _check_shown(check, record)
    if len(pairs) > _CHECKS_MAX:
        yield f"  and {len(pairs) - _CHECKS_MAX} more checks"


def _check_shown(check: Check, record: CheckRecord) -> Iterator[str]:
    name = in_line(check.name)
    if record.after in (None, Verdict.PASSED):
        yield f"  check {name}: {'not asked' if record.after is None else 'passed'}"
        return
    assert record.after is not None
    yield f"  check {name}: {record.after.value}"
    yield f"    expected: {in_line(check.expected)}"
    lines = prose(record.text[:_SAID_MAX]).strip("\n").split("\n")
    yield f"    found:    {lines[0]}"
    yield from barred("\n".join(lines[1:]), 6) if lines[1:] else ()


def _changes_shown(state: RunState, node: StepState, failure: AttemptFailed) -> Iterator[str]:
    """Name what the attempt had changed, which was put back, and how to look at it."""
    if node.left_changes is None:
        return
    paths = f": {listed(map(in_line, node.put_back), _PATHS_MAX)}" if node.put_back else ""
    command = f"surefoot show {state.created.run} {node.spec.id} --attempt {failure.attempt} --diff"
    yield f"  its changes were put back{paths}; to see them: {command}"
