"""Independent attempts at one step: made by a real run, compared, chosen, shown (M38)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Mend double
steps:
  - id: mend
    run: |
      echo $SUREFOOT_CANDIDATE >> $SUREFOOT_MEETING/made; test ! -e seen.log; echo x > seen.log
      case $SUREFOOT_CANDIDATE in
        1) printf 'def double(x):\\n    y = x\\n    return x + y\\n' > calc.py;;
        2) printf 'def double(x):\\n    return 2 * x\\n' > calc.py;;
        3) printf 'def double(x):\\n    return THIRD\\n' > calc.py;;
      esac
    best_of: 3
    compare: python3 -c 'from calc import double; print([double(n) for n in range(5)])'; touch left; rm test.py
    checks: [{run: python3 test.py, expect: fail_to_pass}]
"""
LIKE, UNLIKE = "x + x", "x ** 2"


def repository(stage: Stage) -> None:
    """Make a repository with a function that is wrong, and its test."""
    stage.bash("printf 'def double(x):\\n    return x + 1\\n' > calc.py; printf '*.log\\n' > .gitignore")
    stage.bash("echo 'from calc import double; assert double(2) == 4' > test.py; git add -A; git commit -qm calc")


def play(stage: Stage, third: str, *more: tuple[str, str], code: int = 0) -> dict[str, Any]:
    """Carry the step out with this third attempt, and return what the report says of it."""
    repository(stage)
    plan = PLAN.replace("THIRD", third)
    for old, new in more:
        plan = plan.replace(old, new)
    assert stage.run(plan).code == code
    return stage.say("report", RUN, "--json").json["steps"][0]


def test_a_result_that_all_attempts_agree_with_counts(stage: Stage) -> None:
    """It changes the fewest lines; nothing of one attempt, or of the comparing, is left for the next or committed."""
    step = play(stage, LIKE)
    assert (step["proof"], [one["chosen"] for one in step["candidates"]]) == ("agreement", [False, True, False])
    assert [one["agrees_with"] for one in step["candidates"]] == [[2, 3], [1, 3], [1, 2]]
    assert stage.git("show", f"surefoot/{RUN}:calc.py") == "def double(x):\n    return 2 * x"
    assert "left" not in stage.git("ls-tree", "--name-only", f"surefoot/{RUN}").split()
    assert "proved by 1 check and independent attempts that agree" in stage.say("show", RUN, "mend").out


def test_small_changes_are_told_apart_by_what_is_compared(stage: Stage) -> None:
    """One that no check notices lowers agreement only where `compare` shows another result."""
    halves = "2 * x if x > 1 else x * 2"
    step = play(stage, LIKE, ("return 2 * x", f"return {halves}"), ("best_of", "probe_checks: true\n    best_of"))
    found = step["mutation"]
    assert step["proof"] == "fail_to_pass"
    assert "return 2 * x if x > 1 else x / 2" in [one["after"] for one in found["survivors"]]
    assert (found["noticed"] > 1, found["alike"] > 0) == (True, True)
    assert "change nothing that `compare` shows" in stage.say("show", RUN, "mend").out


def test_results_that_differ_are_shown_to_a_person_who_chooses(stage: Stage) -> None:
    """Each with what it does and what it changes; the choice is committed, and is no agreement."""
    play(stage, UNLIKE, code=4)
    question = stage.say("inbox").out
    assert (
        "1 and 3 differ first in line 1 of what is compared:\n      1: [0, 2, 4, 6, 8]\n      3: [0, 1, 4, 9, 16]"
        in question
    )
    assert "[0, 1, 4, 9, 16]" in stage.say("show", RUN, "mend", "--candidate", "3").out
    assert "+    return x ** 2" in stage.say("show", RUN, "mend", "--candidate", "3", "--diff").out
    stage.say("answer", f"{RUN}.1", "3")
    assert stage.say("resume", RUN).code == 0
    assert stage.say("report", RUN, "--json").json["steps"][0]["proof"] == "fail_to_pass"
    assert "x ** 2" in stage.git("show", f"surefoot/{RUN}:calc.py")


def test_a_candidate_that_is_not_there_is_refused(stage: Stage) -> None:
    """With those that are."""
    play(stage, LIKE)
    said = stage.say("show", RUN, "mend", "--candidate", "7")
    assert (said.code, "it has 1, 2, 3" in said.err) == (2, True)


def test_the_majority_may_decide_without_being_a_proof(stage: Stage) -> None:
    """Where the plan says so; an exit status that differs is a difference, too."""
    step = play(stage, UNLIKE, ("best_of: 3", "best_of: 3\n    disagree: majority"))
    assert (step["proof"], step["candidates"][1]["chosen"]) == ("fail_to_pass", True)
    assert step["candidates"][1]["why"].startswith("2 of 3 candidates agree in what `compare` prints")


@pytest.mark.parametrize("compare", ["exit 0", "no-such-command", "sleep 60"])
def test_a_command_that_shows_nothing_is_no_agreement(stage: Stage, compare: str) -> None:
    """It prints nothing, cannot be run, or does not end in time."""
    line = PLAN.split("compare: ", 1)[1].split("\n", 1)[0]
    step = play(stage, LIKE, (line, f"{{run: {compare}, timeout: 1s}}"), code=4)
    assert (step["state"], [one["agrees_with"] for one in step["candidates"]]) == ("waiting", [[], [], []])
    assert all(one["compare"]["flaw"] for one in step["candidates"])


def test_without_a_command_the_files_have_to_be_the_same(stage: Stage) -> None:
    """Results that behave alike are not known to: a person is asked."""
    line = PLAN.split("    compare: ", 1)[1].split("\n", 1)[0]
    step = play(stage, LIKE, (f"    compare: {line}\n", ""), code=4)
    assert [one["agrees_with"] for one in step["candidates"]] == [[], [], []]


def test_an_attempt_that_fails_is_made_once_more(stage: Stage) -> None:
    """Its number is free for the next one, which is a different attempt."""
    fails_once = "echo $SUREFOOT_CANDIDATE >> $SUREFOOT_MEETING/made; test $(wc -l < $SUREFOOT_MEETING/made) != 2"
    step = play(stage, LIKE, ("echo $SUREFOOT_CANDIDATE >> $SUREFOOT_MEETING/made", fails_once))
    assert (step["proof"], step["attempts"]) == ("agreement", 5)
    assert [one["attempt"] for one in step["candidates"]] == [1, 3, 4]


def test_a_kill_does_not_make_again_what_was_kept(stage: Stage) -> None:
    """The engine dies while it keeps the third one: only that is made anew."""
    repository(stage)
    plan = PLAN.replace("THIRD", LIKE)
    stage.say("run", stage.plan(plan), "--run-id", RUN, env={"SUREFOOT_FAULT": "candidate.kept:3"})
    assert stage.say("resume", RUN).code == 0
    assert (stage.meeting / "made").read_text().split() == ["1", "2", "3", "3"]
    assert stage.say("report", RUN, "--json").json["steps"][0]["proof"] == "agreement"


@pytest.mark.parametrize(
    ("key", "place"),
    [("effect: irreversible", "best_of"), ("effect: reversible\n    confine: false", "confine")],
)
def test_what_cannot_be_attempted_several_times_is_refused_with_its_place(stage: Stage, key: str, place: str) -> None:
    """Before anything runs, with line and column."""
    plan = PLAN.replace("    best_of: 3", f"    {key}\n    best_of: 3")
    line = next(number for number, text in enumerate(plan.split("\n"), start=1) if text.strip().startswith(place))
    said = stage.run(plan)
    assert (said.code, f":{line}:" in said.err, "best_of" in said.err) == (2, True, True)


AROUND = """
goal: Members pay less
steps:
  - id: price
    run: sed -i "s/total - 5/total - 10/" price.py
    best_of: 2
    probe_checks: true
    compare: python3 -c 'from price import price; print([price(n, m) for n in range(0, 99, 10) for m in (0, 1)])'
    checks: [{run: python3 test.py, expect: fail_to_pass}]
"""


@pytest.mark.parametrize(
    ("more", "proof"), [("", "fail_to_pass"), (" and price(50, 1) == 50 and price(99, 0) == 99", "agreement")]
)
def test_a_function_that_its_checks_leave_open_gives_no_agreement(stage: Stage, more: str, proof: str) -> None:
    """A wrong bound in a line that the step did not write would show as little as a wrong line of its own."""
    lines = "def price(total, member):\\n    if member and total > 50:\\n        return total - 5\\n    return total\\n"
    stage.bash(f"printf '{lines}' > price.py")
    asked = f"price(99, 1) == 89 and price(51, 1) == 41{more}"
    stage.bash(f"echo 'from price import price; assert {asked}' > test.py; git add -A; git commit -qm price")
    assert stage.run(AROUND).code == 0
    step = stage.say("report", RUN, "--json").json["steps"][0]
    missed = [(one["line"], one["after"]) for one in step["mutation"]["missed_around"]]
    assert (step["proof"], step["mutation"]["survivors"]) == (proof, [])
    assert ((2, "if member and total >= 50:") in missed, (2, "if member or total > 50:") in missed) == (
        not more,
        not more,
    )
    assert ("the functions that it changed, such as at price.py:2" in stage.say("report", RUN).out) == (not more)


KEEPING = """
goal: Mend double
services:
  db: {run: "touch $HOME/db; exec sleep 60", ready: "test -e $HOME/db"}
steps:
  - id: mend
    uses: [db]
    run: |
      test ! -e part.tmp; test ! -e dist; test ! -e $HOME/made; touch $HOME/made
      echo $SUREFOOT_CANDIDATE > part.tmp; mkdir dist; echo $SUREFOOT_CANDIDATE > dist/of
      printf 'def double(x):\\n    return 2 * x\\n' > calc.py
      test $SUREFOOT_CANDIDATE = 2 || echo '# two' >> calc.py
    best_of: 3
    compare: python3 -c 'from calc import double; print([double(n) for n in range(5)])'
    scratch: ["*.tmp"]
    artifacts: [dist]
    checks: [{run: "python3 test.py && test -e dist/of", expect: fail_to_pass}]
  - id: use
    needs: [mend]
    run: cp dist/of used
"""


def test_attempts_with_services_and_files_of_no_commit_know_nothing_of_each_other(stage: Stage) -> None:
    """What the chosen one made for later steps reaches them."""
    repository(stage)
    assert stage.run(KEEPING).code == 0
    steps = stage.say("report", RUN, "--json").json["steps"]
    assert [step["proof"] for step in steps] == ["agreement", "exit-status-only"]
    assert stage.git("show", f"surefoot/{RUN}:used") == "2"
    committed = stage.git("ls-tree", "-r", "--name-only", f"surefoot/{RUN}").split()
    assert {"part.tmp", "dist/of"}.isdisjoint(committed)


AT_ONCE = """
goal: Mend double
limits: {parallel: 3}
steps:
  - id: mend
    run: |
      touch $SUREFOOT_MEETING/$SUREFOOT_CANDIDATE; echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/steps; WAIT
      printf 'def double(x):\\n    return 2 * x\\n' > calc.py
    best_of: 3
    timeout: 60s
    compare: python3 -c 'from calc import double; print([double(n) for n in range(5)])'
    checks: [{run: python3 test.py, expect: fail_to_pass}]
"""
MEET = "until test $(ls $SUREFOOT_MEETING | grep -c '^[123]$') = 3; do sleep 0.1; done"


def test_candidates_are_made_at_once_where_lanes_are_free(stage: Stage) -> None:
    """Each of the three waits for the two others; what is told and reported is about the one step."""
    repository(stage)
    said = stage.run(AT_ONCE.replace("WAIT", MEET))
    step = stage.say("report", RUN, "--json").json["steps"][0]
    assert (said.code, step["proof"], (stage.meeting / "steps").read_text().split()) == (0, "agreement", ["mend"] * 3)
    assert [one["attempt"] for one in step["candidates"]] == [1, 2, 3]
    assert ("(candidate" in said.out + stage.say("report", RUN).out, said.out.count("  kept ")) == (False, 3)


def test_a_run_that_is_killed_while_candidates_are_made_at_once_comes_to_the_same_end(stage: Stage) -> None:
    """The engine dies as it keeps the second one."""
    repository(stage)
    plan = stage.plan(AT_ONCE.replace("WAIT", "true"))
    stage.say("run", plan, "--run-id", RUN, env={"SUREFOOT_FAULT": "candidate.kept:2"})
    assert stage.say("resume", RUN).code == 0
    step = stage.say("report", RUN, "--json").json["steps"][0]
    assert (step["proof"], [one["candidate"] for one in step["candidates"]]) == ("agreement", [1, 2, 3])
