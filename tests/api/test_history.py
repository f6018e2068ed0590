"""What a new run knows of earlier ones: how long its steps took.

Read `tests/core/test_schedule.py` for what is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from surefoot.api.engagement import Source, create_run
from surefoot.api.home import Home
from surefoot.core.event_words import Ending, Status
from surefoot.core.events import BodyFinished
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import ForEach, FunctionBody, Limits, Plan, Step
from surefoot.ports.storage import Batch


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return a home without runs."""
    with Home(tmp_path / "home") as opened:
        yield opened


def step(name: str, estimate_s: float | None = None, **fields: object) -> Step:
    """Return a step that needs no workspace."""
    return Step(id=StepId(name), body=FunctionBody(name="f"), estimate_s=estimate_s, **fields)


def plan_of(*steps: Step, goal: str = "g", parallel: int = 2) -> Plan:
    """Return a plan whose steps may run at once."""
    return Plan(goal=goal, steps=steps or (step("a"), step("b")), limits=Limits(parallel=parallel))


def ran(
    home: Home, plan: Plan, times: Mapping[str, float], status: Status = Status.OK, *, source: Source | None = None
) -> RunId:
    """Create a run and note that bodies took these times."""
    run = create_run(home, plan, source or Source()).created.run
    events = [
        BodyFinished(at=1.0, step=StepId(name), attempt=1, ending=Ending(status=status), duration_s=seconds)
        for name, seconds in times.items()
    ]
    home.journal.append([Batch(run=run, expected=None, events=events)])
    return run


def known(home: Home, plan: Plan, path: Path | None = None) -> dict[str, float]:
    """Return what a new run of the plan is told."""
    return dict(create_run(home, plan, Source(plan_path=path)).created.estimates)


def test_a_step_is_expected_to_take_the_median_of_earlier_runs(home: Home) -> None:
    """One run that was held up does not count for more than the others."""
    for seconds in (3.0, 90.0, 4.0):
        ran(home, plan_of(), {"a": seconds})
    assert known(home, plan_of()) == {"a": 4.0}


def test_times_that_differ_by_noise_are_told_as_equal(home: Home) -> None:
    """So that the steps start in the order of the plan."""
    ran(home, plan_of(), {"a": 4.0, "b": 4.4})
    assert known(home, plan_of()) == {"a": 4.2, "b": 4.2}


def test_only_the_latest_runs_count(home: Home) -> None:
    """What was slow long ago may be quick now."""
    for seconds in (90.0, 90.0, 90.0, 90.0, 3.0, 4.0, 5.0):
        ran(home, plan_of(), {"a": seconds})
    assert known(home, plan_of()) == {"a": 4.0}


def test_an_estimate_of_the_plan_is_not_sought_elsewhere(home: Home) -> None:
    """Whoever writes one knows better."""
    ran(home, plan_of(), {"a": 3.0, "b": 4.0})
    assert known(home, plan_of(step("a", 9.0), step("b"))) == {"b": 4.0}


def test_a_body_that_failed_says_nothing(home: Home) -> None:
    """It may have ended at once."""
    ran(home, plan_of(), {"a": 0.1}, Status.EXIT)
    assert known(home, plan_of()) == {}


def test_a_serial_run_asks_for_no_history(home: Home) -> None:
    """It goes by the order of the plan, whatever things take."""
    ran(home, plan_of(), {"a": 3.0})
    assert known(home, plan_of(parallel=1)) == {}


def test_runs_of_another_plan_say_nothing(home: Home, tmp_path: Path) -> None:
    """A plan is known by its file's name, or by its goal where it has no file."""
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path, seconds in zip(paths, (3.0, 4.0), strict=True):
        path.write_text("")
        ran(home, plan_of(), {"a": seconds}, source=Source(plan_path=path))
    ran(home, plan_of(goal="other"), {"a": 5.0})
    assert [known(home, plan_of(), path) for path in paths] == [{"a": 3.0}, {"a": 4.0}]
    assert known(home, plan_of()) == {}


def test_runs_of_another_folder_say_nothing(home: Home, tmp_path: Path) -> None:
    """The same plan may take longer elsewhere."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    sources = [Source(repository=tmp_path / name) for name in ("one", "two")]
    ran(home, plan_of(), {"a": 3.0}, source=sources[0])
    assert [dict(create_run(home, plan_of(), source).created.estimates) for source in sources] == [{"a": 3.0}, {}]


def test_members_are_known_by_their_ids_and_the_group_by_its_members(home: Home) -> None:
    """So that the group ranks before its members exist, and they among each other after."""
    group = step("fix/{file}", for_each=ForEach(name="file", items=("x", "y")))
    ran(home, plan_of(group, step("a")), {"fix/x": 2.0, "fix/y": 6.0, "a": 1.0})
    assert known(home, plan_of(group)) == {"fix/x": 2.0, "fix/y": 6.0, "fix/{file}": 4.0}


def test_a_resume_knows_what_the_first_engine_knew(home: Home) -> None:
    """The times are part of the journal, and the fold of it ranks by them, whatever ran since."""
    ran(home, plan_of(), {"a": 3.0, "b": 7.0})
    run = create_run(home, plan_of(), Source()).created.run
    ran(home, plan_of(), {"a": 50.0})
    nodes = home.state(run).nodes.values()
    assert {node.spec.id: node.rank_s for node in nodes} == {"a": 3.0, "b": 7.0}


def test_an_earlier_run_that_cannot_be_read_is_passed_over(home: Home) -> None:
    """A damaged journal is for `audit` to name, not for the next run to fail on."""
    ran(home, plan_of(), {"a": 3.0})
    broken = ran(home, plan_of(), {"a": 9.0})
    home.journal._database.rows("UPDATE events SET body = x'00' WHERE run = ? AND seq = 2", (broken,))
    assert known(home, plan_of()) == {"a": 3.0}
