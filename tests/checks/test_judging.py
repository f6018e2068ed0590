"""The judging of a suite, for all results there can be."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.checks import Result, judge
from surefoot.checks.test_judgement import collect, read_results, write_results
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Verdict

P, S, F = Result
PASSED, FAILED, INCONCLUSIVE = Verdict
NAMES = ("m.A::a", "m.A::b", "m.B::c", "m.B::d", "::m")
results = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Result))
some_results = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Result), min_size=1)


def passing(found: dict[str, Result]) -> set[str]:
    """The ids that passed."""
    return {name for name, result in found.items() if result is P}


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ({"x::a": P}, {"x::a": P}, PASSED),
        ({"x::a": P}, {"x::a": F}, FAILED),
        ({"x::a": P}, {"x::a": S}, FAILED),
        ({"x::a": P, "x::b": P}, {"x::b": P}, FAILED),
        ({"x::a": P, "x::b": F}, {"x::a": P, "x::b": F, "x::new": F}, PASSED),
        ({"x::a": F}, {"x::a": P}, INCONCLUSIVE),
        ({"x::a": P}, {}, INCONCLUSIVE),
        (None, {"x::a": P}, INCONCLUSIVE),
    ],
)
def test_what_passed_before_must_pass_now(
    before: dict[str, Result] | None, now: dict[str, Result], verdict: Verdict
) -> None:
    """`pass_to_pass`: one row a rule."""
    assert judge(before, now, None, Expect.PASS_TO_PASS).verdict is verdict


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ({"x::a": F}, {"x::a": P}, PASSED),
        ({"x::a": F}, {"x::a": F}, FAILED),
        ({"x::a": F}, {"x::a": S, "x::b": P}, FAILED),
        ({"x::a": F}, {"x::b": P}, FAILED),
        ({"x::a": F, "x::b": P}, {"x::a": P, "x::b": F}, FAILED),
        ({"::module": F}, {"module.x::a": P}, PASSED),
        ({"::module": F}, {"module.x::a": S}, INCONCLUSIVE),
    ],
)
def test_what_failed_before_must_pass_now(before: dict[str, Result], now: dict[str, Result], verdict: Verdict) -> None:
    """`fail_to_pass`: a test that was deleted or skipped is not mended, a module that can be imported again is."""
    assert judge(before, now, None, Expect.FAIL_TO_PASS).verdict is verdict


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ({"x::a": P, "x::old": F}, {"x::a": P, "x::old": F}, PASSED),
        ({"x::a": P, "x::old": F}, {"x::a": P, "x::old": P}, PASSED),
        ({"x::old": F}, {"x::old": P}, PASSED),
        ({"x::a": P, "x::old": F}, {"x::a": F, "x::old": F}, FAILED),
        ({"x::a": P, "x::b": P}, {"x::b": P}, FAILED),
        ({"x::a": P}, {"x::a": P, "x::new": F}, FAILED),
        ({"x::old": F}, {"x::old": F}, INCONCLUSIVE),
    ],
)
def test_what_failed_before_the_first_change_may_still_fail(
    before: dict[str, Result], now: dict[str, Result], verdict: Verdict
) -> None:
    """`pass` with results from before: new failures count, old ones are named (M12)."""
    assert judge(before, now, None, Expect.PASS).verdict is verdict


def test_a_test_that_was_red_before_is_named_and_one_that_turned_green_is_counted() -> None:
    """Both are part of the judgement (M12)."""
    before, now = {"x::a": P, "x::old": F, "x::mended": F}, {"x::a": P, "x::old": F, "x::mended": P}
    judged = judge(before, now, None, Expect.PASS)
    assert (judged.red_before, judged.turned_green) == (("x::old",), 1)
    assert "1 was red before: x::old" in judged.text


@given(results, some_results)
def test_pass_to_pass_is_a_question_about_sets(before: dict[str, Result], now: dict[str, Result]) -> None:
    """Passed exactly when something passed before and all of it passes now."""
    verdict = judge(before, now, None, Expect.PASS_TO_PASS).verdict
    expected = PASSED if passing(before) <= passing(now) else FAILED
    assert verdict is (expected if passing(before) else INCONCLUSIVE)


@given(some_results)
def test_pass_means_that_none_fails(now: dict[str, Result]) -> None:
    """Skipped tests do not matter."""
    assert judge(None, now, None, Expect.PASS).verdict is (FAILED if F in now.values() else PASSED)


@given(results, some_results, st.sampled_from(Expect))
def test_two_equal_answers_are_never_flaky(before: dict[str, Result], now: dict[str, Result], expect: Expect) -> None:
    """An earlier asking that said the same changes nothing."""
    assert judge(before, now, now, expect) == judge(before, now, None, expect)


@given(results, some_results, results, st.sampled_from(Expect))
def test_a_flaky_test_never_decides(
    before: dict[str, Result], now: dict[str, Result], earlier: dict[str, Result], expect: Expect
) -> None:
    """Left out of what it is judged by, the others give the same verdict."""
    judgement = judge(before, now, earlier, expect)
    before, now, earlier = (
        {name: result for name, result in found.items() if name not in judgement.flaky}
        for found in (before, now, earlier)
    )
    if judgement.verdict is not INCONCLUSIVE and now:
        assert judge(before, now, earlier, expect).verdict == judge(before, now, None, expect).verdict
        assert judge(before, now, None, expect).verdict in (judgement.verdict, INCONCLUSIVE)


@given(some_results, some_results, some_results)
def test_whatever_failed_once_and_passed_once_is_flaky(
    before: dict[str, Result], now: dict[str, Result], earlier: dict[str, Result]
) -> None:
    """Of the tests that passed before, whichever way round."""
    flaky = set(judge(before, now, earlier, Expect.PASS_TO_PASS).flaky)
    assert flaky == passing(before) & (passing(now) ^ passing(earlier))


@given(some_results)
def test_when_all_that_could_prove_is_flaky_nothing_is_proved(before: dict[str, Result]) -> None:
    """One asking where all pass and one where none does."""
    none = dict.fromkeys(before, F)
    assert judge(before, before, none, Expect.PASS_TO_PASS).verdict is INCONCLUSIVE


def test_the_text_names_what_is_wrong_and_how() -> None:
    """Failed, skipped and missing are told apart; what does not count is named as such."""
    before = {"x::a": P, "x::b": P, "x::c": P, "x::d": P, "x::red": F}
    now = {"x::a": F, "x::b": S, "x::d": P, "x::new": F, "x::red": F}
    text = judge(before, now, None, Expect.PASS_TO_PASS).text
    assert "3 passed before and do not now: x::a (failed), x::b (skipped), x::c (missing)" in text
    assert "1 was red before: x::red" in text
    assert "1 fail now but did not pass before, so that they do not count: x::new" in text


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Result))), st.randoms())
def test_the_worst_of_several_results_counts(found: list[tuple[str, Result]], random: Random) -> None:
    """In whatever order the tests of one id ran."""
    shuffled = random.sample(found, len(found))
    assert collect(shuffled) == collect(found)
    assert all((result is F) <= (collect(found)[name] is F) for name, result in found)


@given(results)
def test_results_survive_being_stored(found: dict[str, Result]) -> None:
    """What is read is what was written."""
    assert read_results(write_results(found)) == found
