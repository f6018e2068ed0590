"""What a person can say beside yes and no, about results too, and what an approval rests on."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import Precondition
from surefoot.core.event_words import Diagnosis
from surefoot.core.ids import BlobId
from surefoot.core.plan import Effect, ForEach, Limits, OnFailure, Service, Tier
from surefoot.core.policy_types import CommandFacts, Demand, Overdue, Policy, Rule
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.errors import IllegalTransition

PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
PUT: dict[str, Any] = {"effect": Effect.IDEMPOTENT}
ASKING: dict[str, Any] = {"tier": Tier.CONFIRM}
OLD, NEW = Precondition(name="files conf", state="1"), Precondition(name="files conf", state="2")
MOVED = Precondition(name="main", state="c9", since="c0")


def rule(name: str, tier: Tier = Tier.CONFIRM, **fields: Any) -> Rule:
    """Make a rule."""
    return Rule(name=name, tier=tier, reason="Because.", **fields)


def with_policy(run: Any, *rules: Rule) -> Any:
    """Give a run rules of the user's own."""
    return run.say(ev.PolicyConfigured, policy=Policy(own=rules))


# --- what an approval rests on


def test_a_yes_does_not_hold_once_the_preconditions_have_changed(play: Any) -> None:
    """A file it says to read was changed before the effect: it is asked again, and shown what changed."""
    run = (
        play({"a": PAY})
        .will(do.TakeCheckpoint, "a", preconditions=(OLD,))
        .will(do.TakeCheckpoint, "a", preconditions=(NEW,))
    )
    run.go().reply("yes").go()
    assert run.bodies == []
    assert "changed since it was shown: files conf: was 1, is 2" in run.asked[0]


def test_a_yes_holds_while_the_preconditions_do(play: Any) -> None:
    """Looked at again and found the same."""
    run = (
        play({"a": PAY})
        .will(do.TakeCheckpoint, "a", preconditions=(OLD,))
        .will(do.TakeCheckpoint, "a", preconditions=(OLD,))
    )
    assert run.go().reply("yes").go().states["a"] == "verified"


@pytest.mark.parametrize(("preconditions", "state"), [(MOVED, "waiting"), (OLD, "verified")])
def test_a_word_given_beforehand_does_not_cover_a_world_that_moved(
    play: Any, preconditions: Precondition, state: str
) -> None:
    """`--allow` was said about the run as it began."""
    run = (
        play({"a": PAY})
        .will(do.TakeCheckpoint, "a", preconditions=(preconditions,))
        .say(ev.ApprovalsGiven, allow=("a",))
    )
    assert run.go().states["a"] == state


def test_the_preconditions_are_looked_at_again_after_a_crash(play: Any) -> None:
    """Allowed, and killed before the effect: what was found then is compared with what is found now."""
    run = play({"a": {**PAY, "probe": Probe(ask=RunProbe(command="q"))}}).say(ev.ApprovalsGiven, allow=("a",))
    run.will(do.TakeCheckpoint, "a", preconditions=(OLD,)).go(do.AskProbe).claim()
    run.will(do.TakeCheckpoint, "a", preconditions=(NEW,)).go()
    assert "files conf: was 1, is 2" in run.asked[0]


# --- edits


def test_an_edited_command_is_run_as_edited_and_shown_as_edited(play: Any) -> None:
    """The yes is to what the person wrote; nothing else is run."""
    run = play({"a": PAY}).go().reply("yes", edit="pay --less").go(do.RunStep)
    assert [command.spec.body.command for command in run.open] == ["pay --less"]


def test_an_edit_does_not_get_round_a_rule_that_takes_another_person(play: Any) -> None:
    """What the edited command does is weighed anew."""
    two = rule("two", commands=("pay*",), demand=Demand(people=2))
    run = with_policy(play({"a": ASKING}), two)
    run.will(do.TakeCheckpoint, "a").will(do.TakeCheckpoint, "a", does=CommandFacts(commands=(("pay", "x"),)))
    run.go().reply("yes", edit="pay x").go()
    assert "(as una changed it)" in run.asked[0]


def test_an_edit_that_is_never_allowed_fails_the_step(play: Any) -> None:
    """Nobody's yes reaches that far."""
    run = with_policy(play({"a": ASKING}), rule("no", Tier.NEVER, commands=("rm*",)))
    run.will(do.TakeCheckpoint, "a").will(do.TakeCheckpoint, "a", does=CommandFacts(commands=(("rm", "x"),)))
    run.go().reply("yes", edit="rm x").go()
    assert (run.states["a"], run.bodies) == ("failed", [])


# --- results


def test_a_result_that_a_rule_names_is_asked_about_before_it_is_kept(play: Any) -> None:
    """What is shown is what it changes."""
    run = with_policy(play({"a": {}}), rule("files", paths=("a",))).go()
    assert (run.bodies, run.states["a"]) == (["a"], "waiting")
    assert ("changes: a" in run.asked[0], run.asked[0].endswith("Keep it?")) == (True, True)


@pytest.mark.parametrize(("answer", "state"), [("yes", "verified"), ("no", "failed")])
def test_a_result_is_kept_or_put_back_as_the_person_says(play: Any, answer: str, state: str) -> None:
    """A no restores the lane; the body is not run again for either."""
    run = with_policy(play({"a": {}}), rule("files", paths=("a",))).go().reply(answer).go()
    assert (run.states["a"], run.bodies, len(run.told(ev.LaneRestored))) == (state, ["a"], answer == "no")


def test_the_reason_of_a_no_stands_in_the_report(play: Any) -> None:
    """So that whoever goes on knows what was wrong."""
    run = with_policy(play({"a": {}}), rule("files", paths=("a",))).go().reply("no", reason="wrong file").go()
    assert "wrong file" in run.steps["a"]["reason"]


def test_an_edited_result_is_what_is_committed(play: Any) -> None:
    """The patch goes into the lane, and what that changes is looked at anew, without another question."""
    run = with_policy(play({"a": {}}), rule("files", paths=("a",))).go()
    run.will(do.Inspect, "a", tree="t-edited").reply("yes", diff=BlobId("p")).go()
    assert [command.diff for command in run.told(ev.PatchRequested)] == ["p"]
    assert (run.state.branch.tree, run.told(ev.QuestionAsked)[1:]) == ("t-edited", [])


@pytest.mark.parametrize(("stated", "asks"), [("0.5", 1), ("0.95", 0), ("surely", 1)])
def test_a_result_that_is_not_sure_enough_is_asked_about(play: Any, stated: str, asks: int) -> None:
    """The threshold is a rule like any other; what is no number is not sure."""
    run = with_policy(play({"a": {}}), rule("unsure", confidence_below=0.9))
    assert len(run.will(do.RunStep, "a", outputs={"confidence": stated}).go().asked) == asks


def test_what_was_stated_stands_in_what_is_shown(play: Any) -> None:
    """Also of what a step rests on."""
    said = {"confidence": "0.5", "uncertainty": "the old name"}
    run = play({"a": {}, "b": {**PAY, "needs": ("a",)}}).will(do.RunStep, "a", outputs=said).go()
    assert ("sure:    50%, as stated" in run.asked[0], "unsure:  the old name" in run.asked[0]) == (True, True)


# --- taking over


def test_a_step_that_was_taken_over_is_done_by_hand_and_checked(play: Any) -> None:
    """The body is never run; the lane is kept meanwhile, and looked at afterwards."""
    run = play({"a": ASKING}).go().reply("take_over").go()
    assert (run.state.lanes["1"].held_by, "taken over by una" in run.asked[0]) == ("a", True)
    run.reply("done").go()
    assert (run.states["a"], run.bodies, run.steps["a"]["commit"]) == ("verified", [], "c-a")


def test_a_hand_over_survives_a_crash(play: Any) -> None:
    """What the person did in the lane is there when the next engine comes."""
    run = play({"a": ASKING}).go().reply("take_over").go().claim().go()
    assert run.reply("done").go().states["a"] == "verified"


def test_a_hand_over_that_is_abandoned_is_put_back_and_asked_about_again(play: Any) -> None:
    """As if nobody had taken it."""
    run = play({"a": ASKING}).go().reply("take_over").go().reply("abandon").go()
    assert (run.asked[0].startswith("Step a\n"), len(run.told(ev.LaneRestored))) == (True, 1)
    assert run.reply("yes").go().bodies == ["a"]


def test_what_a_failed_hand_over_asks_is_no_word_about_the_hand_over(play: Any) -> None:
    """A service that does not come up fails the attempt before anybody worked in the lane."""
    run = play({"a": {**ASKING, "uses": ("db",), "on_failure": OnFailure.ASK}}, services=(Service(name="db", run="d"),))
    failing = {"diagnosis": Diagnosis.STRUCTURAL, "reason": "no"}
    run.go().reply("take_over").say(ev.ServiceEnded, lane="1", service="db", reason="it crashed")
    run.will(do.StartService, "db", ev.EffectFailed, **failing).go()
    assert (run.asked[0], run.reply("retry").go().states["a"]) == ("Step a failed: no. Go on how?", "waiting")


def test_an_outside_effect_that_was_done_by_hand_counts_as_applied(play: Any) -> None:
    """It is not performed once more."""
    run = play({"a": PAY}).go().reply("take_over").go().reply("done").go()
    assert (run.states["a"], run.bodies, len(run.report["outside_effects"])) == ("verified", [], 1)


def test_a_result_that_was_taken_over_is_looked_at_again(play: Any) -> None:
    """The person may change what the body made, in its lane."""
    run = with_policy(play({"a": {}}), rule("files", paths=("a",))).go().reply("take_over").go()
    run.will(do.Inspect, "a", tree="t-hand").reply("done").go()
    assert (run.state.branch.tree, run.bodies) == ("t-hand", ["a"])


# --- several questions, several people


def test_all_of_a_kind_are_approved_together(play: Any) -> None:
    """One yes covers the questions that are open and those that come."""
    each = {"for_each": ForEach(name="i", items=("x", "y", "z")), **PUT}
    run = play({"p-{i}": each}).go()
    like = run.state.open_questions[0].asked.like
    assert "every step of the group p-{i}" in like
    assert set(run.reply("yes", like=like).go().states.values()) == {"verified"}


def test_what_is_of_another_kind_is_still_asked(play: Any) -> None:
    """The pattern covers a group, not a plan."""
    run = play(
        {"a": PUT, "p-{i}": {"for_each": ForEach(name="i", items=("x",)), **PUT}}, limits=Limits(parallel=2)
    ).go()
    question = next(q for q in run.state.open_questions if q.asked.step == "p-x")
    run.say(ev.QuestionAnswered, question=question.asked.question, answer="yes", like=question.asked.like).go()
    assert run.states == {"a": "waiting", "p-x": "verified"}


def test_a_rule_can_take_two_different_people(play: Any) -> None:
    """The first yes leaves the question open; the same person's second one is refused."""
    run = with_policy(play({"a": ASKING}), rule("two", steps=("a",), demand=Demand(people=2))).go().reply("yes").go()
    with pytest.raises(IllegalTransition, match="another person"):
        run.reply("yes")
    assert (run.bodies, run.reply("yes", by="otto").go().bodies) == ([], ["a"])


def test_a_rule_can_take_a_role(play: Any) -> None:
    """Neither `--yes` nor a person without it will do."""
    run = with_policy(play({"a": ASKING}), rule("ops", steps=("a",), demand=Demand(role="ops")))
    run.say(ev.ApprovalsGiven, yes=True).go()
    with pytest.raises(IllegalTransition, match="role ops"):
        run.reply("yes")
    assert run.reply("yes", roles=("ops",)).go().states["a"] == "verified"


GROUP: dict[str, Any] = {"for_each": ForEach(name="i", items=("x", "y")), **PUT}


def asking_both(play: Any, demand: Demand) -> Any:
    """Begin a run that asks about two steps of one group."""
    run = with_policy(play({"p-{i}": GROUP}, limits=Limits(parallel=2)), rule("ops", steps=("p-*",), demand=demand))
    return run.go()


def test_all_of_a_kind_are_approved_together_where_a_role_is_wanted(play: Any) -> None:
    """The word of somebody who has the role holds for the others too."""
    run = asking_both(play, Demand(role="ops"))
    like = run.state.open_questions[0].asked.like
    assert set(run.reply("yes", like=like, roles=("ops",)).go().states.values()) == {"verified"}


def test_a_word_about_all_of_a_kind_does_not_answer_what_has_expired(play: Any) -> None:
    """The clock of the other question is about to go off: it is not answered any more."""
    run = asking_both(play, Demand(expires_s=60.0, overdue=Overdue.STOP))
    late, early = run.state.open_questions[0], run.state.open_questions[1]
    run.now = late.due - 0.5
    run.say(ev.QuestionAnswered, question=early.asked.question, answer="yes", like=early.asked.like)
    run.now = late.due
    assert run.go().states[late.asked.step] == "waiting"
    assert run.let(do.WaitForDeadline).go().states[late.asked.step] == "failed"


# --- deadlines


def expiring(play: Any, overdue: Overdue, **fields: Any) -> Any:
    """Begin a run whose only step is asked about for a minute."""
    demand = Demand(expires_s=60.0, overdue=overdue, **fields)
    return with_policy(play({"a": ASKING}), rule("soon", steps=("a",), demand=demand)).go(do.WaitForDeadline)


def test_a_question_that_expires_stops_its_step(play: Any) -> None:
    """That is neither consent nor denial, and said so."""
    run = expiring(play, Overdue.STOP).let(do.WaitForDeadline).go()
    assert (run.states["a"], run.bodies, "nobody answered in time" in run.steps["a"]["reason"]) == ("failed", [], True)


def test_a_question_that_expires_may_be_waited_for(play: Any) -> None:
    """It stays open, and can still be answered. Until it expires the report says when something is due."""
    run = expiring(play, Overdue.WAIT)
    assert run.report["due"] == run.state.open_questions[0].due
    run.let(do.WaitForDeadline).go()
    assert run.report["due"] is None
    assert run.reply("yes").go().states["a"] == "verified"


def test_a_question_that_expires_may_be_handed_on(play: Any) -> None:
    """From then on it takes the other role."""
    run = expiring(play, Overdue.HAND_ON, next_role="lead").let(do.WaitForDeadline).go()
    with pytest.raises(IllegalTransition, match="role lead"):
        run.reply("yes")
    assert run.reply("yes", roles=("lead",)).go().states["a"] == "verified"


def test_an_answer_in_time_wins(play: Any) -> None:
    """The clock that goes off afterwards changes nothing."""
    run = expiring(play, Overdue.STOP).reply("yes").go()
    with pytest.raises(IllegalTransition):
        run.let(do.WaitForDeadline)
    assert run.states["a"] == "verified"


def test_an_answer_that_comes_too_late_is_refused_though_no_engine_saw_the_time_pass(play: Any) -> None:
    """Nobody was there to say that it expired; it had all the same."""
    run = expiring(play, Overdue.STOP)
    run.now += 61.0
    with pytest.raises(IllegalTransition, match="has expired"):
        run.reply("yes")


def test_the_clock_of_a_question_is_wound_again_by_the_next_engine(play: Any) -> None:
    """Whatever time has passed meanwhile."""
    run = expiring(play, Overdue.STOP).claim().go(do.WaitForDeadline)
    assert run.let(do.WaitForDeadline).go().states["a"] == "failed"


# --- budgets and bans


def test_a_run_asks_before_it_spends_the_rest_of_its_budget(play: Any) -> None:
    """Beforehand, not when the money is gone."""
    run = play({"a": {}, "b": {"needs": ("a",)}}, limits=Limits(cost_usd=1.0))
    run.will(do.RunStep, "a", outputs={"cost_usd": "0.85"}).go()
    assert (run.states["b"], "$0.85 of the $1.00" in run.asked[0]) == ("waiting", True)


def spending(play: Any, cost_usd: str, **fields: Any) -> Any:
    """Let a body say that it cost so much, of one dollar, and a person have said yes to everything."""
    run = play({"a": {}, "b": {"needs": ("a",)}}, limits=Limits(cost_usd=1.0), **fields).say(
        ev.ApprovalsGiven, yes=True
    )
    return run.will(do.RunStep, "a", outputs={"cost_usd": cost_usd})


@pytest.mark.parametrize(("cost_usd", "bodies"), [("0.99", ["a", "b"]), ("1", ["a"]), ("5.85", ["a"])])
def test_no_body_begins_at_the_limit_whatever_was_approved(play: Any, cost_usd: str, bodies: list[str]) -> None:
    """What bodies say to have cost counts as what models cost (M95)."""
    run = spending(play, cost_usd).go()
    assert (run.bodies, run.state.is_paused) == (bodies, len(bodies) == 1)


def test_a_run_that_pauses_at_the_limit_says_what_is_spent_and_how_it_goes_on(play: Any) -> None:
    """Whoever finds it paused types that (M95)."""
    reason = spending(play, "5.85").go().report["reason"]
    assert "$5.85 of the $1.00 that the run may use are used, and step b has not begun" in reason
    assert "--cost-usd AMOUNT" in reason


def test_a_raised_limit_lets_the_bodies_go_on(play: Any) -> None:
    """Resumed without one, the run pauses again (M95)."""
    run = spending(play, "5.85").go().claim().say(ev.RunResumed).go()
    assert (run.bodies, run.state.is_paused) == (["a"], True)
    run.claim().say(ev.LimitsRaised, limits=Limits(cost_usd=9.0)).say(ev.RunResumed).go()
    assert run.states == {"a": "verified", "b": "verified"}


def test_a_limit_of_nothing_lets_bodies_run_that_cost_nothing(play: Any) -> None:
    """It keeps a plan from asking models that cost something."""
    assert play({"a": {}, "b": {}}, limits=Limits(cost_usd=0.0)).go().bodies == ["a", "b"]


def test_steps_side_by_side_stop_at_the_limit_together(play: Any) -> None:
    """What would have begun at the same moment does not."""
    steps = {"a": {}, **{name: {"needs": ("a",)} for name in "bcd"}}
    run = play(steps, limits=Limits(cost_usd=1.0, parallel=3)).will(do.RunStep, "a", outputs={"cost_usd": "2"}).go()
    assert (run.bodies, len(run.told(ev.LimitReached)), run.state.is_paused) == (["a"], 1, True)


def test_what_a_run_may_cost_is_said_with_enough_digits(play: Any) -> None:
    """A tenth of a cent is not nothing."""
    run = play({"a": {}, "b": {"needs": ("a",)}}, limits=Limits(cost_usd=0.001))
    run.will(do.RunStep, "a", outputs={"cost_usd": "0.0042"}).go()
    assert "$0.0042 of the $0.0010 that the run may use" in run.report["reason"]


def test_what_is_never_allowed_is_not_asked_about(play: Any) -> None:
    """It fails with the reason of the rule."""
    run = with_policy(play({"a": {}}), rule("ban", Tier.NEVER, steps=("a",))).go()
    assert (run.states["a"], run.asked, "Because." in run.steps["a"]["reason"]) == ("failed", [], True)


def test_the_members_of_a_group_that_cannot_be_undone_go_one_after_the_other(play: Any) -> None:
    """The first that goes wrong keeps the rest from it, however many may run at once."""
    each = {"for_each": ForEach(name="i", items=("x", "y")), **PAY}
    run = play({"p-{i}": each}, limits=Limits(parallel=4)).go()
    assert (run.states, len(run.asked)) == ({"p-x": "waiting", "p-y": "pending"}, 1)
