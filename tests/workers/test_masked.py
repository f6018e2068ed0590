"""No text of an event holds a secret, but for those on the list of exceptions."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import pytest

from surefoot.core import events as ev
from surefoot.core.agent_types import ToolCall
from surefoot.core.events import EVENTS, Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import RunBody, Step
from surefoot.core.policy import facts_before, weigh
from surefoot.core.policy_types import CommandFacts, Decision, Policy, Tier
from surefoot.core.raw import Raw
from surefoot.masking import Masker
from surefoot.workers.redaction import masked

SECRET = "swordfish-77"
MASKER = Masker([SECRET])
MEMBERS_MAX = 12
"""No union of a record has more members."""
FLOOR = Decision(tier=Tier.LOG, rule="floor", reason="")


def filled(hint: Any, member: int = -1) -> Any:
    """Return a value of an annotation with the secret in every text; `member` says which of a union, None apart."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is str:
        return f"see {SECRET}!"
    if origin in (Union, types.UnionType):
        known = [one for one in inner if one is not types.NoneType]
        return filled(known[member % len(known)], member)
    if origin is tuple:
        return tuple(filled(one, member) for one in inner if one is not Ellipsis)
    if origin in (Mapping, dict):
        return {filled(inner[0], member): filled(inner[1], member)}
    if origin is Literal:
        return inner[0]
    if hasattr(hint, "__supertype__"):
        return "an-id"
    if is_dataclass(hint):
        kind = cast("type[Any]", hint)
        hints = get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name], member) for field in fields(kind)})
    if issubclass(hint, Enum):
        return next(iter(hint))
    return True if hint is bool else hint(1) if hint in (int, float) else None


def unmasked(record: Any) -> Iterator[str]:
    """Yield each field that holds the secret though its annotation does not say that it may; records that may, not."""
    hints = get_type_hints(type(record), include_extras=True)
    for field in fields(record):
        for one in parts(getattr(record, field.name)):
            if is_dataclass(one) and not isinstance(getattr(one, "raw", None), Raw):
                yield from unmasked(one)
            elif isinstance(one, str) and SECRET in one and "Raw(" not in repr(hints[field.name]):
                yield f"{type(record).__name__}.{field.name}"


def parts(value: Any) -> Iterator[Any]:
    """Yield what a value holds, however deep, down to texts and records."""
    if isinstance(value, tuple):
        for one in cast("tuple[Any, ...]", value):
            yield from parts(one)
    elif isinstance(value, Mapping):
        for pair in cast("Mapping[Any, Any]", value).items():
            yield from parts(pair)
    else:
        yield value


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.kind)
def test_every_text_of_an_event_is_masked_unless_it_is_declared_raw(kind: type[Event]) -> None:
    """A new field is masked by default; one that has to stay as it is needs a type with the reason."""
    for member in range(MEMBERS_MAX):
        assert list(unmasked(masked(filled(kind, member), MASKER))) == []


def test_what_is_declared_raw_stays_as_it_is() -> None:
    """A digest that looks like a secret still names the same object; the plan is carried out as it was written."""
    created = filled(ev.RunCreated)
    kept = masked(created, MASKER)
    assert (kept.base, kept.plan, kept.by) == (created.base, created.plan, created.by)


def test_what_a_model_asks_and_offers_is_masked() -> None:
    """The words of commands, and the answers that a person may give."""
    does = CommandFacts(commands=(("curl", SECRET),), hosts=(SECRET,))
    call = ToolCall(call="1.1", tool="ask", arguments=BlobId("b"), summary="", does=does, options=(SECRET, "no"))
    answered = filled(ev.ModelResponded)
    text = repr(masked(ev.ModelResponded(**{**vars_of(answered), "calls": (call,)}), MASKER))
    assert SECRET not in text


def vars_of(record: Any) -> dict[str, Any]:
    """Return the fields of a record."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def test_a_command_whose_words_were_masked_is_not_weighed_as_if_rules_could_read_it() -> None:
    """A secret that is also a word of a command would else take it out of the reach of a rule."""
    does = masked(CommandFacts(commands=(("git", "push"),)), Masker(["push"]))
    step = Step(id=StepId("s"), body=RunBody(command="git push"), network=True)
    assert weigh(Policy(), facts_before(step, "execute", does, "bubblewrap"), FLOOR).tier is Tier.CONFIRM


def test_a_record_without_secrets_is_returned_as_it_is() -> None:
    """Nothing is copied."""
    event = ev.Merged(at=1.0, step=StepId("s"), attempt=1, onto="a", onto_tree="b", tree="c", changed=("d",))
    assert masked(event, MASKER) is event
