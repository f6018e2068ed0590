"""A plan that is found wrong half-way: it stops, stock is taken, and another plan is made on what holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.conftest import RUN
from tests.acceptance.test_replanning import STAY, models

if TYPE_CHECKING:
    from tests.acceptance.conftest import Said, Stage

HOLDING = """
goal: Publish the report
steps:
  - {id: gather, run: echo facts > facts.txt, checks: [{file: facts.txt, exists: true}]}
  - id: old-way
    needs: [gather]
    run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo old > report.txt
    checks: [{file: report.txt, exists: true}]
  - {id: publish, needs: [old-way], run: cp report.txt public.txt}
"""
ANEW = """
- when: {role: replanner, contains: The old generator is gone}
  calls:
    - tool: amend
      arguments:
        why: The new generator writes the report by itself
        changes:
          - drop: old-way
          - add: {id: new-way, why: w, needs: [gather], run: cat facts.txt > report.txt}
          - replace: {id: publish, why: w, needs: [new-way], run: cp report.txt public.txt}
"""
GIVEN_UP = "- calls: [{tool: amend, arguments: {why: There is no way., gives_up: true}}]\n"
MENDED = """
why: The new generator does it
amend:
  - drop: old-way
  - add: {id: new-way, needs: [gather], run: cat facts.txt > report.txt}
  - replace: {id: publish, needs: [new-way], run: cp report.txt public.txt}
"""
WHY = "The old generator is gone"


def stopped(stage: Stage, *options: str) -> tuple[Said, Said]:
    """Stop the plan while its second step is at work; return what was said there, and how the run ended."""
    with stage.held(HOLDING, *options) as program:
        said = stage.say("amend", RUN, "--stop", "--why", WHY)
        ended = program.wait()
    return said, ended


def report(stage: Stage) -> Any:
    """Return the report of the run."""
    return stage.say("report", "--json").json


def test_a_wrong_plan_without_a_planner_pauses_with_its_stock(stage: Stage) -> None:
    """M17, M20: the stock says what is done and what was said; the interrupted attempt does not count."""
    said, ended = stopped(stage)
    assert (said.code, ended.code) == (0, 6)
    found = report(stage)
    assert [(one["step"], bool(one["commit"])) for one in found["stock"]["done"]] == [("gather", True)]
    assert [one["step"] for one in found["stock"]["left"]] == ["old-way", "publish"]
    assert any(WHY in one for one in found["stock"]["ways"])
    assert {one["id"]: one["attempts"] for one in found["steps"]}["old-way"] == 0
    assert "Stock" in stage.say("report").out


def test_a_stopped_plan_is_not_gone_on_with_by_a_plain_resume(stage: Stage) -> None:
    """M20: the refusal says why the plan was stopped, and what to do instead."""
    stopped(stage)
    said = stage.say("resume")
    assert (said.code, WHY in said.err) == (2, True)
    assert f"`surefoot resume {RUN} --plan FILE`" in said.err
    assert stage.states()["old-way"] == "pending"


def test_a_retry_of_a_stopped_plan_is_refused_before_anything_is_noted(stage: Stage) -> None:
    """M20: its failed step would be set anew, and the plan stays wrong."""
    assert stage.run("goal: Fail\nsteps: [{id: fail, run: exit 3, retry: {maximum_attempts: 1}}]\n").code == 5
    assert stage.say("amend", RUN, "--stop", "--why", WHY).code == 0
    assert stage.say("resume").code == 6
    before = stage.say("show", RUN, "--events").out
    said = stage.say("retry", "fail")
    assert (said.code, f"`surefoot retry {RUN} --same-plan`" in said.err) == (2, True)
    assert stage.say("show", RUN, "--events").out == before
    assert (stage.say("retry", "fail", "--same-plan").code, report(stage)["stops"][0]["state"]) == (5, "settled")


def test_a_person_plans_anew_on_what_holds(stage: Stage) -> None:
    """What was verified is not done again, and the run goes on with their plan."""
    stopped(stage)
    first = stage.git("rev-parse", f"surefoot/{RUN}")
    (stage.folder / "amend.yaml").write_text(MENDED, "utf-8")
    assert stage.say("amend", RUN, str(stage.folder / "amend.yaml"), "--yes").code == 0
    assert stage.say("resume").code == 0
    assert stage.states() == {"gather": "verified", "new-way": "verified", "publish": "verified"}
    stage.git("merge-base", "--is-ancestor", first, f"surefoot/{RUN}")
    assert report(stage)["stops"][0]["settled"].startswith("the plan was changed by")


def test_the_planner_plans_anew_on_the_stock_and_a_person_agrees_to_lost_checks(stage: Stage) -> None:
    """A dropped step's check goes only with a person's yes, whatever was said beforehand."""
    _, ended = stopped(stage, *models(stage, ANEW), "--yes")
    assert ended.code == 4
    [question] = report(stage)["questions"]
    assert "of step 'old-way' is dropped" in question["text"]
    assert stage.say("answer", question["id"], "yes").code == 0
    assert stage.say("resume").code == 0
    assert stage.states() == {"gather": "verified", "new-way": "verified", "publish": "verified"}
    [change] = report(stage)["amendments"]
    assert (change["origin"], change["by"]) == ("planner", "the planner")


@pytest.mark.parametrize("script", [STAY, GIVEN_UP, "- say: Hm.\n"], ids=["stays", "gives up", "no answer"])
def test_a_planner_without_another_plan_leaves_the_stop_to_a_person(stage: Stage, script: str) -> None:
    """The run pauses with the stock; nothing goes on with that plan unless a person says so."""
    _, ended = stopped(stage, *models(stage, script), "--yes")
    assert ended.code == 6
    assert [one["state"] for one in report(stage)["stops"]] == ["rested"]
    stage.go()
    assert stage.say("resume", "--same-plan").code == 0
    assert set(stage.states().values()) == {"verified"}


def test_a_stop_of_a_killed_run_takes_stock_before_anything_goes_on(stage: Stage) -> None:
    """The next engine does nothing of the plan that was stopped."""
    with stage.held(HOLDING) as program:
        program.kill()
    assert stage.say("amend", RUN, "--stop", "--why", WHY, "--json").json["stock"]["done"][0]["step"] == "gather"
    assert stage.say("resume").code == 6
    assert report(stage)["stops"][0]["state"] == "rested"
    assert stage.states()["old-way"] == "pending"


def test_a_stop_wants_a_reason_and_no_file(stage: Stage) -> None:
    """The next plan rests on the reason."""
    stage.run("asking")
    assert stage.say("amend", "--stop").code == 2
    assert stage.say("amend", RUN, "file.yaml", "--stop", "--why", WHY).code == 2


WARNED = """
goal: Move the records
steps:
  - {id: look, agent: Say where they are., writes: [a.txt], checks: [{file: a.txt, contains: two}]}
  - {id: purge, needs: [look], run: rm b.txt}
"""
WARNING = """
- when: {step: look}
  calls: [{tool: propose, arguments: {change: Drop purge., why: It deletes records., plan_is_wrong: true}}]
"""
LOOK = "{id: look, WHY run: sed -i s/one/two/ a.txt, checks: [{file: a.txt, contains: two}]}"
DROPPED = f"""
- when: {{role: replanner, contains: It deletes records}}
  calls:
    - tool: amend
      arguments:
        why: Nothing may be deleted
        changes:
          - drop: purge
          - replace: {LOOK.replace("WHY", "why: w,")}
"""


def test_an_agent_that_says_the_plan_is_wrong_stops_it_for_a_person(stage: Stage) -> None:
    """M20, M126: nothing of the plan goes on, and the word is in the stock; the person's plan holds from there."""
    assert stage.run(WARNED, *models(stage, WARNING)[:2], "--yes").code == 6
    found = report(stage)
    assert ([one["step"] for one in found["stops"]], found["stock"]["done"]) == (["look"], [])
    assert any("It deletes records" in one for one in found["stock"]["ways"])
    path = stage.folder / "amend.yaml"
    path.write_text(f"amend: [{{drop: purge}}, {{replace: {LOOK.replace('WHY ', '')}}}]", "utf-8")
    assert stage.say("amend", RUN, str(path), "--yes").code == 0
    assert (stage.say("resume").code, stage.states()) == (0, {"look": "verified"})


def test_an_agent_that_says_the_plan_is_wrong_has_the_planner_make_another(stage: Stage) -> None:
    """M20, M126: its change says that an agent wanted it, and what the agent warned of is never done."""
    assert stage.run(WARNED, *models(stage, DROPPED + WARNING), "--yes").code == 0
    [change] = report(stage)["amendments"]
    assert (change["origin"], stage.states()) == ("agent", {"look": "verified"})
    assert stage.git("ls-tree", "--name-only", f"surefoot/{RUN}", "b.txt") == "b.txt"


RED = """
goal: Publish the report
accept: [{name: public, run: test -e public.txt}]
steps:
  - {id: write, run: echo facts > report.txt, checks: [{file: report.txt, exists: true}]}
"""
COMPLETED = """
- when: {role: replanner, contains: the acceptance is red}
  calls:
    - tool: amend
      arguments:
        why: Nothing published it
        changes: [{add: {id: publish, why: w, needs: [write], run: cp report.txt public.txt}}]
"""


def test_an_acceptance_that_stays_red_leads_to_the_steps_that_are_missing(stage: Stage) -> None:
    """M17, M20: what is verified is not done again, and the acceptance is asked anew."""
    assert stage.run(RED, *models(stage, COMPLETED), "--yes").code == 0
    assert stage.states() == {"write": "verified", "publish": "verified"}
    subjects = stage.git("log", "--reverse", "--format=%s", f"surefoot/{RUN}").splitlines()[1:]
    assert subjects == ["surefoot: write", "surefoot: publish"]


def test_an_acceptance_that_stays_red_without_a_planner_ends_with_its_stock(stage: Stage) -> None:
    """M20: the report says what is done and what is red; an amendment goes on from there."""
    assert stage.run(RED).code == 3
    stock = report(stage)["stock"]
    assert ([one["step"] for one in stock["done"]], "'public'" in stock["learnt"][0]) == (["write"], True)
    assert stage.say("add", RUN, "publish", "--needs", "write", "--run", "cp report.txt public.txt").code == 0
    assert stage.say("resume").code == 0
