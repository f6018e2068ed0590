"""Surefoot's column of the crash-and-approval matrix, as the page promises it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.matrix import page
from bench.matrix.__main__ import carry_out
from bench.matrix.cases import CASES, Case, Finding
from bench.matrix.record import Record
from bench.matrix.systems import SUREFOOT

BY_KEY = {case.key: case for case in CASES}
SLOW = pytest.mark.slow
ALONE = ["after-checked"]
LATER = ["resumes", "before-checked", "orphan-checked", "files", "parallel", "questions", "answers", "words", "down"]


def surefoot(key: str) -> Finding:
    """Carry out one case of the matrix with Surefoot."""
    found = carry_out(SUREFOOT, BY_KEY[key])
    assert found is not None
    return found


@pytest.mark.parametrize("key", [*ALONE, *(pytest.param(key, marks=SLOW) for key in LATER)])
def test_one_effect_and_nothing_lost_without_an_operator(key: str) -> None:
    """Whatever is killed, answered or raced: the effect happens once, the others happen, the run ends by itself."""
    found = surefoot(key)
    assert (found.effects, list(found.lost), list(found.doubled), found.operator) == (1, [], [], False)
    assert found.state == "ended"


@pytest.mark.slow
@pytest.mark.parametrize("key", ["after", "before", "orphan"])
def test_without_a_probe_a_person_is_asked_and_the_effect_happens_once(key: str) -> None:
    """What nobody can look into is asked about, never guessed."""
    found = surefoot(key)
    assert (found.effects, list(found.lost), found.operator) == (1, [], True)


@pytest.mark.slow
def test_a_plan_that_is_edited_while_the_run_is_down_changes_nothing() -> None:
    """The run goes on by its own copy."""
    found = surefoot("edited")
    assert (found.effects, list(found.lost), found.told) == (1, [], "the last effect was third")


@pytest.mark.slow
def test_what_a_failed_attempt_left_behind_is_gone_at_the_next() -> None:
    """The second attempt begins where the first did."""
    assert surefoot("files").told == "its file had been put back"


@pytest.mark.slow
@pytest.mark.parametrize("key", ["questions", "parallel"])
def test_each_question_is_asked_once(key: str) -> None:
    """Answering one asks no other again."""
    assert surefoot(key).asked == 2


@pytest.mark.slow
@pytest.mark.parametrize(("key", "effects"), [("words-read", 1), ("expired", 0), ("expired-down", 0)])
def test_what_was_not_approved_as_it_is_does_not_happen(key: str, effects: int) -> None:
    """Something else than was shown is asked about again, and an answer that comes too late counts for nothing."""
    found = surefoot(key)
    assert (found.effects, list(found.doubled), found.asked) == (effects, [], 2 - (effects == 0))


def test_the_page_counts_trials_that_differ_apart(tmp_path: Path) -> None:
    """A race that sometimes doubles an effect is not shown by its better half."""
    record = Record(versions={"Peer": "peer 1"}, findings={"Peer": {"resumes": [Finding(1, 0), Finding(2, 0)]}})
    page.write_page(tmp_path / "matrix.md", CASES, ["Peer"], record, [])
    assert "| 1 (1 of 2), 2 (1 of 2) |" in (tmp_path / "matrix.md").read_text("utf-8")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """So that one system can be tried again without the others."""
    record = Record(
        versions={"Peer": "peer 1"}, findings={"Peer": {"resumes": [Finding(1, 0, lost=["third"], doubled=[])]}}
    )
    record.write(tmp_path / "matrix.json")
    assert Record.read(tmp_path / "matrix.json") == record


def test_a_system_without_a_flow_is_left_out() -> None:
    """No figure is made up for what a system has no way of writing."""
    inside: Case = BY_KEY["one-place"]
    assert carry_out(SUREFOOT, inside) is None
