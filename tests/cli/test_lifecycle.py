"""`gc` and `rm`: what they take, and what works all the same afterwards.

Read `tests/acceptance/test_keeping.py` for whole programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk

RUN, OTHER = "20260101-abc123", "20260102-abc123"
PREPARED = """prepare: {run: "mkdir -p built; echo x > built/tool; echo built > .gitignore"}
steps:
  - {id: good, run: "cat built/tool > a.txt", checks: [{file: a.txt, contains: x}]}
  - {id: wrong, run: "cat built/tool && exit 1"}
"""


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
