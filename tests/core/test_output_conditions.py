"""Rules over values that a step puts out (M56, M137)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.bounded_expressions import flaw_of_expression
from surefoot.core.output_conditions import condition, why_it_holds
from surefoot.core.plan import Effect
from surefoot.core.policy_types import Policy, Rule, Tier

LARGE = Rule(name="large", tier=Tier.CONFIRM, reason="Large.", steps=("a",), when=("outputs.amount > 1000",))


def paying(play: Any, *, raising: bool = False, **outputs: Any) -> Any:
    """Let a step put something out under such a rule."""
    policy = Policy(raising=((LARGE,),)) if raising else Policy(own=(LARGE,))
    run = play({"a": {}, "b": {"needs": ("a",)}}).say(ev.PolicyConfigured, policy=policy)
    return run.will(do.RunStep, "a", outputs=outputs).go()


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("outputs.amount > 1000", "1000.5", True),
        ("outputs.amount > 1000", "999", False),
        ("outputs.amount > 1000", " 2e3 ", True),
        ("outputs.amount >= 10", "9", False),
        ("outputs.amount < 0", "-1", True),
        ("outputs.amount <= -1.5", "-1.5", True),
        ("outputs.amount == 1", "1.0", True),
        ("outputs.amount != 1", "1.0", False),
        ("outputs.amount > 1000", "many", True),
        ("outputs.amount > 1000", "nan", True),
        ("outputs.amount > 1000", "1_000", True),
        ("outputs.amount == 5", "", True),
        ("outputs.amount == 'live'", "live", True),
        ('outputs.amount != "live"', "live", False),
        ('outputs.amount ~ "live-*"', "live-eu", True),
        ('outputs.amount !~ "live-*"', "live-eu", False),
        ("outputs.amount matches 'v[0-9]+'", "v12", True),
        ("outputs.amount matches 'v[0-9]+'", "xv12", False),
        ('outputs.amount matches "(?:live|prod)-.*"', "prod-eu", True),
        ("outputs.amount matches 'a'", "b" * 501, True),
        ("outputs.other > 1", "5", True),
        ("outputs.other == 'x'", "5", True),
    ],
)
def test_numbers_are_compared_as_numbers_and_what_cannot_be_told_holds(text: str, value: str, holds: bool) -> None:
    """A value that is missing or no number never passes in silence (M137)."""
    assert (why_it_holds(text, {"amount": value}) is not None) is holds


@pytest.mark.parametrize(
    ("expression", "flaw"),
    [
        ("[", "unterminated character set"),
        ("(a+)+b", "repeats a group"),
        ("(?=a)b", "only `(?:` is"),
        (r"(a)\1", "refers back"),
        ("a*b*c*d*e", "4 parts of it repeat"),
        ("a{1,500}", "counts beyond 100"),
        ("a?" * 9, "it has 9 of `|` and `?`"),
        ("x" * 201, "has 201 characters"),
        (r"\(a\)+[(*+]", ""),
        ("a{2}b?", ""),
    ],
)
def test_an_expression_that_could_take_for_ever_is_refused(expression: str, flaw: str) -> None:
    """The kernel cannot wait for it; what is taken is bounded by its form."""
    found = flaw_of_expression(expression)
    assert flaw in found if flaw else found == ""


@pytest.mark.parametrize(
    "text",
    [
        "amount > 1",
        "outputs.amount",
        "outputs.a b > 1",
        "outputs.a > x",
        "outputs.a > 'x'",
        "outputs.a ~ 5",
        "outputs.a matches 5",
        "outputs.a matches '['",
        "",
    ],
)
def test_what_is_no_condition_is_said_to_be_none(text: str) -> None:
    """Before a run begins."""
    assert isinstance(condition(text), str)


@pytest.mark.parametrize("raising", [True, False])
@pytest.mark.parametrize("outputs", [{"amount": "5000"}, {}, {"amount": "many"}])
def test_a_result_for_which_a_rule_asks_is_put_to_a_person_before_it_is_kept(
    play: Any, outputs: dict[str, str], *, raising: bool
) -> None:
    """With the value and the rule; nothing that needs it begins before (M56, M137)."""
    run = paying(play, raising=raising, **outputs)
    [question] = run.state.open_questions
    package = question.asked.package
    assert (run.states["a"], run.states["b"], package.rule) == ("waiting", "pending", "large")
    assert outputs.get("amount", "amount") in package.reason
    assert run.reply("yes").go().states == {"a": "verified", "b": "verified"}


def test_a_value_that_a_rule_lets_be_asks_nobody(play: Any) -> None:
    """As without the rule."""
    assert paying(play, amount="10").states == {"a": "verified", "b": "verified"}


def test_a_refused_value_fails_the_step(play: Any) -> None:
    """Nothing rests on it."""
    assert paying(play, amount="5000").reply("no", reason="too much").go().states["a"] == "failed"


def test_an_effect_outside_that_is_over_hands_nothing_on_without_a_yes(play: Any) -> None:
    """The effect was approved; what it put out was not."""
    run = play({"a": {"effect": Effect.IRREVERSIBLE}, "b": {"needs": ("a",)}})
    run.say(ev.PolicyConfigured, policy=Policy(own=(LARGE,))).will(do.RunStep, "a", outputs={"amount": "5000"}).go()
    run.reply("yes").go()
    assert (run.states["a"], run.states["b"]) == ("waiting", "pending")
    assert run.reply("yes").go().states == {"a": "verified", "b": "verified"}


def test_a_rule_over_values_has_no_say_before_the_body(play: Any) -> None:
    """Nothing is known of them by then."""
    run = play({"a": {}}).say(ev.PolicyConfigured, policy=Policy(own=(LARGE,))).go(do.RunStep)
    assert run.told(ev.QuestionAsked) == []
