"""Verified steps of real runs that prove wrong: what consumed them is done again, and nothing else."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from tests.acceptance.conftest import PLANS, RUN, Stage

RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
VALUE = "if test -e $SUREFOOT_MEETING/right; then echo right; else echo wrong; fi"


@dataclass(frozen=True)
class Graph:
    """Steps that each write a file of their own out of files that others wrote; one of them is wrong at first."""

    needs: tuple[tuple[int, ...], ...]
    reads: tuple[tuple[int, ...], ...]
    wrong: int
    parallel: int

    @classmethod
    def drawn(cls, seed: int) -> Graph:
        """Draw a graph; a step reads some of what it needs."""
        dice = random.Random(seed)
        size = dice.randint(3, 7)
        needs = tuple(tuple(n for n in range(at) if dice.random() < 0.45) for at in range(size))
        reads = tuple(tuple(n for n in row if dice.random() < 0.6) for row in needs)
        return cls(needs, reads, dice.randrange(size), dice.choice([1, 3]))

    @property
    def plan(self) -> str:
        """Return the plan."""
        steps = [self._step(at) for at in range(len(self.needs))]
        return "\n".join([f"goal: Write\nlimits: {{parallel: {self.parallel}}}\nsteps:", *steps])

    def _step(self, at: int) -> str:
        own = VALUE if at == self.wrong else f"echo own {at}"
        read = " ".join(f"s{n}.txt" for n in self.reads[at])
        command = f"{RAN}; {{ {own}; cat a.txt {read}; }} > s{at}.txt"
        needs = ", ".join(f"s{n}" for n in self.needs[at])
        reads = ", ".join(["a.txt", *(f"s{n}.txt" for n in self.reads[at])])
        return (
            f"  - {{id: s{at}, needs: [{needs}], reads: [{reads}], writes: [s{at}.txt], run: '{command}', "
            f"checks: [{{run: grep -q one s{at}.txt, expect: fail_to_pass}}]}}"
        )

    @property
    def tainted(self) -> list[str]:
        """Return the steps that consumed the wrong result, itself included."""
        found = {self.wrong}
        for at, reads in enumerate(self.reads):
            if not found.isdisjoint(reads):
                found.add(at)
        return [f"s{at}" for at in sorted(found)]


def ran(stage: Stage) -> list[str]:
    """Return the steps whose bodies ran since this was last asked."""
    path = stage.meeting / "ran"
    names = path.read_text("utf-8").split() if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted(names)


def tree(stage: Stage) -> str:
    """Return the tree of the run branch."""
    return stage.git("rev-parse", f"surefoot/{RUN}^{{tree}}")


SEEDS = [pytest.param(seed, marks=() if seed < 3 else pytest.mark.slow) for seed in range(24)]


@pytest.mark.parametrize("seed", SEEDS)
def test_on_random_graphs_exactly_the_tainted_steps_run_again(stage: Stage, seed: int) -> None:
    """M43, M76: and the branch ends with the tree of a run that was right from the start."""
    graph = Graph.drawn(seed)
    stage.meeting.mkdir()
    assert stage.run(graph.plan).code == 0
    assert ran(stage) == [f"s{at}" for at in range(len(graph.needs))]
    (stage.meeting / "right").touch()
    said = stage.say("invalidate", RUN, f"s{graph.wrong}", "--why", "It is wrong", "--json")
    assert (said.code, said.json["outcome"]) == (0, "completed")
    assert ran(stage) == graph.tainted == sorted(one["step"] for one in said.json["tainted"])
    cured = tree(stage)
    assert stage.say("rm", RUN, "--branch").code == 0
    assert stage.run(graph.plan).code == 0
    assert tree(stage) == cured


SENT = """
goal: Send a page
steps:
  - {id: page, run: "echo wrong > page.txt", checks: [{file: page.txt, exists: true}]}
  - {id: send, needs: [page], run: cat page.txt, effect: irreversible, undo: Send a correction.}
  - {id: other, run: "echo other > other.txt", checks: [{file: other.txt, exists: true}]}
accept: [{run: grep -q right page.txt}]
"""


def test_an_applied_effect_is_listed_and_not_repeated_unasked(stage: Stage) -> None:
    """M44: a red acceptance check offers the way back; an approval given beforehand does not count again."""
    assert stage.run(SENT, "--allow", "send").code == 3
    assert stage.say("report", "--json").json["next"] == f"surefoot invalidate {RUN} STEP --why TEXT"
    refused = stage.say("invalidate", "page", "--why", "It is wrong")
    assert (refused.code, "irreversible, applied; undo: Send a correction." in refused.out) == (4, True)
    assert stage.say("invalidate", "page", "--why", "It is wrong", "--yes").code == 4
    assert stage.states() == {"page": "verified", "send": "waiting", "other": "verified"}


def test_a_dry_run_says_why_and_changes_nothing(stage: Stage) -> None:
    """M76: each step with the file it consumed; what has no result is refused."""
    assert stage.run(SENT, "--allow", "send").code == 3
    found = stage.say("invalidate", "page", "--dry-run", "--json").json
    assert [(one["step"], one["by"], one["why"]) for one in found["tainted"]] == [
        ("page", None, ""),
        ("send", "page", "read page.txt"),
    ]
    assert (found["kept"], found["is_done"]) == (["other"], False)
    assert stage.say("invalidate", "pgae", "--dry-run").code == 2
    assert stage.states() == dict.fromkeys(("page", "send", "other"), "verified")


def test_a_running_engine_takes_a_step_back(stage: Stage) -> None:
    """What is under way and consumed nothing is not disturbed."""
    plan = PLANS["holding"].replace("steps:", "limits: {parallel: 2}\nsteps:\n" + FIRST)
    with stage.held(plan) as program:
        while stage.states()["first"] != "verified":
            pass
        said = stage.say("invalidate", RUN, "first", "--why", "It is wrong")
        assert (said.code, "The engine at work brings it about." in said.out) == (0, True)
        stage.go()
        assert program.wait().code == 0
    assert sorted(ran(stage)) == ["first", "first"]
    assert stage.states() == dict.fromkeys(("first", "hold", "after"), "verified")


FIRST = f"  - {{id: first, run: '{RAN}; echo 1 > first.txt', checks: [{{file: first.txt, exists: true}}]}}"


def test_a_dropped_step_is_off_the_branch(stage: Stage) -> None:
    """`--revert` takes its commit out; the result of another step stays."""
    assert stage.run(SENT, "--only", "page", "--only", "other").code == 3
    assert stage.say("drop", "page").code == 2
    assert stage.say("drop", "page", "--revert").code == 0
    stage.say("resume")
    assert stage.git("ls-tree", "--name-only", f"surefoot/{RUN}").split() == ["a.txt", "b.txt", "other.txt"]
