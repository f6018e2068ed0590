"""What undoes a run: which outside effects can be taken back, in which order, and by which steps.

The command that a plan has for it (`undo: {run: …}`) becomes a system step of the run: it asks first, is in doubt when
it is cut off, and is settled by the probe of the step whose effect it takes back, asked the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.ids import idempotency_key
from surefoot.core.plan import EVERYTHING, Effect, RetryPolicy, RunBody, Step, Tier
from surefoot.core.probe_kinds import FunctionProbe
from surefoot.core.regex import regex
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import undo_step_id

_NOT_IN_VARIABLES = regex(r"[^A-Za-z0-9]")


def effects_of(state: RunState) -> Iterator[StepState]:
    """Yield the steps whose outside effects are in the world, or may be, the one that was applied last first."""
    found = [node for node in state.steps() if node.has_reached_out and not node.is_undone]
    yield from sorted(found, key=lambda node: (node.applied_seq, node.order), reverse=True)


def can_undo(state: RunState, node: StepState) -> bool:
    """Tell whether the plan has a command that takes the effect of the step back; commands need a workspace."""
    has_own = bool(node.applied or node.applied_before) or node.is_in_doubt or node.is_reaching_out
    return bool(node.spec.undo_run) and state.has_workspace and has_own


def next_to_undo(state: RunState) -> StepState | None:
    """Return the step whose effect is to be taken back next; None: nothing is left to take back."""
    assert state.undoing is not None
    left = state.undoing.leave
    return next((node for node in effects_of(state) if can_undo(state, node) and node.spec.id not in left), None)


def undo_step_of(state: RunState, node: StepState) -> Step:
    """Return the step that takes back the effect of another one."""
    spec = node.spec
    probe = None if spec.probe is None or isinstance(spec.probe.ask, FunctionProbe) else spec.probe
    outputs = {
        f"SUREFOOT_OUTPUT_{_NOT_IN_VARIABLES.sub('_', name).upper()}": value for name, value in node.outputs.items()
    }
    return Step(
        id=undo_step_id(spec.id),
        title=f"Undo {spec.id}",
        why=f"The run is undone, and {spec.id} has had an effect outside the workspace.",
        body=RunBody(command=spec.undo_run),
        cwd=spec.cwd,
        env={**spec.env, **outputs, "SUREFOOT_UNDO_KEY": idempotency_key(state.created.run, spec.id)},
        env_from=spec.env_from,
        home=spec.home,
        writes=(EVERYTHING,),
        network=spec.network,
        sockets=spec.sockets,
        confine=spec.confine,
        uses=spec.uses,
        effect=Effect.IRREVERSIBLE,
        tier=Tier.CONFIRM,
        probe=probe,
        undo=f"do {spec.id} again",
        retry=RetryPolicy(maximum_attempts=1),
        timeout_s=spec.timeout_s,
    )
