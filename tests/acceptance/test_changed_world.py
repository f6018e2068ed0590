"""A world that does not stand still: between a yes and its effect, and while nobody answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
SEND = """
goal: Send
limits: {resources: {db: {observe: cat VERSION}}}
steps:
  - {id: send, effect: irreversible, uses: [db], reads: ["a.txt"], run: echo sent > sent.txt, undo: Send a correction.}
"""


def send(stage: Stage) -> str:
    """Return a plan whose only step cannot be undone and rests on a resource."""
    (stage.folder / "version").write_text("1\n", "utf-8")
    return SEND.replace("VERSION", str(stage.folder / "version"))


def states(said: Said) -> list[str]:
    """Return where the steps stand."""
    return [step["state"] for step in said.json["steps"]]


CHANGES = {
    "the branch": ("git commit -q --allow-empty -m later", "changed since it was shown: main: was"),
    "the resource": ("echo 2 > ../version", "changed since it was shown: resource db: was"),
    "the plan": ("echo '# later' >> PLAN", "changed since it was shown: plan file"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_since_the_yes_is_asked_again_with_the_difference(stage: Stage, what: str) -> None:
    """The effect is not performed on the strength of a yes to another world (M48)."""
    command, told = CHANGES[what]
    plan = stage.plan(send(stage))
    stage.say("run", plan, "--run-id", RUN)
    stage.say("answer", f"{RUN}.1", "yes")
    stage.bash(command.replace("PLAN", str(plan)))
    said = stage.say("resume")
    assert (said.code, told in said.out) == (4, True)


def test_the_second_yes_is_to_the_world_as_it_is_now(stage: Stage) -> None:
    """Then it is done, once."""
    stage.say("run", stage.plan(send(stage)), "--run-id", RUN)
    stage.say("answer", f"{RUN}.1", "yes")
    stage.bash("git commit -q --allow-empty -m later")
    stage.say("resume")
    assert stage.say("answer", f"{RUN}.2", "yes").code == 0
    assert states(stage.say("resume", "--json")) == ["verified"]


def test_a_yes_holds_in_a_world_that_stood_still(stage: Stage) -> None:
    """Nothing is asked twice for nothing."""
    stage.say("run", stage.plan(send(stage)), "--run-id", RUN)
    stage.say("answer", f"{RUN}.1", "yes")
    assert (stage.say("resume", "--json").code, len(stage.say("report", "--json").json["questions"])) == (0, 0)


def test_a_word_given_beforehand_does_not_cover_a_branch_that_has_moved(stage: Stage) -> None:
    """`--allow` was said about the plan on the commit it began from."""
    stage.say("run", stage.plan(send(stage)), "--run-id", RUN)
    stage.bash("git commit -q --allow-empty -m later")
    said = stage.say("resume", "--allow", "send")
    assert (said.code, "changed since it was shown: main: was" in said.out) == (4, True)


SOON = """
goal: Ask in time
policy: [{name: soon, tier: confirm, reason: It is soon., steps: [ask], expires: 1s, overdue: WHAT}]
steps:
  - {id: ask, run: echo two > a.txt, checks: [{file: a.txt, contains: two}]}
"""


OVERDUE = {"stop": "stop", "wait": "wait", "hand_on": "hand_on, next_role: lead"}


def overdue(stage: Stage, what: str) -> None:
    """Let a question's time pass while nothing runs."""
    assert stage.run(SOON.replace("WHAT", OVERDUE[what])).code == 4
    time.sleep(1.2)


def test_an_answer_that_comes_too_late_is_refused(stage: Stage) -> None:
    """Although no engine was there to see the time pass."""
    overdue(stage, "stop")
    said = stage.say("answer", f"{RUN}.1", "yes")
    assert (said.code, f"question {RUN}.1 expired" in said.err) == (2, True)


def test_the_next_engine_stops_the_step_that_nobody_answered(stage: Stage) -> None:
    """That is neither consent nor denial, and the report says so."""
    overdue(stage, "stop")
    said = stage.say("resume", "--json")
    assert (said.code, states(said)) == (5, ["failed"])
    assert "neither consent nor denial" in said.json["steps"][0]["reason"]
    assert said.json["asking"]["expired"] == 1


@pytest.mark.parametrize(("what", "code"), [("wait", 0), ("hand_on", 2)])
def test_a_question_whose_time_is_over_may_stay_open(stage: Stage, what: str, code: int) -> None:
    """For anybody, or for another role that nobody here has."""
    overdue(stage, what)
    assert stage.say("resume").code == 4
    assert stage.say("answer", f"{RUN}.1", "yes").code == code
