"""What of a step is weighed: its commands with the variables that each is given.

Read `tests/core/test_policy.py` for that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, RunBody, Step
from surefoot.workers.preconditions import commands_of

STEP = Step(id=StepId("it"), body=RunBody(command="$TOOL push"), env={"TOOL": "echo"})


def test_a_command_is_weighed_with_the_values_of_the_plan_and_of_its_step() -> None:
    """The step's own wins."""
    facts = commands_of(STEP, {"TOOL": "git", "MORE": "x"})
    assert facts is not None
    assert (facts.commands, facts.unclear) == ((("echo", "push"),), None)
    assert facts.sets == ("TOOL=echo", "MORE=x")


def test_a_check_is_weighed_with_its_own_values() -> None:
    """They win over those of the step."""
    check = Check(name="it", ask=CommandCheck(command="$TOOL push"), expect=Expect.PASS, env={"TOOL": "git"})
    facts = commands_of(replace(STEP, checks=(check,)), {})
    assert facts is not None
    assert facts.commands == (("echo", "push"), ("git", "push"))


def test_a_value_from_the_environment_is_not_known_beforehand() -> None:
    """It wins over what the plan gives."""
    facts = commands_of(replace(STEP, env_from=("TOOL",)), {})
    assert facts is not None
    assert facts.unclear is not None


@pytest.mark.parametrize("name", ["BASH_ENV", "LD_PRELOAD", "GIT_CONFIG_GLOBAL"])
def test_a_variable_that_decides_what_runs_makes_a_command_unclear(name: str) -> None:
    """Though no command names it."""
    facts = commands_of(replace(STEP, env={"TOOL": "echo", name: "x"}), {})
    assert facts is not None
    assert facts.unclear is not None


def test_a_command_of_an_agent_is_weighed_with_the_values_of_the_plan_and_of_its_step(lane: Any) -> None:
    """As one of a plan is."""
    step = replace(lane.context.plan.steps[0], id="{item}", env={"TOOL": "git"})
    lane.context.plan = replace(lane.context.plan, env={"BASH_ENV": "tools.sh"}, steps=(step,))
    does = lane.call("run", command="$TOOL push").does
    assert does.commands == (("git", "push"),)
    assert does.unclear is not None
