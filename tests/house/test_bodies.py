"""No module but their own asks of which kind a body is: so a new kind is added in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import surefoot
from surefoot.core.bodies import AnyBody, Body

SOURCE = Path(surefoot.__file__).parent
KINDS = {kind.__name__ for kind in (*get_args(AnyBody), Body)}
OWN = SOURCE / "core" / "bodies"


def named(node: ast.AST | None) -> set[str]:
    """Return all names within a piece of code."""
    inner = [] if node is None else list(ast.walk(node))
    return {one.id for one in inner if isinstance(one, ast.Name)} | {
        one.attr for one in inner if isinstance(one, ast.Attribute)
    }


def asked(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that ask of which kind a body is."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]) if named(kinds) & KINDS:
                yield node.lineno
            case ast.MatchClass(cls=kind) if named(kind) & KINDS:
                yield kind.lineno
            case ast.Compare(comparators=others, left=left) if "type" in named(left):
                yield from (node.lineno for other in others if named(other) & KINDS)
            case _:
                pass


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(step.body, RunBody | AskBody)",
        "isinstance(step.body, core.AgentBody)",
        "type(body) is CallBody",
        "match body:\n    case FunctionBody(name=name):\n        pass",
    ],
)
def test_a_question_for_the_kind_of_a_body_is_found(text: str) -> None:
    """Whichever way it is asked."""
    assert list(asked(ast.parse(text)))


def test_only_bodies_themselves_ask_for_the_kind_of_a_body() -> None:
    """All else asks a body for what it wants to know: a fact of `Body`, a driver, a performer."""
    modules = (path for path in SOURCE.rglob("*.py") if not path.is_relative_to(OWN))
    found = [
        f"{path.relative_to(SOURCE)}:{line}" for path in modules for line in asked(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_each_kind_of_body_has_a_module_and_a_name_of_its_own() -> None:
    """The word for it is what pages show and, in plan files, its key."""
    kinds = get_args(AnyBody)
    assert len({kind.__module__ for kind in kinds}) == len({kind.kind for kind in kinds}) == len(kinds)
