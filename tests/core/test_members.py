"""What a group's members are made of: the item in every text, quoted where a shell reads it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from surefoot.core.check_kinds import CallCheck, ChangedCheck, CommandCheck, FileCheck, TestsCheck
from surefoot.core.ids import StepId
from surefoot.core.placeholders import member_of
from surefoot.core.plan import AskBody, CallBody, Check, ForEach, FunctionBody, RunBody, Step
from surefoot.core.probe_kinds import (
    CallProbe,
    CommandProbe,
    FileProbe,
    GitProbe,
    HttpProbe,
    PackageProbe,
    PortProbe,
    Probe,
    ProcessProbe,
    RunProbe,
    SqlProbe,
)

ITEM = "a b[1].md"
GROUP = Step(id=StepId("g-{item}"), body=RunBody(command="true"), for_each=ForEach(items=(ITEM,)))


def member(**fields: Any) -> Step:
    """Return the member of a group with these fields, for an item that shells and globs would both misread."""
    return member_of(dataclasses.replace(GROUP, **fields), ITEM)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (RunBody(command="wc {item}"), RunBody(command="wc 'a b[1].md'")),
        (
            AskBody(question="{item}?", options=("{item}", "no"), show=("{item}",)),
            AskBody(question="a b[1].md?", options=("a b[1].md", "no"), show=("a b[[]1].md",)),
        ),
        (CallBody(function="m:{item}"), CallBody(function="m:{item}")),
        (FunctionBody(name="f"), FunctionBody(name="f")),
    ],
)
def test_the_body_gets_the_item(body: Any, expected: Any) -> None:
    """A shell gets one word, a person the plain text; what is imported by name is no text."""
    assert member(body=body).body == expected


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (CommandCheck(command="wc {item}"), CommandCheck(command="wc 'a b[1].md'")),
        (TestsCheck(command="t {item}", format="unittest"), TestsCheck(command="t 'a b[1].md'", format="unittest")),
        (FileCheck(glob="**/{item}", contains="# {item}"), FileCheck(glob="**/a b[[]1].md", contains="# a b[1].md")),
        (FileCheck(glob="{item}", exists=True), FileCheck(glob="a b[[]1].md", exists=True)),
        (ChangedCheck(globs=("{item}", "x")), ChangedCheck(globs=("a b[[]1].md", "x"))),
        (CallCheck(function="m:{item}"), CallCheck(function="m:{item}")),
    ],
)
def test_the_question_of_a_check_gets_the_item(ask: Any, expected: Any) -> None:
    """In a glob the item matches nothing but itself."""
    [check] = member(checks=(Check(name="{item}", ask=ask, cwd="d/{item}", env={"A": "{item}"}),)).checks
    assert check == Check(name=ITEM, ask=expected, cwd=f"d/{ITEM}", env={"A": ITEM})


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (FileProbe(path="/out/{item}", sha256="0"), FileProbe(path="/out/a b[1].md", sha256="0")),
        (GitProbe(remote="{item}", ref="{item}", commit="{item}"), GitProbe(remote=ITEM, ref=ITEM, commit=ITEM)),
        (HttpProbe(url="http://x/{item}"), HttpProbe(url="http://x/a b[1].md")),
        (RunProbe(command="ls {item}"), RunProbe(command="ls 'a b[1].md'")),
        (CallProbe(function="m:{item}"), CallProbe(function="m:{item}")),
        (ProcessProbe(pattern="serve {item}"), ProcessProbe(pattern=r"serve a\ b\[1\]\.md")),
        (ProcessProbe(pattern="x", pid_file="{item}"), ProcessProbe(pattern="x", pid_file=ITEM)),
        (PortProbe(port="{item}"), PortProbe(port=ITEM)),
        (
            CommandProbe(argv=("look", "{item}"), applied="^{item}$", not_applied="no {item}"),
            CommandProbe(argv=("look", ITEM), applied=r"^a\ b\[1\]\.md$", not_applied=r"no a\ b\[1\]\.md"),
        ),
        (
            PackageProbe(package="{item}", version="{item}", index="{item}"),
            PackageProbe(package=ITEM, version=ITEM, index=ITEM),
        ),
        (
            SqlProbe(query="n = '{item}'", url="sqlite:///{item}"),
            SqlProbe(query=f"n = '{ITEM}'", url=f"sqlite:///{ITEM}"),
        ),
    ],
)
def test_the_probe_gets_the_item(ask: Any, expected: Any) -> None:
    """Each member asks the world about its own effect."""
    assert member(probe=Probe(ask=ask, within_s=3.0)).probe == Probe(ask=expected, within_s=3.0)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"id": "g-a%20b%5B1%5D.md", "for_each": None, "cwd": None, "writes": None, "probe": None}),
        ({"title": "{item}", "why": "{item}", "undo": "{item}"}, {"title": ITEM, "why": ITEM, "undo": ITEM}),
        ({"cwd": "{item}", "env": {"A": "{item}"}}, {"cwd": ITEM, "env": {"A": ITEM}}),
        ({"reads": ("{item}",), "writes": ("{item}",)}, {"reads": ("a b[[]1].md",), "writes": ("a b[[]1].md",)}),
        ({"scratch": ("{item}.tmp",)}, {"scratch": ("a b[[]1].md.tmp",)}),
    ],
)
def test_the_rest_of_a_step_gets_the_item(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    """The id is made of characters an id can hold; what the plan leaves open stays open."""
    made = member(**fields)
    assert {name: getattr(made, name) for name in expected} == expected


def test_a_quote_in_an_item_does_not_end_a_text_of_sql() -> None:
    """It is doubled, as SQL wants it; the plan has put the quotes round the placeholder."""
    group = dataclasses.replace(GROUP, probe=Probe(ask=SqlProbe(query="SELECT '{item}'", url="sqlite:///x")))
    assert member_of(group, "it's").probe == Probe(ask=SqlProbe(query="SELECT 'it''s'", url="sqlite:///x"))
