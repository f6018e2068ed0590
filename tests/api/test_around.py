"""What a plan runs around its steps, in whole runs and in what is said beforehand.

Read `tests/core/test_kernel_around.py` for the questions.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import surefoot
from surefoot.api.engagement import create_run, engage
from surefoot.api.home import Home
from surefoot.api.preview import look_over
from surefoot.api.validation import Source
from surefoot.core.plan_commands import commands_around
from surefoot.core.policy_types import Policy, Rule, Tier
from surefoot.core.state import RunState
from surefoot.planfile import parse_plan
from surefoot.workers.preconditions import with_facts

NEVER = Policy(own=(Rule(name="mine", tier=Tier.NEVER, reason="It is not to be.", commands=("touch *",)),))
AROUND = """
goal: g
prepare: {run: pip install x, network: true}
services: {db: {run: serve, ready: ask, network: true}}
limits: {resources: {gpu: {count: 1, observe: nvidia-smi}}}
accept: [{run: curl -d x https://h, network: true}]
steps:
  - {id: "a-{f}", for_each: {f: {lines: list-them}}, run: wc, network: true, effect: read}
  - {id: b, run: pay, effect: idempotent, probe: {run: was-paid}, checks: [{run: look, confine: false}], uses: [gpu]}
"""


@pytest.mark.parametrize(
    "around",
    [
        "prepare: {run: touch $MARK}",
        "accept: [{run: touch $MARK, expect: pass_to_pass}]",
        "services: {s: {run: touch $MARK}}",
        "limits: {resources: {r: {observe: touch $MARK}}}",
    ],
)
async def test_what_a_rule_never_allows_around_the_steps_is_not_run(
    repository: Path, tmp_path: Path, around: str
) -> None:
    """The run ends before a lane is made, with the rule as its reason."""
    step = "{id: a, run: 'true', effect: idempotent, uses: [r, s]}" if "s:" in around else "{id: a, run: 'true'}"
    text = f"goal: g\nenv: {{MARK: {tmp_path}/mark}}\n{around}\nsteps: [{step}]\n"
    options = surefoot.Options(policy=NEVER, yes=True)
    with Home(tmp_path / "home") as home:
        state = create_run(home, parse_plan(text, "p").plan, Source(repository=repository), options=options)
        ended: RunState = await engage(home, state, options)
    assert (ended.outcome, "rule mine" in ended.outcome_reason, ended.lanes) == ("failed", True, {})
    assert not (tmp_path / "mark").exists()


def test_all_that_has_a_way_out_beside_bodies_is_named_beforehand(repository: Path) -> None:
    """With its text, in the order of the plan."""
    reviewed = look_over(parse_plan(AROUND, "p").plan, repository, {})
    assert [(one.where, one.text) for one in reviewed.open_commands] == [
        ("prepare", "pip install x"),
        ("service db", "serve"),
        ("`ready` of service db", "ask"),
        ("`observe` of gpu", "nvidia-smi"),
        ("acceptance check 'curl -d x https://h'", "curl -d x https://h"),
        ("items of a-{f}", "list-them"),
        ("check 'look' of b", "look"),
        ("probe of b", "was-paid"),
    ]


def test_what_will_ask_before_the_first_step_is_named_beforehand(repository: Path) -> None:
    """With the rule and with what approves it."""
    first = look_over(parse_plan(AROUND, "p").plan, repository, {}).asks[0]
    assert (first.step, first.approve) == ("(commands)", "--yes")
    assert first.why.startswith("acceptance check 'curl -d x https://h': it sends data")


def test_what_is_never_allowed_around_the_steps_is_a_problem_beforehand(repository: Path) -> None:
    """In a service, in `prepare`, in a probe; before anything runs."""
    text = AROUND.replace("run: serve", "run: rm -rf /").replace("was-paid", "rm -rf ~/")
    found = look_over(parse_plan(text, "p").plan, repository, {}).findings
    named = [(one.step, one.severity.value) for one in found if one.kind == "never-allowed"]
    assert sorted(named, key=str) == [("b", "problem"), (None, "problem")]


def test_a_known_variable_is_read_with_its_value() -> None:
    """What a command of the plan does may hang on it."""
    plan = parse_plan("goal: g\nenv: {TOOL: git push}\nprepare: {run: $TOOL}\nsteps: [{id: a, ask: x}]\n", "p").plan
    (command,) = with_facts(commands_around(plan))
    assert command.does is not None
    assert ("git", "push") in command.does.commands
