"""Changes that an agent at work proposes as operations: a person, or the planner, decides, and the run goes on."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import RUN, Stage
from tests.acceptance.test_replanning import models

PLAN = """
goal: Say two
steps:
  - {id: fix, agent: Make it say two., writes: [a.txt], checks: [{run: grep -q two a.txt, expect: fail_to_pass}]}
  - {id: after, needs: [fix], run: rm b.txt, checks: [{run: test ! -e b.txt, expect: fail_to_pass}]}
"""
KEEP = "{add: {id: keep, run: cp b.txt kept.txt, why: nothing is lost}, before: after}"
NEEDING = "{replace: {id: after, needs: [fix, keep], run: git rm -q b.txt || rm b.txt, checks: CHECKS}}"
CHECKS = "[{run: test ! -e b.txt, expect: fail_to_pass}]"
SCRIPT = """
- when: {step: fix, turn: 1}
  calls:
    - {tool: edit, arguments: {edits: [{path: a.txt, old: one, new: two}]}}
    - {tool: propose, arguments: {change: Keep b.txt first, why: it would be lost, changes: CHANGES}}
- when: {step: fix, turn: 2}
  calls: [{tool: finish, arguments: {summary: It says two., confidence: 1.0}}]
"""
PROPOSED = SCRIPT.replace("CHANGES", f"[{KEEP}, {NEEDING.replace('CHECKS', CHECKS)}]")


def proposing(stage: Stage, script: str = PROPOSED) -> int:
    """Let a written plan be carried out by an agent that proposes a change; return how the run ended."""
    return stage.run(PLAN, *models(stage, script)[:2], "--yes").code


def the_question(stage: Stage) -> str:
    """Return the one open question."""
    [question] = stage.say("report", RUN, "--json").json["questions"]
    return str(question["text"])


def test_a_person_is_shown_what_an_agents_change_does_to_each_step(stage: Stage) -> None:
    """M18, M126: the difference, in a written plan; and what it changes does not start before they answer."""
    assert proposing(stage) == 4
    text = the_question(stage)
    assert "The agent of step fix wants the plan to change" in text
    assert ("added: keep" in text, "edited: after (it had not begun)" in text) == (True, True)
    assert ("keep comes before after" in text, "after, needs: fix, keep; before: fix" in text) == (True, True)
    assert stage.states() == {"fix": "verified", "after": "pending"}


def test_a_yes_makes_an_agents_change_the_plan(stage: Stage) -> None:
    """M17, M19: the step it adds comes before the one it protects, and the report says who agreed."""
    proposing(stage)
    stage.say("answer", f"{RUN}.1", "yes")
    assert stage.say("resume").code == 0
    assert stage.git("show", f"surefoot/{RUN}:kept.txt") == stage.git("show", "main:b.txt")
    [change] = stage.say("report", "--json").json["amendments"]
    assert (change["state"], change["origin"], bool(change["agreed_by"])) == ("in force", "agent", True)


def test_a_no_leaves_the_plan_and_says_why(stage: Stage) -> None:
    """M18: the words stand in the report, and the plan goes on as it was."""
    proposing(stage)
    stage.say("answer", f"{RUN}.1", "no", "--say", "b.txt is made anew every night")
    assert (stage.say("resume").code, stage.states()) == (0, {"fix": "verified", "after": "verified"})
    [change] = stage.say("report", "--json").json["amendments"]
    assert (change["state"], change["refused"]) == ("refused", "b.txt is made anew every night")


AT_WORK = """
- when: {step: fix, turn: 1}
  calls:
    - {tool: propose, arguments: {change: Keep b.txt first, why: it would be lost, changes: CHANGES}}
    - tool: run
      arguments: {command: 'touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done'}
- when: {step: fix, turn: 2, contains: made anew every night}
  calls: [{tool: edit, arguments: {edits: [{path: a.txt, old: one, new: two}]}}]
- when: {step: fix, turn: 3}
  calls: [{tool: finish, arguments: {summary: It says two., confidence: 1.0}}]
"""


def test_a_refusal_reaches_the_agent_that_is_still_at_work(stage: Stage) -> None:
    """M61: the person's words stand in its next request, and nothing of what it does was disturbed."""
    script = AT_WORK.replace("CHANGES", f"[{KEEP}]")
    with stage.held(PLAN, *models(stage, script)[:2], "--yes") as program:
        stage.say("answer", f"{RUN}.1", "no", "--say", "b.txt is made anew every night")
        stage.go()
        assert program.wait().code == 0
    assert stage.states() == {"fix": "verified", "after": "verified"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("[{drop: aftre}]", "there is no step 'aftre'; did you mean 'after'"),
        ("[{add: {id: new, run: [1]}}]", "    4 |     run:"),
        ("[{replace: {id: after, needs: [fix], run: 'true'}}]", "would not be asked any more"),
    ],
    ids=["unknown", "malformed", "check"],
)
def test_a_change_that_cannot_be_comes_back_to_the_agent(stage: Stage, changes: str, said: str) -> None:
    """M81: as the error of its call, with the place; nobody is asked, and its step goes on."""
    script = SCRIPT.replace("CHANGES", changes).replace("{step: fix, turn: 2}", f'{{contains: "{said}"}}')
    assert proposing(stage, script) == 0
    assert stage.say("report", "--json").json["amendments"] == []


WIDER = SCRIPT.replace("CHANGES", "[{limits: {cost_usd: 90}}, {scope: {write: ['a.txt']}}]")


def test_what_is_more_than_steps_asks_a_person_beside_a_planner(stage: Stage) -> None:
    """M63: limits and scope are nobody else's to change."""
    assert stage.run(PLAN, *models(stage, WIDER), "--yes").code == 4
    assert "limits, cost_usd: 90" in the_question(stage)


TAKEN = """
- when: {role: replanner, contains: Keep b.txt first}
  calls:
    - tool: amend
      arguments: {why: It would be lost indeed, changes: CHANGES}
"""


def test_a_planner_takes_an_agents_change_over(stage: Stage) -> None:
    """M17, M126: nobody has to be asked in a planned run; the report says where the change comes from."""
    changes = f"[{KEEP}, {NEEDING.replace('CHECKS', CHECKS)}]"
    assert stage.run(PLAN, *models(stage, TAKEN.replace("CHANGES", changes) + PROPOSED), "--yes").code == 0
    assert stage.states() == {"fix": "verified", "keep": "verified", "after": "verified"}
    [change] = stage.say("report", "--json").json["amendments"]
    assert (change["origin"], change["state"], change["agreed_by"]) == ("agent", "in force", "the planner")


OTHERWISE = TAKEN.replace("CHANGES", f"[{NEEDING.replace('CHECKS', CHECKS).replace(', keep', '')}]")


def test_a_planner_answers_an_agents_change_with_one_of_its_own(stage: Stage) -> None:
    """M17, M103: the report has both, with what the planner said to the agent's."""
    assert stage.run(PLAN, *models(stage, OTHERWISE + PROPOSED), "--yes").code == 0
    proposed, own = stage.say("report", "--json").json["amendments"]
    assert proposed["refused"] == "it changes the plan otherwise: It would be lost indeed"
    assert (own["by"], own["state"]) == ("the planner", "in force")
