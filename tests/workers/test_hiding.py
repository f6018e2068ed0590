"""Which files beside the secret places a command cannot read.

`tests/attacks/test_plan_is_read.py` reads them from a lane.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.home import Home
from surefoot.clock import SystemClock
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.ids import RunId
from surefoot.core.plan import Check, Plan
from surefoot.sandbox import Rung
from surefoot.workers.hidden_places import hidden_from
from surefoot.workers.run_context import RunContext


def room_of(tmp_path: Path, *, held_back: bool) -> RunContext:
    """Return the context of a run with one acceptance check, whose plan file lies in `plans`."""
    plan = Plan(goal="g", steps=(), accept=(Check(name="c", ask=CommandCheck(command="true"), held_back=held_back),))
    run, place = RunId("20260101-abcdef"), tmp_path / "plans" / "plan.yaml"
    place.parent.mkdir()
    place.touch()
    created = ev.RunCreated(at=0.0, run=run, plan=plan, plan_path=str(place))
    with Home(tmp_path / "home") as home:
        return RunContext(
            run=run,
            folder=home.run_folder(run),
            plan=plan,
            blobs=home.journal.blobs,
            clock=SystemClock(),
            rung=Rung.BUBBLEWRAP,
            created=created,
        )


@pytest.mark.parametrize("name", ["plan.yaml", "plan.yaml~", ".plan.yaml.swp", "#plan.yaml#", "plan.yaml.bak"])
def test_a_plan_with_held_back_checks_is_hidden_with_its_copies(tmp_path: Path, name: str) -> None:
    """Editors leave copies beside the file."""
    context = room_of(tmp_path, held_back=True)
    copy = tmp_path / "plans" / name
    copy.touch()
    assert copy in hidden_from(context, ())


def test_a_step_that_opens_a_folder_of_the_home_does_not_open_the_plan_in_it(tmp_path: Path) -> None:
    """The step asked for a secret place, not for what judges it."""
    context = room_of(tmp_path, held_back=True)
    assert tmp_path / "plans" / "plan.yaml" in hidden_from(context, (tmp_path,))


@pytest.mark.parametrize("name", ["planning.yaml", "plan.yaml2", "check.sh"])
def test_what_only_lies_beside_the_plan_is_not_hidden(tmp_path: Path, name: str) -> None:
    """Functions of a plan are imported from its folder."""
    context = room_of(tmp_path, held_back=True)
    (tmp_path / "plans" / name).touch()
    assert tmp_path / "plans" / name not in hidden_from(context, ())


def test_a_plan_that_holds_nothing_back_is_not_hidden(tmp_path: Path) -> None:
    """Agents are told of all its checks anyway."""
    context = room_of(tmp_path, held_back=False)
    assert tmp_path / "plans" / "plan.yaml" not in hidden_from(context, ())


def test_where_the_plan_file_is_a_link_the_file_it_leads_to_is_hidden(tmp_path: Path) -> None:
    """Whatever name the person gave to `run`."""
    context = room_of(tmp_path, held_back=True)
    link, target = tmp_path / "plans" / "plan.yaml", tmp_path / "target.yaml"
    link.rename(target)
    link.symlink_to(target)
    assert target in hidden_from(context, ())
