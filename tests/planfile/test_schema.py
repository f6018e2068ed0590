"""The JSON Schema of plan files: it takes what the reader takes, knows each key, and refuses the same slips."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from surefoot.cli.projects import Project
from surefoot.cli.starter import starter
from surefoot.errors import PlanInvalid
from surefoot.planfile import parse_plan
from surefoot.planfile.json_schema import plan_schema

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [
    (f"{page.relative_to(ROOT)}-{at}", text)
    for page in PAGES
    for at, text in enumerate(_BLOCK.findall(page.read_text("utf-8")))
    if "\namend:\n" not in text  # else it is an amendment
]
EXAMPLES = [(path.parent.name, path.read_text("utf-8")) for path in sorted((ROOT / "examples").rglob("*.yaml"))]
PLANS = dict([*SHOWN, *EXAMPLES, ("starter", starter("surefoot.yaml", Project()))])
STEP = "goal: g\nsteps:\n  - id: a\n"
WRONG = {
    "an unknown key of a plan": f"gaol: g\n{STEP}    run: x\n",
    "an unknown key of a step": f"{STEP}    run: x\n    tmeout: 3s\n",
    "an unknown key of a check": f"{STEP}    run: x\n    checks: [{{run: x, expct: pass}}]\n",
    "an unknown key of a probe": f"{STEP}    run: x\n    probe: {{file: x, sha: y}}\n",
    "a database's answer that is a list": f"{STEP}    run: x\n    probe: {{sql: SELECT 1, url: $X, applied: [1]}}\n",
    "an unknown key of retry": f"{STEP}    run: x\n    retry: {{maximum: 2}}\n",
    "an unknown key of limits": f"limits: {{walls: 2h}}\n{STEP}    run: x\n",
    "an unknown key of prepare": f"prepare: {{run: x, keys: [y]}}\n{STEP}    run: x\n",
    "an unknown key of a service": f"services: {{db: {{run: x, redy: y}}}}\n{STEP}    run: x\n",
    "an unknown key of defaults": f"defaults: {{writes: [x]}}\n{STEP}    run: x\n",
    "no goal": "steps: [{id: a, run: x}]\n",
    "no steps": "goal: g\nsteps: []\n",
    "no body": STEP,
    "two bodies": f"{STEP}    run: x\n    ask: y\n",
    "two kinds of check": f"{STEP}    run: x\n    checks: [{{run: x, tests: y}}]\n",
    "a duration without unit": f"{STEP}    run: x\n    timeout: 30\n",
    "a duration with another unit": f"{STEP}    run: x\n    timeout: 3w\n",
    "a word that is none": f"{STEP}    run: x\n    effect: undoable\n",
    "a number that is a text": f"limits: {{attempts: three}}\n{STEP}    run: x\n",
    "no attempts": f"limits: {{attempts: 0}}\n{STEP}    run: x\n",
    "a flag that is a text": f'{STEP}    run: x\n    confine: "no"\n    effect: read\n',
    "a function without module": f"{STEP}    call: build\n",
    "an unquoted placeholder": f"{STEP}    run: x\n    writes: [{{file}}]\n",
    "a name of a variable that is none": f"env: {{A-B: x}}\n{STEP}    run: x\n",
    "two ways to make items": f"{STEP}    run: x\n    for_each: {{f: {{glob: x, lines: y}}}}\n",
    "a place to go back to without a step": f"{STEP}    run: x\n    on_failure: {{rollback: a}}\n",
}


def judge() -> jsonschema.Draft202012Validator:
    """Return what holds a plan against the schema."""
    return jsonschema.Draft202012Validator(plan_schema())


def loaded(text: str) -> object:
    """Return what an editor sees in a plan's text: plain data."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))


def test_the_schema_is_one_of_its_dialect() -> None:
    """The draft of 2020-12 takes it."""
    jsonschema.Draft202012Validator.check_schema(plan_schema())


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_that_is_shown_is_valid(name: str) -> None:
    """Those of the documentation, of the examples, and the one that `init` writes."""
    assert [error.message for error in judge().iter_errors(loaded(PLANS[name]))] == []


@pytest.mark.parametrize("name", WRONG)
def test_a_slip_is_refused_by_the_schema_and_by_the_reader(name: str) -> None:
    """What an editor underlines, `check` refuses."""
    assert not judge().is_valid(loaded(WRONG[name]))
    with pytest.raises(PlanInvalid):
        parse_plan(WRONG[name], "plan.yaml")


def test_every_key_is_explained() -> None:
    """A key that is added to a reader's table needs its words here."""
    tables = {"plan": plan_schema(), **plan_schema()["$defs"]}
    silent = [
        f"{name}.{key}" for name, table in tables.items() for key, shape in table["properties"].items() if not shape
    ]
    assert silent == []


def test_every_table_refuses_other_keys() -> None:
    """None of them lets a slip through."""
    tables = [plan_schema(), *plan_schema()["$defs"].values()]
    assert [table["additionalProperties"] for table in tables] == [False] * len(tables)
