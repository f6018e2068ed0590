"""The choice for each group: in a batch, side by side, or carefully, one member after the other.

What the plan says holds. `auto` goes by four questions: can a member be undone, what does a failure cost, does one
member rest on another, and may what comes of one change the next?
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.ids import StepId
from surefoot.core.plan import Batch, OnFailure, Step
from surefoot.core.policy_types import Effect
from surefoot.core.record import record

LONG_S = 3600.0
"""A member that is estimated to take this long, in seconds, is one whose failure is dear."""
DEAR_USD = 5.0
"""So is one that may cost so much, in US dollars."""
_MINUTE_S = 60.0
_SAID = "the plan says so"


@record
class BatchChoice:
    """How the members of a group are taken up, and on what ground."""

    step: StepId
    mode: Batch
    """`batch` or `careful`."""
    why: str


def batch_choice(group: Step, *, effect: Effect | None = None, shares_file: bool = False) -> BatchChoice:
    """Return how the members of a group are taken up.

    Args:
        group: the group as the plan has it.
        effect: the effect class that counts, where a command was recognised as a worse one than is declared.
        shares_file: whether the commands of all members name one file that they write.
    """
    if group.batch is not Batch.AUTO:
        return BatchChoice(step=group.id, mode=group.batch, why=_SAID)
    effect = effect or group.effect
    reasons = "; ".join(_reasons_for_care(group, effect, shares_file=shares_file))
    if reasons:
        return BatchChoice(step=group.id, mode=Batch.CAREFUL, why=reasons)
    again = "repeated" if effect is Effect.IDEMPOTENT else "undone"
    cost = "an attempt" if group.estimate_s is None else f"about {_said(group.estimate_s)}"
    why = f"members can be {again}, a failure costs {cost}, and none rests on another"
    return BatchChoice(step=group.id, mode=Batch.BATCH, why=why)


def is_careful(group: Step, *, effect: Effect | None = None, shares_file: bool = False) -> bool:
    """Tell whether the members of a group are taken up one after the other."""
    return batch_choice(group, effect=effect, shares_file=shares_file).mode is Batch.CAREFUL


def _reasons_for_care(group: Step, effect: Effect, *, shares_file: bool) -> Iterator[str]:
    if effect is Effect.IRREVERSIBLE:
        yield "what a member does cannot be undone"
    if OnFailure.STOP in group.ways_on:
        yield "a failure stops the run"
    elif OnFailure.ROLLBACK in group.ways_on:
        yield "a failure takes back what others have verified"
    if group.estimate_s is not None and group.estimate_s >= LONG_S:
        yield f"a failure costs about {_said(group.estimate_s)}"
    cost_usd = group.body.own_limits.cost_usd
    if cost_usd is not None and cost_usd >= DEAR_USD:
        yield f"a failure may cost ${cost_usd:g}"
    if shares_file:
        yield "the members write one file, so that each rests on the one before"
    if not group.body.acts:
        yield "a person answers each, and an answer may change what follows"


def _said(seconds: float) -> str:
    for size, unit in ((LONG_S, "h"), (_MINUTE_S, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:g} s"
