"""Effects beyond the workspace: never performed twice unless that is harmless, never forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Applied, Ending, Status, Verdict
from surefoot.core.plan import AskBody, Check, Effect, Limits, RetryPolicy
from surefoot.core.probe_kinds import Probe, RunProbe

CHECK = Check(name="c", ask=CommandCheck(command="c"))
PROBE = {"probe": Probe(ask=RunProbe(command="p"))}
BAD = Ending(status=Status.EXIT, exit_code=1)
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
PUT: dict[str, Any] = {"effect": Effect.IDEMPOTENT}
APPLIED, NOT_APPLIED, UNKNOWN = Applied


def allowed(play: Any, step: dict[str, Any], **fields: Any) -> Any:
    """Begin a run of one step that a person allowed by name."""
    return play({"a": step}, **fields).say(ev.ApprovalsGiven, allow=("a",))


@pytest.mark.parametrize(
    ("step", "bodies", "state"),
    [
        ({"effect": Effect.READ}, 2, "verified"),
        ({"effect": Effect.REVERSIBLE}, 2, "verified"),
        (PUT, 2, "verified"),
        (PAY, 1, "in_doubt"),
    ],
)
def test_the_effect_class_decides_what_a_kill_means(play: Any, step: dict[str, Any], bodies: int, state: str) -> None:
    """What can be repeated is repeated; what cannot is asked about."""
    run = allowed(play, step).go(do.RunStep).claim().go()
    assert (len(run.bodies), run.states["a"]) == (bodies, state)


def test_an_idempotent_effect_is_repeated_under_its_own_key(play: Any) -> None:
    """The outside can recognise the repetition."""
    run = allowed(play, PUT).go(do.RunStep).claim().go()
    first, second = run.told(ev.BodyStarted)
    assert first.key == second.key


@pytest.mark.parametrize(
    ("said", "bodies", "state", "proof"),
    [
        (APPLIED, 1, "verified", "probe"),
        (NOT_APPLIED, 2, "verified", "exit-status-only"),
        (UNKNOWN, 1, "in_doubt", None),
    ],
)
@pytest.mark.parametrize("effect", [PAY, PUT])
def test_the_world_is_asked_before_an_effect_in_doubt_is_repeated(
    play: Any, effect: dict[str, Any], said: Applied, bodies: int, state: str, proof: str | None
) -> None:
    """Applied: recorded. Not applied: performed. Unknown: a person is asked."""
    run = allowed(play, {**effect, **PROBE}).go(do.RunStep).claim().will(do.AskProbe, "a", answer=said).go()
    assert (len(run.bodies), run.states["a"], run.steps["a"]["proof"]) == (bodies, state, proof)


@pytest.mark.parametrize(
    ("answer", "bodies", "proof"), [("applied", 1, "probe"), ("not_applied", 2, "exit-status-only")]
)
def test_a_person_settles_what_no_probe_can_tell(play: Any, answer: str, bodies: int, proof: str) -> None:
    """The answer is taken for the truth: recorded, or performed again."""
    run = allowed(play, PAY).go(do.RunStep).claim().go().reply(answer).go()
    assert (len(run.bodies), run.steps["a"]["proof"]) == (bodies, proof)


def ended(run: Any) -> None:
    """End the engine while the body is under way."""
    run.go(do.RunStep).claim()


def stopped(run: Any) -> None:
    """End the body without an answer, as an engine does that is told to stop at once."""
    run.go(do.RunStep).open.clear()
    run.say(ev.EffectCancelled, step="a", attempt=1, effect="body").say(ev.EngineStopped, reason="stopped").claim()


@pytest.mark.parametrize(
    ("command", "answer", "why"),
    [
        (do.RunStep, {"ending": BAD}, "the body ended with exit status 1"),
        (do.AskCheck, {"verdict": Verdict.FAILED}, "the check 'c' did not pass"),
        (do.Inspect, {"outside": ("/x",)}, "files outside the scope were written"),
        (do.Inspect, {"secrets": ("x",)}, "the value of an env_from variable was written to a file"),
        (None, ended, "the engine was ended while the effect was under way"),
        (None, stopped, "it was interrupted while the effect was under way"),
    ],
)
def test_whatever_is_not_known_success_is_in_doubt(play: Any, command: Any, answer: Any, why: str) -> None:
    """The question says why; no exit status and no check makes an irreversible effect undone."""
    run = allowed(play, {**PAY, "checks": (CHECK,)})
    if command is None:
        answer(run)
    else:
        run.will(command, "c" if command is do.AskCheck else "a", **answer)
    assert run.go().asked == [f"Step a: {why}. There is no probe to tell. Was the effect applied?"]


def test_what_a_probe_said_stands_in_the_question(play: Any) -> None:
    """Who is asked sees what the world answered."""
    run = allowed(play, {**PAY, **PROBE}).will(do.RunStep, "a", ending=BAD).go(do.RunStep)
    run.will(do.AskProbe, "a", answer=UNKNOWN, text="HTTP 500.").go()
    assert "The probe could not tell: HTTP 500. Was the effect applied?" in run.asked[0]


def test_an_effect_known_not_to_have_happened_is_a_failed_attempt(play: Any) -> None:
    """A check failed and the person says that nothing was applied: the report says so, too."""
    run = allowed(play, {**PAY, "checks": (CHECK,)}).will(do.AskCheck, "c", verdict=Verdict.FAILED)
    run.go().reply("not_applied").go()
    assert run.states["a"] == "failed"
    assert run.report["outside_effects"][0]["applied"] is False


@pytest.mark.parametrize(
    ("command", "answer", "why"),
    [
        (
            do.RunStep,
            {"ending": Ending(status=Status.EXIT, exit_code=1, text="To x\nremote unpack failed: unable")},
            "the body ended with exit status 1\nTo x\nremote unpack failed: unable",
        ),
        (do.AskCheck, {"verdict": Verdict.FAILED, "text": "404"}, "the check 'c' did not pass: 404"),
    ],
)
def test_an_effect_that_was_not_applied_says_what_its_body_said(play: Any, command: Any, answer: Any, why: str) -> None:
    """The probe's answer alone explains nothing (M118)."""
    run = allowed(play, {**PAY, **PROBE, "checks": (CHECK,), "retry": RetryPolicy(maximum_attempts=1)})
    run.will(command, "c" if command is do.AskCheck else "a", **answer).go()
    assert run.steps["a"]["reason"] == f"the effect was not applied; {why}"


def test_an_applied_effect_that_does_not_hold_is_not_tried_again(play: Any) -> None:
    """The check stays red although the effect happened: the step fails, and the report points at it."""
    retry = RetryPolicy(maximum_attempts=3, retry_unknown=True)
    run = allowed(play, {**PAY, "checks": (CHECK,), "retry": retry})
    run.will(do.AskCheck, "c", verdict=Verdict.FAILED).go().reply("applied").go()
    assert (run.bodies, run.states["a"], run.report["outcome"]) == (["a"], "failed", "partially_completed")
    assert run.report["look_at"] == ["a: its effect was applied although the step did not hold"]


@pytest.mark.parametrize(("answer", "bodies"), [("applied", []), ("not_applied", ["a"])])
def test_an_effect_found_applied_before_it_was_performed_is_asked_about(
    play: Any, answer: str, bodies: list[str]
) -> None:
    """Somebody else may have done it: it is recorded or performed as the person says."""
    run = allowed(play, {**PAY, **PROBE}).will(do.AskProbe, "a", answer=APPLIED, text="v1 is there").go()
    assert "has not been performed, but its probe finds it applied (v1 is there)" in run.asked[0]
    run.reply(answer).go()
    assert (run.bodies, run.states["a"]) == (bodies, "verified")


def test_what_is_in_doubt_is_settled_before_anything_else_starts(play: Any) -> None:
    """While the probe is out nothing begins, though other steps are ready."""
    run = play({"a": {**PAY, **PROBE}, "b": {}}, base=None).say(ev.ApprovalsGiven, allow=("a",))
    run.go(do.RunStep, "a").claim().go(do.AskProbe)
    assert [type(command) for command in run.open] == [do.AskProbe]


def beside_probe(play: Any, ending: Ending | None, **steps: dict[str, Any]) -> Any:
    """Begin a run whose step `a` is probed, before its body or after it ended so; all else goes on meanwhile."""
    pay = {**PAY, **PROBE, "writes": ("a",)}
    run = play({"a": pay, **steps}, limits=Limits(parallel=3)).say(ev.ApprovalsGiven, allow=("a",))
    if ending is not None:
        run.will(do.RunStep, "a", ending=ending).will(do.AskProbe, "a", answer=NOT_APPLIED).go(do.RunStep, "a")
        while any(isinstance(command, do.RunStep) and command.step == "a" for command in run.open):
            run.let(do.RunStep)
    return go_beside(run)


def go_beside(run: Any) -> Any:
    """Go on with all but the probe of `a`, which is at work."""
    run.go(do.AskProbe, "a")
    while others := [type(command) for command in run.open if not isinstance(command, do.AskProbe)]:
        run.let(others[0]).go(do.AskProbe, "a")
    return run


@pytest.mark.parametrize("ending", [None, BAD], ids=["before the effect", "in doubt"])
def test_a_probe_at_work_holds_up_no_other_lane(play: Any, ending: Ending | None) -> None:
    """Another step is verified before the probe has answered; then the effect goes on, on the head there is by now."""
    run = beside_probe(play, ending, b={"writes": ("b",)})
    assert run.states == {"a": "running" if ending is None else "in_doubt", "b": "verified"}
    answer = NOT_APPLIED if ending is None else APPLIED
    assert set(run.will(do.AskProbe, "a", answer=answer).go().states.values()) == {"verified"}


def test_no_other_effect_begins_while_the_world_is_asked_about_one_in_doubt(play: Any) -> None:
    """Its probe may take long, and a person may approve another effect meanwhile: that waits."""
    run = beside_probe(play, BAD, b={**PAY, "writes": ("b",)})
    go_beside(run.reply("yes"))
    assert (run.bodies, run.states["b"]) == (["a"], "running")
    assert set(run.will(do.AskProbe, "a", answer=APPLIED).go().states.values()) == {"verified"}


def test_a_probe_that_was_asked_is_not_asked_again_for_an_attempt_that_came_too_late(play: Any) -> None:
    """Each asking lets others go first: a slow probe would never come to an end."""
    run = beside_probe(play, None, b={"writes": ("b",)}).go()
    assert (run.bodies, len(run.told(ev.ProbeRequested)), run.states["a"]) == (["b", "a"], 1, "verified")


def test_steps_that_share_files_with_one_in_doubt_wait_for_it(play: Any) -> None:
    """What writes elsewhere, or nothing at all, goes on while a person thinks."""
    ask = {"body": AskBody(question="Which?")}
    steps = {"a": {**PAY, "writes": ("x",)}, "b": {"writes": ("x",)}, "c": {"writes": ("y",)}, "d": ask}
    run = play(steps).say(ev.ApprovalsGiven, allow=("a",)).will(do.RunStep, "a", ending=BAD).go()
    assert (run.bodies, len(run.asked), run.report["state"]) == (["a", "c"], 2, "waiting")
    assert run.reply("not_applied").go().states["b"] == "verified"


def test_what_an_effect_in_doubt_wrote_is_brought_onto_a_branch_that_moved_on(play: Any) -> None:
    """Its files were made on another tree than the head by now: they are merged, once it is known to be applied."""
    run = play({"a": {**PAY, "writes": ("x",)}, "b": {"writes": ("y",)}}).say(ev.ApprovalsGiven, allow=("a",))
    run.will(do.RunStep, "a", ending=BAD).go().reply("applied").go()
    assert (run.states, run.bodies) == ({"a": "verified", "b": "verified"}, ["a", "b"])
    assert [event.onto for event in run.told(ev.Merged)] == ["c-b"]


def test_an_effect_in_doubt_that_conflicts_with_the_branch_fails_and_is_reported(play: Any) -> None:
    """An applied effect is not done again: the step fails, and the report says that its effect is out there."""
    run = play({"a": {**PAY, "writes": ("x",)}, "b": {"writes": ("y",)}}).say(ev.ApprovalsGiven, allow=("a",))
    run.will(do.MergeResult, "a", ev.MergeRefused, onto="c-b", reason="it conflicts with b")
    run.will(do.RunStep, "a", ending=BAD).go().reply("applied").go()
    assert (run.steps["a"]["reason"], run.bodies) == ("it conflicts with b", ["a", "b"])
    assert (run.states["b"], run.report["outside_effects"][0]["applied"]) == ("verified", True)


def test_an_effect_in_doubt_survives_a_cancelled_run(play: Any) -> None:
    """The run ends, the doubt does not: the question stays open and can still be answered."""
    run = allowed(play, PAY).will(do.RunStep, "a", ending=BAD).go().say(ev.CancelRequested).go()
    assert (run.report["outcome"], run.states["a"], len(run.asked)) == ("cancelled", "in_doubt", 1)
    assert run.report["look_at"] == ["a: nobody knows yet whether its effect was applied"]
    assert run.report["outside_effects"][0]["applied"] is None
