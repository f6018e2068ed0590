"""Steps that are attempted several times before one of the results counts (M38)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import RoleModels
from surefoot.core.amendments import ReplaceStep
from surefoot.core.candidates import problems_of_candidates
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Difference, Ending, Mutant, Status, Verdict
from surefoot.core.ids import StepId
from surefoot.core.plan import (
    AgentBody,
    AskBody,
    Check,
    Compare,
    Disagreement,
    Effect,
    ForEach,
    Limits,
    Plan,
    RetryPolicy,
    RunBody,
    Service,
    Step,
    Tier,
    VerifyBody,
)
from surefoot.core.plan_commands import commands_of_step
from surefoot.core.policy_types import Policy
from tests.core.conftest import Play
from tests.core.test_kernel_table import CASTING

CHECK = Check(name="c", ask=CommandCheck(command="c"), expect=Expect.FAIL_TO_PASS)
SEVERAL: dict[str, Any] = {"checks": (CHECK,), "best_of": 3, "compare": Compare(run="show")}
BY_FILES: dict[str, Any] = {**SEVERAL, "compare": None}
MAJORITY: dict[str, Any] = {**SEVERAL, "disagree": Disagreement.MAJORITY}
RED = {"verdict": Verdict.FAILED, "text": "1 != 2"}
DB = Service(name="db", run="db")
BAD = Ending(status=Status.EXIT, exit_code=1)


def shown(step: dict[str, Any], *what: str, **fields: Any) -> Play:
    """Play a step whose candidates show this, one after the other."""
    run = Play({"a": step}, **fields)
    for one in what:
        run.will(do.KeepCandidate, "a", shown=one, flaw="" if one else "it printed nothing")
    return run


def chosen(run: Play) -> list[tuple[int, bool]]:
    """Return which candidates were chosen, and whether all agreed."""
    return [(event.candidate, event.agreed) for event in run.told(ev.CandidateChosen)]


def test_each_attempt_passes_its_checks_before_it_is_a_candidate() -> None:
    """All of them are made, each in a lane that was put back, and only one is committed."""
    run = shown(SEVERAL, "x", "x", "x").go()
    kinds = [type(event) for event in run.journal]
    assert (run.bodies, len(run.told(ev.CandidateKept)), len(run.told(ev.CommitWritten))) == (["a"] * 3, 3, 1)
    assert kinds.index(ev.CheckAnswered) < kinds.index(ev.CandidateRequested)
    assert [event.attempt for event in run.told(ev.StepStarted)] == [1, 2, 3, 4]


def test_a_result_that_all_agree_with_is_proved_by_agreement() -> None:
    """It is the one that changes the fewest lines; the report says with whom it agrees."""
    run = shown(SEVERAL, "x", "x", "x").will(do.Inspect, "a").go()
    step = run.steps["a"]
    assert (step["state"], step["proof"], run.report["proofs"]) == ("verified", "agreement", {"agreement": 1})
    assert [one["chosen"] for one in step["candidates"]] == [True, False, False]
    assert step["candidates"][0]["agrees_with"] == [2, 3]
    assert step["candidates"][1]["proof"] == "fail_to_pass"


def test_a_small_change_that_is_missed_lowers_agreement() -> None:
    """Attempts of one kind go wrong alike where no check looks: what only they say is not enough there."""
    missed = (Mutant(path="a.py", line=3, before="n > 3", after="n >= 3"),)
    run = shown({**SEVERAL, "probe_checks": True}, "x", "x", "x").will(do.TryMutants, "a", noticed=2, survivors=missed)
    assert run.go().steps["a"]["proof"] == "fail_to_pass"


def test_small_changes_that_show_no_difference_leave_agreement_as_it_is() -> None:
    """They change nothing that the command looks at; the report counts them."""
    step = {**SEVERAL, "probe_checks": True}
    run = shown(step, "x", "x", "x").will(do.TryMutants, "a", noticed=2, alike=3).go()
    assert (run.steps["a"]["proof"], run.steps["a"]["mutation"]["alike"]) == ("agreement", 3)


def test_checks_that_notice_no_small_change_at_all_lower_agreement() -> None:
    """However alike the results look with each change: the checks have not looked (M38)."""
    run = shown({**SEVERAL, "probe_checks": True}, "x", "x", "x").will(do.TryMutants, "a", noticed=0, alike=3)
    assert run.go().steps["a"]["proof"] == "fail_to_pass"


@pytest.mark.parametrize(("missed", "proof"), [(2, "agreement"), (3, "fail_to_pass")])
def test_functions_that_the_checks_leave_open_lower_agreement(missed: int, proof: str) -> None:
    """One small change in ten may be missed in the lines round those that were written (M38)."""
    elsewhere = (Mutant(path="a.py", line=1, before="n = 1", after="n = 2"),) * missed
    run = shown({**SEVERAL, "probe_checks": True}, "x", "x", "x")
    run.will(do.TryMutants, "a", noticed=5, around=20, missed_around=elsewhere).go()
    assert (run.steps["a"]["proof"], len(run.steps["a"]["mutation"]["missed_around"])) == (proof, missed)


def test_without_a_command_the_files_are_compared() -> None:
    """The kindest world makes the same tree each time."""
    run = Play({"a": BY_FILES}).go()
    assert (run.steps["a"]["proof"], "in the files they leave" in run.steps["a"]["candidates"][0]["why"]) == (
        "agreement",
        True,
    )


def test_files_that_differ_do_not_agree() -> None:
    """However alike the results may behave: nobody has looked."""
    run = Play({"a": {**BY_FILES, "best_of": 2}}).will(do.Inspect, "a", tree="t-1").will(do.Inspect, "a", tree="t-2")
    assert "they do not agree in the files they leave" in run.go().asked[0]


def test_a_person_chooses_among_results_that_do_not_agree() -> None:
    """The question says who agrees with whom, and where they differ first; what is chosen so is no agreement."""
    where = (Difference(candidate=1, line=4, here="five", there="four"),)
    run = Play({"a": SEVERAL}).will(do.KeepCandidate, "a", shown="x")
    run.will(do.KeepCandidate, "a", shown="y", differences=where).will(do.KeepCandidate, "a", shown="x").go()
    assert "1 and 2 differ first in line 4 of what is compared:\n    1: four\n    2: five" in run.asked[0]
    assert "1: agrees with 3" in run.asked[0]
    step = run.reply("2").go().steps["a"]
    assert (step["state"], step["proof"], chosen(run)) == ("verified", "fail_to_pass", [(2, False)])
    assert step["candidates"][1]["why"] == "una chose it"


def test_what_cannot_be_compared_agrees_with_nothing() -> None:
    """Not even with another that cannot: two commands that print nothing say nothing."""
    run = shown({**SEVERAL, "best_of": 2}, "", "").go()
    assert run.asked[0].count("agrees with no other; it printed nothing") == 2


def test_a_different_exit_status_is_a_difference() -> None:
    """As when one crashes after it has printed the same."""
    run = Play({"a": {**SEVERAL, "best_of": 2}}).will(do.KeepCandidate, "a", exit_code=0)
    assert "do not agree" in run.will(do.KeepCandidate, "a", exit_code=1).go().asked[0]


@pytest.mark.parametrize(("what", "found"), [("xyx", [(1, False)]), ("xyy", [(2, False)])])
def test_a_plan_may_take_what_most_agree_with(what: str, found: list[tuple[int, bool]]) -> None:
    """It is verified by its checks alone: a majority is no agreement."""
    run = shown(MAJORITY, *what).go()
    assert (chosen(run), run.steps["a"]["proof"]) == (found, "fail_to_pass")


@pytest.mark.parametrize("answer", ["", "2"])
def test_what_is_chosen_among_results_that_differ_is_not_proved_by_small_changes(answer: str) -> None:
    """By a majority or by a person: that they differ has shown that the checks leave open what is right (M38)."""
    run = shown({**(SEVERAL if answer else MAJORITY), "probe_checks": True}, *"xyx")
    run.will(do.TryMutants, "a", noticed=4).go()
    if answer:
        run.reply(answer).go()
    assert (run.steps["a"]["mutation"]["noticed"], run.steps["a"]["proof"]) == (4, "fail_to_pass")


def test_without_a_majority_a_person_is_asked() -> None:
    """Three that differ, or two of four."""
    assert shown(MAJORITY, *"xyz").go().asked
    assert shown({**MAJORITY, "best_of": 4}, *"xxyy").go().asked


def test_a_person_may_want_others() -> None:
    """They are made anew, under numbers that no attempt had."""
    run = shown({**SEVERAL, "best_of": 2}, *"xyzz").go().reply("anew").go()
    assert [event.attempt for event in run.told(ev.StepStarted)] == [1, 2, 3, 4, 5]
    assert (run.steps["a"]["proof"], len(run.bodies)) == ("agreement", 4)


def test_a_person_may_take_none() -> None:
    """The step has failed, and says why."""
    run = shown({**SEVERAL, "best_of": 2}, *"xy").go().reply("none").go()
    assert run.steps["a"]["reason"] == "its 2 candidates do not agree, and una takes none of them"


def test_an_attempt_that_fails_is_no_candidate() -> None:
    """Another one is made in its place, though a command is not tried again as a rule; what is left must agree."""
    run = shown(SEVERAL, "x", "x", "x").will(do.RunStep, "a", ending=BAD).go()
    assert (len(run.bodies), run.steps["a"]["proof"], run.steps["a"]["attempts"]) == (4, "agreement", 5)


def test_too_many_failures_leave_the_choice_to_a_person() -> None:
    """Those that are left may agree: that an attempt failed is a difference as well."""
    step = {**SEVERAL, "retry": RetryPolicy(maximum_attempts=1)}
    run = Play({"a": step}).go(do.RunStep, "a").let(do.RunStep).will(do.RunStep, "a", ending=BAD).go()
    assert "1 of 3 candidates passed their checks; the other attempts failed." in run.asked[0]
    assert run.reply("1").go().steps["a"]["proof"] == "fail_to_pass"


def test_a_step_none_of_whose_attempts_holds_fails_as_any_other() -> None:
    """After as many as the plan allows."""
    run = Play({"a": SEVERAL})
    for _ in range(3):
        run.will(do.RunStep, "a", ending=BAD)
    assert (run.go().states["a"], len(run.bodies)) == ("failed", 3)


def test_all_are_made_on_one_commit() -> None:
    """Else the files of two results would differ by what another step has done meanwhile."""
    steps = {"a": {**BY_FILES, "best_of": 2}, "b": {}}
    run = Play(steps, limits=Limits(parallel=2)).go(do.KeepCandidate)
    run.go()
    bases = {one["base"] for one in run.steps["a"]["candidates"]}
    assert (run.states, bases, run.steps["a"]["proof"]) == ({"a": "verified", "b": "verified"}, {"c0"}, "agreement")


@pytest.mark.parametrize("more", [{}, {"artifacts": ("dist",), "scratch": ("tmp",), "uses": ("db",)}])
def test_a_kept_candidate_is_not_made_again_after_a_crash(more: dict[str, Any]) -> None:
    """Wherever the engine dies, no body runs a fourth time for a result that was kept."""
    whole = Play({"a": {**SEVERAL, **more}}, services=(DB,)).go().journal
    for at in range(3, len(whole)):
        run = Play.of(whole[:at]).claim().go()
        made = [event.candidate for event in run.told(ev.CandidateKept)]
        assert (made, run.steps["a"]["proof"], len(run.bodies) <= 4) == ([1, 2, 3], "agreement", True)


def test_what_is_settled_below_agreement_is_asked_about() -> None:
    """`[approvals] proof = "agreement"` takes a majority for too little; a person's choice is their word already."""
    agent = {**SEVERAL, "body": AgentBody(instructions="do it"), "disagree": Disagreement.MAJORITY}
    run = Play({"a": agent}).say(ev.ModelsConfigured, routing=CASTING)
    run.say(ev.PolicyConfigured, policy=Policy(proof="agreement", confidence=0.0))
    run.will(do.KeepCandidate, "a", shown="x").will(do.KeepCandidate, "a", shown="x").go()
    assert "Its proof is fail_to_pass, and agreement is asked for" in run.report["questions"][0]["text"]


@pytest.mark.parametrize("what", ["xxx", "xyz"])
def test_agreement_and_a_persons_choice_are_not_asked_about(what: str) -> None:
    """The first is as strong as can be, the second a person's word."""
    agent = {**SEVERAL, "body": AgentBody(instructions="do it")}
    run = Play({"a": agent}).say(ev.ModelsConfigured, routing=CASTING)
    run.say(ev.PolicyConfigured, policy=Policy(proof="agreement", confidence=0.0))
    for one in what:
        run.will(do.KeepCandidate, "a", shown=one)
    if run.go().asked:
        run.reply("3").go()
    assert run.states["a"] == "verified"


def test_what_a_person_makes_of_the_result_is_not_what_was_agreed_on() -> None:
    """They do the step by hand: there are no candidates then."""
    step = {**SEVERAL, "tier": Tier.CONFIRM}
    run = Play({"a": step}).go()
    assert run.asked
    run.reply("take_over").go().reply("done").go()
    assert (run.states["a"], run.steps["a"]["proof"], run.steps["a"]["candidates"]) == ("verified", "fail_to_pass", [])


def test_an_effect_that_is_recognised_as_one_outside_is_not_repeated() -> None:
    """The step fails before anything has run."""
    run = Play({"a": SEVERAL}).will(do.TakeCheckpoint, "a", raised_by="git-push").go()
    assert (run.states["a"], run.bodies) == ("failed", [])
    assert "`best_of` would do that several times" in run.steps["a"]["reason"]


def test_a_choice_that_does_not_hold_any_more_is_made_anew() -> None:
    """Beside another step its result comes too late: the candidates rest on what was before."""
    steps = {"a": {**SEVERAL, "best_of": 2}, "b": {"writes": ("b",)}}
    run = (
        Play(steps, limits=Limits(parallel=2))
        .go(do.KeepCandidate)
        .will(do.MergeResult, "a", ev.MergeRefused, reason="conflict", onto="c-b", conflicts=("a",), with_steps=())
    )
    run.go()
    assert run.states == {"a": "verified", "b": "verified"}
    assert len(run.told(ev.CandidateKept)) in (2, 4)


def test_a_changed_step_has_no_candidates_of_what_it_was() -> None:
    """They would have been made, and checked, otherwise."""
    run = Play({"a": SEVERAL}).go(do.KeepCandidate).let(do.KeepCandidate).go(do.RunStep)
    anew = Step(id=StepId("a"), body=RunBody(command="b"), **{**SEVERAL, "best_of": 2})
    run.say(ev.AmendmentProposed, amendment="m", operations=(ReplaceStep(step=anew.id, by=anew),), why="w").go()
    assert [one["candidate"] for one in run.steps["a"]["candidates"]] == [1, 2]
    assert (run.states["a"], len(run.told(ev.CandidateKept))) == ("verified", 3)


def test_a_result_found_wrong_is_made_of_new_candidates() -> None:
    """What was agreed on before says nothing for it."""
    run = Play({"a": SEVERAL, "b": {"needs": ("a",)}}).go(do.RunStep, "b")
    run.say(ev.StepsFoundWrong, steps=("a",), why="It is wrong").go()
    assert (run.states["a"], len(run.told(ev.CandidateKept))) == ("verified", 6)


def test_members_of_a_group_have_candidates_of_their_own() -> None:
    """Side by side in two lanes."""
    group = {"for_each": ForEach(name="item", items=("x", "y")), "checks": (replace(CHECK, expect=Expect.PASS),)}
    run = Play({"a-{item}": {**SEVERAL, **group}}, limits=Limits(parallel=2)).go()
    assert {name: len(step["candidates"]) for name, step in run.steps.items()} == {"a-x": 3, "a-y": 3}
    assert run.report["proofs"] == {"agreement": 2}


def test_candidates_of_agents_begin_with_different_models() -> None:
    """Models of one kind share mistakes."""
    chain = tuple(replace(CASTING.roles["worker"].chain[0], name=name) for name in ("m1", "m2"))
    routing = replace(CASTING, roles={**CASTING.roles, "worker": RoleModels(chain=chain)})
    agent = {**SEVERAL, "body": AgentBody(instructions="do it")}
    run = Play({"a": agent}).say(ev.ModelsConfigured, routing=routing).go()
    assert [event.model for event in run.told(ev.ModelRequested) if event.turn == 1] == ["m1", "m2", "m1"]


def test_a_constraint_on_commands_holds_for_what_compares() -> None:
    """It is one of the commands that a plan runs."""
    step = Step(id=StepId("a"), body=RunBody(command="a"), **SEVERAL)
    assert [one.where for one, _ in commands_of_step(step, {})] == ["check 'c' of a", "`compare` of a"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"best_of": 17}, "best_of"),
        ({"effect": Effect.IRREVERSIBLE}, "best_of"),
        ({"effect": Effect.READ}, "best_of"),
        ({"body": AskBody(question="so?")}, "best_of"),
        ({"body": VerifyBody()}, "best_of"),
        ({"checks": ()}, "best_of"),
        ({"body": AgentBody(instructions="do it"), "network": True}, "network"),
        ({"sockets": ("/run/x.sock",)}, "sockets"),
        ({"confine": False}, "confine"),
        ({"best_of": 1}, "compare"),
        ({"best_of": 1, "compare": None, "disagree": Disagreement.MAJORITY}, "disagree"),
    ],
)
def test_what_cannot_be_attempted_several_times_is_refused(fields: dict[str, Any], name: str) -> None:
    """Each problem names the key at fault."""
    step = Step(id=StepId("a"), **{"body": RunBody(command="a"), **SEVERAL, **fields})
    plan = Plan(goal="g", steps=(step,), services=(DB,))
    assert name in {problem.name for problem in problems_of_candidates(plan)}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"artifacts": ("dist",)},
        {"scratch": ("tmp",)},
        {"uses": ("db", "gpu")},
        {"network": True},
        {"checks": (Check(name="c", ask=CommandCheck(command="c"), uses=("db",)),)},
    ],
)
def test_a_plan_that_attempts_a_step_several_times_has_no_flaw(fields: dict[str, Any]) -> None:
    """As nothing of it reaches the next attempt: its lane is put back or made anew."""
    step = Step(id=StepId("a"), body=RunBody(command="a"), **{**SEVERAL, **fields})
    assert list(problems_of_candidates(Plan(goal="g", steps=(step,), services=(DB,)))) == []


@pytest.mark.parametrize("left", [{"scratch": ("tmp",)}, {"network": True}, {"uses": ("db",)}])
def test_each_attempt_has_a_new_lane_where_a_restore_leaves_something(left: dict[str, Any]) -> None:
    """After one that failed as well; a service is stopped before that (M38)."""
    run = Play({"a": {**SEVERAL, **left, "effect": Effect.REVERSIBLE}}, services=(DB,))
    run.will(do.RunStep, "a", ending=BAD).go()
    fresh = [event.fresh for event in run.told(ev.LaneRequested)]
    assert (run.steps["a"]["proof"], len(run.bodies), fresh) == ("agreement", 4, [False, *[True] * 4])


def test_what_each_candidate_makes_for_later_steps_is_kept_with_it() -> None:
    """That of the one that is chosen is handed on, and nothing is made for it once more (M38)."""
    run = Play({"a": {**SEVERAL, "artifacts": ("dist",)}, "b": {"needs": ("a",)}})
    for one in ("d1", "d2", "d3"):
        run.will(do.KeepArtifacts, "a", manifest=one, count=1, size_bytes=1)
    run.go(do.TakeCheckpoint, "b")
    assert (run.steps["a"]["proof"], len(run.told(ev.ArtifactsKept))) == ("agreement", 3)
    assert run.steps["a"]["artifacts"]["list"] == "d1"
    assert [one.artifacts for one in run.open if isinstance(one, do.TakeCheckpoint)] == [("d1",)]
