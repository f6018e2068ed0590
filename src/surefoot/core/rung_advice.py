"""What a rung has to tell the next attempt: the facts of the failed one, while what was done in it is still known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from surefoot.core.agent_acts import named_in_vain
from surefoot.core.agent_types import ToolKind
from surefoot.core.approval import RESOURCE, difference_of
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Finding
from surefoot.core.ladder_table import Rung
from surefoot.core.prompts import ABSENT, AWAY, CHANGED_MEANWHILE, NOT_AS_READ, NOT_COMPARED
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.stubs import cut
from surefoot.core.untrusted_text import in_line

_FACTS_MAX, _FACT_MAX = 8, 300
_PATHS_MAX = 20
_EVIDENCE_MAX = 12
_TOOLS_MAX = 3


def told_for(state: RunState, node: StepState, work: Attempt, rung: Rung) -> tuple[str, ...]:
    """Return the facts that the next attempt is told because of a rung, each in a line; none where it needs none."""
    tell = _TELLS.get(rung)
    if tell is None:
        return ()
    found = dict.fromkeys(cut(in_line(fact), _FACT_MAX) for fact in tell(state, node, work))
    return tuple(found)[:_FACTS_MAX]


def misused_tools(work: Attempt) -> tuple[str, ...]:
    """Return the tools that the agent of an attempt used wrongly, as far as they exist, the last one first."""
    return tuple(dict.fromkeys(call.asked.tool for call in _misused(work) if call.kind is not None))[:_TOOLS_MAX]


def evidence_for(state: RunState, node: StepState, work: Attempt) -> tuple[int, ...]:
    """Return where the failure of an attempt shows: its own event, and what monitors found in the attempt."""
    found = [place for one in _findings(state, node) for place in one.evidence]
    return (work.failed_at, *dict.fromkeys(found))[:_EVIDENCE_MAX]


def _findings(state: RunState, node: StepState) -> Iterator[Finding]:
    yield from (one for one in state.reported if (one.step, one.attempt) == (node.spec.id, node.attempt))


def _misused(work: Attempt) -> Iterator[ToolCallState]:
    if work.conversation is not None:
        calls = (call for turn in reversed(work.conversation.turns) for call in reversed(turn.calls))
        yield from (call for call in calls if call.result is not None and call.result.is_misuse)


def _wrong_claims(state: RunState, node: StepState, work: Attempt) -> Iterator[str]:
    """Yield what the agent said or took for granted, and what its own calls showed."""
    conversation = work.conversation
    if conversation is None:
        yield from (one.text for one in _findings(state, node))
        return
    if conversation.claim is not None:
        # Loaded where a claim is judged: its expressions take long to make.
        from surefoot.core.claim_check import ungrounded, unproven

        yield from ungrounded(conversation.claim, conversation, work.changed, work.absent)
        yield from unproven(conversation.claim, conversation)
    yield from _named_in_vain(conversation)


def _named_in_vain(conversation: Conversation) -> Iterator[str]:
    """Yield the calls that named what does not exist."""
    for turn in conversation.turns:
        for call in turn.calls:
            if call.result is not None and named_in_vain(call.result):
                yield f"turn {turn.number}, {call.asked.summary or call.asked.tool}: {call.result.text}"


def _misuses(_: RunState, __: StepState, work: Attempt) -> Iterator[str]:
    for call in _misused(work):
        assert call.result is not None
        yield f"{call.asked.summary or call.asked.tool}: {call.result.text}"


def _drifted(state: RunState, node: StepState, work: Attempt) -> Iterator[str]:
    """Yield what was done that nobody asked for."""
    if node.undeclared:
        yield f"it changed {', '.join(node.undeclared[:_PATHS_MAX])}, which is not the step's to change"
    yield from (one.text for one in _findings(state, node))
    refused = (call for turn in (work.conversation.turns if work.conversation else ()) for call in turn.calls)
    for call in refused:
        if call.kind is ToolKind.WRITE and call.result is not None and call.result.is_misuse:
            yield f"it wanted {call.asked.summary}, and was told: {call.result.text}"


def _changed(state: RunState, node: StepState, work: Attempt) -> Iterator[str]:
    yield from resources_changed(work)
    yield from changed_meanwhile(state, node)
    yield from _answered(work)


def _answered(work: Attempt) -> Iterator[str]:
    """Yield what people answered to the agent's questions: it holds on, and is not to be asked again."""
    for turn in work.conversation.turns if work.conversation is not None else ():
        for call in turn.calls:
            if call.kind is ToolKind.ASK and call.result is not None and call.result.ok:
                yield f"{call.result.text} (it had asked: {call.asked.summary})"


def resources_changed(work: Attempt) -> tuple[str, ...]:
    """Say which resources of an agent's attempt stand otherwise than when it began, as was found after an absence."""
    looked = None if work.conversation is None else work.conversation.looked
    if looked is None or work.checkpoint is None:
        return ()
    now = {one.name for one in looked.resources}  # the plan may say otherwise by now how they are observed
    before = tuple(one for one in work.checkpoint.observed if one.name in now)
    known = {one.name for one in before}
    return difference_of(before, tuple(one for one in looked.resources if one.name in known))


def changed_meanwhile(state: RunState, node: StepState) -> Iterator[str]:
    """Yield the files that other steps changed on the run branch since the base of the attempt was fixed."""
    work = node.work
    assert work is not None
    seen = {} if work.conversation is None else work.conversation.seen
    for other in state.nodes.values():
        if other is not node and other.verified_seq > work.based_at and other.changed:
            paths = sorted(other.changed, key=lambda path: path not in seen)[:_PATHS_MAX]
            read = ", ".join(path for path in paths if path in seen)
            yield f"step {other.spec.id} changed {', '.join(paths)}{f' (you read {read})' if read else ''}"


def away_said(state: RunState, node: StepState, conversation: Conversation) -> str:
    """Say to an agent that goes on after a long time what holds no longer of what it saw; empty: all of it does."""
    told = [*_not_as_read(conversation), *_not_compared(state, node, conversation), *_on_branch(state, node)]
    return "\n".join([ABSENT.format(hours=(conversation.away_s or 0.0) / 3600), *told]) if told else ""


def away_said_to_others(state: RunState, node: StepState, away_s: float) -> str:
    """Say to an agent of others that goes on after a long time what may hold no longer: what it saw is not known."""
    uses = f", and of {', '.join(node.spec.uses)}" if node.spec.uses else ""
    return "\n".join([AWAY.format(hours=away_s / 3600, uses=uses), *_on_branch(state, node)])


def _not_as_read(conversation: Conversation) -> Iterator[str]:
    """Yield what is to be said of the files that are not as the agent read them."""
    looked = conversation.looked
    if looked is None or not (looked.changed or looked.gone):
        return
    files = [f"{in_line(path)} is gone" for path in looked.gone]
    files += [f"{in_line(path)} has changed" for path in looked.changed]
    more = len(files) - _PATHS_MAX
    yield NOT_AS_READ.format(files=", ".join([*files[:_PATHS_MAX], *([f"and {more} more"] if more > 0 else [])]))


def _not_compared(state: RunState, node: StepState, conversation: Conversation) -> Iterator[str]:
    """Yield what is to be said of what the step uses outside its lane and nobody has compared."""
    spec, looked, checkpoint = node.spec, conversation.looked, None if node.work is None else node.work.checkpoint
    services = state.plan.services_of(spec)
    before = () if checkpoint is None else tuple(one.name for one in checkpoint.observed)
    known = () if looked is None else tuple(one.name for one in looked.resources if one.name in before)
    found = [f"the service {name}, which was started anew," for name in services]
    found += [name for name in spec.uses if name not in services and f"{RESOURCE}{name}" not in known]
    found += ["the network"] if spec.network else []
    found += [] if spec.confine and not spec.sockets else ["programs and files outside your lane"]
    if found:
        yield NOT_COMPARED.format(outside=" and of ".join(found))


def _on_branch(state: RunState, node: StepState) -> list[str]:
    """Say what has changed on the run branch, under its head; empty: nothing has."""
    changed = [f"- {one}" for one in changed_meanwhile(state, node)]
    return [CHANGED_MEANWHILE, *changed] if changed else []


_TELLS: Mapping[Rung, Callable[[RunState, StepState, Attempt], Iterator[str]]] = {
    Rung.VERIFY_CLAIMS: _wrong_claims,
    Rung.EXACT_SCHEMA: _misuses,
    Rung.RESTATE: _drifted,
    Rung.REOBSERVE: _changed,
}
