"""Outputs (`{steps.ID.KEY}`) and artifacts that reach a step.

They come from the verified steps it needs, directly or through others, in the order of verification, so that the later
of two equal names counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from surefoot.core.ids import BlobId, StepId, encode_id
from surefoot.core.placeholders import Reference, bound
from surefoot.core.plan import Step
from surefoot.core.state import RunState, needed_by
from surefoot.core.step_state import DONE, StepState, StepStatus

COST = "cost_usd"
"""The output by which a body says what it has cost."""


def spec_of(state: RunState, node: StepState) -> tuple[Step, str | None]:
    """Return the step with its references replaced, or as the plan has it and what it lacks."""
    template = state.plan.steps[node.order[0]]
    values: dict[str, str] = {}
    for reference in node.references:
        giver = state.nodes.get(reference.step) or state.nodes.get(encode_id(reference.step))
        value = giver.outputs.get(reference.key) if giver is not None and giver.status in DONE else None
        if value is None:
            return bound(template, node.item, {}), _lack(reference, giver)
        values[reference.token] = value
    return bound(template, node.item, values), None


def edited(spec: Step, command: str) -> Step:
    """Return the step with the command that a person wants in place of its own."""
    return replace(spec, body=spec.body.with_command(command))


def reworded(spec: Step, instruction: str) -> Step:
    """Return the step with the instruction that a person wants its agent to have in place of its own."""
    return replace(spec, body=spec.body.with_instruction(instruction))


def outputs_for(state: RunState, node: StepState) -> dict[StepId, Mapping[str, str]]:
    """Return what a function that is the step's body is given of earlier outputs."""
    return needed_outputs(state, node) if node.spec.body.takes_outputs else {}


def needed_outputs(state: RunState, node: StepState) -> dict[StepId, Mapping[str, str]]:
    """Return what the steps put out that a step rests on."""
    return {one.spec.id: one.outputs for one in _earlier(state, node) if one.outputs}


def confidence_of(outputs: Mapping[str, str]) -> float | None:
    """Return how sure a body says to be of what it did (`confidence=0.9`), from 0 to 1; what is no such number is 0."""
    return None if "confidence" not in outputs else min(_amount(outputs["confidence"]), 1.0)


def uncertainties_of(outputs: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a body says not to be sure of (`uncertainty=…`)."""
    return (outputs["uncertainty"],) if "uncertainty" in outputs else ()


def cost_of(outputs: Mapping[str, str]) -> float:
    """Return what a body says to have cost (`cost_usd=0.12`)."""
    return _amount(outputs.get(COST, "0"))


def _amount(text: str) -> float:
    """Return a number that is not negative and has an end; 0 for any other text."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0.0 <= number < float("inf") else 0.0


def artifacts_for(state: RunState, node: StepState) -> tuple[BlobId, ...]:
    """Return the lists of artifacts that belong into the step's lane; a later one goes over an earlier one."""
    kept = (one.kept for one in _earlier(state, node))
    return tuple(one.manifest for one in kept if one is not None and one.manifest is not None)


def _lack(reference: Reference, node: StepState | None) -> str:
    if node is not None and node.status is StepStatus.SKIPPED:
        return f"{reference.token} stands for nothing: step {node.spec.id} was skipped ({node.reason})"
    put_out = ", ".join(node.outputs) if node is not None else ""
    said = f"it put out {put_out}" if put_out else "it put out nothing"
    cure = f"let it write `{reference.key}=VALUE` to $SUREFOOT_OUTPUT"
    return (
        f"{reference.token} stands for nothing: step {reference.step} has no output {reference.key!r}, {said}; {cure}"
    )


def _earlier(state: RunState, node: StepState) -> Iterator[StepState]:
    """Yield the steps that hand something on and that the step needs, in the order in which they were verified."""
    found = needed_by(state, node) if state.handing else ()
    for name in state.handing:
        if name in found and state.nodes[name].status in DONE:
            yield state.nodes[name]
