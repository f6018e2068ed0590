"""Tiers: how much say a person has before a step."""

from __future__ import annotations

import pytest

from surefoot.core.globs import is_inside
from surefoot.core.ids import StepId
from surefoot.core.placeholders import member_of
from surefoot.core.plan import Effect, ForEach, Plan, RunBody, Step, Tier
from surefoot.core.policy import tier_of, writes_outside

READ, REVERSIBLE, IDEMPOTENT, IRREVERSIBLE = Effect.READ, Effect.REVERSIBLE, Effect.IDEMPOTENT, Effect.IRREVERSIBLE
AUTO, LOG, CONFIRM = Tier.AUTO, Tier.LOG, Tier.CONFIRM


def step(effect: Effect = REVERSIBLE, tier: Tier | None = None, writes: tuple[str, ...] | None = None) -> Step:
    """Make a step."""
    return Step(id=StepId("a"), body=RunBody(command="true"), effect=effect, tier=tier, writes=writes)


def plan(*scope: str) -> Plan:
    """Make a plan with a scope."""
    return Plan(goal="g", steps=(), scope_write=scope or ("**",))


def group(each: ForEach) -> Step:
    """Make a group that writes its items."""
    return Step(id=StepId("a-{f}"), body=RunBody(command="true"), for_each=each, writes=("{f}",))


@pytest.mark.parametrize(
    ("effect", "tier"), [(READ, AUTO), (REVERSIBLE, LOG), (IDEMPOTENT, CONFIRM), (IRREVERSIBLE, CONFIRM)]
)
def test_the_effect_class_gives_the_tier(effect: Effect, tier: Tier) -> None:
    """The table of the design."""
    assert tier_of(step(effect), plan()) is tier


@pytest.mark.parametrize("effect", list(Effect))
def test_a_steps_own_tier_never_lowers_it(effect: Effect) -> None:
    """Only settings and the command line lower a tier."""
    assert tier_of(step(effect, AUTO), plan()) is tier_of(step(effect), plan())


@pytest.mark.parametrize("effect", list(Effect))
def test_a_steps_own_tier_raises_it(effect: Effect) -> None:
    """Any step may ask."""
    assert tier_of(step(effect, CONFIRM), plan()) is CONFIRM


def test_writes_outside_the_scope_ask() -> None:
    """What was not agreed upon needs a person."""
    assert tier_of(step(writes=("docs/x.md",)), plan("src/**")) is CONFIRM


def test_writes_inside_the_scope_do_not_ask() -> None:
    """That is what a scope is for."""
    assert tier_of(step(writes=("src/a/*.py", "src/b.py")), plan("src/**")) is LOG


def test_a_step_without_writes_writes_in_the_scope() -> None:
    """The default of `writes` is the scope."""
    assert tier_of(step(), plan("src/**")) is LOG


def test_what_a_read_step_writes_is_thrown_away() -> None:
    """So that its `writes` do not matter."""
    assert tier_of(step(READ, writes=("x",)), plan("src/**")) is AUTO


INSIDE = [
    ("src/**", "src/**"),
    ("a", "**"),
    ("src/**/*.py", "src/**"),
    ("src/*.py", "src/*"),
    ("src/x.py", "**/*.py"),
    ("src/", "src/**"),
    ("./a", "a"),
    ("[*]", "[*]"),
    ("src/[ab].py", "src/?.py"),
]
OUTSIDE = [
    ("src/**", "src/*"),
    ("*", "?"),
    ("**", "*"),
    ("**/*.py", "src/**"),
    ("src/[ab].py", "src/a.py"),
    ("src", "src/**"),
    ("a*", "aa*"),
]


@pytest.mark.parametrize(("glob", "scope"), INSIDE)
def test_a_glob_inside_a_scope_is_seen_to_be(glob: str, scope: str) -> None:
    """Everything it can match is covered."""
    assert is_inside(glob, ("other", scope))


@pytest.mark.parametrize(("glob", "scope"), OUTSIDE)
def test_a_glob_that_may_leave_a_scope_is_outside(glob: str, scope: str) -> None:
    """Something it can match is not covered."""
    assert not is_inside(glob, ("other", scope))


@pytest.mark.parametrize(
    ("each", "outside"),
    [
        (ForEach(name="f", glob="src/**/*.py"), ()),
        (ForEach(name="f", glob="**/*.py"), ("**/*.py",)),
        (ForEach(name="f", items=("src/a", "docs/b")), ("docs/b",)),
        (ForEach(name="f", lines="ls"), ()),
    ],
)
def test_a_groups_placeholder_stands_for_its_items(each: ForEach, outside: tuple[str, ...]) -> None:
    """As far as they are known before it is expanded."""
    assert writes_outside(group(each), plan("src/**")) == outside


def test_a_member_is_judged_by_its_own_file() -> None:
    """Also one whose name looks like a glob."""
    member = member_of(group(ForEach(name="f", lines="ls")), "docs/[x].py")
    assert tier_of(member, plan("src/**")) is CONFIRM
