"""Models are told of exactly the tools they have, and what is wrong with a call in a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.agent_types import Role, ToolKind
from surefoot.core.kernel.model_fallback import TOLD_TOKENS, TOOLS_TOKENS
from surefoot.core.token_estimate import tokens_of
from surefoot.core.tool_table import TOOLBOX, basic_tools_of, tools_of
from surefoot.models.prompted_tools import schema_of_calls, told_tools
from surefoot.tools import arguments_of, basic_specs_of, flaw_of, question_of, shell_command_of, specs_of, summary_of
from surefoot.tools.registry import tool_of

GRAMMAR_WORDS = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "description",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
}
STEP = {"id": "a", "why": "b"}
GOOD: dict[str, dict[str, Any]] = {
    "list": {"path": "src", "depth": 2, "glob": None},
    "search": {"pattern": "x", "context": 5},
    "read": {"path": "a", "more": [{"path": "b", "start": 1}]},
    "outline": {"path": "a"},
    "symbols": {"name": "a.b"},
    "git": {"args": ["log"]},
    "recall": {"reference": "3.2"},
    "edit": {"edits": [{"path": "a", "old": "x", "new": ""}], "delete": []},
    "run": {"command": "true"},
    "note": {"text": "x"},
    "ask": {"question": "?", "options": ["a", "b"]},
    "propose": {"change": "x", "why": "y"},
    "understood": {"summary": "x", "files": [], "scope": [], "accept": [{"run": "true"}]},
    "plan": {"steps": [STEP | {"run": "true"}]},
    "amend": {"why": "x", "changes": [{"add": STEP | {"run": "true"}, "before": "a"}, {"drop": "b"}]},
    "finish": {"summary": "x", "confidence": 0.5},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_told_of_its_tools_in_the_order_of_the_toolbox(role: Role) -> None:
    """No more and no fewer."""
    assert [spec.name for spec in specs_of(role)] == [tool.name for tool in tools_of(role)]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.SCOUT, "search read understood"),
        (Role.PLANNER, "search read plan"),
        (Role.WORKER, "read edit run finish"),
        (Role.REVIEWER, "read git finish"),
    ],
)
def test_a_model_without_native_tools_is_told_of_few(role: Role, names: str) -> None:
    """Of `recall` once there is something to recall; the small model that had all of them called `git` alone."""
    assert [row.name for row in basic_tools_of(role)] == names.split()
    assert "recall" in [spec.name for spec in basic_specs_of(role, has_stubs=True)]


def test_the_basic_tools_of_a_worker_take_flat_arguments() -> None:
    """Only the first line of a read may be left out; lists and objects in lists were filled with nonsense."""
    schemas = [spec.schema for spec in basic_specs_of(Role.WORKER, has_stubs=False)]
    kinds = {shape["type"] for schema in schemas for shape in schema["properties"].values()}
    assert kinds == {"string", "integer", "number"}
    left_out = [key for schema in schemas for key in schema["properties"] if key not in schema["required"]]
    assert left_out == ["start"]


@pytest.mark.parametrize(
    ("flat", "whole"),
    [
        ({"path": "a", "old": "x", "new": ""}, {"edits": [{"path": "a", "old": "x", "new": ""}]}),
        ({"path": "a", "old": "", "new": "x"}, {"create": [{"path": "a", "content": "x"}]}),
        ({"path": "a", "content": "x"}, {"create": [{"path": "a", "content": "x"}]}),
        ({"path": "a", "old": "x"}, {"path": "a", "old": "x"}),
    ],
)
def test_a_flat_edit_is_taken_as_a_list_of_one(flat: dict[str, str], whole: dict[str, Any]) -> None:
    """Whichever model wrote it: what it means is certain. One that lacks something is not made up."""
    assert arguments_of("edit", flat) == whole


def shapes_in(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all that are in it."""
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from shapes_in(inner)


@pytest.mark.parametrize("role", Role)
def test_the_schemas_can_become_a_grammar(role: Role) -> None:
    """They are JSON Schema of few keywords; objects say what they need and take nothing else."""
    for spec in specs_of(role):
        jsonschema.Draft202012Validator.check_schema(spec.schema)
        for shape in shapes_in(spec.schema):
            assert set(shape) <= GRAMMAR_WORDS
            assert "properties" not in shape or (shape["additionalProperties"], "required" in shape) == (False, True)


@pytest.mark.parametrize("name", TOOLBOX)
def test_a_good_call_has_no_flaw(name: str) -> None:
    """Null stands for what is left out."""
    assert flaw_of(name, GOOD[name], "") == ""


FLAWS = {
    "list": ({"depht": 3}, "list: there is no argument 'depht'; did you mean 'depth'?"),
    "search": ({}, "search: `pattern` is missing; a text was expected"),
    "read": ({"path": 3}, "read: `path` has to be a text, but 3 was given"),
    "outline": ({"path": ""}, "outline: `path` is empty; a text was expected"),
    "git": ({"args": "log"}, 'git: `args` has to be a list, but "log" was given'),
    "recall": ({"reference": "1.1", "start": 0}, "recall: `start` has to be at least 1, but 0 was given"),
    "edit": ({"edits": [{"path": "a", "old": "b"}]}, "edit: `edits[0].new` is missing; a text was expected"),
    "run": ({"command": "x", "timeout_s": 1.5}, "run: `timeout_s` has to be a whole number, but 1.5 was given"),
    "finish": ({"summary": "x", "confidence": 7}, "finish: `confidence` has to be at most 1, but 7 was given"),
    "plan": (
        {"steps": [STEP | {"effect": "none"}]},
        (
            'plan: `steps[0].effect` has to be one of "read", "reversible", "idempotent", "irreversible", '
            'but "none" was given'
        ),
    ),
    "understood": (
        {"summary": "x", "files": [], "scope": [], "accept": [{"run": "x", "expct": "pass"}]},
        "understood: there is no argument 'expct' in `accept[0]`; did you mean 'expect'?",
    ),
    "ask": ({"question": True}, "ask: `question` has to be a text, but true was given"),
}


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_is_told_with_its_place(name: str) -> None:
    """Which argument, what was expected, what was given; for unknown ones the nearest."""
    arguments, said = FLAWS[name]
    assert flaw_of(name, arguments, "") == said


def test_arguments_that_are_no_object_are_shown_as_they_were_written() -> None:
    """With the reason, where they are no JSON at all."""
    said = flaw_of("run", None, '{"command": "x')
    assert said.startswith(
        """the arguments of 'run' have to be one JSON object, but this was given: {"command": "x (it is"""
    )


def test_arguments_that_nest_without_end_are_refused() -> None:
    """Before anything walks through them."""
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"x": deep}
    assert "30 levels" in flaw_of("plan", {"steps": [STEP | {"for_each": deep}]}, "")


@pytest.mark.parametrize("key", ["confine", "sockets", "env_from", "files", "call", "held_back"])
def test_a_model_cannot_open_what_only_a_person_opens(key: str) -> None:
    """Neither the sandbox, nor sockets, nor secrets, nor what is held back from agents."""
    assert f"no argument '{key}'" in flaw_of("plan", {"steps": [STEP | {"run": "x", key: "x"}]}, "")
    assert f"no argument '{key}'" in flaw_of("plan", {"steps": [STEP | {"checks": [{"run": "x", key: "x"}]}]}, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "edits", "steps", "id"]), inner)
    ),
)


@given(
    name=st.sampled_from(sorted(TOOLBOX)),
    arguments=st.dictionaries(st.sampled_from(["path", "edits", "args", "steps", "text"]), JSON),
)
def test_flaws_are_what_a_validator_finds(name: str, arguments: dict[str, Any]) -> None:
    """Compared with a whole implementation of JSON Schema; and any call has a summary in one line."""
    schema = next(spec.schema for role in Role for spec in specs_of(role) if spec.name == name)
    if "null" not in json.dumps(arguments):
        assert bool(flaw_of(name, arguments, "")) is not jsonschema.Draft202012Validator(schema).is_valid(arguments)
    said = summary_of(name, arguments)
    assert (len(said) <= 160, "\n" in said, said.startswith(name)) == (True, False, True)


def test_halves_of_characters_do_not_get_through() -> None:
    """JSON can hold them; a journal cannot."""
    half = {"command": "a\ud800"}
    said = (summary_of("run", half), shell_command_of("run", half), flaw_of("note", None, "\ud800"))
    assert [text.encode().count(b"?") for text in said] == [1, 1, 1]


SUMMARIES = {
    "read": ({"path": "a.py", "start": 3, "more": [{"path": "b.py"}]}, "read a.py:3-, b.py"),
    "edit": (
        {
            "edits": [{"path": "a.py", "old": "x", "new": "y"}] * 2,
            "create": [{"path": "b.py", "content": ""}],
            "move": [{"path": "c", "to": "d"}],
            "delete": ["e"],
        },
        "edit a.py (2 replacements), b.py (whole), c -> d, e (deleted)",
    ),
    "run": ({"command": "pytest -q\n"}, "run pytest -q"),
    "git": ({"args": ["log", "-3"]}, "git log -3"),
    "plan": ({"steps": [{"id": "a"}, {"id": "b"}]}, "plan 2 steps: a, b"),
    "search": ({"pattern": "x" * 300}, "search " + "x" * 152 + "…"),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_call_is_summed_up_in_a_line(name: str) -> None:
    """What it does, to what."""
    arguments, said = SUMMARIES[name]
    assert summary_of(name, arguments) == said


def test_only_run_has_a_shell_command() -> None:
    """The kernel judges it before it is run."""
    told = {name: shell_command_of(name, {"command": "ls"}) for name in TOOLBOX}
    assert {name: command for name, command in told.items() if command} == {"run": "ls"}


def test_only_ask_has_a_question() -> None:
    """With the answers it takes, which the kernel puts to a person."""
    told = {name: question_of(name, {"question": "?", "options": ["a", "b"]}) for name in TOOLBOX}
    assert {name: asked for name, asked in told.items() if any(asked)} == {"ask": ("?", ("a", "b"))}


def test_only_a_tool_that_writes_runs_a_shell_command() -> None:
    """What is run may change the lane, so that it has the lane for itself."""
    shells = [row for name, row in TOOLBOX.items() if tool_of(name).command]
    assert [row.kind for row in shells] == [ToolKind.WRITE]


@pytest.mark.parametrize("role", Role)
def test_no_less_room_is_kept_for_tools_than_they_take(role: Role) -> None:
    """As schemas of the provider's own, as a schema that is told, or in words alone."""
    specs = specs_of(role)
    native = json.dumps([{"function": {"name": one.name, "text": one.text, "schema": one.schema}} for one in specs])
    told = told_tools(specs, schema_of_calls(specs, needs_call=True))
    assert max(map(tokens_of, (native, told))) <= TOOLS_TOKENS[role]
    assert tokens_of(told_tools(specs, None)) <= TOLD_TOKENS


def test_each_tool_is_documented() -> None:
    """One row a tool, in the order of the toolbox, with its kind and those who have it."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "tools.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([a-z]+) \| ([a-z, ]+) \|", page, re.MULTILINE)
    everybody = ", ".join(Role)
    wanted = [(row, ", ".join(role for role in Role if role in row.roles)) for row in TOOLBOX.values()]
    assert rows == [(row.name, row.kind, "everybody" if who == everybody else who) for row, who in wanted]


def test_no_module_acts_on_the_name_of_a_tool() -> None:
    """What a call is depends on its row, its kind, or on the payload of its result."""
    source = Path(__file__).resolve().parents[2] / "src" / "surefoot"
    asks = re.compile(r"\.tool (?:==|!=|in|not in) |match \S+\.tool:")
    assert [path.name for path in sorted(source.rglob("*.py")) if asks.search(path.read_text("utf-8"))] == []


def test_no_description_names_a_path_that_a_project_may_not_have() -> None:
    """A small model asks for it as if it were there."""
    told = json.dumps([[spec.text, spec.schema] for role in Role for spec in specs_of(role)])
    assert re.findall(r"src/|dist/|node_modules|\b\w+\.py\b", told) == []
