"""`surefoot calibration` (M58): stated confidence against what was found, over the runs of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Build it
steps:
  - id: right
    run: echo hi > new.txt; echo confidence=0.8 >> $SUREFOOT_OUTPUT
    writes: [new.txt]
    checks: [{run: test -e new.txt, expect: fail_to_pass}]
  - id: wrong
    run: echo hi > other.txt; echo confidence=0.95 >> $SUREFOOT_OUTPUT
    writes: [other.txt]
    checks: [{run: test -e other.txt, expect: fail_to_pass}]
"""


def test_few_labels_leave_the_threshold_where_it_is(stage: Stage) -> None:
    """Who was sure and wrong is named all the same, and nothing is set."""
    assert stage.run(PLAN).code == 0
    assert stage.say("review", RUN, "wrong", "wrong", "--why", "It is empty").code == 0
    said, found = stage.say("calibration"), stage.say("calibration", "--json").json
    assert (found["schema"], found["claims"], found["labelled"], found["right"]) == ("surefoot.calibration/1", 2, 2, 1)
    assert (found["is_enough"], found["setting"]) == (False, "[approvals]\nconfidence = 0.9")
    assert [one["step"] for one in found["confidently_wrong"]] == ["wrong"]
    assert "2 of the 50 claims" in said.out
    assert "It is empty" in said.out


def test_the_picture_has_a_bar_for_each_bin_with_labels(stage: Stage) -> None:
    """Into a file, or to standard output."""
    assert stage.run(PLAN).code == 0
    file = stage.folder / "calibration.svg"
    assert stage.say("calibration", "--svg", str(file)).code == 0
    picture = ET.fromstring(file.read_text("utf-8"))  # noqa: S314 - our own
    assert [one.get("class") for one in picture.iter()].count("bar") == 2


def test_a_rate_that_is_none_is_refused(stage: Stage) -> None:
    """With what was expected."""
    said = stage.say("calibration", "--max-error", "5")
    assert (said.code, "0.05 for 5 %" in said.err) == (2, True)
