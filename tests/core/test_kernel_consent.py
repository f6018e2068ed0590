"""A person's say before an effect: what is shown, what a word given beforehand covers, and how long it holds."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Ending, Status, Verdict
from surefoot.core.plan import AskBody, CallBody, Check, Effect, ForEach, FunctionBody, OnFailure, Tier

BAD = Ending(status=Status.EXIT, exit_code=1)
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
PUT: dict[str, Any] = {"effect": Effect.IDEMPOTENT}
ASKING: dict[str, Any] = {"tier": Tier.CONFIRM}
GREEN = Check(name="green", ask=CommandCheck(command="g"), expect=Expect.FAIL_TO_PASS)


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        (
            ASKING,
            [
                "Step a",
                "does:    a",
                "effect:  reversible",
                "asks:    The plan itself sets `tier: confirm` for the step. (rule step-tier)",
                "sandbox: bubblewrap",
                "back to: c0, the base of the run",
                "undo:    the workspace is put back",
            ],
        ),
        (
            {**PUT, "network": "loopback", "sockets": ("/run/s", "$S"), "undo": "-"},
            [
                "Step a",
                "does:    a",
                "effect:  idempotent",
                "asks:    It reaches beyond the workspace, where no restore undoes it. (rule effect-idempotent)",
                "sandbox: bubblewrap",
                "uses servers on this machine's loopback",
                "uses sockets of the host: /run/s, $S",
                "back to: c0, the base of the run",
                "undo:    -",
            ],
        ),
        (
            {**PUT, "network": True, "confine": False, "body": CallBody(function="m:f")},
            [
                "Step a",
                "does:    m:f",
                "effect:  idempotent",
                "asks:    It reaches beyond the workspace, where no restore undoes it. (rule effect-idempotent)",
                "uses the network",
                "runs outside the sandbox",
                "back to: c0, the base of the run",
                "undo:    nothing is known that takes it back",
            ],
        ),
        (
            {
                **PAY,
                "title": "Pay",
                "why": "it is due",
                "risk": "twice",
                "undo": "call them",
                "body": FunctionBody(name="pay"),
            },
            [
                "Step a: Pay",
                "does:    pay",
                "effect:  irreversible (cannot be undone)",
                "why:     it is due",
                "risk:    twice",
                "asks:    It cannot be undone. (rule effect-irreversible)",
                "back to: c0, the base of the run",
                "undo:    call them",
            ],
        ),
    ],
)
def test_a_person_is_shown_what_why_and_how_it_is_undone(play: Any, step: dict[str, Any], lines: list[str]) -> None:
    """The question holds what is needed to decide, and nothing runs before the answer."""
    run = play({"a": step}).go()
    assert [line.strip() for line in run.asked[0].splitlines()] == [*lines, "Do it?"]
    assert (run.bodies, run.states["a"]) == ([], "waiting")


@pytest.mark.parametrize(("answer", "states"), [("yes", ["verified"] * 2), ("no", ["failed", "blocked"])])
def test_the_answer_decides_whether_it_is_done(play: Any, answer: str, states: list[str]) -> None:
    """`no` fails the step without another attempt, and blocks what needs it."""
    run = play({"a": PAY, "b": {"needs": ("a",)}}).go().reply(answer).go()
    assert list(run.states.values()) == states
    assert run.bodies == (["a", "b"] if answer == "yes" else [])


@pytest.mark.parametrize("has_workspace", [True, False])
@pytest.mark.parametrize(
    ("step", "options", "by"),
    [
        (ASKING, {"yes": True}, "una (--yes)"),
        (PUT, {"yes": True}, "una (--yes)"),
        (PAY, {"yes": True}, None),
        (PAY, {"allow": ("a",)}, "una (--allow)"),
        (PUT, {"allow": ("a",)}, "una (--allow)"),
        (PAY, {"allow": ("b",)}, None),
        (PAY, {}, None),
    ],
)
def test_a_word_given_beforehand_covers_just_what_it_names(
    play: Any, step: dict[str, Any], options: dict[str, Any], by: str | None, has_workspace: bool
) -> None:
    """`--yes` never covers what cannot be undone, `--allow` one step by name; the journal says whose word it was."""
    run = play({"a": step}, base="c0" if has_workspace else None).say(ev.ApprovalsGiven, **options).go()
    assert [approval.by for approval in run.told(ev.ApprovalRecorded)] == ([] if by is None else [by])
    assert run.states["a"] == ("waiting" if by is None else "verified")


@pytest.mark.parametrize(
    ("step", "options", "by"),
    [
        (PUT, {"yes": True}, "una (--yes)"),
        (PAY, {"allow": ("a",)}, "una (--allow)"),
        (PAY, {"yes": True}, None),
        ({"body": AskBody(question="Which?")}, {"yes": True, "allow": ("a",)}, None),
    ],
)
def test_a_word_given_later_answers_the_question_that_is_open(
    play: Any, step: dict[str, Any], options: dict[str, Any], by: str | None
) -> None:
    """`resume --yes` need not be followed by `answer`; but only consent is given that way, no answer made up."""
    run = play({"a": step}).go().claim().say(ev.ApprovalsGiven, **options).go()
    assert [(a.answer, a.by) for a in run.told(ev.QuestionAnswered)] == ([] if by is None else [("yes", by)])
    assert run.states["a"] == ("waiting" if by is None else "verified")


def test_a_run_that_pauses_acts_on_a_word_only_once_it_is_resumed(play: Any) -> None:
    """A pause holds, whatever is allowed meanwhile."""
    run = play({"a": PAY}).go().say(ev.PauseRequested).say(ev.ApprovalsGiven, allow=("a",)).go()
    assert (run.report["state"], len(run.asked)) == ("paused", 1)
    assert run.say(ev.RunResumed).go().states["a"] == "verified"


def test_consent_is_not_asked_for_twice(play: Any) -> None:
    """A yes outlives the pause that kept the body from running, and the attempt that failed before its effect."""
    run = play({"a": PAY}).go().say(ev.PauseRequested).reply("yes").go()
    assert (run.report["state"], run.bodies) == ("paused", [])
    run.say(ev.RunResumed).go()
    assert (len(run.told(ev.QuestionAsked)), run.told(ev.ApprovalRecorded)[0].by) == (1, "una")


def test_an_effect_that_would_happen_once_more_is_asked_about_again(play: Any) -> None:
    """No earlier word covers a repetition of what cannot be undone: a restore does not take it back."""
    run = play({"z": {}, "a": {**PAY, "needs": ("z",)}}).go().reply("yes").go()
    run.say(ev.RunRestored, to="z", commit="c-z", pending=("a",)).say(ev.ApprovalsGiven, allow=("a",), yes=True)
    run.say(ev.RunResumed).go()
    assert "its effect has been applied before; this would apply it once more" in run.asked[0]


@pytest.mark.parametrize(
    ("steps", "skipped"),
    [
        ({"x": {"on_failure": OnFailure.SKIP}, "a": {**PUT, "needs": ("x",)}}, "x"),
        (
            {
                "g-{i}": {"for_each": ForEach(name="i", items=("x", "y")), "on_failure": OnFailure.SKIP},
                "a": {**PUT, "needs": ("g-*",)},
            },
            "g-x",
        ),
    ],
)
def test_an_effect_that_rests_on_a_skipped_step_is_asked_about(play: Any, steps: Any, skipped: str) -> None:
    """Not even `--yes` and `--allow` together cover an effect whose preconditions are missing."""
    run = play(steps).say(ev.ApprovalsGiven, yes=True, allow=("a",)).will(do.RunStep, skipped, ending=BAD).go()
    assert f"\n  rests on skipped steps: {skipped}\n" in run.asked[0]
    assert run.states[skipped] == "skipped"


@pytest.mark.parametrize(
    "steps",
    [
        {"x": {"checks": (GREEN,)}, "a": {**PUT, "needs": ("x",)}},
        {"x": {"on_failure": OnFailure.SKIP}, "a": {"needs": ("x",)}},
    ],
)
def test_a_step_without_such_a_ground_is_not_asked_about(play: Any, steps: Any) -> None:
    """Nothing to do is as good as done; and what a restore takes back needs nobody's word."""
    run = play(steps).say(ev.ApprovalsGiven, yes=True).will(do.RunStep, "x", ending=BAD)
    run.will(do.AskCheck, "green", verdict=Verdict.PASSED).go()
    assert (run.states, run.asked) == ({"x": "skipped", "a": "verified"}, [])


def test_a_yes_holds_only_for_the_step_as_it_was_shown(play: Any) -> None:
    """What it needs was done anew in between: the consent has to be given anew, too."""
    run = play({"z": {}, "x": {"needs": ("z",)}, "a": {**PAY, "needs": ("x",)}}).go()
    run.say(ev.PauseRequested).reply("yes").go()
    run.say(ev.RunRestored, to="z", commit="c-z", pending=("x",)).say(ev.RunResumed)
    run.will(do.WriteCommit, "x", commit="c-other").go()
    assert (len(run.asked), run.bodies) == (1, ["z", "x", "x"])


OUTSIDE: dict[str, Any] = {"changed": ("s.sh",), "run_outside": ("s.sh",)}


@pytest.mark.parametrize("step", [{}, PUT, PAY], ids=["reversible", "idempotent", "irreversible"])
def test_a_changed_file_that_is_run_outside_the_sandbox_is_put_to_a_person(play: Any, step: dict[str, Any]) -> None:
    """Before the checks that would run it, and also where the step has had its effect already."""
    checks = (Check(name="after", ask=CommandCheck(command="r")),)
    run = play({"a": {**step, "checks": checks}}).will(do.Inspect, "a", **OUTSIDE).go()
    run = run.reply("yes").go() if step else run
    assert [one.asked.package.rule for one in run.state.open_questions] == ["run-outside"]
    assert not run.told(ev.CheckRequested)
    assert run.reply("yes").go().states == {"a": "verified"}


def test_a_no_to_a_file_that_would_be_run_outside_fails_the_attempt(play: Any) -> None:
    """Its checks are not asked."""
    run = play({"a": {}}).will(do.Inspect, "a", **OUTSIDE).go().reply("no").go()
    assert (run.states, run.told(ev.AttemptFailed)[0].diagnosis) == ({"a": "failed"}, "denied")


def test_a_file_that_is_run_outside_and_that_no_commit_holds_is_asked_about_as_well(play: Any) -> None:
    """What git ignores can be run, too."""
    run = play({"a": {}}).will(do.Inspect, "a", changed=(), run_outside=("build/",)).go()
    assert "runs outside the sandbox: build/" in run.state.open_questions[0].asked.text
