"""`limits.parallel`: steps at once, each in a lane of its own, their results on the branch one at a time.

Read `../core/test_queue.py` for the proof over interleavings, `../crash/scenarios/lanes.yaml` for kills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
MEET = """
goal: Three steps that wait for each other
limits: {parallel: 3}
steps:
  - id: meet-{n}
    for_each: {n: [x, y, z]}
    run: |
      touch $SUREFOOT_MEETING/met-{n}
      until test $(ls $SUREFOOT_MEETING | grep -c '^met') = 3; do sleep 0.02; done
    checks: [{file: a.txt, exists: true}]
"""
TEN = """
goal: Ten steps on one file
limits: {parallel: 4}
steps:
  - id: edit-{n}
    for_each: {n: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]}
    run: CHANGE
    checks:
      - {run: "grep -q 'new {n}' f.txt", expect: fail_to_pass}
      - {run: "test -s a.txt", expect: pass_to_pass}
"""
PAIR = """
goal: Two steps
limits: {parallel: 2, resources: {wide: 2}}
steps:
  - {id: one, run: "BODY", FIELDS, checks: [{file: a.txt, exists: true}]}
  - {id: two, run: "BODY", FIELDS, checks: [{file: a.txt, exists: true}]}
"""
ALONE = "mkdir $SUREFOOT_MEETING/lock && sleep 0.2 && rmdir $SUREFOOT_MEETING/lock"
"""Fails when two are in it at once."""
WRECK = """
goal: Wreck the lane
limits: {parallel: 3}
steps:
  - {id: good, run: "sleep 0.2; echo two > a.txt", checks: [{file: a.txt, contains: two, expect: fail_to_pass}]}
  - {id: bad, run: "HARM", retry: {maximum_attempts: 1}, checks: [{file: a.txt, exists: true}]}
  - {id: late, needs: [good], run: "echo two > b.txt", checks: [{file: b.txt, contains: two, expect: fail_to_pass}]}
"""


def make_file(stage: Stage) -> None:
    """Give the repository a file whose lines lie far apart, and one commit more."""
    stage.bash(
        "for n in 0 1 2 3 4 5 6 7 8 9; do echo old $n; echo; echo; echo; done > f.txt; git add f.txt; git commit -qm f"
    )


def test_steps_run_at_once(stage: Stage) -> None:
    """Three bodies that each wait for the others come to an end (M22)."""
    assert (stage.run(MEET).code, set(stage.states().values())) == (0, {"verified"})


MERGING = "sed -i 's/old {n}/new {n}/' $(ls f.*)"
"""Edits a file that is not named: members whose commands name one file are started one after the other."""


@pytest.mark.parametrize("change", [MERGING, "echo 'new {n}' | tee -a $(ls f.*)"], ids=["merging", "conflicting"])
def test_ten_steps_on_one_file_lose_nothing(stage: Stage, change: str) -> None:
    """Whether git can merge what they did or not, each has its line in the end, and its commit."""
    make_file(stage)
    assert stage.run(TEN.replace("CHANGE", change)).code == 0
    content = stage.git("show", f"surefoot/{RUN}:f.txt").splitlines()
    assert [sum(line == f"new {n}" for line in content) for n in range(10)] == [1] * 10
    assert len(stage.git("log", "--format=%s", f"main..surefoot/{RUN}").splitlines()) == 10


@pytest.mark.slow
def test_files_that_git_must_not_merge_are_not_merged(stage: Stage) -> None:
    """A file marked `-merge` conflicts although its lines lie far apart: each step is done on the one before."""
    make_file(stage)
    stage.bash("echo 'f.txt -merge' > .gitattributes; git add -A; git commit -qm attributes")
    assert stage.run(TEN.replace("CHANGE", f"sleep 0.1; {MERGING}")).code == 0
    assert stage.say("show", RUN).out.count("new") == 0
    late = [event for event in stage.say("watch", RUN, "--json").out.splitlines() if '"merge_refused"' in event]
    assert late


@pytest.mark.slow
def test_files_changed_at_once_are_a_finding(stage: Stage) -> None:
    """The report names the file and who changed it."""
    make_file(stage)
    stage.run(TEN.replace("CHANGE", f"sleep 0.1; {MERGING}"))
    found = [f for f in stage.say("report", RUN, "--json").json["findings"] if f["kind"] == "overlapping-writes"]
    assert (len(found), found[0]["text"].startswith("f.txt was changed at once by edit-")) == (1, True)


@pytest.mark.parametrize("fields", ["writes: [a.txt, x/**]", "uses: [database]"])
def test_steps_that_share_a_declared_file_or_resource_take_turns(stage: Stage, fields: str) -> None:
    """Neither finds the other in its way."""
    assert stage.run(PAIR.replace("BODY", ALONE).replace("FIELDS", fields)).code == 0


@pytest.mark.parametrize("fields", ["writes: [x/**]", "uses: [wide]"])
def test_a_resource_of_two_takes_two(stage: Stage, fields: str) -> None:
    """A second resource of capacity two, and files of their own, keep nobody waiting."""
    both = "cd $SUREFOOT_MEETING; touch $SUREFOOT_STEP; until test -e one -a -e two; do sleep 0.02; done"
    plan = PAIR.replace("BODY", both).replace("FIELDS", fields).replace("writes: [x/**]", "writes: [y/**]", 1)
    assert stage.run(plan).code == 0


@pytest.mark.parametrize(
    "harm",
    [
        "rm -rf $PWD; exit 1",
        "git checkout -q --orphan x; git gc -q --prune=now; touch $(git rev-parse --git-dir)/index.lock",
        "rm -rf $(git rev-parse --git-common-dir); exit 1",
    ],
    ids=["lane deleted", "HEAD moved, gc, lock", "clone deleted"],
)
def test_what_one_body_does_to_its_lane_does_not_reach_the_others(stage: Stage, harm: str) -> None:
    """The others are verified, and the report names the one that fails."""
    stage.run(WRECK.replace("HARM", harm))
    states = stage.states()
    assert (states["good"], states["late"]) == ("verified", "verified")
    assert stage.git("show", f"surefoot/{RUN}:b.txt") == "two"


def test_an_irreversible_step_rests_on_the_head(stage: Stage) -> None:
    """It sees what was verified before it, although it could have begun at once, and nothing moves under it."""
    plan = """
goal: Send what is there
limits: {parallel: 2}
steps:
  - {id: edit, run: "echo two > a.txt", checks: [{file: a.txt, contains: two, expect: fail_to_pass}]}
  - id: send
    effect: irreversible
    run: sleep 0.3; git log -1 --format=%H > sent.txt
    checks: [{file: sent.txt, exists: true}]
"""
    assert stage.run(plan, "--allow", "send").code == 0
    sent = stage.git("show", f"surefoot/{RUN}:sent.txt")
    assert sent == stage.git("log", "-1", "--format=%P", "--diff-filter=A", f"surefoot/{RUN}", "--", "sent.txt")


TWICE = """
goal: Prepare a second lane in vain
prepare: {run: "cd $SUREFOOT_MEETING; mkdir 1 && exit; mkdir 2 && exit 3; true", clone: false}
limits: {parallel: 2}
steps:
  - {id: "edit-{n}", for_each: {n: [x, y, z]}, run: "echo {n} > {n}.txt", checks: [{file: "{n}.txt", exists: true}]}
accept: [{file: a.txt, exists: true}]
"""


def test_a_lane_that_cannot_be_made_usable_is_done_without(stage: Stage) -> None:
    """The second time prepare is run it fails: the first lane does all the work, and the report says why."""
    assert (stage.run(TWICE).code, set(stage.states().values())) == (0, {"verified"})
    [found] = [f for f in stage.say("report", RUN, "--json").json["findings"] if f["kind"] == "lane-unusable"]
    assert "so fewer steps ran at once: prepare failed (exit status 3)" in found["text"]


HALF = """
goal: Prepare in two parts
prepare: {run: "mkdir .venv && until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done && touch .venv/whole"}
limits: {parallel: 2}
steps:
  - {id: one, run: test -e .venv/whole}
  - {id: two, run: test -e .venv/whole}
"""


def test_a_preparation_that_was_cut_off_is_not_done_over_in_its_own_leavings(stage: Stage) -> None:
    """A lane that was killed while it was prepared is made anew."""
    with stage.begin("run", stage.plan(HALF), "--run-id", RUN) as program:
        while not list(stage.home.glob("runs/*/lanes/1/.venv")):
            assert program.is_running, program.wait().out
    stage.go()
    assert stage.say("resume", RUN).code == 0
