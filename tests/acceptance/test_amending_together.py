"""Two people change the plan of one run at the same time, each from a program of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

    from tests.programs import Ended

RUN = "20260101-abc123"
HELD = """
goal: Be changed
limits: {parallel: 2}
steps:
  - id: hold
    run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo held > held.txt
  - {id: late, needs: [hold], run: echo late > late.txt}
"""
OTHER = "amend: [{replace: {id: late, needs: [hold], run: echo other > late.txt}}]"


def both(stage: Stage, *orders: tuple[str, ...]) -> list[Ended]:
    """Start programs at once, and return how they ended, in the order of what they were told."""
    programs = [stage.begin(*order) for order in orders]
    return [program.wait() for program in programs]


def add(name: str) -> tuple[str, ...]:
    """Return the order to add a step."""
    return "add", name, "--run", f"echo {name} > {name}.txt", "--check", f"test -f {name}.txt"


def other(stage: Stage) -> str:
    """Write the amendment that edits the step to come, and return its path."""
    path = stage.folder / "amend.yaml"
    path.write_text(OTHER, "utf-8")
    return str(path)


def amendments(stage: Stage) -> dict[str, str]:
    """Return how each amendment stands, by what was said of it."""
    found = stage.say("report", RUN, "--json").json["amendments"]
    return {one["state"]: one["refused"] or "" for one in found}


def test_two_changes_at_once_both_hold(stage: Stage) -> None:
    """Neither is lost, whichever comes first."""
    with stage.held(HELD) as program:
        assert [one.code for one in both(stage, add("left"), add("right"), add("third"))] == [0, 0, 0]
        stage.go()
        assert program.wait().code == 0
    assert stage.states() == dict.fromkeys(("hold", "late", "left", "right", "third"), "verified")


def test_of_two_changes_that_cannot_both_hold_the_second_is_told_why(stage: Stage) -> None:
    """One edits the step that the other drops: it is judged again on the plan in force."""
    with stage.held(HELD) as program:
        dropped, edited = both(stage, ("drop", "late"), ("amend", other(stage)))
        stage.go()
        assert program.wait().code == 0
    why = edited.out + "".join(amendments(stage).values())
    assert (dropped.code, stage.states()) == (0, {"hold": "verified"})
    assert edited.code == 0 or "there is no step 'late'" in why


def test_a_change_that_waits_for_another_is_judged_again_once_that_holds(stage: Stage) -> None:
    """Its author is told so at once, and the report says why it does not hold."""
    with stage.held(HELD) as program:
        program.kill()
    stage.say("drop", "late")
    said = stage.say("amend", other(stage))
    assert (said.code, "comes first; this one is judged again" in said.out) == (0, True)
    stage.go()
    assert stage.say("resume").code == 0
    assert amendments(stage) == {"in force": "", "refused": "operation 1: there is no step 'late'; the ids are 'hold'"}
