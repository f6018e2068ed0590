"""The judgement of a test suite, test by test, from the results before and after the body.

`pass_to_pass`: every test that passed before must pass now; skipped and missing tests do not pass. `fail_to_pass`:
every test that failed before must pass now and none may fail, so that deleting or skipping a test mends nothing
(entries without a class name are modules that could not be imported; they go away when mended). `pass`: none may fail;
with results from before the first change, tests that failed then may still fail and are named as red before. A test
with two results on one tree is flaky: it is named and left out. Pure: starts nothing and reads no file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple

from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Verdict
from surefoot.core.short_text import listed

NAMED_MAX = 5


class Result(StrEnum):
    """How one test ended. An error is a failure; an expected failure counts as skipped."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


Results = Mapping[str, Result]
"""Test ids (`classname::name`) and how they ended."""

_BADNESS = {Result.PASSED: 0, Result.SKIPPED: 1, Result.FAILED: 2}


class Judgement(NamedTuple):
    """What a suite's results amount to."""

    verdict: Verdict
    text: str
    flaky: tuple[str, ...] = ()
    red_before: tuple[str, ...] = ()
    """Under `pass`: tests that failed before and still fail."""
    turned_green: int = 0
    """How many tests failed before and pass now."""


def judge(before: Results | None, now: Results, earlier: Results | None, expect: Expect) -> Judgement:
    """Judge the results of `now`.

    `before` are the results from before the body, `earlier` those of an asking on the same tree as `now` that failed.
    """
    if not now:
        return Judgement(Verdict.INCONCLUSIVE, "no test was collected")
    before = before or {}
    must_pass, old = _must_pass(before, expect), _names_with(before, Result.FAILED)
    still_red = old & _names_with(now, Result.FAILED) if expect is Expect.PASS else frozenset[str]()
    judged = must_pass if expect is Expect.PASS_TO_PASS else must_pass | now.keys() | (earlier or {}).keys()
    judged = judged - still_red
    wrong = _wrong(judged, now, must_pass)
    flaky = frozenset[str]() if earlier is None else wrong ^ _wrong(judged, earlier, must_pass)
    left_out = tuple(sorted(flaky))
    counted = Counter(now.values())
    counts = ", ".join(f"{counted[result]} {result}" for result in (Result.PASSED, Result.FAILED, Result.SKIPPED))
    text = _sentences(counts, _names("left out as flaky", left_out))
    has_old = expect is Expect.FAIL_TO_PASS or bool(still_red)
    nothing = _why_nothing_is_proved(now, judged - flaky, wrong - flaky, expect, needs_passed=has_old)
    if nothing:
        return Judgement(Verdict.INCONCLUSIVE, _sentences(text, nothing), left_out)
    what = "passed before and do not now" if expect is Expect.PASS_TO_PASS else "do not pass"
    named = _names(what, [f"{name} ({now.get(name, 'missing')})" for name in sorted(wrong - flaky)])
    others = _wrong(now.keys() - judged, now, frozenset())
    known = others & old
    red = _names(("was" if len(known) == 1 else "were") + " red before", sorted(known))
    uncounted = _names("fail now but did not pass before, so that they do not count", sorted(others - known))
    verdict = Verdict.FAILED if wrong - flaky else Verdict.PASSED
    turned_green = old & _names_with(now, Result.PASSED)
    text = _sentences(text, named, red, uncounted)
    return Judgement(verdict, text, left_out, tuple(sorted(still_red)), len(turned_green))


def collect(found: Iterable[tuple[str, Result]]) -> dict[str, Result]:
    """Return results by id. An id that turns up twice has the worst of its results, in whatever order they ran."""
    results: dict[str, Result] = {}
    for name, result in found:
        results[name] = max(result, results.get(name, result), key=_BADNESS.__getitem__)
    return results


def write_results(results: Results) -> bytes:
    """Return results as JSON, sorted by id."""
    return json.dumps(dict(sorted(results.items())), indent=0).encode()


def read_results(content: bytes) -> dict[str, Result]:
    """Return the results that `write_results` wrote."""
    return {name: Result(result) for name, result in json.loads(content).items()}


def _must_pass(before: Results, expect: Expect) -> frozenset[str]:
    if expect in (Expect.PASS_TO_PASS, Expect.PASS):
        return _names_with(before, Result.PASSED)
    if expect is Expect.FAIL_TO_PASS:
        return frozenset(name for name in _names_with(before, Result.FAILED) if not name.startswith("::"))
    return frozenset()


def _names_with(results: Results, wanted: Result) -> frozenset[str]:
    return frozenset(name for name, result in results.items() if result is wanted)


def _wrong(judged: AbstractSet[str], results: Results, must_pass: frozenset[str]) -> frozenset[str]:
    """Return the tests that fail, and those that must pass and do not."""
    return frozenset(
        name
        for name in judged
        if results.get(name) is Result.FAILED or (name in must_pass and results.get(name) is not Result.PASSED)
    )


def _why_nothing_is_proved(
    now: Results, deciding: AbstractSet[str], wrong: AbstractSet[str], expect: Expect, *, needs_passed: bool
) -> str:
    if not deciding:
        what = "that passed before " if expect is Expect.PASS_TO_PASS else ""
        return f"no test {what}is left to prove anything"
    if needs_passed and not wrong and Result.PASSED not in now.values():
        return "no test passed"
    return ""


def _names(what: str, names: Sequence[str]) -> str:
    return f"{len(names)} {what}: {listed(names, NAMED_MAX)}" if names else ""


def _sentences(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
