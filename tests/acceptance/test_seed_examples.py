"""Four undertakings as people bring them, each with two lanes: what a plan says about them comes true in a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stage

BRANCH = "surefoot/20260101-abc123"
PROJECT = """
goal: Set up a Python project
limits: {parallel: 2}
accept: [{file: pyproject.toml, exists: true}]
steps:
  - {id: venv, run: python3 -m venv --without-pip .venv, artifacts: [.venv]}
  - id: config
    run: echo '[project]' > pyproject.toml
    writes: [pyproject.toml]
    checks: [{file: pyproject.toml, contains: project}]
  - id: deps
    needs: [venv]
    run: "echo 'def shine(): return 7' > $(ls -d .venv/lib/python*/site-packages)/gleam.py"
    artifacts: [.venv]
    checks: [{run: .venv/bin/python -c 'import gleam'}]
  - id: tests
    needs: [deps, config]
    run: |
      cat > test_it.py <<'END'
      import unittest, gleam
      class T(unittest.TestCase):
        def test_it(self): assert gleam.shine() == 7
      END
    writes: [test_it.py]
    checks: [{tests: .venv/bin/python -m unittest, format: unittest}]
"""
UNDECLARED = """
goal: Forget to hand the environment on
steps:
  - {id: venv, run: python3 -m venv --without-pip .venv}
  - {id: tests, needs: [venv], run: .venv/bin/python -c 'print(1)'}
"""
CALLERS = """
goal: Call it by its new name
limits: {parallel: 2}
accept:
  - {tests: python3 -m unittest, format: unittest, expect: pass_to_pass}
  - {file: "*.py", lacks: "old(", expect: fail_to_pass}
steps:
  - {id: name, run: "echo 'new = old' >> lib.py", writes: [lib.py], checks: [{file: lib.py, contains: new}]}
  - id: caller-{file}
    needs: [name]
    for_each: {file: [one.py, two.py]}
    run: "sed -i 's/old/new/g' {file}"
    writes: ["{file}"]
    checks: [{file: "{file}", contains: "new("}, {file: "{file}", lacks: old}]
  - id: drop
    needs: ["caller-*"]
    run: "sed -i -e 's/def old/def new/' -e '/new = old/d' lib.py"
    writes: [lib.py]
    checks: [{file: lib.py, lacks: old}]
"""
FIFTEEN = """
goal: Correct each file
limits: {parallel: 2}
steps:
  - id: file-{file}
    for_each: {file: {glob: "part*.txt"}}
    run: "sed -i 's/^one$/two/' {file}"
    writes: ["{file}"]
    checks: [{file: "{file}", contains: two}]
    on_failure: skip
"""
TEN = "goal: Ten steps\nlimits: {parallel: 2}\nsteps:\n" + "".join(
    f"  - {{id: s{n}, {'needs: [s2, s4, s5], ' if n == 7 else ''}writes: [f{n}.txt], "
    f"run: {'cat f2.txt f4.txt f5.txt' if n == 7 else f'echo {n}'} > f{n}.txt, "
    f"checks: [{{file: f{n}.txt, contains: '{n if n != 7 else 4}'}}]}}\n"
    for n in range(1, 11)
)
BESIDE = """
goal: Show what another step makes
limits: {parallel: 2}
steps:
  - {id: make, run: sleep 0.1; echo x > made.txt, writes: [made.txt], checks: [{file: made.txt, exists: true}]}
  - {id: show, run: cat made.txt, effect: read}
"""


def test_a_python_project_is_set_up(stage: Stage) -> None:
    """The environment is handed from lane to lane, and the tests run in it (M121)."""
    said = stage.run(PROJECT)
    assert (said.code, set(stage.states().values())) == (0, {"verified"}), said.out


def test_an_environment_that_no_commit_holds_is_told_before_and_after(stage: Stage) -> None:
    """With the keys that hand it on (M122)."""
    before = stage.say("check", stage.plan(UNDECLARED), "--json").json["findings"]
    stage.run(UNDECLARED)
    after = stage.say("report", "--json").json["findings"]
    told = [[one["severity"] for one in found if one["kind"] == "undeclared-product"] for found in (before, after)]
    assert told == [["warning"], ["warning"]]


def test_a_function_is_renamed_with_its_callers(stage: Stage) -> None:
    """The tests that passed before pass after; one that was red before does not count (M121)."""
    tests = (
        "class T(unittest.TestCase):\\n  def test_one(self): assert one.go() == 1\\n  def test_red(self): assert 0\\n"
    )
    stage.bash("echo 'def old(): return 1' > lib.py; for m in one two; do printf '%s\\n' 'import lib' > $m.py; done")
    stage.bash("for m in one two; do echo 'def go(): return lib.old()' >> $m.py; done")
    stage.bash(f"printf 'import unittest, one\\n{tests}' > test_it.py; git add -A; git commit -qm Before")
    said = stage.run(CALLERS)
    assert said.code == 0, said.out
    stage.bash(f"git show {BRANCH}:lib.py | grep -q '^def new' && ! git grep -q old {BRANCH} -- '*.py'")


def test_of_fifteen_files_the_three_odd_ones_are_named(stage: Stage) -> None:
    """The others are corrected; each odd one says what was expected and what it holds (M121, M118)."""
    stage.bash("for n in $(seq 10 24); do echo one > part$n.txt; done; echo odd | tee part13.txt part17.txt part21.txt")
    stage.bash("git add -A; git commit -qm Fifteen")
    said = stage.run(FIFTEEN)
    odd = [name for name, state in stage.states().items() if state != "verified"]
    assert (said.code, odd) == (3, ["file-part13.txt", "file-part17.txt", "file-part21.txt"])
    assert "expected  'two' in each file of part13.txt" in said.out


def test_of_ten_steps_the_seventh_begins_after_those_it_needs(stage: Stage) -> None:
    """It takes up what 2, 4 and 5 have left; each line says which step it is and what comes next (M121, M129)."""
    said = stage.run(TEN)
    assert said.code == 0, said.out
    assert re.search(r"; step 1 of 10, next: s\d+$", said.out, re.MULTILINE), said.out
    steps = {step["id"]: step for step in stage.say("report", "--json").json["steps"]}
    assert max(steps[name]["ended_at"] for name in ("s2", "s4", "s5")) <= steps["s7"]["started_at"]
    assert stage.git("show", f"{BRANCH}:f7.txt").split() == ["2", "4", "5"]


def test_a_step_that_shows_what_another_makes_finds_it(stage: Stage) -> None:
    """No need orders them: the run takes them one after the other, and says so (M27)."""
    said = stage.run(BESIDE)
    assert said.code == 0, said.out
    assert "The engine takes them one after the other, in the order of the plan" in said.out + said.err
