"""Masks the secrets in every text of a record, but for the texts that have to stay as they are.

Owns the table of these exceptions, each with its reason. A text that the table does not name is masked, so that a new
field of an event is masked without anybody thinking of it. Must never change what an identifier names. Read
`surefoot.masking` next: what counts as a secret.

Workers report facts, and these are masked here. The kernel makes its decisions from masked facts and from the plan as
its author wrote it.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from surefoot.core.plan import Check, Limits, Plan, Prepare
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.rules import CommandFacts, Policy
from surefoot.core.talking import Casting
from surefoot.masking import Masker

T = TypeVar("T")
_Masking = Callable[[Any, Masker], Any]

_WRITTEN = "It is carried out as its author wrote it; `check` warns of secrets in a plan, models' plans may hold none."
_SETTINGS = "It is compared with what is carried out, and comes from settings, which hold names of variables only."
EXACT_RECORDS: Mapping[type[object], str] = {
    Plan: _WRITTEN,
    Check: _WRITTEN,
    Prepare: _WRITTEN,
    Limits: _WRITTEN,
    PlanCommand: _WRITTEN,
    Policy: _SETTINGS,
    Casting: _SETTINGS,
}
"""Records that stay as they are, with the reason."""

_OBJECT = "It names an object of git, or is a digest of this program's."
_OURS = "This program made it up, to find the same thing again."
_PLANS = "It is a name of the plan's, by which the thing is found again."
_THEIRS = "A person or a settings file gave it, and it is compared with others of its kind."
_PLACE = "It is where the run finds the user's repository or plan."
_EDITED = "It is carried out as the person wrote it; an edit that holds a secret is refused before."
EXACT_FIELDS: Mapping[str, str] = {
    # names of objects and digests
    **dict.fromkeys(
        (
            "ApprovalRecorded.shown",
            "ChangesObserved.digest",
            "ChangesObserved.tree",
            "CallFinished.tree",
            "CheckAnswered.environment",
            "CheckAnswered.tree",
            "Checkpointed.commit",
            "Checkpointed.environment",
            "Checkpointed.tree",
            "CommitWritten.commit",
            "Guidance.digest",
            "LaneReady.environment",
            "LaneRequested.commit",
            "MergeAsked.onto",
            "MergeRefused.onto",
            "Merged.onto",
            "Merged.onto_tree",
            "Merged.tree",
            "Package.trees",
            "PlaceAsked.commit",
            "PlaceAsked.tree",
            "Placed.tree",
            "QuestionAsked.shown",
            "RefsAsked.commit",
            "RefsAsked.old",
            "RefsMoved.commit",
            "RolledBack.commit",
            "RunCreated.base",
            "RunCreated.base_tree",
            "RunCreated.plan_digest",
            "RunRestored.commit",
            "StepVerified.commit",
            "TalkOpened.tree",
        ),
        _OBJECT,
    ),
    # names that this program made up
    **dict.fromkeys(
        (
            "BodyStarted.key",
            "BodyStarted.rule",
            "CallFinished.call",
            "CallSettled.call",
            "CallStarted.call",
            "CallStarted.rule",
            "CheckpointAsked.lane",
            "DeadlineSet.question",
            "EffectCancelled.effect",
            "EffectCancelled.subject",
            "EffectFailed.effect",
            "EffectFailed.subject",
            "EngineStarted.engine",
            "EngineStarted.host",
            "EngineStarted.release",
            "EngineStarted.rung",
            "EngineStopped.reason",
            "ExpansionAsked.lane",
            "Finding.kind",
            "LaneReady.lane",
            "LaneRequested.lane",
            "LimitReached.limit",
            "Note.by",
            "Note.call",
            "Package.effect",
            "Package.rule",
            "Package.sandbox",
            "Package.step",
            "QuestionAnswered.question",
            "QuestionAsked.call",
            "QuestionAsked.question",
            "QuestionExpired.question",
            "ServiceAsked.lane",
            "ServiceEnded.lane",
            "ServiceReady.lane",
            "ServiceStopAsked.lane",
            "StepVerified.proof",
            "ToolCall.call",
            "ToolCall.private",
        ),
        _OURS,
    ),
    # names of the plan
    **dict.fromkeys(
        (
            "ServiceAsked.service",
            "ServiceEnded.service",
            "ServiceReady.service",
            "ServiceStopAsked.service",
        ),
        _PLANS,
    ),
    # who, and what they may
    **dict.fromkeys(
        (
            "ApprovalRecorded.by",
            "CancelRequested.by",
            "Demand.next_role",
            "Demand.role",
            "LimitsRaised.by",
            "OptionsGiven.by",
            "PauseRequested.by",
            "PlanAdopted.by",
            "PlanEdited.by",
            "QuestionAnswered.by",
            "QuestionAnswered.roles",
            "QuestionAnswered.via",
            "RunCreated.by",
            "RunResumed.by",
            "RunRestored.by",
            "StepsReset.by",
            "TurnAsked.model",
        ),
        _THEIRS,
    ),
    "RunCreated.base_ref": _PLACE,
    "RunCreated.plan_path": _PLACE,
    "RunCreated.repository": _PLACE,
    "QuestionAnswered.edit": _EDITED,
    "GroupExpanded.items": "A step is made for each as it is; an item that holds a secret is refused before.",
    "ToolCall.provider_id": "The provider chose it, and finds its call again by it.",
    "ToolCall.tool": "It is looked up in the table of tools; a name that is not in there is masked before.",
}
"""Texts that stay as they are, by record and field, with the reason."""

UNREADABLE = "a part of it looks like a secret and is masked, so that no rule can read it"
"""What is said of a command whose words had to be masked."""


def masked(record: T, masker: Masker) -> T:
    """Return a dataclass with every secret in its texts masked, however deep these stand."""
    masking = _masking_of(type(record))
    return record if masking is None else masking(record, masker)


@cache
def _masking_of(hint: Any) -> _Masking | None:
    """Return how a value of this annotation is masked; None where there is nothing to mask in it."""
    if hint is str:
        return lambda value, masker: masker.text(value)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _by_value if any(_masking_of(one) for one in inner) else None
    if origin is tuple:
        return _each if any(_masking_of(one) for one in inner if one is not Ellipsis) else None
    if origin in (Mapping, dict):
        return _pairs if any(map(_masking_of, inner)) else None
    if is_dataclass(hint) and hint not in EXACT_RECORDS:
        return _record(cast("type[Any]", hint))
    return None  # ids, members of an enum, numbers, exact records


def _by_value(value: Any, masker: Masker) -> Any:
    """Mask a value whose annotation is a union."""
    if isinstance(value, tuple):
        return _each(cast("tuple[Any, ...]", value), masker)
    if isinstance(value, Mapping):
        return _pairs(cast("Mapping[Any, Any]", value), masker)
    masking = _masking_of(cast("type[Any]", type(value)))
    return value if masking is None else masking(value, masker)


def _each(values: tuple[Any, ...], masker: Masker) -> tuple[Any, ...]:
    return tuple([_by_value(value, masker) for value in values])


def _pairs(values: Mapping[Any, Any], masker: Masker) -> dict[Any, Any]:
    return {_by_value(key, masker): _by_value(value, masker) for key, value in values.items()}


def _record(kind: type[Any]) -> _Masking | None:
    hints = get_type_hints(kind)
    named = [(field.name, _masking_of(hints[field.name])) for field in fields(kind)]
    inner = [(name, way) for name, way in named if way is not None and f"{kind.__name__}.{name}" not in EXACT_FIELDS]
    if not inner:
        return None

    def mask(record: Any, masker: Masker) -> Any:
        changes: dict[str, Any] = {}
        for name, masking in inner:
            value = getattr(record, name)
            other = masking(value, masker)
            if other != value:
                changes[name] = other
        if not changes:
            return record
        record = dataclasses.replace(record, **changes)
        if isinstance(record, CommandFacts) and record.unclear is None:
            return replace(record, unclear=UNREADABLE)
        return record

    return mask
