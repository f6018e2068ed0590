"""Rules over values that a step puts out, in a real run (M56, M137)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Pay
policy:
  - {name: large-amount, tier: confirm, reason: Too large., steps: [pay], when: "outputs.amount > 1000"}
steps:
  - id: pay
    run: echo paid > paid.txt; echo amount=5000 >> $SUREFOOT_OUTPUT
    writes: [paid.txt]
    checks: [{run: test -e paid.txt, expect: fail_to_pass}]
"""


def test_the_result_is_shown_with_the_value_and_the_rule(stage: Stage) -> None:
    """And kept once somebody has agreed."""
    assert stage.run(PLAN).code == 4
    [question] = stage.say("inbox", "--json").json["questions"]
    assert question["package"]["rule"] == "large-amount"
    assert "amount is '5000': outputs.amount > 1000" in question["text"]
    assert stage.say("approve", f"{RUN}.1").code == 0
    assert stage.say("resume").code == 0


def test_a_value_below_asks_nobody(stage: Stage) -> None:
    """As without the rule."""
    assert stage.run(PLAN.replace("amount=5000", "amount=50")).code == 0


def test_a_mistake_is_named_with_its_place(stage: Stage) -> None:
    """With what was expected."""
    said = stage.run(PLAN.replace("outputs.amount > 1000", "amount > 1000"))
    assert said.code == 2
    assert ":4:" in said.err
    assert "outputs.amount > 1000" in said.err


def test_the_rules_can_be_asked_about_a_value(stage: Stage) -> None:
    """Before any run."""
    plan = stage.plan(PLAN)
    for amount, rule in (("5000", "large-amount"), ("50", "effect-reversible")):
        said = stage.say("policy", "test", "--plan", plan, "--step", "pay", "--put-out", f"amount={amount}", "--json")
        assert said.json["rule"] == rule
    assert "outputs.amount > 1000" in stage.say("policy", "show", "--plan", plan).out


def test_a_value_is_compared_with_a_regular_expression(stage: Stage) -> None:
    """The whole of it; one that could take for ever is refused with its place, before anything runs."""
    plan = PLAN.replace("outputs.amount > 1000", "outputs.amount matches '[0-9]{4,9}'")
    assert stage.run(plan.replace("[0-9]{4,9}", "([0-9]+)+")).code == 2
    assert stage.run(plan).code == 4
    assert "matches '[0-9]{4,9}'" in stage.say("inbox").out
