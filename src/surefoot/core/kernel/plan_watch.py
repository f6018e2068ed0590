"""The look at the plan after each verified step: does what the step came to still fit what is to follow?

The rules cost no request and no command. `RULES` says which of them lets a person decide before the steps that it
concerns start, and which is only reported. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from surefoot.core import events as ev
from surefoot.core.agent_changes import change_to_decide_on
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Diagnosis, QuestionKind, Severity
from surefoot.core.globs import matches
from surefoot.core.ids import StepId
from surefoot.core.kernel.agent_change_rules import ask_about_change, asked_change
from surefoot.core.kernel.failure_rules import expired, fails
from surefoot.core.kernel.plan_watch_fold import GO_ON, PROPOSAL, STOP, first_open, has_not_begun
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.messages import has_planner, word_to_decide_on
from surefoot.core.recovery import question
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import PLAN_HOLDS
from surefoot.core.tool_payload import PlanChange
from surefoot.core.untrusted_text import in_line

NAMED_MAX = 6
"""So many of the steps that are concerned are named."""
_Doubt = tuple[str, tuple[StepId, ...]]
"""Why the plan may not hold any more, and the steps and groups to come that it concerns."""


class Rule(NamedTuple):
    """One look at a verified step."""

    name: str
    look: Callable[[RunState, StepState, Attempt], _Doubt | None]
    asks: bool
    """Whether a person decides before the steps that it concerns start."""


def watch(state: RunState, node: StepState, now: float) -> list[Proposal]:
    """Return what speaks against the plan once the step is verified, by the attempt that is about to be."""
    if node.is_system_step or node.work is None:
        return []
    found = ((rule, rule.look(state, node, node.work)) for rule in RULES)
    return [Proposal(_wanted(state, node, rule, doubt, now)) for rule, doubt in found if doubt is not None]


def _wanted(state: RunState, node: StepState, rule: Rule, doubt: _Doubt, now: float) -> ev.ReplanWanted:
    why, affects = doubt
    # A planner may add steps where none is left; a person is not kept waiting for nothing.
    asks = rule.asks and (bool(affects) or has_planner(state)) and not is_on_short_way(state)
    return ev.ReplanWanted(**node.at(now), rule=rule.name, why=why, affects=affects, asks=asks)


def _unexpected_output(state: RunState, node: StepState, work: Attempt) -> _Doubt | None:
    """Look whether the outputs are what the step expects."""
    if not work.unexpected:
        return None
    outputs, expects = work.outputs, node.spec.expects
    said = (
        f"output {key} is {outputs[key]!r}" if key in outputs else f"there is no output {key}"
        for key in work.unexpected
        if key in expects
    )
    wanted = (f"{key}: {expects[key]}" for key in work.unexpected if key in expects)
    return f"{'; '.join(said)}; expected was {'; '.join(wanted)}", _named(_resting_on(state, node))


def _proposal(state: RunState, node: StepState, work: Attempt) -> _Doubt | None:
    """Look whether its agent says that the steps to come should change."""
    conversation = work.conversation
    if conversation is None:
        return None
    claimed = "" if conversation.claim is None else conversation.claim.changes_next
    why = "; ".join(filter(None, (*_proposed(state, node, conversation), claimed)))
    return (why, _named(state.nodes.values())) if why else None


def _proposed(state: RunState, node: StepState, conversation: Conversation) -> Iterator[str]:
    """Yield what it proposed in words, but for what has stopped the plan already."""
    has_stopped = any(stop.asked.step == node.spec.id for stop in state.stops)
    for call in (call for turn in conversation.turns for call in turn.calls):
        found = call.result.payload if isinstance(call.result, ev.ToolCallFinished) else None
        is_asked = isinstance(found, PlanChange) and found.operations and not is_on_short_way(state)
        if isinstance(found, PlanChange) and not is_asked and not (found.is_wrong and has_stopped):
            yield found.text


def _vanished_item(state: RunState, _: StepState, work: Attempt) -> _Doubt | None:
    """Look whether it deleted a file that a member of a group is made for."""
    if work.changes is None or not work.changes.deleted:
        return None
    gone = set(work.changes.deleted)
    left = [node for node in state.nodes.values() if has_not_begun(node) and _file_of(state, node) in gone]
    if not left:
        return None
    files = listed(sorted(filter(None, (_file_of(state, node) for node in left))), NAMED_MAX)
    return f"it deleted {files}, and a group has a member for each", tuple(node.spec.id for node in left)


def _file_of(state: RunState, node: StepState) -> str | None:
    """Return the file that a member of a group over a glob is made for."""
    group = None if node.group is None else state.nodes[node.group]
    if group is None or group.spec.for_each is None or group.spec.for_each.glob is None or node.item is None:
        return None
    return f"{state.plan.folder_prefix}{node.item}"


def _overlap(state: RunState, node: StepState, work: Attempt) -> _Doubt | None:
    """Look whether it changed, without declaring it, files of steps to come that do not need it."""
    changes = work.changes
    if changes is None:
        return None
    paths = (*(changes.changed if node.spec.writes is None else ()), *changes.undeclared)
    # First what is quick to tell: after each of very many steps most of the plan need not be looked at.
    declaring = [one for one in state.nodes.values() if one.spec.writes or one.spec.reads] if paths else []
    if not declaring:
        return None
    found = dict(_declared_by_others(state, node, declaring, paths))
    if not found:
        return None
    what = listed(dict.fromkeys(found.values()), NAMED_MAX)
    return f"it changed {what}, which steps to come declare as their own without needing it", tuple(found)


def _declared_by_others(
    state: RunState, node: StepState, declaring: Sequence[StepState], paths: Sequence[str]
) -> Iterator[tuple[StepId, str]]:
    """Yield the steps to come that declare one of the paths and do not need the step, each with the path."""
    known = {one.spec.id for one in _resting_on(state, node)}
    own = {node.spec.id, node.group} - {None}
    for other in declaring:
        is_apart = has_not_begun(other) and other.spec.id not in known and own.isdisjoint((*other.waits, other.group))
        globs = (*(other.spec.writes or ()), *other.spec.reads)
        path = next((path for path in paths if matches(path, globs)), None) if is_apart else None
        if path is not None:
            yield other.spec.id, path


def _problem(state: RunState, node: StepState, _: Attempt) -> _Doubt | None:
    """Look whether a problem was found at it."""
    texts = [one.text for one in state.reported if one.step == node.spec.id and one.severity is Severity.PROBLEM]
    return ("; ".join(texts), _named(_resting_on(state, node))) if texts else None


RULES = (
    Rule("output", _unexpected_output, asks=True),
    Rule(PROPOSAL, _proposal, asks=True),
    Rule("item", _vanished_item, asks=True),
    Rule("overlap", _overlap, asks=False),
    Rule("finding", _problem, asks=False),
)
"""What is looked at. Where the plan or its agent says what should be, and it is not, a person is asked; what may be
right all the same is only reported."""


def _resting_on(state: RunState, node: StepState) -> Iterator[StepState]:
    """Yield what needs the step, directly or through others, with the members of groups."""
    group = () if node.group is None else state.nodes[node.group].dependants
    todo, seen = [*node.dependants, *group], set[StepId]()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += (*state.nodes[name].dependants, *(state.nodes[name].members or ()))
            yield state.nodes[name]


def _named(nodes: Iterable[StepState]) -> tuple[StepId, ...]:
    """Name those that have not begun, in the order of the plan."""
    found = [node for node in nodes if has_not_begun(node)]
    return tuple(node.spec.id for node in sorted(found, key=lambda node: node.order))


# --- the question


def ask_whether_plan_holds(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Let a person decide whether the steps that a doubt concerns start as they are."""
    if node.spec.id != PLAN_HOLDS:
        return None
    asked = asked_change(state, node)
    if asked is not None:
        return ask_about_change(state, node, work, asked, now)
    doubt, word, change = first_open(state), word_to_decide_on(state), change_to_decide_on(state)
    if doubt is None and word is None and change is not None and work.people.answer is None:
        return ask_about_change(state, node, work, change, now)
    if (doubt is None and word is None) or work.people.answer == GO_ON:
        return Proposal(ev.StepVerified(**node.at(now), proof=None))
    if work.people.is_overdue:
        return expired(node, now)
    if work.people.answer is not None:
        return fails(node, now, Diagnosis.DENIED, _why_stopped(doubt, word))
    if state.pausing is not None:
        return HOLD
    text = _text_of_word(state, word) if doubt is None else _text(state, doubt)
    return Proposal(question(state, node, now, QuestionKind.ASK, text, (GO_ON, STOP)))


def _why_stopped(doubt: ev.ReplanWanted | None, word: ev.MessageSent | None) -> str:
    if doubt is not None:
        return f"stopped after step {doubt.step}: {in_line(doubt.why)}"
    return "" if word is None else f"stopped because {word.by} said: {in_line(word.text)}"


def _text_of_word(state: RunState, word: ev.MessageSent | None) -> str:
    assert word is not None
    return "\n".join(
        (
            f"{in_line(word.by)} says: {in_line(word.text)}",
            "No agent of this run reads it. Nothing has stopped for it; go on with the plan as it is, or stop the run?",
            f"To change the plan: surefoot amend {state.created.run} FILE",
        )
    )


def _text(state: RunState, doubt: ev.ReplanWanted) -> str:
    run, concerned = state.created.run, listed(doubt.affects, NAMED_MAX)
    return "\n".join(
        (
            f"Step {doubt.step} is verified, but the plan may not hold any more: {in_line(doubt.why)}",
            f"Before they start: {concerned}. Go on with them as they are, or stop the run?",
            f"To change them first: surefoot amend {run} FILE",
        )
    )
