"""`gc` and `rm`: what they take, and what works all the same afterwards.

Read `tests/acceptance/test_keeping.py` for whole programs.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from surefoot.api.home import Home
from surefoot.api.lane_retention import KEPT_S, let_go
from surefoot.api.retention import collect_garbage
from surefoot.clock import SystemClock
from surefoot.core.ids import RunId
from surefoot.workspace import RunWorkspace, make_folder

if TYPE_CHECKING:
    from conftest import Desk

RUN, OTHER = "20260101-abc123", "20260102-abc123"
PREPARED = """prepare: {run: "mkdir -p built; echo x > built/tool; echo built > .gitignore"}
steps:
  - {id: good, run: "cat built/tool > a.txt", checks: [{file: a.txt, contains: x}]}
  - {id: wrong, run: "cat built/tool && exit 1"}
"""
GOOD = "steps: [{id: good, run: 'echo two > a.txt'}]"


class Later(SystemClock):
    """The time that it will be when lanes are not kept any more."""

    def now(self) -> float:
        """Return that time."""
        return super().now() + KEPT_S


def lanes(desk: Desk, run: str = RUN) -> list[str]:
    """Return what is there of the lanes of a run: worktrees, scratch homes, clones."""
    folder = desk.folder / "state" / "runs" / run
    return sorted(path.name for part in ("lanes", "homes", "clones", "removed") for path in folder.glob(f"{part}/*"))


def test_the_lanes_of_a_completed_run_go_with_its_end(desk: Desk) -> None:
    """And nothing that is asked of it afterwards needs them."""
    assert desk.run(GOOD).code == 0
    assert lanes(desk) == []
    assert [desk.say(*words).code for words in (("show", "good", "--diff"), ("audit",), ("land",))] == [0, 0, 0]


def test_the_lanes_of_a_failed_run_stay_for_somebody_to_look_at(desk: Desk) -> None:
    """Together with what the run can go on with."""
    desk.run(PREPARED)
    assert (desk.folder / "state/runs" / RUN / "lanes/1/built/tool").read_text("utf-8") == "x\n"


def test_the_lanes_of_a_failed_run_go_with_the_end_of_another_one_a_day_later(desk: Desk) -> None:
    """The other one may be any run of the home; a run that waits for a person keeps its lanes for ever."""
    desk.run(PREPARED)
    desk.say("run", desk.plan(f"{PREPARED}  - {{id: sure, ask: Sure?}}\n"), "--run-id", OTHER)
    with Home(clock=Later()) as home:
        space = RunWorkspace.open(home.run_folder(RunId(OTHER)), desk.user, OTHER)
        let_go(home, space, home.state(RunId(OTHER)))
    assert (lanes(desk), "1" in lanes(desk, OTHER)) == ([], True)


def test_the_lanes_of_a_failed_run_go_when_it_is_landed(desk: Desk) -> None:
    """What is left of it can be tried again all the same."""
    desk.run(PREPARED)
    assert desk.say("land", "--yes").code == 0
    assert lanes(desk) == []
    assert "exit status 1: x" in desk.say("retry").out


def test_gc_leaves_what_ended_since_then(desk: Desk) -> None:
    """As `--older-than` says; nothing happened to the run since then, either."""
    desk.run(PREPARED)
    assert desk.say("gc", "--older-than", "1h", "--json").json["runs"] == []
    with Home(clock=Later()) as home:
        assert collect_garbage(home, older_than_s=KEPT_S - 3600).runs == (RUN,)


def test_a_dry_run_of_gc_deletes_nothing(desk: Desk) -> None:
    """It says the same as the one that does."""
    desk.run(PREPARED)
    left = desk.folder / "state/runs/20990101-zzzzzz"
    left.mkdir()
    os.utime(left, (0, 0))
    told = desk.say("gc", "--dry-run", "--json").json
    assert (lanes(desk) != [], left.exists()) == (True, True)
    assert desk.say("gc", "--json").json == {**told, "dry_run": False}
    assert (told["deleted"] >= 1, told["runs"], left.exists()) == (True, [RUN], False)


def test_gc_refuses_an_age_that_is_no_duration(desk: Desk) -> None:
    """With the forms that it takes."""
    said = desk.say("gc", "--older-than", "week")
    assert (said.code, "such as 12h or 7d, not 'week'" in said.err) == (2, True)


def test_gc_keeps_branches_that_nobody_has_landed(desk: Desk) -> None:
    """All of them."""
    desk.run(PREPARED)
    tip = desk.git("rev-parse", f"surefoot/{RUN}")
    desk.say("gc")
    assert (desk.git("rev-parse", f"surefoot/{RUN}"), desk.say("land", "--yes").code) == (tip, 0)


def test_ls_says_how_much_disk_a_run_takes(desk: Desk) -> None:
    """As it was when an engine last let go of the run; not counted again for the list."""
    desk.run(PREPARED)
    before = desk.say("ls", "--json").json["runs"][0]["size_bytes"]
    freed = desk.say("gc", "--json").json["size_bytes"]
    after = desk.say("ls", "--json").json["runs"][0]["size_bytes"]
    assert before > freed > 0
    assert (after <= before - freed, "0.1 MB" in desk.say("ls").out) == (True, True)


def test_ls_knows_no_size_of_a_run_that_no_engine_had(desk: Desk) -> None:
    """It was killed, perhaps."""
    desk.run(GOOD)
    (desk.folder / "state/runs" / RUN / "size").unlink()
    assert desk.say("ls", "--json").json["runs"][0]["size_bytes"] is None
    assert "   -  " in desk.say("ls").out


def test_lanes_that_take_long_to_delete_are_not_waited_for(desk: Desk) -> None:
    """They are out of the way at once, and a program of its own deletes their files, those that are locked as well."""
    desk.run(PREPARED)
    folder = desk.folder / "state/runs" / RUN
    make_folder(folder / "lanes/1/locked")
    (folder / "lanes/1/locked").chmod(0o500)
    space = RunWorkspace.open(folder, desk.user, RUN)
    space.free_lanes(within_s=-1)
    assert list(folder.glob("lanes/*")) == []
    gone = 'until test -z "$(ls removed/*)"; do sleep 0.02; done 2> /dev/null'
    subprocess.run(["sh", "-c", gone], cwd=folder, check=True)


def test_gc_frees_the_lanes_of_a_run_that_has_ended(desk: Desk) -> None:
    """And says of which runs, and how much that was."""
    desk.run(PREPARED)
    freed = desk.say("gc", "--json").json
    assert (freed["runs"], freed["size_bytes"] > 0) == ([RUN], True)
    assert list((desk.folder / "state" / "runs" / RUN / "lanes").iterdir()) == []


def test_a_run_whose_lanes_were_freed_is_retried_in_new_ones(desk: Desk) -> None:
    """They are prepared again: the body finds what prepare makes."""
    desk.run(PREPARED)
    desk.say("gc")
    assert "exit status 1: x" in desk.say("retry").out
    assert desk.say("land", "--yes").code == 0


def test_gc_leaves_a_run_that_has_not_ended_alone(desk: Desk) -> None:
    """Somebody may be at work in its lanes."""
    desk.run("steps: [{id: sure, ask: Sure?}, {id: made, run: 'echo two > a.txt'}]")
    assert desk.say("gc", "--json").json["runs"] == []


def test_rm_takes_several_runs(desk: Desk) -> None:
    """What cannot be deleted is told, and the others go all the same."""
    desk.run("steps: [{id: good, run: 'true'}]")
    desk.say("run", desk.plan("steps: [{id: good, run: 'true'}]"), "--run-id", OTHER)
    said = desk.say("rm", RUN, OTHER)
    assert (said.code, said.out.count("is deleted"), desk.say("ls", "--json").json["runs"]) == (0, 2, [])
