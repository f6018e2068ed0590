"""An effect is never treated as milder than what is recognised in the commands.

Owns the tests of what raises the effect of a step, and of an agent's command, to irreversible: for the approval, after
a kill, at a retry and in the report. Must never run a command. Read `test_kernel_doubt.py` next.
"""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core.ids import StepId
from surefoot.core.plan import LOOPBACK, Effect, RunBody, Step
from surefoot.core.policy import raising_rule
from surefoot.core.rules import CommandFacts
from surefoot.shellwords import facts_of

SEALED = "bubblewrap"


def step(**fields: Any) -> Step:
    """Make a step with the network, but for other fields."""
    return Step(id=StepId("a"), body=RunBody(command=""), **{"network": True, **fields})


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("curl -X POST http://x/", "sends-data"),
        ("make && git push origin main", "git-push"),
        ("twine upload dist/*", "publishes"),
        ("gh release create v1", "changes-a-forge"),
        ("aws s3 rm s3://bucket/key", "deploys"),
        ("alembic upgrade head", "databases"),
        ("psql -c 'DELETE FROM users'", "databases"),
        ("rabbitmqadmin publish routing_key=q payload=x", "sends-data"),
        ("ssh host systemctl restart app", "other-hosts"),
        ("echo x > /dev/tcp/10.0.0.1/80", "connections"),
    ],
)
def test_commands_that_reach_others_are_recognised(command: str, rule: str) -> None:
    """Held against the rules that ship, whatever rule decides on the tier (M39)."""
    assert raising_rule(step(), facts_of(command), SEALED) == rule


@pytest.mark.parametrize(
    "command",
    [
        "git fetch origin",
        "pip install requests",
        "npm ci",
        "curl https://x/",
        "git clone https://x/y",
        "kubectl get pods",
    ],
)
def test_commands_that_only_fetch_raise_nothing(command: str) -> None:
    """They reach out, but change nothing there."""
    assert raising_rule(step(), facts_of(command), SEALED) == ""


@pytest.mark.parametrize(
    ("rung", "fields", "is_raised"),
    [
        (SEALED, {"network": False}, False),
        (SEALED, {"network": LOOPBACK}, True),
        (SEALED, {"network": False, "sockets": ("/run/docker.sock",)}, True),
        (SEALED, {"network": False, "confine": False}, True),
        ("landlock", {"network": False}, True),
        ("plain", {"network": False}, True),
        (SEALED, {"effect": Effect.READ}, True),
        (SEALED, {"effect": Effect.IDEMPOTENT}, False),
        (SEALED, {"effect": Effect.IRREVERSIBLE}, False),
    ],
)
def test_only_a_milder_effect_with_a_way_out_is_raised(rung: str, fields: dict[str, Any], is_raised: bool) -> None:
    """Within a sealed lane all can be put back; a declared outside effect stays what its author says (M116)."""
    assert bool(raising_rule(step(**fields), facts_of("git push"), rung)) == is_raised


def test_a_step_without_commands_stays_as_declared() -> None:
    """What a function does cannot be read."""
    assert raising_rule(step(), None, "plain") == raising_rule(step(), CommandFacts(), "plain") == ""
