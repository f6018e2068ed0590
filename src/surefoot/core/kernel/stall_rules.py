"""The rules for what gives no sign: it is reported, and where the settings say so interrupted, so that it fails."""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_acts import is_waiting
from surefoot.core.event_words import Diagnosis
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.monitor_rules import report
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.monitor_table import Say
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.effects import BODY, MODEL_REQUEST

_STALL = "stall"


def watch_quiet(state: RunState, nodes: Iterable[StepState], now: float) -> list[Proposal]:
    """Report what gives no sign, or interrupt it; not what waits for a person, or reaches others."""
    moves: list[Proposal] = []
    for node in nodes:
        work = node.work
        if work is None or work.quiet is None or work.people.question is not None:
            continue
        move = report(state, node, _STALL, _said(work.quiet), now, (work.quiet_at,))
        is_ended = work.interrupt_requested or work.is_stalled or not work.is_busy or node.is_reaching_out
        if move is None and state.watches.of(_STALL).say is Say.FAIL and not is_ended:
            move = Proposal(ev.InterruptRequested(**node.at(now), is_stall=True), do.Interrupt(**node.in_lane))
        moves += [] if move is None else [move]
    return moves


def stalled(node: StepState, now: float) -> Proposal:
    """Fail an attempt that was interrupted because it gave no sign."""
    assert node.work is not None
    quiet = node.work.quiet
    return fails(node, now, Diagnosis.STALL, "it gave no sign, and was ended" if quiet is None else _said(quiet))


def _said(quiet: ev.QuietNoticed) -> str:
    what = {BODY.name: "its body", MODEL_REQUEST.name: "the model"}.get(quiet.effect, f"the call {quiet.subject}")
    return f"for {quiet.quiet_s:.0f} s {what} gave no sign"


def silence_of_body(state: RunState, node: StepState) -> float | None:
    """Return after how many seconds without output of its body that is told; what waits by intent may be silent."""
    body = node.spec.body
    if any(is_waiting(one.text) for one in body.commands):
        return None
    return state.watches.silence_s(is_agent=body.by_model)
