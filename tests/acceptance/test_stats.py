"""`surefoot stats` (M140): figures over runs, as their journals have them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
HELPED = """
goal: Build it
steps:
  - id: build
    run: "test -e new.txt && echo more >> new.txt || { echo half > new.txt; echo no room; exit 3; }"
    writes: [new.txt]
    on_failure: ask
    retry: {maximum_attempts: 1}
    checks: [{run: test -e new.txt, expect: fail_to_pass}]
"""
FAILING = "goal: Fail\nsteps:\n  - {id: fail, run: exit 3}\n  - {id: after, run: 'true', needs: [fail]}\n"


@pytest.fixture
def tried(stage: Stage) -> Stage:
    """Return a stage with two runs: in one a person's answer helped after a failure, one failed."""
    stage.run(HELPED)
    assert stage.say("answer", f"{RUN}.1", "retry_with_changes").code == 0
    assert stage.say("resume").code == 0
    assert stage.say("run", stage.plan(FAILING), "--run-id", "20260101-failed").code != 0
    return stage


def test_failures_recoveries_and_proofs_are_counted(tried: Stage) -> None:
    """A step that was never tried counts nowhere."""
    found = tried.say("stats", "--json").json
    total = found["total"]
    assert (found["schema"], found["runs"]) == ("surefoot.stats/1", {"completed": 1, "failed": 1})
    assert (total["steps"], total["verified"], total["failed"], total["attempts"]) == (2, 1, 1, 3)
    assert sum(total["failures"].values()) == 2
    assert total["recoveries"] == {"retry_with_changes": {"helped": 1, "tried": 1}}
    assert total["proofs"] == {"fail_to_pass": 1}
    assert [(one["name"], one["steps"]) for one in found["by"]["kind"]] == [("run", 2)]
    assert [(one["name"], one["steps"]) for one in found["by"]["repository"]] == [(str(tried.user), 2)]
    assert found["by"]["model"] == []


def test_the_page_and_the_picture_have_a_bar_for_each_figure(tried: Stage) -> None:
    """The picture goes to standard output, or into a file."""
    said, picture = tried.say("stats"), tried.say("stats", "--svg")
    assert "2 steps tried, 1 verified, 1 failed, 1.50 attempts a step" in said.out
    assert "1 of 1" in said.out
    texts = [one.text for one in ET.fromstring(picture.out).iter() if one.tag.endswith("text")]  # noqa: S314 - our own
    assert {"What helped after a failure", "fail_to_pass", "1 of 2"} <= set(texts)
    file = tried.folder / "stats.svg"
    assert tried.say("stats", "--svg", str(file)).code == 0
    assert file.read_text("utf-8").rstrip() == picture.out.rstrip()


def test_a_home_without_runs_has_no_figures(stage: Stage) -> None:
    """That is said."""
    said = stage.say("stats")
    assert (said.code, said.out.splitlines()) == (0, ["0 runs", "No step was tried yet."])
