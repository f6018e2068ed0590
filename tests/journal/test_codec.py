"""Every event reads back as it was written."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surefoot.core import check_kinds, plan, probe_kinds
from surefoot.core.agent_types import Claim, Note, ToolCall, Understanding
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.events import (
    EVENTS,
    CheckAnswered,
    Event,
    GroupExpanded,
    ModelRequested,
    ModelResponded,
    RunCreated,
    ToolCallFinished,
)
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.tool_payload import MadePlan, Payload, PlanChange, Planned, Understood
from surefoot.journal.codec import HOLDERS, blobs_of, decode, encode
from surefoot.release import RELEASE
from tests.examples import examples

RUN = RunId("20260102-abcdef")
TEXT = st.text(
    st.characters() | st.characters(categories=["Cs"], min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=8
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(),
    float: FLOATS,
    bool: st.booleans(),
    object: JSON,
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything a field with this annotation may hold."""
    hint = getattr(hint, "__supertype__", hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple and get_args(hint)[-1] is not Ellipsis:
        return st.tuples(*map(values, get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=2).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(TEXT, values(get_args(hint)[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})


def read_back(event: Event) -> Event:
    """The event after it was written and read."""
    return decode(RUN, 1, encode(event), RELEASE)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.kind)
def test_every_event_reads_back_equal(kind: type[Event]) -> None:
    """Whatever its fields hold, file names that are not UTF-8 included."""

    @given(values(kind))
    @settings(max_examples=examples(15), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    def holds(event: Event) -> None:
        assert read_back(event) == event

    holds()


BODIES = (
    plan.RunBody(command="x"),
    plan.CallBody(function="f"),
    plan.FunctionBody(name="f"),
    plan.AskBody(question="?"),
)
CHECKS = (
    check_kinds.CommandCheck(command="x"),
    check_kinds.TestsCheck(command="x"),
    check_kinds.FileCheck(glob="x"),
    check_kinds.CallCheck(function="m:f"),
    check_kinds.ChangedCheck(globs=("x",)),
    check_kinds.JsonCheck(file="x", path="a[0]", equals={"b": [1, 1.5, None, True, "x"]}),
)
PROBES = (
    probe_kinds.FileProbe(path="x"),
    probe_kinds.GitProbe(remote="o", ref="r", commit="c"),
    probe_kinds.HttpProbe(url="u"),
    probe_kinds.RunProbe(command="x"),
    probe_kinds.CallProbe(function="m:f"),
    probe_kinds.CommandProbe(argv=("x", "y"), applied="z"),
    probe_kinds.FunctionProbe(name="f"),
    probe_kinds.ProcessProbe(pattern="x"),
    probe_kinds.PortProbe(port="1"),
    probe_kinds.PackageProbe(package="p", version="1", index="i"),
    probe_kinds.SqlProbe(
        query="q", url="u", not_applied=probe_kinds.SqlAnswer(rows=0, first=(None, True, 1, 1.5, "x"))
    ),
)
STEP = plan.Step(id=StepId("s"), body=BODIES[0])
MEMBERS = {
    **{type(body).__name__: replace(STEP, body=body) for body in BODIES},
    **{type(ask).__name__: replace(STEP, checks=(plan.Check(name="c", ask=ask),)) for ask in CHECKS},
    **{type(ask).__name__: replace(STEP, probe=probe_kinds.Probe(ask=ask)) for ask in PROBES},
}


@pytest.mark.parametrize("step", MEMBERS.values(), ids=MEMBERS)
def test_each_member_of_a_union_reads_back_as_itself(step: plan.Step) -> None:
    """Bodies, checks and probes with nothing set that need not be."""
    event = RunCreated(at=1.0, run=RUN, plan=plan.Plan(goal="g", steps=(step,)))
    assert read_back(event) == event


PAYLOADS = (
    Note(text="x", by="a"),
    PlanChange(text="x"),
    Claim(summary="x"),
    Understood(understanding=Understanding(summary="x")),
    Planned(made=MadePlan(plan=plan.Plan(goal="g", steps=(STEP,)), text=BlobId("1" * 64))),
)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda one: type(one).__name__)
def test_each_payload_of_a_call_reads_back_as_itself(payload: Payload) -> None:
    """With nothing set that need not be; and the audit asks for the plan in it."""
    place = {"at": 1.0, "step": StepId("a"), "attempt": 1, "call": "1.1", "ok": True, "text": "", "tokens": 1}
    event = ToolCallFinished(**place, output=BlobId("2" * 64), payload=payload)
    assert read_back(event) == event
    assert len(blobs_of(event)) == (2 if isinstance(payload, Planned) else 1)


def test_a_file_name_that_is_not_utf8_is_written_as_ascii() -> None:
    """Such an event is no less a fact."""
    event = GroupExpanded(at=1.0, group=StepId("g"), items=("caf\udce9.py", "\\ud", "é"))
    assert encode(event).body.isascii()
    assert read_back(event) == event


def test_the_blobs_of_an_event_are_those_it_names() -> None:
    """An audit asks for each of them."""
    one, two = BlobId("1" * 64), BlobId("2" * 64)
    event = CheckAnswered(
        at=1.0, step=StepId("a"), attempt=1, moment=Moment.AFTER, check=0, verdict=Verdict.PASSED, evidence=one
    )
    assert (blobs_of(event), blobs_of(replace(event, results=two))) == ([one], [one, two])


def reaches_blob(hint: Any) -> bool:
    """Whether an annotation leads to a blob's name by way of another record."""
    inner = get_type_hints(hint).values() if is_dataclass(hint) else get_args(hint)
    return hint is BlobId or any(map(reaches_blob, inner))


def test_no_event_names_a_blob_where_the_audit_does_not_look() -> None:
    """It looks at events themselves, and into the records of those that are known to hold such names."""
    for kind in EVENTS:
        outer = [hint for name, hint in get_type_hints(kind).items() if name not in HOLDERS.get(kind, ())]
        inner = {hint for one in outer for hint in (one, *get_args(one))}
        assert not any(reaches_blob(hint) for hint in inner if is_dataclass(hint)), kind


def test_the_blobs_of_a_reply_are_those_of_its_calls_too() -> None:
    """The arguments of a call are evidence."""
    reply, arguments = BlobId("1" * 64), BlobId("2" * 64)
    call = ToolCall(call="1.1", tool="read", arguments=arguments, summary="read")
    place = {"at": 1.0, "step": StepId("a"), "attempt": 1}
    event = ModelResponded(**place, turn=1, model="m", reply=reply, said="", tokens=1, calls=(call,))
    assert blobs_of(event) == [reply, arguments]


def test_rows_name_the_release_of_the_project() -> None:
    """The version stands in two places and must not drift."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == RELEASE


def test_a_run_created_by_the_first_version_knows_no_earlier_times() -> None:
    """It was written before there were any."""
    made = plan.Plan(goal="g", steps=())
    written = encode(RunCreated(at=1.0, run=RUN, plan=made))
    old = replace(written, version=1, body=written.body.replace(b',"estimates":{}', b""))
    assert old.body != written.body
    assert decode(RUN, 1, old, "0.1.0") == RunCreated(at=1.0, run=RUN, plan=made)


def test_a_request_written_by_the_first_version_has_no_temperature_and_no_message() -> None:
    """Nor did it ask for whole files: version 2 brought all three."""
    asked = ModelRequested(at=1.0, step=StepId("a"), attempt=1, turn=1, model="m", tokens=5)
    written = encode(asked)
    body = written.body.replace(b',"temperature":null,"messages":[],"is_focused":false', b"")
    assert (written.version, body != written.body) == (2, True)
    assert decode(RUN, 1, replace(written, version=1, body=body), "0.1.0") == asked
