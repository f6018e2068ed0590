"""What steps make where git ignores it: seen in their commands, told of, and named where it is missed."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Ending, Status
from surefoot.core.leftover_files import products_of
from surefoot.core.plan import Check, ForEach, Plan, RetryPolicy, RunBody, Step

ACCEPT = (Check(name="all", ask=CommandCheck(command=".venv/bin/pytest")),)
ENV = RunBody(command="python3 -m venv .venv")
MISSED = Ending(status=Status.EXIT, exit_code=127, text="bash: line 1: .venv/bin/pip: No such file or directory")


def step_of(command: str, **fields: Any) -> Step:
    """Return a step that runs a command."""
    return Step(id="a", body=RunBody(command=command), **fields)


@pytest.mark.parametrize(
    ("step", "products"),
    [
        (step_of("python3 -m venv .venv && .venv/bin/pip install six"), [".venv"]),
        (step_of("python -m venv --copies ./env/"), ["env"]),
        (step_of("uv venv"), [".venv"]),
        (step_of("uv venv venv; uv pip install x"), ["venv"]),
        (step_of("npm ci"), ["node_modules"]),
        (step_of("npm install", cwd="web"), ["web/node_modules"]),
        (step_of("yarn && yarn build"), ["node_modules"]),
        (step_of("cargo build --release"), ["target"]),
        (step_of("python3 -m build"), ["dist"]),
        (step_of("python -m venv .venv", artifacts=(".venv",)), []),
        (step_of("python -m venv .venv", scratch=(".venv",)), []),
        (step_of("python -m venv /opt/env"), []),
        (step_of("echo npm; make build; git status"), []),
    ],
)
def test_the_folder_a_command_makes_is_known_by_its_shape(step: Step, products: list[str]) -> None:
    """Unless the step declares it (M122)."""
    assert list(products_of(step, Plan(goal="g", steps=(step,)))) == products


@pytest.mark.parametrize(
    ("others", "fields", "severities"),
    [
        ({"b": {"body": RunBody(command=".venv/bin/pip install six")}}, {}, ["warning"]),
        ({}, {"accept": ACCEPT}, ["warning"]),
        ({"b": {}}, {}, ["note"]),
        ({"b": {"body": RunBody(command="cat x.venv-old")}}, {}, ["note"]),
        ({}, {}, []),
    ],
)
def test_a_product_that_no_commit_holds_is_a_finding(
    play: Any, others: dict[str, Any], fields: dict[str, Any], severities: list[str]
) -> None:
    """A warning where another command names it, a note where somebody is left who could need it (M122)."""
    run = play({"a": {"body": ENV}, **others}, **fields).will(do.Inspect, "a", left=(".venv/",)).go()
    found = [one for one in run.report["findings"] if one["kind"] == "undeclared-product"]
    assert [one["severity"] for one in found] == severities
    assert all("`artifacts`" in one["text"] for one in found)


def test_members_that_leave_the_same_are_told_of_once(play: Any) -> None:
    """What is said of one of them holds for all."""
    group = {"for_each": ForEach(name="f", items=("x", "y")), "body": RunBody(command="make {f}")}
    run = play({"a-{f}": group, "z": {}})
    for name in ("a-x", "a-y"):
        run.will(do.Inspect, name, left=("build/",))
    assert [one["kind"] for one in run.go().report["findings"]].count("undeclared-product") == 1


def test_a_step_that_misses_the_product_of_another_says_whose_it_is(play: Any) -> None:
    """The file is there, in another lane (M122)."""
    steps = {"a": {"body": ENV}, "b": {"needs": ("a",), "retry": RetryPolicy(maximum_attempts=1)}}
    run = play(steps).will(do.Inspect, "a", left=(".venv/",)).will(do.RunStep, "b", ending=MISSED).go()
    assert (
        "(step a made .venv/ in its own lane; hand it on with `artifacts`, or use `prepare`)"
        in (run.steps["b"]["reason"])
    )


def test_a_lane_whose_prepared_files_were_changed_is_prepared_anew_before_the_check(play: Any) -> None:
    """The check is asked on what `prepare` makes, and nobody's word is taken for it."""
    run = play({"a": {"checks": (Check(name="c", ask=CommandCheck(command="c")),)}})
    run.will(do.Inspect, "a", spoiled=(".venv/bin/python",)).go()
    kinds = [one.kind for one in run.journal]
    assert run.told(ev.CheckoutRequested)[0].prepare
    assert kinds.index("checkout_requested") < kinds.index("check_requested")


def test_a_step_without_checks_leaves_preparing_to_the_next_checkpoint(play: Any) -> None:
    """Nothing is asked in its lane before that."""
    assert play({"a": {}}).will(do.Inspect, "a", spoiled=(".venv/x",)).go().told(ev.CheckoutRequested) == []


def test_changed_prepared_files_are_a_finding(play: Any) -> None:
    """Its author wants to know why the next step does not have what this one installed."""
    run = play({"a": {"checks": (Check(name="c", ask=CommandCheck(command="c")),)}})
    run.will(do.Inspect, "a", spoiled=(".venv/x",)).go()
    found = [one["text"] for one in run.report["findings"] if one["kind"] == "prepared-changed"]
    assert [".venv/x" in text for text in found] == [True]
