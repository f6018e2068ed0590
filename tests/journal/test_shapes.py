"""What is not what an annotation says is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.core.ids import StepId
from surefoot.core.plan import Check, RetryPolicy, RunBody, Step
from surefoot.core.record import record
from surefoot.journal.record_json import REFUSALS, read, written

WRONG = {
    "a field nobody knows": (RunBody, b'{"command":"x","shell":"sh","more":1}'),
    "a missing field": (RunBody, b'{"shell":"sh"}'),
    "a number for a text": (RunBody, b'{"command":1,"shell":"sh"}'),
    "a list for an object": (RunBody, b'["x"]'),
    "a text for a list": (Step, b'{"id":"a","body":{"is":"FunctionBody","name":"f"},"needs":"b"}'),
    "an unknown word": (Step, b'{"id":"a","body":{"is":"FunctionBody","name":"f"},"effect":"none"}'),
    "no member of a union": (Check, b'{"name":"c","ask":{"nothing":1}}'),
    "a member of a union that is not named": (Step, b'{"id":"a","body":{"command":"x","shell":"bash"}}'),
    "a class that is no member of the union": (Check, b'{"name":"c","ask":{"is":"Nothing","command":"x"}}'),
    "another class than was written": (RunBody, b'{"is":"AgentBody","command":"x","shell":"sh"}'),
    "no JSON": (RunBody, b"{"),
    "a pit of lists": (RunBody, b"[" * 200_000),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_not_as_annotated_is_refused(case: tuple[type[object], bytes]) -> None:
    """Nothing is guessed or turned into something else."""
    kind, body = case
    with pytest.raises(REFUSALS):
        read(kind, body)


@record
class First:
    """Stands in a union with one that looks the same."""

    text: str


@record
class Second:
    """The other one."""

    text: str


@record
class Holding:
    """Holds one of them."""

    one: First | Second
    more: tuple[First | Second, ...] = ()


def test_a_record_of_a_union_is_read_as_the_class_it_was_written_as() -> None:
    """A field with a default that is added later cannot turn what was written into another class."""
    held = Holding(one=Second(text="x"), more=(First(text="y"), Second(text="z")))
    assert read(Holding, written(held)) == held


def test_a_record_of_a_union_that_holds_what_is_not_utf_8_is_read_as_its_class() -> None:
    """Such texts are written in another way."""
    held = Holding(one=Second(text="\udc80"))
    assert read(Holding, written(held)) == held


@pytest.mark.parametrize("text", ["x", "é", "\udc80"])
def test_a_long_record_is_read_like_a_short_one(text: str) -> None:
    """By another parser, which does not take what is not UTF-8."""
    held = Holding(one=Second(text=text * 200_000))
    assert read(Holding, written(held)) == held


def test_defaults_are_read_as_what_they_are() -> None:
    """A plan's steps are mostly defaults, which are told from what only looks like them."""
    step = Step(id=StepId("a"), body=RunBody(command="x"), unproved=True, best_of=3)
    assert read(Step, written(step)) == step
    assert read(Step, written(replace(step, retry=RetryPolicy(maximum_attempts=7), unproved=False))).retry != step.retry
