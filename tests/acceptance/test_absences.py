"""After a long absence of the engine an agent is told exactly what holds no longer of what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from conftest import Said, Stage

HOLD = "touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"
PLAN = """
goal: Write it
limits: {resources: {db: {count: 1, observe: cat FOLDER/db.txt}}}
steps:
  - id: write
    agent: {do: Write out.txt.}
    writes: [out.txt]
    uses: [USES]
    checks: [{file: out.txt, exists: true}]
"""
ENDS = """
  calls:
    - {tool: edit, arguments: {create: [{path: out.txt, content: done}]}}
    - {tool: finish, arguments: {summary: SUMMARY, confidence: 0.95}}
"""
SCRIPT = f"""
- when: {{turn: 1, contains: "resource db: was exit status 0: one"}}{ENDS.replace("SUMMARY", "Made anew.")}
- when: {{turn: 1}}
  calls: [{{tool: run, arguments: {{command: echo one > seen.log; echo one > kept.log}}}}]
- when: {{turn: 2}}
  calls: [{{tool: read, arguments: {{path: seen.log, more: [{{path: kept.log}}, {{path: a.txt}}]}}}}]
- when: {{turn: 3}}
  calls: [{{tool: run, arguments: {{command: '{HOLD}'}}}}]
- when: {{turn: 4, contains: seen.log has changed}}{ENDS.replace("SUMMARY", "It changed.")}
- when: {{turn: 4, contains: seen.log is gone}}{ENDS.replace("SUMMARY", "It is gone.")}
- when: {{turn: 4, contains: Nobody worked}}{ENDS.replace("SUMMARY", "Something else.")}
- when: {{turn: 4}}{ENDS.replace("SUMMARY", "Nothing was said.")}
"""


def killed(stage: Stage, meanwhile: str, *, uses: str = "", absence: str = "1ms") -> Said:
    """Kill the run while a command of its agent runs, do something in its lane meanwhile, and resume it."""
    (stage.user / "surefoot.toml").write_text(f'[run]\nabsence = "{absence}"\n', "utf-8")
    (stage.user / ".gitignore").write_text("*.log\n", "utf-8")
    stage.bash("git add .gitignore; git commit -qm Ignore")
    (stage.folder / "db.txt").write_text("one\n", "utf-8")
    (stage.folder / "play.yaml").write_text(SCRIPT, "utf-8")
    plan = PLAN.replace("FOLDER", str(stage.folder)).replace("USES", uses)
    with stage.held(plan, "--yes", "--model", f"scripted:{stage.folder / 'play.yaml'}") as program:
        program.kill()
    stage.bash(f"cd {stage.home}/runs/{RUN}/lanes/1; {meanwhile}")
    stage.go()
    return stage.say("resume")


def summary(stage: Stage) -> str:
    """Return what the agent says in the end."""
    [step] = stage.say("report", "--json").json["steps"]
    assert step["state"] == "verified"
    return step["claim"]["summary"]


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ("echo two > seen.log", "It changed."),
        ("rm seen.log", "It is gone."),
        ("true", "Nothing was said."),
        ("echo two > a.txt", "Nothing was said."),  # the lane is put back, so that the file is as it was read
    ],
    ids=["changed", "gone", "as it was", "put back"],
)
def test_an_agent_is_told_which_files_are_not_as_it_read_them(stage: Stage, meanwhile: str, said: str) -> None:
    """The names of those files, and nothing where all are as they were (M142)."""
    resumed = killed(stage, meanwhile)
    assert resumed.code == 0, resumed.out + resumed.err
    assert summary(stage) == said


def test_an_agent_whose_resource_has_changed_begins_anew(stage: Stage) -> None:
    """It does not count as an attempt, and the next one is told what has changed (M142)."""
    resumed = killed(stage, f"echo two > {stage.folder}/db.txt", uses="db")
    assert resumed.code == 0, resumed.out + resumed.err
    assert summary(stage) == "Made anew."
    shown = stage.say("show", RUN, "write", "--json").json
    assert shown["attempts"] == 1


@pytest.mark.parametrize(
    ("change", "absence"), [("true", "1ms"), ("echo two > ../../../../../db.txt", "1h")], ids=["as it was", "soon"]
)
def test_an_agent_goes_on_where_its_resource_is_as_it_was_or_nobody_was_long_away(
    stage: Stage, change: str, absence: str
) -> None:
    """It is told nothing of an absence then (M142)."""
    resumed = killed(stage, change, uses="db", absence=absence)
    assert resumed.code == 0, resumed.out + resumed.err
    assert summary(stage) == "Nothing was said."
