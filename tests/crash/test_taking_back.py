"""Results that are taken back in runs that are killed: each ends as one that nobody killed, and was right at once."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Setting, Unkilled

RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"


def plan(value: str) -> str:
    """Return a plan whose step `a` writes a value; `b` is made of that, `c` and `d` of something else."""
    made = {"a": value, "b": "cat a.txt", "c": "echo c", "d": "cat c.txt"}
    reads = {"a": "a.in", "b": "a.txt", "c": "c.in", "d": "c.txt"}
    steps = (
        f"  - {{id: {name}, run: '{RAN}; {{ {text}; }} > {name}.txt', reads: [{reads[name]}], writes: [{name}.txt], "
        f"checks: [{{file: {name}.txt, exists: true}}]}}"
        for name, text in made.items()
    )
    return "\n".join(["goal: Write", "steps:", *steps, ""])


WRONG = plan("if test -e $SUREFOOT_MEETING/right; then echo right; else echo wrong; fi")
POINTS = (
    *(f"journal.append.committed:{number}" for number in range(1, 9)),
    *("workspace.merge.before:1", "workspace.merge.after:2", "workspace.write_commit.after:1"),
    *("workspace.publish.fetched:1", "check.after.after:1"),
)
QUICK = ("journal.append.committed:2", "workspace.merge.after:2")
KILLS = [pytest.param(point, marks=() if point in QUICK else pytest.mark.slow) for point in POINTS]


@pytest.mark.parametrize("point", KILLS)
def test_a_cure_that_is_killed_ends_as_if_the_step_had_been_right(
    setting: Setting, unkilled: Callable[[str], Unkilled], point: str
) -> None:
    """Killed while results go off the branch, are brought there again, or are done again: none is kept, none lost."""
    stage = setting(WRONG)
    assert stage.work().code == 0
    (stage.meeting / "right").touch()
    with api.Home(stage.home) as home:
        api.invalidate(home, RunId(stage.run), "a", why="It is wrong")
    assert stage.killed(point) == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work().code, stage.wrongs(verified)) == (0, [])
    assert (stage.ending().tree, stage.ending().outcome) == (unkilled(plan("echo right")).ending.tree, "completed")
    assert [stage.lines("meeting/ran")[name] for name in "cd"] == [1, 1]
