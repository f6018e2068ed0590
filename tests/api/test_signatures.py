"""The signatures of plans in Python, and the schema of plans: each key is in both, with its words and default."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from surefoot import Check, Plan, Step
from surefoot.core.plan_keys import Key, Table
from surefoot.core.plan_schema import TABLES
from surefoot.planfile import parse_plan

ONLY_IN_FILES = {
    "for_each",  # a loop makes such steps
    "if_empty",
    "batch",
    "files",  # they lie beside the plan's file
    "default",
    "policy",  # rules stand in settings
    "defaults",
    "attempts",  # `retry` says it for a step
    "limits",  # each of them is a parameter
}
ONLY_IN_PYTHON = {"do", "probe_within_s", "undo_run"}
KINDS: dict[type[Any], tuple[str, ...]] = {
    Check: ("check",),
    Step: ("step", "agent", "question"),
    Plan: ("plan", "limits"),
}
BODIES = {"do": "agent", "question": "ask"}
"""Keys of the table of a body that Python calls as a step's own key for the body."""
SPOKEN = ["run: 'true'", "tests: 'true'", "file: a\n    exists: true", "call: 'a:b'", "changed: [a]"]


def keys_of(table: Table) -> list[Key]:
    """Return the keys of a table, and those of its kinds that stand beside them."""
    kinds = [key for kind in table.kinds for key in (kind.keys[:1] if kind.is_nested else kind.keys)]
    return [*table.keys, *kinds]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_key_of_a_plan_file_is_a_parameter(kind: type[Any]) -> None:
    """A key that is new in the schema has to be added, or named above as one for files alone."""
    names = {field.name for field in fields(kind)}
    keys = [key for name in KINDS[kind] for key in keys_of(TABLES[name])]
    missing = [key.name for key in keys if not {key.name, key.fills, BODIES.get(key.name)} & names]
    assert sorted(set(missing) - ONLY_IN_FILES) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_parameter_is_a_key_of_plan_files(kind: type[Any]) -> None:
    """What no schema knows would be lost on the way to the plan; the docstring says what the schema says."""
    said = (kind.__doc__ or "").partition("Args:")[2]
    assert {one.name for one in fields(kind) if f"    {one.name}: " not in said} - ONLY_IN_PYTHON == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_words_are_those_of_the_schema(kind: type[Any]) -> None:
    """A type checker knows each word that a plan file takes."""
    hints = get_type_hints(kind)
    for key in [key for name in KINDS[kind] for key in keys_of(TABLES[name]) if key.value.words and key.name in hints]:
        said = [word for one in (hints[key.name], *get_args(hints[key.name])) for word in get_args(one)]
        assert [word for word in said if isinstance(word, str)] == [str(word) for word in key.value.words]


def test_what_is_not_said_is_as_in_a_plan_file() -> None:
    """The defaults are those of the schema."""
    plan = Plan(goal="g", steps=[Step("a", run="true"), Step("b", agent="x", unproved=True), Step("c", ask="?")])
    text = "goal: g\nsteps: [{id: a, run: 'true'}, {id: b, agent: x, unproved: true}, {id: c, ask: '?'}]\n"
    assert plan.compiled() == parse_plan(text, "F").plan


@pytest.mark.parametrize("spoken", SPOKEN)
def test_a_check_without_more_is_as_in_a_plan_file(spoken: str) -> None:
    """Its name, too, is made from the question."""
    values: dict[str, dict[str, Any]] = {
        SPOKEN[0]: {"run": "true"},
        SPOKEN[1]: {"tests": "true"},
        SPOKEN[2]: {"file": "a", "exists": True},
        SPOKEN[3]: {"call": "a:b"},
        SPOKEN[4]: {"changed": ["a"]},
    }
    plan = Plan(goal="g", steps=[Step("a", run="true")], accept=[Check(**values[spoken])])
    assert plan.compiled() == parse_plan(f"goal: g\nsteps: [{{id: a, run: 'true'}}]\naccept:\n  - {spoken}\n", "F").plan


def test_a_shell_and_folders_are_said_as_in_a_plan_file() -> None:
    """`shell`, `cwd` and `scratch`."""
    plan = Plan(goal="g", steps=[Step("a", run="true", shell="sh", cwd="b", scratch=["c"])])  # noqa: S604
    text = "goal: g\nsteps: [{id: a, run: 'true', shell: sh, cwd: b, scratch: [c]}]\n"
    assert plan.compiled() == parse_plan(text, "F").plan
