"""The four phases of a goal in words: what each ends with, what may follow, and how the run goes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import (
    Claim,
    GoalOptions,
    ModelFacts,
    ModelRouting,
    Price,
    Role,
    RoleModels,
    Understanding,
)
from surefoot.core.amendments import AddStep, DropStep
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Outcome, Phase, Verdict
from surefoot.core.ids import BlobId, StepId
from surefoot.core.kernel.plan_question import words_of
from surefoot.core.plan import AgentBody, AgentLimits, Check, Plan, RunBody, Step
from surefoot.core.plan_commands import commands_of_plan
from surefoot.core.policy_types import Effect
from surefoot.core.tool_payload import MadePlan, Planned, ProposedAmendment, Understood
from surefoot.errors import IllegalTransition

FACTS = ModelFacts(name="m", price=Price(input_usd=1.0, output_usd=1.0))
CASTING = ModelRouting(roles={role.value: RoleModels(chain=(FACTS,)) for role in Role})
REVIEWED = ModelRouting(roles=CASTING.roles, with_reviewer=True)
ACCEPT = Check(name="tests", ask=CommandCheck(command="t"), expect=Expect.PASS_TO_PASS)


def goal(
    play: Any, *, yes: bool = True, routing: ModelRouting = CASTING, goal_options: GoalOptions | None = None
) -> Any:
    """Begin a run with a goal in words."""
    run = play({}, goal_options=goal_options or GoalOptions()).say(ev.ModelsConfigured, routing=routing)
    return run.say(ev.ApprovalsGiven, yes=True) if yes else run


def steps(*names: str, **fields: Any) -> tuple[Step, ...]:
    """Make steps, each after the one before."""
    made = [Step(id=StepId(name), body=RunBody(command=name), **fields) for name in names]
    return tuple(made)


def planned(*made: Step, **found: Any) -> dict[str, Any]:
    """Return what a planner ends with; the commands are read from its plan, where they are not given."""
    plan = plan_of(*made)
    found.setdefault("commands", tuple(one for one, _ in commands_of_plan(plan.plan)))
    return {"payload": Planned(made=plan, **found)}


def plan_of(*made: Step, **fields: Any) -> MadePlan:
    """Return a plan of these steps, as a model makes it."""
    return MadePlan(plan=Plan(goal="g", steps=made, **fields), text=BlobId("text"))


def understood(made: MadePlan | None = None, **found: Any) -> dict[str, Any]:
    """Return what a scout ends with; what it wants to run is read from that, where the commands are not given."""
    given = found.pop("commands", None)
    plan = Plan(goal="", steps=(), **found) if made is None else made.plan
    commands = tuple(one for one, _ in commands_of_plan(plan)) if given is None else given
    return {"payload": Understood(understanding=Understanding(summary="s"), made=made, commands=commands, **found)}


def phases(run: Any) -> list[str]:
    """Return the phases that were entered, in order."""
    return [event.phase.value for event in run.told(ev.PhaseEntered)]


def agent(name: str) -> Step:
    """Make a step for an agent."""
    proof = Check(name=f"{name} done", ask=CommandCheck(command=name), expect=Expect.FAIL_TO_PASS)
    return Step(id=StepId(name), body=AgentBody(instructions=name), checks=(proof,))


def ends(run: Any, number: int, **fields: Any) -> Any:
    """Say what the call `number`.1 of the next talk ends with."""
    return run.will(do.UseTool, f"{number}.1", **fields)


def test_the_question_about_a_plan_names_the_risk_of_a_step(play: Any) -> None:
    """Among what else is to be known of the step."""
    step = replace(agent("a"), risk="needs 4 GB")
    words = words_of(goal(play).go().state, Plan(goal="g", steps=(step,)), ())
    assert "   risk:    needs 4 GB" in words


def test_a_goal_goes_through_its_four_phases_in_order(play: Any) -> None:
    """Understood, planned, carried out, validated."""
    run = goal(play).go()
    assert run.report["outcome"] == "completed"
    assert phases(run) == ["plan", "execute", "validate"]
    assert [(event.step, event.attempt) for event in run.told(ev.StepStarted)] == [
        ("(understand)", 1),
        ("(plan)", 1),
        ("made", 1),
    ]


@pytest.mark.parametrize("phase", [Phase.EXECUTE, Phase.VALIDATE, Phase.UNDERSTAND])
def test_no_phase_is_skipped(play: Any, phase: Phase) -> None:
    """The gate is in the code: the event itself is refused."""
    run = goal(play)
    with pytest.raises(IllegalTransition):
        run.say(ev.PhaseEntered, phase=phase)


def test_planning_needs_the_record_of_understanding(play: Any) -> None:
    """Nothing is planned before it is known what there is."""
    with pytest.raises(IllegalTransition, match="nothing is known"):
        goal(play).say(ev.PhaseEntered, phase=Phase.PLAN)


def test_executing_needs_an_adopted_plan(play: Any) -> None:
    """A plan that was only proposed is none."""
    run = goal(play, yes=False).go()
    assert run.state.phase is Phase.PLAN
    with pytest.raises(IllegalTransition, match="no plan was adopted"):
        run.say(ev.PhaseEntered, phase=Phase.EXECUTE)


def test_no_step_of_a_plan_starts_before_execute(play: Any) -> None:
    """Not even by a forged event."""
    run = goal(play, yes=False).go()
    with pytest.raises(IllegalTransition, match="phase plan"):
        run.say(ev.StepStarted, step=StepId("made"), attempt=1)


def test_the_baseline_is_asked_once_it_is_known_what_must_hold(play: Any) -> None:
    """Before anything is planned, so that later failures can be told from those there were."""
    run = ends(goal(play), 2, **understood(accept=(ACCEPT,))).go(do.AskCheck, "tests")
    assert run.state.phase is Phase.UNDERSTAND
    run.will(do.AskCheck, "tests", verdict=Verdict.FAILED).go()
    assert run.report["accept"][0]["before"] == "failed"
    assert run.report["outcome"] == "completed"


def test_a_plan_is_shown_in_order_and_waits_for_a_yes(play: Any) -> None:
    """What can be undone and where it will ask stands beside each step."""
    made = (*steps("a"), Step(id=StepId("b"), body=RunBody(command="b"), effect=Effect.IRREVERSIBLE, needs=("a",)))
    run = ends(goal(play, yes=False).go(do.UseTool, "1.1"), 2)
    run = (
        play({}, goal_options=GoalOptions())
        .say(ev.ModelsConfigured, routing=CASTING)
        .go(do.UseTool, "2.1")
        .let(do.UseTool)
    )
    run.go(do.UseTool, "1.1")
    ends(run, 2, **planned(*made)).go()
    assert "1. a (reversible): -" in run.asked[0]
    assert "2. b (irreversible, after a) ASKS BEFORE IT" in run.asked[0]
    assert run.report["questions"][0]["options"] == ["yes", "no", "edit"]
    assert run.reply("yes").go(do.RunStep).state.phase is Phase.EXECUTE


@pytest.mark.parametrize(
    "words",
    [
        "does:    an agent: Make add add.",
        "why:     it subtracts",
        "writes:  calc.py",
        "checks:  sums (fail_to_pass)",
        "takes:   about 90 s",
        "costs:   at most $2; m ($1 in and $1 out for a million tokens)",
    ],
)
def test_the_question_about_a_plan_shows_each_step_whole(play: Any, words: str) -> None:
    """Instruction, files, proof, time and price stand in its text, so in prompt, inbox and API alike (M59)."""
    body = AgentBody(instructions="Make add add.", limits=AgentLimits(cost_usd=2.0))
    proof = Check(name="sums", ask=CommandCheck(command="s"), expect=Expect.FAIL_TO_PASS)
    texts = {"title": "Mend add", "why": "it subtracts"}
    step = Step(id=StepId("a"), body=body, writes=("calc.py",), checks=(proof,), estimate_s=90.0, **texts)
    run = goal(play, yes=False).go(do.UseTool, "2.1").let(do.UseTool).go(do.UseTool, "1.1")
    assert words in ends(run, 2, **planned(step)).go().asked[0]


def test_a_plan_that_is_refused_ends_the_run(play: Any) -> None:
    """A plain no needs no further try."""
    run = goal(play, yes=False).go().reply("no").go()
    assert run.report["outcome"] == "failed"
    assert "not approved" in run.report["reason"]


def test_a_plan_that_is_refused_with_a_reason_is_made_anew(play: Any) -> None:
    """The planner is told the reason."""
    run = goal(play, yes=False).go().reply("no", reason="tests first").go()
    assert "tests first" in run.state.nodes["(plan)"].lessons[0].said
    run.reply("yes").go()
    assert run.report["outcome"] == "completed"


def test_a_plan_that_a_person_edits_takes_the_place_of_the_model_s(play: Any) -> None:
    """What is carried out is what the person wrote."""
    run = goal(play, yes=False).go()
    run.say(ev.PlanEdited, step=StepId("(plan)"), attempt=1, plan=Plan(goal="g", steps=steps("mine")), text=BlobId("t"))
    run.reply("edit").go()
    assert run.states == {"mine": "verified"}
    assert run.state.plan_text == "t"


def test_a_small_goal_takes_the_short_way(play: Any) -> None:
    """Two steps that stand alone and can be undone need neither a planner nor a person."""
    run = goal(play, yes=False)
    ends(run, 2, **understood(plan_of(*steps("a", "b")))).go()
    assert run.states == {"a": "verified", "b": "verified"}
    assert not run.told(ev.QuestionAsked)
    assert "(plan)" not in {event.step for event in run.told(ev.StepStarted)}


@pytest.mark.parametrize("made", [steps("a", "b", "c"), steps("a", effect=Effect.IDEMPOTENT), steps("a", network=True)])
def test_what_is_not_small_or_not_harmless_goes_to_the_planner(play: Any, made: tuple[Step, ...]) -> None:
    """The short way is for what could be undone with a command."""
    run = goal(play)
    ends(run, 2, **understood(plan_of(*made))).go()
    assert "(plan)" in {event.step for event in run.told(ev.StepStarted)}


def test_plan_only_pauses_before_execute_and_resume_carries_it_out(play: Any) -> None:
    """The plan is there, nobody was asked about it yet, and nothing was changed."""
    run = goal(play, goal_options=GoalOptions(plan_only=True)).go()
    assert run.report["state"] == "paused"
    assert (run.state.phase, run.state.revision) == (Phase.PLAN, 0)
    assert not run.told(ev.BodyStarted)[2:]
    run.claim().say(ev.RunResumed).go()
    assert run.report["outcome"] == "completed"


def two_agents(play: Any) -> Any:
    """Play until the first of two agents' steps is at work."""
    run = goal(play).go(do.UseTool, "2.1").let(do.UseTool).go(do.UseTool, "1.1")
    ends(run, 2, **planned(agent("one"), agent("two")))
    return run.go(do.RequestModel, "one")


def test_what_an_agent_finds_out_is_put_to_the_planner_in_execute(play: Any) -> None:
    """Its claim says that the next steps should change; the plan stays in force until the planner has answered."""
    run = two_agents(play)
    ends(run, 3, payload=Claim(summary="done", changes_next="two is not needed, three is"))
    run.go(do.RequestModel, "(replan)")
    assert (phases(run), run.states["two"]) == (["plan", "execute"], "pending")
    assert "two is not needed, three is" in run.state.nodes["(replan)"].spec.body.text


def test_a_change_that_an_agent_wants_keeps_what_was_done(play: Any) -> None:
    """Nothing that was verified is done again, nothing that was dropped is done, and the report says who wanted it."""
    run = two_agents(play)
    ends(run, 3, payload=Claim(summary="done", changes_next="three instead of two")).go(do.UseTool, "3.1").let(
        do.UseTool
    )
    operations = (DropStep(step=StepId("two")), AddStep(step=agent("three")))
    ends(run, 2, payload=ProposedAmendment(operations=operations, why="so")).go().reply("yes").go()
    assert run.states == {"one": "verified", "three": "verified"}
    assert [event.step for event in run.told(ev.BodyStarted)].count("one") == 1
    assert [one["origin"] for one in run.report["amendments"]] == ["agent"]


def test_a_planner_without_an_answer_leaves_what_an_agent_wants_to_a_person(play: Any) -> None:
    """The steps that it concerns wait for that."""
    run = two_agents(play)
    ends(run, 3, payload=Claim(summary="done", changes_next="three instead of two"))
    run.go(do.UseTool, "3.1").let(do.UseTool)
    offered = ProposedAmendment(operations=(DropStep(step=StepId("nobody")),), why="so")
    for _ in range(4):
        ends(run, 2, payload=offered)
    run.go()
    assert (run.states["two"], run.state.open_questions[0].asked.step) == ("pending", "(plan-holds)")


def test_the_reviewer_may_object_and_then_the_run_is_not_complete(play: Any) -> None:
    """Everything is verified, and still a person has to look."""
    run = goal(play, routing=REVIEWED).go(do.RequestModel, "(review)")
    ends(run, 2, payload=Claim(summary="hm", objections=("the goal says port 80",))).go()
    assert run.report["outcome"] == Outcome.PARTIALLY_COMPLETED
    assert "the reviewer objects: the goal says port 80" in run.report["reason"]


def test_what_is_done_anew_is_reviewed_anew(play: Any) -> None:
    """A review of a result that is gone says nothing about the one there is."""
    run = ends(
        goal(play, routing=REVIEWED).go(do.RequestModel, "(review)"), 2, payload=Claim(summary="hm", objections=("no",))
    )
    run.go().say(ev.RunRestored, to=None, commit="c0", pending=("made",)).say(ev.RunResumed).go()
    assert [event.step for event in run.told(ev.StepVerified)][-2:] == ["made", "(review)"]
    assert run.report["outcome"] == "completed"


def test_a_review_that_is_under_way_ends_where_the_branch_goes_back(play: Any) -> None:
    """It does not go on beside the steps that are done anew."""
    run = goal(play, routing=REVIEWED).go(do.RequestModel, "(review)").say(ev.PauseRequested).go()
    run.say(ev.RunRestored, to=None, commit="c0", pending=("made",))
    assert "(review)" not in run.state.active
    assert run.say(ev.RunResumed).go().report["outcome"] == "completed"


def test_a_reviewer_that_says_nothing_passes_nothing(play: Any) -> None:
    """What a reviewer thinks well of is as red as it was."""
    run = ends(goal(play, routing=REVIEWED), 2, **understood(accept=(ACCEPT,)))
    run.go(do.AskCheck, "tests").let(do.AskCheck).go(do.AskCheck, "tests")
    run.will(do.AskCheck, "tests", verdict=Verdict.FAILED).will(do.AskCheck, "tests", verdict=Verdict.FAILED).go()
    assert run.report["outcome"] == "partially_completed"


def test_a_reviewer_that_fails_leaves_a_finding(play: Any) -> None:
    """A result that nobody has looked at must not look as if somebody had."""
    run = goal(play, routing=REVIEWED).go(do.RequestModel, "(review)")
    for _ in range(9):
        run.will(do.RequestModel, "(review)", calls=())
    run.go()
    assert run.report["outcome"] == "completed"
    assert "not-reviewed" in {finding["kind"] for finding in run.report["findings"]}


def test_a_goal_that_cannot_be_understood_asks_a_person_before_it_fails(play: Any) -> None:
    """Three attempts, then a person, then the report."""
    run = goal(play)
    for _ in range(3):
        for turn in (1, 2, 3):
            run.will(do.RequestModel, "(understand)", calls=(), turn=turn)
    run.go()
    assert "Go on how?" in run.asked[0]
    run.reply("stop").go()
    assert run.report["outcome"] == "failed"


def test_duties_stand_beside_the_plan_and_not_in_it(play: Any) -> None:
    """A report counts the steps of the plan; what was done for the whole run is told apart."""
    run = goal(play).go()
    assert list(run.states) == ["made"]
    assert [node.spec.id for node in run.state.system_steps()] == ["(understand)", "(plan)"]
