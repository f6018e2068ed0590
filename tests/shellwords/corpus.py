"""Commands for the tests of how commands are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from surefoot.core.ids import StepId
from surefoot.core.policy import weigh
from surefoot.core.policy_types import Decision, Effect, Facts, Policy, Tier
from surefoot.shellwords import facts_of

FLOOR = Decision(tier=Tier.LOG, rule="effect-reversible", reason="It can be put back.")


def commands_in(name: str) -> list[str]:
    """Return the commands of a file beside this one."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [line.replace("⏎", "\n") for line in lines if line and not line.startswith("# ")]


def weighed(command: str, *, has_way_out: bool = False, is_sealed: bool = False) -> Decision:
    """Say what the rules that ship make of a command in a reversible step."""
    does = facts_of(command)
    facts = Facts(
        step=StepId("a"),
        effect=Effect.REVERSIBLE,
        phase="execute",
        command=replace(does, unclear=None) if is_sealed else does,
        has_way_out=has_way_out,
        is_sealed=is_sealed,
    )
    return weigh(Policy(), facts, FLOOR)


def asking(name: str, *, has_way_out: bool = False, is_sealed: bool = False) -> list[str]:
    """Return the commands of a file that a person is asked about, or that never run."""
    decisions = {one: weighed(one, has_way_out=has_way_out, is_sealed=is_sealed) for one in commands_in(name)}
    return [one for one, said in decisions.items() if said.tier in {Tier.CONFIRM, Tier.NEVER}]
