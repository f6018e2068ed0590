"""Plans that a step makes doubtful, and groups in a batch or careful: by real runs."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import RUN, Stage

BUILD = "{id: build, run: 'echo version=two >> $SUREFOOT_OUTPUT', expects: {version: '\\d+\\.\\d+'}}"
EXPECTING = f"""
goal: Publish what was built
steps:
  - {BUILD}
  - {{id: lint, run: echo ok > lint.txt}}
  - {{id: publish, needs: [build], run: 'echo {{steps.build.version}} > out.txt'}}
"""
AMENDED = "amend: [{replace: {id: publish, run: echo 1.0 > out.txt}}]"
DELETING = """
goal: Go through the files
steps:
  - {id: 'each-{file}', for_each: {file: {glob: '*.item'}}, run: 'rm -f b.it*; echo {file} > {file}.txt'}
"""
THREE = """
goal: Three
limits: {parallel: 3}
steps:
  - {id: 'g-{i}', batch: MODE, for_each: {i: [a, b, c]}, run: 'echo {i} > {i}.txt; test {i} != b'}
"""


def doubtful(stage: Stage) -> None:
    """Let a run come to where its plan may not hold."""
    assert stage.run(EXPECTING).code == 4
    assert stage.states() == {"build": "verified", "lint": "verified", "publish": "pending"}


def test_what_rests_on_an_unexpected_output_waits_for_a_word(stage: Stage) -> None:
    """M18: everything else is done, and one answer goes on."""
    doubtful(stage)
    asked = stage.say("inbox", "--json").out
    assert "output version is 'two'" in asked
    assert f"surefoot amend {RUN} FILE" in asked
    assert stage.say("answer", f"{RUN}.1", "go_on").code == 0
    assert stage.say("resume").code == 0
    assert stage.git("show", f"surefoot/{RUN}:out.txt") == "two"


def test_an_amendment_takes_the_place_of_the_answer(stage: Stage) -> None:
    """M19: the step is carried out as it is amended, and nothing is asked any more."""
    doubtful(stage)
    path = stage.folder / "amend.yaml"
    path.write_text(AMENDED, "utf-8")
    assert stage.say("amend", RUN, str(path)).code == 0
    assert stage.say("resume").code == 0
    assert stage.git("show", f"surefoot/{RUN}:out.txt") == "1.0"


PROPOSING = """
goal: Say two
steps:
  - {id: fix, agent: Make it say two., writes: [a.txt], checks: [{run: grep -q two a.txt, expect: fail_to_pass}]}
  - {id: after, needs: [fix], run: rm b.txt}
"""
PROPOSED = """
- when: {step: fix, turn: 1}
  calls:
    - {tool: edit, arguments: {edits: [{path: a.txt, old: one, new: two}]}}
    - {tool: propose, arguments: {change: Drop the step after, why: it would delete data}}
- calls: [{tool: finish, arguments: {summary: It says two., confidence: 1.0}}]
"""


def test_what_an_agent_proposes_is_put_to_a_person_before_it_is_too_late(stage: Stage) -> None:
    """M18, M20: in a written plan, too; the step it warns of waits, and an amendment settles it."""
    (stage.folder / "play.yaml").write_text(PROPOSED, "utf-8")
    assert stage.run(PROPOSING, "--model", f"scripted:{stage.folder / 'play.yaml'}", "--yes").code == 4
    [question] = stage.say("report", RUN, "--json").json["questions"]
    assert ("Drop the step after" in question["text"], "delete data" in question["text"]) == (True, True)
    assert stage.states() == {"fix": "verified", "after": "pending"}
    assert stage.say("drop", "after").code == 0
    assert (stage.say("resume").code, stage.states()) == (0, {"fix": "verified"})


def test_stop_ends_the_run(stage: Stage) -> None:
    """What was verified stays."""
    doubtful(stage)
    stage.say("answer", f"{RUN}.1", "stop")
    assert stage.say("resume").code == 3
    assert stage.states()["publish"] == "blocked"


def test_a_deleted_item_is_put_to_a_person(stage: Stage) -> None:
    """M18: the member for it does not start."""
    stage.bash("touch a.item b.item c.item && git add . && git commit --quiet --message items")
    assert stage.run(DELETING).code == 4
    assert stage.states() == {"each-a.item": "verified", "each-b.item": "pending", "each-c.item": "verified"}


@pytest.mark.parametrize(("mode", "last"), [("careful", "blocked"), ("batch", "verified")])
def test_a_failure_stops_a_careful_group_and_no_batch(stage: Stage, mode: str, last: str) -> None:
    """M30, M133: the opening says what holds, and why."""
    said = stage.run(THREE.replace("MODE", mode))
    assert (said.code, f"{mode}: the plan says so" in said.out) == (3, True)
    assert stage.states() == {"g-a": "verified", "g-b": "failed", "g-c": last}
