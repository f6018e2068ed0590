"""Faulty functions become a repository and a plan, without what an agent must not see."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.repair.cases import Case, read_cases
from bench.repair.page import page, read_results, summary, write_result
from bench.repair.performing import ORACLE, Found, perform
from bench.repair.stage import plan_of

QUIX = {
    "name": "double",
    "buggy": 'def double(n):\n    return n + n + 1\n\n\n"""\nTwice the number.\n"""\n',
    "test_file": (
        "import pytest\nfrom load_testdata import load_json_testcases\n\n"
        "if pytest.use_correct:\n    from correct_python_programs.double import double\n"
        "else:\n    from python_programs.double import double\n\n\n"
        '@pytest.mark.parametrize("given,result", load_json_testcases("double"))\n'
        "def test_double(given, result):\n    assert double(*given) == result\n"
    ),
    "json_cases": "[[2], 4]\n[3, 6]\n",
    "reference": "def double(n):\n    return n + n\n",
}
EVAL = {
    "task_id": "Python/7",
    "prompt": 'def triple(n):\n    """Three times the number.\n    >>> triple(0)\n    0\n    """\n',
    "buggy_solution": "    return n * 2\n",
    "canonical_solution": "    return n * 3\n",
    "example_test": "def check(triple):\n    assert triple(0) == 0\ncheck(triple)\n",
    "test": "\n\ndef check(triple):\n    assert triple(5) == 15\n\ncheck(triple)",
    "entry_point": "triple",
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Give one case of each format."""
    file = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    file.write_text(f"{json.dumps(QUIX)}\n\n{json.dumps(EVAL)}\n")
    return read_cases(file)


@pytest.fixture(scope="module")
def found(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Let the oracle repair them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"])
        yield perform(cases, ORACLE, attempts=1, turns=6, folder=tmp_path_factory.mktemp("found") / "work")


@pytest.mark.slow
def test_the_oracle_repairs_all(found: Found) -> None:
    """By the visible tests and by those held back: what is round the model is in nobody's way."""
    assert found.states == {"quixbugs/double": "verified", "humanevalfix/python-7": "verified"}
    assert (found.outcome, found.counts.replies, found.counts.refused) == ("completed", 8, 0)


@pytest.mark.slow
def test_results_are_kept_and_told(found: Found, tmp_path: Path) -> None:
    """Figures of several models stand side by side."""
    write_result(found, tmp_path)
    written = page(read_results(tmp_path))
    assert "| quixbugs: repaired, by all tests | **1 of 1** |" in written
    assert summary(found).startswith("oracle: 2 of 2 repaired; 8 replies")


def test_tests_that_are_held_back_stand_in_no_file(cases: list[Case]) -> None:
    """Nor does what would be right."""
    texts = [text for case in cases for text in case.files.values()]
    assert not any("triple(5)" in text or "n * 3" in text for text in texts)


def test_tests_that_are_held_back_are_marked_as_such(cases: list[Case]) -> None:
    """No agent is told of a check with that mark."""
    _, step = plan_of(cases, attempts=1, turns=6).steps
    assert [(check.name, check.held_back) for check in step.checks] == [("visible", False), ("held back", True)]
