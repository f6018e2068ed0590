"""A goal in words becomes a plan without steps that holds all that was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.cli.goals import goal_plan, is_goal
from surefoot.cli.options import Given
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.plan import EVERYTHING, Check, Limits, Plan
from surefoot.errors import UsageError


def test_a_bare_goal_may_change_everything() -> None:
    """Nothing is known of it but its words."""
    assert goal_plan(" Make it so ", Given()) == Plan(
        goal="Make it so", steps=(), scope_write=(EVERYTHING,), limits=Limits()
    )


def test_all_that_is_said_stands_in_the_plan() -> None:
    """Commands that have to pass, globs, and limits."""
    given = Given(accept=("make test",), scope=("src/**", "docs/*"), cost_usd=2.5, requests=9)
    plan = goal_plan("g", given)
    assert plan.accept == (Check(name="make test", ask=CommandCheck(command="make test")),)
    assert (plan.scope_write, plan.limits) == (("src/**", "docs/*"), Limits(cost_usd=2.5, requests=9))


def test_a_command_given_twice_makes_two_checks() -> None:
    """Checks have names of their own."""
    plan = goal_plan("g", Given(accept=("make", "make")))
    assert [check.name for check in plan.accept] == ["make", "make-2"]


def test_only_amounts_that_are_said_change_limits() -> None:
    """The others stay as they are."""
    assert Given(tokens=5).limits_over(Limits(cost_usd=1.0, tokens=3)) == Limits(cost_usd=1.0, tokens=5)


@pytest.mark.parametrize(("words", "expected"), [("plan.yaml", False), ("plan.yml", False), ("Write plan.md", True)])
def test_a_plan_is_told_from_a_goal_by_its_name(words: str, expected: bool) -> None:
    """As the formats have it."""
    assert is_goal(words) is expected


@pytest.mark.parametrize(
    ("words", "said"),
    [("plan", "did you mean 'plan.yaml'?"), ("notes.txt", "plan files end in .yaml or .yml"), ("  ", "is empty")],
)
def test_what_looks_like_a_slip_is_no_goal(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model would be paid to find out what a file's name might mean."""
    monkeypatch.chdir(tmp_path)
    for name in ("plan.yaml", "notes.txt"):
        (tmp_path / name).write_text("goal: g\n")
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        is_goal(words)


def test_options_of_a_goal_are_named_as_they_are_typed() -> None:
    """For the message that refuses them with a plan file."""
    given = Given(accept=("x",), plan_only=True, plan_file=Path("p"))
    assert given.named_goal_options == "--accept, --plan-only, --plan-file"


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("python -m pytest -q", "junit"),
        (".venv/bin/pytest tests/unit -k one", "junit"),
        ("python3 -m unittest -v", "unittest"),
        ("python3 -m unittest discover tests", "unittest"),
        ("python3 -m unittest -q", None),
        ("pytest -q && ruff check", None),
        ("pytest --junitxml=mine.xml", None),
        ("make test", None),
        ("pytester", None),
    ],
)
def test_an_acceptance_command_that_runs_tests_is_judged_test_by_test(command: str, kind: str | None) -> None:
    """Where its results can be read; any other command is judged as a whole (M12)."""
    (check,) = goal_plan("g", Given(accept=(command,))).accept
    assert getattr(check.ask, "format", None) == kind
