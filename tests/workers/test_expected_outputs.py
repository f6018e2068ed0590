"""Outputs against what a step expects: the whole value has to match."""

from __future__ import annotations

import pytest

from surefoot.workers.step_outputs import unexpected_in


@pytest.mark.parametrize(
    ("outputs", "keys"),
    [
        ({"version": "1.2"}, ()),
        ({"version": "1.2-rc1"}, ("version",)),
        ({"version": "v1.2"}, ("version",)),
        ({"version": ""}, ("version",)),
        ({}, ("version",)),
        ({"version": "1.2", "other": "x"}, ()),
    ],
)
def test_a_value_is_expected_where_all_of_it_matches(outputs: dict[str, str], keys: tuple[str, ...]) -> None:
    """M18: a missing one is not, and others are not looked at."""
    assert unexpected_in(outputs, {"version": r"\d+\.\d+"}) == keys


@pytest.mark.parametrize(("value", "is_expected"), [("a", True), ("b", True), ("ab", False), ("xa", False)])
def test_each_of_several_ways_has_to_match_the_whole(value: str, is_expected: bool) -> None:
    """The ends hold for both sides of a bar."""
    assert (unexpected_in({"k": value}, {"k": "a|b"}) == ()) is is_expected


def test_an_expression_that_would_take_for_ever_elsewhere_is_quick() -> None:
    """It is searched for in linear time."""
    assert unexpected_in({"k": "a" * 5000 + "!"}, {"k": "(a+)+"}) == ("k",)
