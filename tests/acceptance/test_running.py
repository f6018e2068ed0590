"""`run`: what it says before and after, and the exit code of each outcome.

Real programs, a real repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"


def test_a_completed_run_exits_0_and_leaves_its_commits_on_its_branch(stage: Stage) -> None:
    """One commit a step, and the checkout as it was."""
    assert stage.run("edit").code == 0
    subjects = stage.git("log", "--format=%s", f"main..surefoot/{RUN}").splitlines()
    assert (len(subjects), stage.git("status", "--porcelain"), stage.git("branch", "--show-current")) == (2, "", "main")


def test_run_says_what_it_will_do_before_it_does_it(stage: Stage) -> None:
    """The run, its branch, the sandbox, the order and the effects stand before the first step is verified."""
    before, _, after = stage.run("edit").out.partition("verified   first")
    told = [
        f"Run {RUN}",
        f"surefoot/{RUN}",
        "Sandbox ",
        "1  first   reversible",
        "No approvals needed",
        "Rollback points",
    ]
    assert ([words for words in told if words not in before], "2 of 2 steps verified" in after) == ([], True)


def test_run_ends_with_what_to_type_next(stage: Stage) -> None:
    """The last line is a command."""
    assert stage.run("edit").out.splitlines()[-1] == f"Next: surefoot land {RUN}"


def test_json_is_the_report_and_nothing_else(stage: Stage) -> None:
    """Programs read standard output as one document; it has the keys of FORMATS."""
    said = stage.run("edit", "--json")
    keys = "schema run goal state outcome at_seq repository base branch head rung phase counts steps accept questions "
    keys += "findings rollback_points outside_effects look_at usage next"
    assert (set(keys.split()) - said.json.keys(), said.json["outcome"], said.err) == (set(), "completed", "")


@pytest.mark.parametrize(("plan", "code"), [("partial", 3), ("failing", 5), ("asking", 4)])
def test_the_exit_code_tells_the_outcome(stage: Stage, plan: str, code: int) -> None:
    """Partially completed, failed, waiting for a person."""
    assert stage.run(plan).code == code


def test_a_partial_run_names_the_failure_before_what_went_well(stage: Stage) -> None:
    """It says how much was done, which step was not, and why."""
    said = stage.run("partial").out.rpartition(f"Run {RUN}: partially completed")[2]
    assert "1 of 2 steps verified (50 % done), 1 failed" in said
    assert "failed  second" in said.partition("To look at")[0]


def test_a_run_without_a_terminal_prints_the_line_that_answers(stage: Stage) -> None:
    """The question is shown whole, with the command that answers it."""
    said = stage.run("asking").out
    assert f"surefoot answer {RUN}.1 yes|no" in said
    assert "undo:    Send a correction." in said


def test_allow_approves_the_irreversible_step_it_names(stage: Stage) -> None:
    """Nobody is asked."""
    assert stage.run("asking", "--allow", "send").code == 0


def test_yes_does_not_approve_an_irreversible_step(stage: Stage) -> None:
    """It still waits for a person."""
    assert stage.run("asking", "--yes").code == 4


def test_an_allow_that_names_no_step_is_refused(stage: Stage) -> None:
    """A slip of the pen does not become a question an hour later."""
    said = stage.run("asking", "--allow", "sned")
    assert (said.code, "'sned'" in said.err) == (2, True)


def test_a_goal_in_words_is_refused_with_what_to_do_instead(stage: Stage) -> None:
    """It needs a model, which comes later."""
    said = stage.say("run", "make it faster")
    assert (said.code, "surefoot init" in said.err) == (2, True)


def test_an_invalid_plan_is_refused_with_its_place(stage: Stage) -> None:
    """Exit code 2, and nothing was made."""
    said = stage.run("goal: x\nsteps:\n  - {id: a, rnu: echo}\n")
    assert (said.code, "plan.yaml:3:" in said.err, stage.git("branch", "--list", "surefoot/*")) == (2, True, "")


def test_an_error_is_json_where_json_was_asked_for(stage: Stage) -> None:
    """A program need not read two formats."""
    said = stage.run("goal: x\nsteps: []\n", "--json")
    assert (said.code, said.json["error"]["code"], said.err) == (2, "plan-invalid", "")


def test_a_usage_error_of_an_option_is_json_too(stage: Stage) -> None:
    """Also when the command line itself is wrong."""
    said = stage.say("status", "--json", "--nonsense")
    assert (said.code, said.json["error"]["code"]) == (2, "usage")


def test_a_run_id_that_is_taken_is_refused(stage: Stage) -> None:
    """The run that has it is left alone."""
    stage.run("edit")
    assert stage.run("edit").code == 2


def test_a_dirty_checkout_is_named_and_left_out(stage: Stage) -> None:
    """The run starts from HEAD and says which paths it does not see."""
    (stage.user / "b.txt").write_text("mine\n", "utf-8")
    said = stage.run("edit").out
    assert "1 uncommitted path (b.txt) is not part of it; --include-dirty takes them" in said


def test_include_dirty_takes_the_checkout_as_it_is(stage: Stage) -> None:
    """What was not committed is part of the base."""
    (stage.user / "new.txt").write_text("mine\n", "utf-8")
    stage.run("edit", "--include-dirty")
    assert stage.git("show", f"surefoot/{RUN}:new.txt") == "mine"


def test_quiet_leaves_out_the_progress(stage: Stage) -> None:
    """Only the result is shown."""
    assert stage.run("edit", "--quiet").out.startswith(f"\nRun {RUN}: completed")


def test_repo_names_another_repository(stage: Stage) -> None:
    """The current folder does not matter then."""
    said = stage.say("run", stage.plan("edit"), "--repo", str(stage.user), "--run-id", RUN, cwd=stage.folder)
    assert (said.code, stage.git("branch", "--list", f"surefoot/{RUN}").strip()) == (0, f"surefoot/{RUN}")


def test_a_reader_who_goes_away_does_not_stop_a_run(stage: Stage) -> None:
    """`surefoot run … | head -1` still carries the plan out."""
    command = " ".join([*stage.command("run", stage.plan("edit"), "--run-id", RUN), "| head -1"])
    stage.bash(command)
    assert stage.states() == {"first": "verified", "second": "verified"}


def test_what_prepare_makes_is_there_in_every_step_and_in_no_commit(stage: Stage) -> None:
    """Although git does not ignore it; the report says so."""
    tool = "mkdir -p bin && printf '#!/bin/sh\\necho two > a.txt\\n' > bin/edit && chmod +x bin/edit"
    plan = f"""
goal: Use a tool that prepare makes
prepare: {{run: "{tool}", path: [bin]}}
accept: [{{run: "test -x bin/edit && grep -q two a.txt", expect: fail_to_pass}}]
steps:
  - {{id: first, run: edit}}
  - {{id: second, needs: [first], run: "edit && echo two > b.txt"}}
"""
    assert stage.run(plan).code == 0, stage.say("report").out
    assert stage.git("diff", "--name-only", "main", f"surefoot/{RUN}").split() == ["a.txt", "b.txt"]
    assert [f["kind"] for f in stage.say("report", "--json").json["findings"]].count("prepare-not-ignored") == 1


def test_a_function_that_fails_is_told_by_what_it_raised(stage: Stage) -> None:
    """In its own words, and nothing of how they came here."""
    (stage.folder / "own.py").write_text("def it(step):\n    raise ValueError('no such colour')\n", "utf-8")
    stage.run("goal: Paint\nfiles: [own.py]\nsteps: [{id: paint, call: own:it}]\n")
    reason = stage.say("report", "--json").json["steps"][0]["reason"]
    assert ("no such colour" in reason, "surefoot-call" in reason) == (True, False)


def test_after_a_rollback_what_needed_the_lost_steps_is_blocked(stage: Stage) -> None:
    """The run comes to an end; nothing waits for what is held back (M43)."""
    plan = """
goal: Go back
steps:
  - {id: base, run: echo b > base.txt}
  - {id: mid, needs: [base], run: echo m > mid.txt}
  - {id: roll, needs: [mid], run: exit 1, on_failure: {rollback_to: base}}
  - {id: other, needs: [mid], run: echo d > other.txt}
"""
    assert stage.run(plan).code == 3
    assert stage.states() == {"base": "verified", "mid": "blocked", "roll": "failed", "other": "blocked"}


def test_a_secret_in_a_file_fails_the_step_and_is_stored_nowhere(stage: Stage) -> None:
    """The file is named, the value is in no object of the run; scratch files may hold it."""
    plan = """
goal: Use a token
steps:
  - {id: leaks, run: "echo token=$TOKEN > config.ini", env_from: [TOKEN], on_failure: skip}
  - {id: named, run: "echo x > $TOKEN.txt", env_from: [TOKEN], on_failure: skip}
  - {id: scratch, run: "echo $TOKEN > t.tmp; echo two > a.txt", env_from: [TOKEN], scratch: ["*.tmp"]}
"""
    said = stage.say("run", stage.plan(plan), "--run-id", RUN, env={"TOKEN": "open-sesame-123"})
    assert (said.code, "stands in config.ini" in said.out, stage.states()["scratch"]) == (3, True, "verified")
    objects = f"git -C {stage.home}/runs/{RUN}/store cat-file --batch-all-objects --batch --buffer"
    stage.bash(f"! {objects} | grep -a sesame && ! grep -ar sesame {stage.home}/journal.db {stage.home}/blobs")


def test_filters_that_are_not_applied_are_a_finding(stage: Stage) -> None:
    """As with large files kept elsewhere: what a step would commit there is not what git would."""
    stage.bash("echo '*.bin filter=crypt' > .gitattributes; touch x.bin; git add -A; git commit -qm Filter")
    stage.run("edit")
    assert "filters-not-applied" in [found["kind"] for found in stage.say("report", "--json").json["findings"]]


def test_a_deprecation_is_told_when_it_occurs_and_in_the_summary(stage: Stage) -> None:
    """Once each, although the body ended well (M128)."""
    warns = "import warnings; warnings.warn('shine is old', DeprecationWarning)"
    said = stage.run(f'goal: Warn\nsteps:\n  - id: a\n    run: python3 -W default -c "{warns}"\n')
    assert (said.code, said.out.count("DeprecationWarning: shine is old")) == (0, 2), said.out


def test_a_lookup_of_prepare_without_a_network_is_not_tried_again(stage: Stage) -> None:
    """The plan gives it none, and says so with the key that would."""
    prepare = "echo x >> $SUREFOOT_MEETING/tried; echo Temporary failure in name resolution; exit 1"
    said = stage.run(f"goal: Fetch\nprepare: {{run: '{prepare}'}}\nsteps: [{{id: a, run: 'true'}}]\n")
    tried = (stage.meeting / "tried").read_text("utf-8").split()
    assert (tried, "`network: true`" in said.out + said.err) == (["x"], True), said.out
