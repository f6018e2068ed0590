"""A worker without a model, what its results are compared by, and how wrong results that are verified are counted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.truth.__main__ import main
from bench.truth.cases import Case, read_cases
from bench.truth.comparer import Inputs, calls_of, shown
from bench.truth.counting import Trial, agree, is_held, share_of, ways
from bench.truth.repairer import changes_of, passes, repair
from bench.truth.runs import perform
from bench.truth.trials import Result, Tried

LINE = {
    "task_id": "Python/7",
    "prompt": 'def larger(a, b):\n    """The larger one.\n    >>> larger(1, 2)\n    2\n    """\n',
    "buggy_solution": "    return a if a < b else b\n",
    "example_test": "def check(larger):\n    assert larger(1, 2) == 2\n    assert larger(3, 2) == 3\ncheck(larger)\n",
    "test": "def check(larger):\n    assert larger(5, 9) == 9\n    assert larger(9, 5) == 9\n\ncheck(larger)",
    "entry_point": "larger",
}
QUIX = {
    "name": "double",
    "buggy": "def double(n):\n    return n + 2\n",
    "test_file": "",
    "json_cases": "[[2], 4]\n[3, 6]\n[[5], 10]\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with one case of each format."""
    (tmp_path / "quixbugs.jsonl").write_text(json.dumps(QUIX), "utf-8")
    (tmp_path / "humanevalfix.jsonl").write_text(json.dumps(LINE), "utf-8")
    return tmp_path


@pytest.fixture
def case(folder: Path) -> Case:
    """Give the one with hidden tests of its own."""
    return read_cases(folder)[1]


def result(**fields: Any) -> Result:
    """Make a result."""
    usual: dict[str, Any] = {"is_right": True, "shows": ("1",), "bounds": ("0",), "tried": 4, "missed": 0}
    return Result(**{**usual, "told_apart": 0, "around": 6, "missed_around": 0, "others": 0, **fields})


def test_the_worker_finds_a_small_change_with_which_the_tests_pass(case: Case) -> None:
    """The same seed finds the same one."""
    found = repair(case.text, case.visible, 3)
    assert found is not None
    assert passes(found, case.visible)
    assert repair(case.text, case.visible, 3) == found


def test_the_worker_says_where_no_small_change_helps(case: Case) -> None:
    """Then nothing is written."""
    assert repair(case.text, "from solution import *\nassert larger(1, 2) == 'two'\n", 0) is None


def test_each_change_is_of_one_place(case: Case) -> None:
    """And no two are the same."""
    changes = changes_of(case.text)
    assert len(changes) == len(set(changes)) > 20


def test_two_tests_of_a_case_without_hidden_ones_are_visible(folder: Path) -> None:
    """The others are hidden."""
    one = read_cases(folder)[0]
    assert ("double(3) == 6" in one.visible, "double(5)" in one.visible, "double(5) == 10" in one.hidden) == (1, 0, 1)


def test_inputs_are_like_those_of_the_tests(case: Case) -> None:
    """They are the same each time, and none is negative where none was."""
    calls = calls_of("def larger(a, b):\n    return max(a, b)\n", case.visible, "larger")
    inputs = Inputs(calls).made()
    assert (calls, inputs) == ([[1, 2], [3, 2]], Inputs(calls).made())
    assert len(inputs) > 20
    assert all(isinstance(one, int) and one >= 0 for given in inputs for one in given)


def test_further_inputs_have_one_argument_at_a_bound() -> None:
    """Of its type, and unlike those that the tests have."""
    bounds = Inputs([[4, ["b", "a"]]]).bounds()
    assert [0, ["b", "a"]] in bounds
    assert [4, []] in bounds
    assert all((given[0] == 4) != (given[1] == ["b", "a"]) for given in bounds)


def test_what_does_the_same_shows_the_same() -> None:
    """And what differs, or fails, does not."""
    inputs: list[list[object]] = [[1, 2], [2, 1]]
    texts = ("a if a > b else b", "max([a, b])", "b", "a[0]")
    one, like, other, bad = (shown(f"def f(a, b):\n    return {text}\n", "f", inputs) for text in texts)
    assert (one == like, one == other, bad) == (True, False, ["fails", "fails"])


def test_results_agree_where_they_show_the_same() -> None:
    """As many as are asked for are looked at."""
    trial: Trial = (result(), result(), result(shows=("2",)))
    assert (agree(trial, 2), agree(trial, 3)) == (True, False)


def test_wrong_results_are_counted_among_what_a_way_accepts() -> None:
    """Right ones are counted as kept among all right ones."""
    wrong = result(is_right=False, missed=1, told_apart=1)
    trials = ((result(),) * 5, (result(missed=1),) * 5, (wrong,) * 5)
    tried = [Tried(name="a", is_design=True, is_vacuous=False, plausible=3, trials=trials)]
    shares = {way.name: share_of(way, tried) for way in ways()}
    told = {name: (share.right, share.wrong, share.all_right) for name, share in shares.items()}
    assert told["visible tests alone"] == told["agreement of 5"] == (2, 1, 2)
    assert told["mutation: no small change missed"] == (1, 0, 2)
    assert told["agreement of 5, at bounds too, no small change told apart"] == (2, 0, 2)


def test_a_function_is_held_where_one_small_change_in_ten_is_missed() -> None:
    """Changes that the comparison shows no difference of are not missed, and it tells more apart at bounds."""
    assert (is_held(result(missed=4, missed_around=1)), is_held(result(missed_around=2))) == (True, False)
    trial: Trial = (result(), result(bounds=("1",)))
    assert (agree(trial, 2), agree(trial, 2, with_bounds=True)) == (True, False)


def test_a_folder_without_cases_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The data is not part of the repository."""
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path)])
    assert (ended.value.code, "nothing to measure" in capsys.readouterr().err) == (0, True)


@pytest.fixture
def path() -> Iterator[None]:
    """Keep the search path, which a run is given Python on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"])
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("path")
def test_a_real_run_takes_what_attempts_agree_with(case: Case, tmp_path: Path) -> None:
    """The worker is the body of a step, and the comparison its `compare`."""
    (ended,) = perform([case], 2, tmp_path / "work").ended
    assert (ended.state, ended.proof) in {("verified", "agreement"), ("verified", "fail_to_pass"), ("waiting", None)}
