"""The planner changes the plan of a run at work: after a failure, and because a person says something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from tests.acceptance.conftest import Said, Stage

STAY = "- calls: [{tool: amend, arguments: {why: The plan stays.}}]\n"
FAILING = """
goal: Build it
steps:
  - {id: first, run: echo b > b.txt}
  - {id: build, needs: [first], run: exit 3, checks: [{file: built.txt, exists: true}]}
  - {id: after, needs: [build], run: echo after > after.txt}
"""
MENDED = """
- when: {role: replanner, contains: These steps failed}
  calls:
    - tool: amend
      arguments:
        why: The command was wrong
        changes:
          - replace:
              {id: build, why: w, needs: [first], run: echo x > built.txt, checks: [{file: built.txt, exists: true}]}
"""
SPLIT = """
- when: {role: replanner, contains: These steps failed}
  calls:
    - tool: amend
      arguments:
        why: It is too much at once
        changes:
          - {add: {id: build/1, why: w, needs: [first], run: touch half.txt}, before: build}
          - {add: {id: build/2, why: w, needs: [build/1], run: echo x > built.txt}, before: build}
          - replace:
              {id: build, why: w, needs: ["build/*"], verify: true, checks: [{file: built.txt, exists: true}]}
"""
WITHOUT_CHECK = MENDED.replace(", checks: [{file: built.txt, exists: true}]}", "}")


def planned(stage: Stage, script: str, *options: str, plan: str = FAILING) -> Said:
    """Run a plan for which a planner is named, whose answers are those of a script."""
    return stage.run(plan, *models(stage, script), *options)


def models(stage: Stage, script: str) -> tuple[str, ...]:
    """Write the script and return the options that name it."""
    path = stage.folder / "play.yaml"
    path.write_text(script, "utf-8")
    return "--model", f"scripted:{path}", "--model", f"planner=scripted:{path}"


@pytest.mark.parametrize("script", [MENDED, SPLIT], ids=["replaced", "split"])
def test_a_failed_step_leads_to_another_plan_once_a_person_agrees(stage: Stage, script: str) -> None:
    """The change is shown with what becomes of each step; what is verified is not done again (M17, M20, M125)."""
    assert planned(stage, script).code == 4
    [question] = stage.say("report", "--json").json["questions"]
    assert ("edited: build" in question["text"], question["step"]) == (True, "(replan)")
    assert stage.say("answer", question["id"], "yes").code == 0
    first = stage.git("rev-parse", f"surefoot/{RUN}")
    assert stage.say("resume").code == 0
    assert set(stage.states().values()) == {"verified"}
    stage.git("merge-base", "--is-ancestor", first, f"surefoot/{RUN}")
    assert "by the planner (recovery): " in stage.say("show", RUN, "build").out
    split = {one["id"]: one["split_of"] for one in stage.say("report", "--json").json["steps"] if one["split_of"]}
    assert split == (dict.fromkeys(("build/1", "build/2"), "build") if script == SPLIT else {})


def test_a_planner_that_leaves_the_plan_is_asked_once(stage: Stage) -> None:
    """The run ends with what could be done, as without a planner."""
    assert planned(stage, STAY, "--yes").code == 3
    report = stage.say("report", "--json").json
    assert (stage.states()["build"], report["usage"]["requests"]) == ("failed", 1)


@pytest.mark.parametrize("script", [WITHOUT_CHECK, "- say: I do not know.\n"], ids=["a check less", "no answer"])
def test_a_planner_that_fails_ends_no_run(stage: Stage, script: str) -> None:
    """A check that would get lost is refused, and a useless planner is left alone."""
    assert planned(stage, script, "--yes").code == 3
    assert stage.states() == {"first": "verified", "build": "failed", "after": "blocked"}


ASKING = FAILING.replace("run: exit 3,", "run: exit 3, on_failure: ask,")
IN_THEIR_WORDS = MENDED.replace("These steps failed", "Use the other way")


def test_a_person_may_leave_a_failed_step_to_the_planner_with_a_word(stage: Stage) -> None:
    """The question offers it where a planner is named, and the planner reads what they said (M34, M121)."""
    assert planned(stage, IN_THEIR_WORDS, plan=ASKING).code == 4
    [question] = stage.say("report", "--json").json["questions"]
    assert {"split", "replan"} < set(question["options"])
    assert stage.say("answer", question["id"], "replan", "--say", "Use the other way").code == 0
    assert stage.say("resume", "--yes").code == 0
    assert set(stage.states().values()) == {"verified"}


def test_a_person_who_blocks_a_step_ends_the_matter(stage: Stage) -> None:
    """The planner is not asked about what they have decided."""
    assert planned(stage, MENDED, plan=ASKING).code == 4
    [question] = stage.say("report", "--json").json["questions"]
    assert stage.say("answer", question["id"], "block").code == 0
    assert stage.say("resume", "--yes").code == 3
    assert stage.say("report", "--json").json["usage"]["requests"] == 0


DOUBTFUL = """
goal: Publish what was built
steps:
  - {id: build, run: "echo version=two >> $SUREFOOT_OUTPUT", expects: {version: '[0-9]+'}}
  - {id: publish, needs: [build], run: "echo {steps.build.version} > published.txt"}
"""


def test_the_planner_is_asked_about_a_doubt_before_a_person_is(stage: Stage) -> None:
    """It leaves the plan, so the steps that waited start."""
    assert planned(stage, STAY, "--yes", plan=DOUBTFUL).code == 0
    report = stage.say("report", "--json").json
    assert (report["usage"]["requests"], stage.states()["publish"]) == (1, "verified")
    assert any(one["kind"] == "replan-output" for one in report["findings"])


def test_a_person_is_asked_about_a_doubt_that_the_planner_leaves_open(stage: Stage) -> None:
    """A planner that fails decides nothing."""
    assert planned(stage, "- say: Hm.\n", "--yes", plan=DOUBTFUL).code == 4
    [question] = stage.say("report", "--json").json["questions"]
    assert question["step"] == "(plan-holds)"


HOLDING = """
goal: A service with endpoints
steps:
  - id: hold
    run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo a > app.txt
  - {id: endpoints, needs: [hold], run: test -e auth.txt && echo endpoints >> app.txt}
"""
TOLD = """
- when: {role: replanner, contains: Users have to log in}
  calls:
    - tool: amend
      arguments:
        why: Authentication comes before the endpoints that need it
        changes:
          - {add: {id: auth, why: w, needs: [hold], run: echo auth > auth.txt}, before: endpoints}
          - replace: {id: endpoints, why: w, needs: [auth], run: test -e auth.txt && echo endpoints >> app.txt}
- when: {role: replanner, contains: Logging is wanted}
  calls:
    - tool: amend
      arguments:
        why: Logging does not depend on what is under way, so it comes last
        changes: [{add: {id: logging, why: w, needs: [endpoints], run: echo log > log.txt}}]
"""


def test_what_is_wanted_on_the_way_finds_its_place_in_the_plan(stage: Stage) -> None:
    """Logging comes last, authentication before the endpoints, and the step at work goes on (M23, M24)."""
    with stage.held(HOLDING, *models(stage, TOLD), "--yes") as program:
        said = stage.say("tell", RUN, "Logging is wanted, too")
        assert (said.code, "the planner" in said.out) == (0, True)
        await_changes(stage, 1)
        stage.say("tell", RUN, "Users have to log in")
        await_changes(stage, 2)
        stage.go()
        assert program.wait().code == 0
    subjects = stage.git("log", "--reverse", "--format=%s", f"surefoot/{RUN}").splitlines()[1:]
    assert [one.removeprefix("surefoot: ") for one in subjects] == ["hold", "auth", "endpoints", "logging"]


def await_changes(stage: Stage, count: int) -> None:
    """Wait until so many changes of the plan hold, with the step that was at work still at work."""
    for _ in range(200):
        report = stage.say("report", RUN, "--json").json
        if [one["state"] for one in report["amendments"]] == ["in force"] * count:
            break
    assert {one["id"]: one["state"] for one in report["steps"]}["hold"] == "running"
