"""`status`, `ls`, `show`, `report`, `audit`, and which run is meant."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"


def test_a_run_is_found_by_a_prefix_from_anywhere(stage: Stage) -> None:
    """The repository matters only for `latest`."""
    stage.run("edit")
    assert f"Run {RUN}" in stage.say("status", RUN[:6], cwd=stage.folder).out


def test_the_latest_run_is_that_of_the_repository_one_is_in(stage: Stage) -> None:
    """A folder without runs has none, whatever others have."""
    stage.run("edit")
    (stage.user / "sub").mkdir()
    assert stage.say("status", cwd=stage.user / "sub").code == 0
    assert stage.say("status", cwd=stage.folder).code == 2


def test_an_unknown_run_exits_2(stage: Stage) -> None:
    """And says how to list those there are."""
    said = stage.say("status", "2099")
    assert (said.code, "surefoot ls" in said.err) == (2, True)


def test_ls_lists_runs_with_their_outcome(stage: Stage) -> None:
    """A line each, and as JSON."""
    stage.run("edit")
    assert f"{RUN}  completed      2/2" in stage.say("ls").out
    assert stage.say("ls", "--json").json["runs"][0]["outcome"] == "completed"


def test_ls_can_be_held_to_one_repository(stage: Stage) -> None:
    """Named with `--repo`, as in other commands."""
    stage.run("edit")
    (stage.folder / "other").mkdir()
    here, there = stage.say("ls", "--repo", ".", "--json"), stage.say("ls", "--repo", "../other", "--json")
    assert ([run["run"] for run in here.json["runs"]], there.json["runs"]) == ([RUN], [])


def test_the_report_says_that_an_acceptance_check_was_green_before(stage: Stage) -> None:
    """A vacuous check proves nothing, and whoever reads the report is told."""
    plan = """
goal: Prove nothing
accept: [{name: here, file: a.txt, exists: true, expect: fail_to_pass}]
steps: [{id: edit, run: "echo two > a.txt"}]
"""
    stage.run(plan)
    report = stage.say("report", "--json").json
    assert report["accept"][0]["flags"] == ["vacuous"]
    assert "acceptance check 'here' was green before the run: it proves nothing" in report["look_at"]


def test_show_lists_the_steps(stage: Stage) -> None:
    """With what each rests on."""
    stage.run("partial")
    said = stage.say("show").out
    assert "verified   first" in said
    assert "failed     second" in said


def test_the_graph_of_a_run_shows_where_each_step_stands(stage: Stage) -> None:
    """In letters, as an image, and for a page; members stand for their group."""
    stage.run(
        "goal: Draw\nsteps:\n  - {id: first, run: 'true'}\n  - {id: bad, needs: [first], run: exit 3}\n"
        "  - {id: 'each-{n}', for_each: {n: [x, y]}, needs: [first], run: 'true'}\n"
        "  - {id: last, needs: [bad, 'each-*'], run: 'true'}\n"
    )
    said = stage.say("show", "--graph").out
    assert all(label in said for label in ("✓ first", "✗ bad", "✓ each-x", "- last"))
    assert ["each-y", "last"] in stage.say("show", "--graph", "--json").json["arrows"]
    assert "failed: exit status 3" in stage.say("show", "--svg").out
    assert '["last<br/>blocked' in stage.say("show", "--mermaid").out


def test_show_of_a_step_has_attempts_evidence_and_the_commit(stage: Stage) -> None:
    """All that is needed to judge it."""
    stage.run("edit")
    said = stage.say("show", "latest", "first").out
    told = (
        "verified after",
        "grep -q two a.txt (fail_to_pass, before: failed)",
        "+two",
        "-one",
        "Surefoot-Step: first",
        "restore 20260101-abc123 --to first",
        "sed -i s/one/two/ a.txt",
    )
    assert [words for words in told if words not in said] == []


def test_show_output_is_what_the_body_printed(stage: Stage) -> None:
    """Whole, and nothing else."""
    stage.run("failing")
    assert stage.say("show", RUN, "wrong", "--output").out == "so it goes\n"


def test_show_events_is_the_journal(stage: Stage) -> None:
    """A JSON document a line, for programs."""
    stage.run("edit")
    lines = stage.say("show", "--events", "--json").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert (events[0]["kind"], [event["seq"] for event in events]) == ("run_created", [*range(1, len(events) + 1)])


def test_a_report_as_markdown_has_its_headings(stage: Stage) -> None:
    """Failures first."""
    stage.run("partial")
    said = stage.say("report", "--markdown").out
    assert said.startswith(f"# Run `{RUN}`: partially completed")
    assert said.index("## Not done") < said.index("## Done")


def test_a_report_exists_while_the_run_is_at_work(stage: Stage) -> None:
    """At any moment."""
    with stage.held() as engine:
        said = stage.say("status").out
        assert (f"at work (pid {engine.pid}" in said, stage.states()["hold"]) == (True, "running")


def test_a_report_exists_when_the_runs_folder_is_gone(stage: Stage) -> None:
    """It rests on the journal alone."""
    stage.run("edit")
    subprocess.run(["rm", "-rf", str(stage.home / "runs")], check=True)
    assert "2 of 2 steps verified" in stage.say("report").out


def test_audit_of_an_untouched_run_exits_0(stage: Stage) -> None:
    """Hashes, evidence and commits fit together."""
    stage.run("edit")
    assert stage.say("audit").code == 0


def test_audit_of_an_edited_journal_exits_1(stage: Stage) -> None:
    """And names the event."""
    apsw = pytest.importorskip("apsw")
    stage.run("edit")
    connection = apsw.Connection(str(stage.home / "journal.db"))
    connection.execute("UPDATE events SET body = CAST(replace(body, 'first', 'other') AS BLOB) WHERE seq = 1")
    connection.close()
    said = stage.say("audit")
    assert (said.code, "event 1" in said.out) == (1, True)


def test_without_a_command_the_help_is_shown(stage: Stage) -> None:
    """Exit code 2: nothing was done."""
    said = stage.say()
    assert (said.code, "Usage: surefoot" in said.out) == (2, True)


def test_the_version_is_told(stage: Stage) -> None:
    """As other programs do."""
    said = stage.say("--version")
    assert (said.code, said.out.startswith("surefoot ")) == (0, True)


def test_watch_prints_what_run_prints_without_a_terminal(stage: Stage) -> None:
    """As it comes; and ends with the report and the code of the run."""
    with stage.held() as program:
        with stage.begin("watch", RUN) as watching:
            watching.hear(f"Run {RUN}: Be stopped")
            stage.go()
            said = watching.wait()
        program.wait()
    assert (said.code, "verified   hold" in said.out, "2 of 2 steps verified" in said.out) == (0, True, True)


def test_watch_as_json_is_the_journal_as_it_grows(stage: Stage) -> None:
    """Every event once, a line each, from the first to the last."""
    with stage.held() as program:
        with stage.begin("watch", RUN, "--json") as watching:
            watching.hear('"run_created"')
            stage.go()
            lines = watching.wait().out.splitlines()
        program.wait()
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == [*range(1, len(events) + 1)]
    assert events[-1]["kind"] == "engine_stopped"


def test_watch_of_a_run_nobody_works_on_shows_where_it_stands(stage: Stage) -> None:
    """And exits with its code."""
    stage.run("partial")
    said = stage.say("watch")
    assert (said.code, "failed    second" in said.out, "partially completed" in said.out) == (3, True, True)


def test_show_of_a_step_names_failing_tests_first(stage: Stage) -> None:
    """Those that passed before the body come before the others."""
    suite = "<testsuite>%s</testsuite>"
    good, bad = '<testcase classname="c" name="%s"/>', '<testcase classname="c" name="%s"><failure/></testcase>'
    before, after = suite % (bad % "always" + good % "broken"), suite % (bad % "always" + bad % "broken")
    plan = f"""
goal: Break a test
steps:
  - id: edit
    run: echo two > a.txt
    retry: {{maximum_attempts: 1}}
    checks:
      - tests: |
          if grep -q one a.txt; then echo '{before}'; else echo '{after}'; fi > $SUREFOOT_JUNIT
        expect: pass_to_pass
"""
    stage.run(plan)
    shown = stage.say("show", RUN, "edit", "--json").json
    assert [*shown["failing_tests"].values()] == [["c::broken", "c::always"]]


def test_show_of_a_step_as_json_holds_all_of_it(stage: Stage) -> None:
    """What it was asked, what became of it, and what its commit changed."""
    stage.run("edit")
    shown = stage.say("show", RUN, "second", "--json").json
    assert (shown["schema"], shown["asked"]["text"]) == ("surefoot.step/1", "sed -i s/one/two/ b.txt")
    assert shown["diff"]["files"] == [{"path": "b.txt", "added": 1, "removed": 1}]
    assert shown["undone_by"] == f"surefoot restore {RUN} --to first"


def test_show_counts_only_when_asked_to(stage: Stage) -> None:
    """`--stat` leaves the changes themselves out."""
    stage.run("edit")
    said = stage.say("show", RUN, "first", "--stat").out
    assert ("+1 -1  a.txt" in said, "+two" in said) == (True, False)
