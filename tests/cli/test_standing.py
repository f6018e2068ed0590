"""Where a run stands when nobody works on it: what is said is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.api.queries import report
from surefoot.cli import main
from surefoot.cli.report_page import report_lines
from surefoot.cli.wrap import plain
from surefoot.core import events as ev
from surefoot.core.event_words import Phase
from surefoot.core.ids import StepId
from surefoot.ports.storage import Batch

if TYPE_CHECKING:
    import pytest
    from conftest import Runs, Shapes

RUN = "20260101-abc123"


def killed(runs: Runs) -> str:
    """Leave a run as an engine does that is killed while the step `build` is under way."""
    run = runs.begin()
    token = runs.home.journal.raise_token(run)
    started = ev.EngineStarted(at=2.0, engine="e", token=token, pid=1, host="h", rung="plain", release="1")
    step = ev.StepStarted(at=3.0, step=StepId("build"), attempt=1)
    phase = ev.PhaseEntered(at=2.5, phase=Phase.EXECUTE)
    appended = runs.home.journal.append([Batch(run, 1, [started, phase, step], token)])
    assert not isinstance(appended[0], Exception), appended
    return run


def test_a_step_on_which_no_engine_works_is_interrupted(runs: Runs) -> None:
    """In the state of the step and in the counts, also for programs."""
    found = report(runs.home, runs.home.find(killed(runs)))
    assert found["steps"][0]["state"] == "interrupted"
    assert (found["counts"]["interrupted"], found["counts"]["running"]) == (1, 0)


def test_a_killed_run_is_not_said_to_be_running(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """`status` speaks of what was interrupted."""
    killed(runs)
    main(["status", RUN])
    out = capsys.readouterr().out
    assert ("running" in out, "1 interrupted, 1 pending" in out) == (False, True)


def test_a_check_that_was_not_asked_shows_no_answer_as_if_of_now(shapes: Shapes) -> None:
    """What there is to read is from before the first change, and that is said."""
    check = shapes.check("suite", "not_asked", text="exit status 1", before="failed", after=None)
    told = plain(report_lines(shapes.report(accept=[check])))
    assert "not asked  suite  before the first change: exit status 1" in told
