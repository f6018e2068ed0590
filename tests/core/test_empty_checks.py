"""Checks that pass whatever is done are told from those that can fail."""

from __future__ import annotations

import pytest

from surefoot.core.check_kinds import ChangedCheck, CommandCheck, FileCheck
from surefoot.core.empty_checks import is_constant, is_untouched, why_empty
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Plan, RunBody, Step
from surefoot.core.policy_types import Effect

CONSTANT = (
    "true",
    ":",
    "/bin/true",
    "true # the suite",
    "echo ok",
    'echo "all is well; && fine"',
    "echo done >/dev/null 2>&1",
    "exit 0",
    "test 1 = 1",
    "[ 1 -eq 1 ]",
    "test -n yes",
    "true && echo ok",
    "true; exit 0",
    "python -m pytest -q || true",
    "make test | tee log || :",
)
CAN_FAIL = (
    "false",
    "test -f a.txt",
    "[ -n $NAME ]",
    "test 1 = 2",
    "exit 1",
    "echo a > a.txt",
    "true && make test",
    "make test; true",
    "true | make test",
    "(exit 1)",
    "echo ok; grep -q x a.txt",
    "truely",
    "if make; then true; fi",
    "",
    "true & make",
    "set +e; make; true",
)


@pytest.mark.parametrize("command", CONSTANT)
def test_a_command_that_always_ends_well_is_known(command: str) -> None:
    """It passes on any files, so that it proves nothing (M37)."""
    assert is_constant(Check(name="c", ask=CommandCheck(command=command)))


@pytest.mark.parametrize("command", CAN_FAIL)
def test_a_command_that_can_fail_is_not_called_constant(command: str) -> None:
    """Nor is one that is not understood."""
    assert not is_constant(Check(name="c", ask=CommandCheck(command=command)))


def empty(glob: str, *, folder: str = "", cwd: str | None = None, **fields: object) -> str:
    """Say why a check that files exist proves nothing for a step with these fields."""
    step = Step(id=StepId("a"), body=RunBody(command="x"), **fields)  # type: ignore[arg-type]
    plan = Plan(goal="g", steps=(step,), folder=folder)
    return why_empty(Check(name="c", ask=FileCheck(glob=glob, exists=True), cwd=cwd), step, plan)


@pytest.mark.parametrize(
    ("glob", "fields"),
    [
        ("src/a.py", {"writes": ("src/**",)}),
        ("README.md", {}),
        ("out.whl", {"writes": ("src/**",), "artifacts": ("*.whl",)}),
        ("b.py", {"writes": ("{file}",)}),
        ("a.py", {"writes": ("pkg/a.py",), "folder": "pkg"}),
        ("a.py", {"writes": ("sub/a.py",), "cwd": "sub"}),
        ("README.md", {"writes": ("src/**",), "effect": Effect.IRREVERSIBLE}),
    ],
)
def test_a_file_check_can_prove_something_where_the_step_may_write_the_file(
    glob: str, fields: dict[str, object]
) -> None:
    """Also where that depends on the folder of the plan or on an item that is not known yet."""
    assert empty(glob, **fields) == ""  # type: ignore[arg-type]


def test_a_file_check_about_files_that_the_step_does_not_write_proves_nothing() -> None:
    """Its answer is the same before and after (M37)."""
    assert empty("README.md", writes=("src/**",)) == "the step does not write README.md"


def test_a_check_that_allows_every_change_proves_nothing() -> None:
    """No path lies outside of everything."""
    assert is_constant(Check(name="c", ask=ChangedCheck(globs=("**",))))


@pytest.mark.parametrize(
    ("writes", "allowed", "why"),
    [
        (("a.txt",), ("a.txt",), "the step can change nothing else"),
        (("src/*.py",), ("src/**",), "the step can change nothing else"),
        (("src/**", "b.txt"), ("src/**",), ""),
        (None, ("src/**",), ""),
    ],
)
def test_a_check_that_allows_all_that_the_step_may_change_proves_nothing(
    writes: tuple[str, ...] | None, allowed: tuple[str, ...], why: str
) -> None:
    """What lies outside `writes` is put back before the check is asked (M37)."""
    step = Step(id=StepId("a"), body=RunBody(command="x"), writes=writes)
    assert why_empty(Check(name="c", ask=ChangedCheck(globs=allowed)), step, Plan(goal="g", steps=(step,))) == why


@pytest.mark.parametrize(("changed", "is_same"), [(("b.py",), True), (("a.py", "b.py"), False)])
def test_a_file_check_about_files_that_were_not_changed_has_the_answer_of_before(
    changed: tuple[str, ...], is_same: bool
) -> None:
    """A file that is there all along says nothing about a step that left it alone."""
    step = Step(id=StepId("a"), body=RunBody(command="x"))
    check = Check(name="c", ask=FileCheck(glob="a.py", exists=True))
    assert is_untouched(check, step, Plan(goal="g", steps=(step,)), changed) is is_same
