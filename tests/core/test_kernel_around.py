"""What a plan runs beside the bodies of its steps: weighed, put to a person, and never run before that.

Read `tests/api/test_around.py` for whole runs.
"""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import GoalOptions
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Limits, Prepare, RunBody, Step
from surefoot.core.plan_commands import CommandKind, PlanCommand, probe_command
from surefoot.core.policy_types import CommandFacts, Demand, Effect, Policy, Rule, Tier
from surefoot.core.probe_kinds import CommandProbe, HttpProbe, Probe, RunProbe
from surefoot.core.tool_payload import Planned
from tests.core.test_kernel_phases import CASTING, ends, plan_of, planned, understood

PUSH = CommandFacts(commands=(("git", "push"),))
WIPE = CommandFacts(commands=(("rm", "-rf", "/"),))
PAY: dict[str, Any] = {"effect": Effect.IDEMPOTENT}
LOOK = Probe(ask=HttpProbe(url="https://h/x"))


def prepare(does: CommandFacts) -> PlanCommand:
    """Make what `prepare` runs."""
    return PlanCommand(kind=CommandKind.PREPARE, text="the-command", network=True, does=does)


def goal(play: Any) -> Any:
    """Begin a run with a goal in words that was said yes to beforehand."""
    run = (
        play({}, goal_options=GoalOptions()).say(ev.ModelsConfigured, routing=CASTING).say(ev.ApprovalsGiven, yes=True)
    )
    return run.go(do.UseTool, "2.1").let(do.UseTool).go(do.UseTool, "1.1")


def test_what_a_rule_asks_about_is_put_to_a_person_before_the_first_lane(play: Any) -> None:
    """With its text, its way out and the rule; a yes lets the run begin."""
    run = play({"a": {}}, commands=(prepare(PUSH),)).go()
    assert run.asked[0].splitlines()[1:3] == ["prepare (uses the network):", "  | the-command"]
    assert "(rule git-push)" in run.asked[0]
    assert not run.state.lanes
    assert run.reply("yes").go().report["outcome"] == "completed"


@pytest.mark.parametrize(("does", "said"), [(PUSH, "not approved: no"), (WIPE, "never allowed: prepare runs")])
def test_what_is_refused_around_the_steps_ends_the_run(play: Any, does: CommandFacts, said: str) -> None:
    """A person's no, or a rule's never; no lane was made."""
    run = play({"a": {}}, commands=(prepare(does),)).go()
    if run.asked:
        run.reply("no").go()
    assert (run.report["outcome"], said in run.report["reason"], run.state.lanes) == ("failed", True, {})


def test_an_approval_beforehand_covers_what_a_person_wrote(play: Any) -> None:
    """Their plan is known to who says `--yes`; the journal says what was approved."""
    run = play({"a": {}}, commands=(prepare(PUSH),)).say(ev.ApprovalsGiven, yes=True).go()
    assert run.report["outcome"] == "completed"
    assert [(event.step, event.by) for event in run.told(ev.ApprovalRecorded)] == [("(commands)", "una (--yes)")]


def test_a_rule_may_demand_two_people_for_what_runs_around_the_steps(play: Any) -> None:
    """As for a step: an approval given beforehand is not enough."""
    rule = Rule(name="two", tier=Tier.CONFIRM, reason="R.", commands=("git push*",), demand=Demand(people=2))
    run = play({"a": {}}, commands=(prepare(PUSH),)).say(ev.PolicyConfigured, policy=Policy(own=(rule,)))
    run.say(ev.ApprovalsGiven, yes=True).go().reply("yes").go()
    assert run.report["questions"][0]["approved_by"] == ["una"]
    assert run.reply("yes", by="bo").go().report["outcome"] == "completed"


def test_what_no_rule_asks_about_asks_nobody(play: Any) -> None:
    """A person's own `prepare` with the network is named at the start, and that is all."""
    run = play({"a": {}}, commands=(prepare(CommandFacts(commands=(("pip", "install", "six"),))),)).go()
    assert (run.told(ev.QuestionAsked), run.report["outcome"]) == ([], "completed")


def test_what_waits_for_a_word_waits_on_after_a_kill(play: Any) -> None:
    """The question stays the same one."""
    run = play({"a": {}}, commands=(prepare(PUSH),)).go().claim().go()
    assert len(run.told(ev.QuestionAsked)) == 1
    assert run.reply("yes").go().report["outcome"] == "completed"


@pytest.mark.parametrize("network", [False, True])
def test_a_probe_that_is_a_program_is_listed_as_a_command_with_the_network_of_its_step(network: bool) -> None:
    """In the sandbox, and as a shell would read it, so that rules are held against it."""
    probe = Probe(ask=CommandProbe(argv=("git", "ls-remote", "a b"), applied="x"))
    step = Step(id=StepId("a"), body=RunBody(command="a"), probe=probe, network=network)
    assert probe_command(step) == PlanCommand(
        kind=CommandKind.PROBE, step=StepId("a"), text="git ls-remote 'a b'", network=network
    )


@pytest.mark.parametrize(
    ("probe", "does", "tier"),
    [
        (RunProbe(command="p"), WIPE, "failed"),
        (RunProbe(command="p"), PUSH, "waiting"),
        (HttpProbe(url="https://h/x", method="POST"), None, "waiting"),
        (HttpProbe(url="https://h/x"), None, "verified"),
    ],
)
def test_a_probe_is_weighed_with_its_step(play: Any, probe: Any, does: CommandFacts | None, tier: str) -> None:
    """A rule of the user lets the body pass; what the probe does asks, or is never allowed."""
    own = Rule(name="mine", tier=Tier.LOG, reason="R.", commands=("pay*",))
    run = play({"a": {**PAY, "probe": Probe(ask=probe)}}).say(ev.PolicyConfigured, policy=Policy(own=(own,)))
    read = None if does is None else PlanCommand(kind=CommandKind.PROBE, step=StepId("a"), text="p", does=does)
    run.will(do.TakeCheckpoint, "a", does=CommandFacts(commands=(("pay",),)), probe=read).go()
    assert run.states == {"a": tier}
    assert not [command for command in run.told(ev.ProbeRequested) if tier != "verified"]


def test_a_check_that_reaches_out_is_not_asked_before_a_person_is(play: Any) -> None:
    """It would have done what the rule asks about."""
    check = Check(name="c", ask=CommandCheck(command="git push"), expect=Expect.FAIL_TO_PASS, network=True)
    run = play({"a": {"checks": (check,)}}).will(do.TakeCheckpoint, "a", does=PUSH).go()
    assert (run.states, run.told(ev.CheckRequested)) == ({"a": "waiting"}, [])
    run.will(do.TakeCheckpoint, "a", does=PUSH)
    assert run.reply("yes").go().states == {"a": "verified"}


def test_a_question_about_a_step_shows_what_runs_beside_it(play: Any) -> None:
    """Probe, check and look at a resource, where they have a way out, each with its text."""
    check = Check(name="c", ask=CommandCheck(command="the-check"), confine=False)
    fields = {**PAY, "probe": Probe(ask=RunProbe(command="the-probe")), "checks": (check,), "uses": ("gpu",)}
    run = play({"a": fields}, limits=Limits(resources={"gpu": 1}, observed={"gpu": "the-look"})).go()
    beside = [line.strip() for line in run.asked[0].splitlines() if "beside:" in line]
    assert beside == [
        "beside:  `observe` of gpu (uses the network, runs outside the sandbox): the-look",
        "beside:  check 'c' of a (runs outside the sandbox): the-check",
        "beside:  probe of a (uses the network, runs outside the sandbox): the-probe",
    ]


# --- plans of models


def test_a_plan_of_a_model_that_reaches_out_beside_bodies_waits_for_a_person(play: Any) -> None:
    """Whatever was said yes to beforehand: nobody had seen it. The question shows it."""
    run = goal(play)
    ends(run, 2, **planned(Step(id=StepId("a"), body=RunBody(command="a"), probe=LOOK, **PAY))).go()
    assert "probe of a (uses the network):\n  | GET https://h/x" in run.asked[0]
    assert (run.state.phase, run.told(ev.ApprovalRecorded)) == ("plan", [])
    assert run.reply("yes").go().report["outcome"] == "completed"


def test_a_plan_of_a_model_that_stays_inside_is_covered_by_a_yes_beforehand(play: Any) -> None:
    """A command of its probe that is confined opens nothing."""
    probe = Probe(ask=RunProbe(command="look", confine=True))
    run = goal(play)
    ends(run, 2, **planned(Step(id=StepId("a"), body=RunBody(command="a"), probe=probe, **PAY))).go()
    assert (run.told(ev.QuestionAsked), run.report["outcome"]) == ([], "completed")


def test_what_is_never_allowed_beside_bodies_is_told_to_the_planner(play: Any) -> None:
    """The plan is made anew, with the rule as its lesson."""
    wipe = PlanCommand(kind=CommandKind.CHECK, name="c", step=StepId("a"), text="rm -rf /", does=WIPE)
    run = goal(play)
    ends(run, 2, **planned(Step(id=StepId("a"), body=RunBody(command="a")), commands=(wipe,))).go()
    assert "never allowed: check 'c' of a runs 'rm -rf /'" in run.state.nodes["(plan)"].lessons[0].said
    assert run.report["outcome"] == "completed"


def test_a_model_s_prepare_with_the_network_waits_for_a_person(play: Any) -> None:
    """Whatever was said yes to beforehand; nothing is prepared until then."""
    run = (
        play({}, goal_options=GoalOptions()).say(ev.ModelsConfigured, routing=CASTING).say(ev.ApprovalsGiven, yes=True)
    )
    run.go(do.UseTool, "2.1")
    made = Prepare(run="get-it", network=True)
    run.will(do.UseTool, "2.1", **understood(prepare=made)).go()
    assert "prepare (uses the network):\n  | get-it" in run.asked[0]
    assert run.reply("yes").go().report["outcome"] == "completed"


def test_a_rule_of_the_user_lets_a_model_s_command_reach_out(play: Any) -> None:
    """That is a person's word, given once; the rules of a project cannot lower anything."""
    own = Rule(name="mine", tier=Tier.LOG, reason="R.", commands=("pip install*",))
    run = (
        play({}, goal_options=GoalOptions()).say(ev.ModelsConfigured, routing=CASTING).say(ev.ApprovalsGiven, yes=True)
    )
    run.say(ev.PolicyConfigured, policy=Policy(own=(own,))).go(do.UseTool, "2.1")
    read = prepare(CommandFacts(commands=(("pip", "install", "six"),)))
    made = Prepare(run="the-command", network=True)
    run.will(do.UseTool, "2.1", **understood(prepare=made, commands=(read,))).go()
    assert (run.told(ev.QuestionAsked), run.report["outcome"]) == ([], "completed")


def test_a_model_s_acceptance_check_is_weighed_before_it_is_asked(play: Any) -> None:
    """The baseline would run it before there is a plan that a person could see."""
    check = Check(name="c", ask=CommandCheck(command="git push"), expect=Expect.PASS_TO_PASS)
    read = PlanCommand(kind=CommandKind.ACCEPT, name="c", text="git push", does=PUSH)
    run = (
        play({}, goal_options=GoalOptions()).say(ev.ModelsConfigured, routing=CASTING).say(ev.ApprovalsGiven, yes=True)
    )
    run.will(do.UseTool, "2.1", **understood(accept=(check,), commands=(read,))).go()
    assert ("git push" in run.asked[0], run.told(ev.CheckRequested)) == (True, [])


def test_what_a_person_gave_is_not_asked_about_again_with_a_plan(play: Any) -> None:
    """Only what the plan in force does not have is new."""
    given = Prepare(run="make", network=True)
    run = (
        play({}, goal_options=GoalOptions(), prepare=given)
        .say(ev.ModelsConfigured, routing=CASTING)
        .say(ev.ApprovalsGiven, yes=True)
    )
    run.go(do.UseTool, "2.1").let(do.UseTool).go(do.UseTool, "1.1")
    step = Step(id=StepId("a"), body=RunBody(command="a"))
    known = PlanCommand(kind=CommandKind.PREPARE, text="make", network=True)
    ends(run, 2, payload=Planned(made=plan_of(step, prepare=given), commands=(known,))).go()
    assert (run.told(ev.QuestionAsked), run.report["outcome"]) == ([], "completed")
