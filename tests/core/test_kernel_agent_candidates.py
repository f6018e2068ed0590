"""Candidates of an agent's step that are made at once, each in a conversation of its own (M38)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, Note, ToolCall
from surefoot.core.amendments import DropStep, ReplaceStep
from surefoot.core.budget import used_of
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import LOOPBACK, AgentBody, AgentLimits, Limits, RunBody, Step
from surefoot.core.tool_table import TOOLBOX
from surefoot.shellwords import facts_of
from tests.core.conftest import Play
from tests.core.test_kernel_candidates import SEVERAL
from tests.core.test_kernel_table import CASTING

TWO, THREE = "(candidate:a:2)", "(candidate:a:3)"
ALL = ["a", TWO, THREE]
AGENT: dict[str, Any] = {**SEVERAL, "body": AgentBody(instructions="do it")}


def play(steps: dict[str, Any] | None = None, **limits: Any) -> Play:
    """Begin a run whose step `a` is an agent's, with room for three candidates at once."""
    own = Limits(**{"parallel": 3, **limits})
    return Play(steps or {"a": AGENT}, limits=own).say(ev.ModelsConfigured, routing=CASTING)


def requests_of(run: Play) -> dict[str, do.RequestModel]:
    """Return the requests that are under way, by who makes them."""
    return {one.step: one for one in run.open if isinstance(one, do.RequestModel)}


def until_all_ask(run: Play) -> dict[str, do.RequestModel]:
    """Answer everything but models, until nothing else is under way; return their requests."""
    while others := [one for one in run.go(do.RequestModel).open if not isinstance(one, do.RequestModel)]:
        run.let(type(others[0]))
    return requests_of(run)


def text_of(request: do.RequestModel) -> str:
    """Return what a model is told, where it stands in the request itself."""
    return "\n".join(part.text for part in request.parts)


def calls(run: Play, step: str, tool: str = "ask", **fields: Any) -> Play:
    """Let the next reply at that step call a tool."""
    call = ToolCall(call="1.1", tool=tool, arguments=BlobId("args"), summary=tool, kind=TOOLBOX[tool].kind, **fields)
    return run.will(do.RequestModel, step, calls=(call,))


def test_agents_make_their_candidates_at_once() -> None:
    """Their requests are under way together; each has a lane, a conversation and an attempt of its own."""
    run = play()
    assert sorted(until_all_ask(run)) == sorted(ALL)
    run.go()
    made = [(one["candidate"], one["attempt"]) for one in run.steps["a"]["candidates"]]
    assert (made, run.steps["a"]["proof"]) == ([(1, 1), (2, 2), (3, 3)], "agreement")
    assert len({one.lane for one in run.told(ev.CheckpointRequested)}) == 3
    assert sorted((one.step, one.turn) for one in run.told(ev.ModelResponded)) == sorted(
        (step, turn) for step in ALL for turn in (1, 2, 3)
    )


def test_every_candidate_is_told_the_same_at_its_beginning() -> None:
    """Nothing says which of them it is, or that there are others."""
    told = until_all_ask(play())
    assert len({text_of(one) for one in told.values()}) == 1
    assert "Your step: a" in text_of(told[TWO])


def test_what_candidates_take_counts_for_their_step() -> None:
    """The report and the run have it once."""
    run = play().go()
    assert (run.state.nodes[StepId("a")].usage.requests, run.report["usage"]["requests"]) == (9, 9)
    assert {one.step for one in run.state.spent.values()} == {"a"}


@pytest.mark.parametrize("whose", ["step", "run"])
@pytest.mark.parametrize("most", [1, 2, 4, 7, 8])
def test_candidates_at_once_do_not_overdraw_a_limit(whose: str, most: int) -> None:
    """What is under way counts before another request is made, whoever makes it."""
    body = AgentBody(instructions="do it", limits=AgentLimits(requests=most) if whose == "step" else AgentLimits())
    run = play({"a": {**AGENT, "body": body}}, requests=most if whose == "run" else None)
    at_most = 0
    for _ in range(120):
        run.step()
        node = run.state.nodes[StepId("a")]
        at_most = max(at_most, used_of(run.state, node).requests + len(run.state.reserved))
    assert at_most == most


def test_a_limit_in_money_holds_for_all_candidates_together() -> None:
    """A request waits for those beside it where only their worst case stands in its way."""
    body = AgentBody(instructions="do it", limits=AgentLimits(tokens=20_000))
    run = play({"a": {**AGENT, "body": body}})
    for _ in range(120):
        run.step()
        used = used_of(run.state, run.state.nodes[StepId("a")]).tokens
        assert used + sum(tokens for _, tokens in run.state.reserved.values()) <= 20_000


def test_what_is_said_to_the_step_reaches_each_of_its_candidates() -> None:
    """Also one that begins later."""
    run = play()
    until_all_ask(run)
    run.say(ev.MessageSent, message="m", to=StepId("a"), text="Mind the gap").go()
    assert sorted(run.state.messages["m"].given) == sorted(ALL)


def test_what_is_said_to_one_candidate_is_for_that_one() -> None:
    """The others are told in passing what people say, as any other agent of the run is."""
    run = play()
    until_all_ask(run)
    run.say(ev.MessageSent, message="m", to=StepId(TWO), text="Mind the gap").go()
    assert list(run.state.messages["m"].given) == [TWO]


def test_the_question_of_one_candidate_names_it_and_keeps_no_other_waiting() -> None:
    """The others come to their end meanwhile; the choice waits for the answer."""
    run = calls(play(), TWO, command="which one?").go()
    assert ["The agent at candidate 2 of step a asks:" in text for text in run.asked] == [True]
    assert sorted(one.number for one in run.state.nodes[StepId("a")].candidates) == [1, 3]
    assert run.reply("this").go().steps["a"]["proof"] == "agreement"


def test_a_candidate_sees_nothing_of_what_another_one_notes() -> None:
    """Nor does another step, before it is chosen; then the notes are those of the step."""
    run = play({"a": AGENT, "b": {"needs": ("a",), "body": AgentBody(instructions="next")}})
    calls(run, TWO, "note")
    run.will(do.UseTool, "1.1", payload=Note(text="the gap is here", by=TWO, call="1.1"))
    told: list[str] = []
    while run.state.outcome is None:
        told += [text_of(one) for name, one in requests_of(run.step()).items() if name != TWO]
    chosen = [one.candidate for one in run.told(ev.CandidateChosen)]
    assert (chosen, run.state.notes, [one for one in told if "the gap is here" in one]) == ([1], (), [])


def test_the_notes_of_the_chosen_candidate_are_those_of_its_step() -> None:
    """Later steps read them."""
    run = play({"a": AGENT, "b": {"needs": ("a",), "body": AgentBody(instructions="next")}})
    calls(run, TWO, "note")
    run.will(do.UseTool, "1.1", payload=Note(text="the gap is here", by=TWO, call="1.1"))
    run.will(do.KeepCandidate, TWO, lines=0).go(do.RequestModel, "b")
    assert [one.by for one in run.state.notes] == ["a"]
    assert "the gap is here" in text_of(requests_of(run)["b"])


def test_a_candidate_whose_agent_gives_up_counts_as_a_failed_attempt() -> None:
    """The step makes another one itself."""
    run = play()
    until_all_ask(run)
    run.will(do.UseTool, "3.1", payload=Claim(summary="I cannot", gives_up=True)).go()
    assert (run.steps["a"]["proof"], len(run.told(ev.AttemptFailed)), len(run.told(ev.StepStarted))) == (
        "agreement",
        1,
        5,  # three candidates, another one, and the attempt in which one is chosen
    )


@pytest.mark.parametrize("step", [1, 3])
def test_wherever_the_engine_dies_no_reply_is_asked_for_again(step: int) -> None:
    """Each candidate goes on at its turn; what was kept is not made again."""
    whole = play().go().journal
    for at in range(2 + step, len(whole), step):
        run = Play.of(whole[:at]).claim().go()
        replies = [(one.step, one.attempt, one.turn) for one in run.told(ev.ModelResponded)]
        made = sorted(one.candidate for one in run.told(ev.CandidateKept))
        assert (len(set(replies)), made, run.steps["a"]["proof"]) == (len(replies), [1, 2, 3], "agreement"), at


def _amend(run: Play) -> None:
    anew = Step(id=StepId("a"), body=RunBody(command="other"), **{**SEVERAL, "best_of": 2})
    run.say(ev.AmendmentProposed, amendment="m", operations=(ReplaceStep(step=anew.id, by=anew),), why="w")


def _drop(run: Play) -> None:
    run.say(ev.AmendmentProposed, amendment="m", operations=(DropStep(step=StepId("a")),), why="w")


def _pause(run: Play) -> None:
    run.say(ev.PauseRequested, interrupt=True).go().say(ev.RunResumed)


def _find_wrong(run: Play) -> None:
    run.say(ev.StepsFoundWrong, steps=("z",), why="w")


@pytest.mark.parametrize("is_asked", [False, True])
@pytest.mark.parametrize("change", [_amend, _drop, _pause, _find_wrong])
def test_whatever_happens_meanwhile_the_run_comes_to_its_end(change: Callable[[Play], None], is_asked: bool) -> None:
    """At any moment, also while one of them waits for a person."""
    steps = {"z": {}, "a": {**AGENT, "needs": ("z",)}, "b": {}}
    for at in range(1, 70):
        run = play(steps)
        if is_asked:
            calls(run, TWO, command="which one?")
        for _ in range(at):
            run.step()
        if run.state.outcome is not None or run.states["z"] != "verified":
            continue
        change(run)
        while run.go().state.open_questions:
            run.reply("this")
        assert set(run.states.values()) <= {"verified"}, at


@pytest.mark.parametrize("is_asked", [False, True])
def test_a_run_that_is_cancelled_leaves_nothing_under_way(is_asked: bool) -> None:
    """At any moment."""
    for at in range(1, 60):
        run = play()
        if is_asked:
            calls(run, TWO, command="which one?")
        for _ in range(at):
            run.step()
        if run.state.outcome is None:
            run.say(ev.CancelRequested).go()
        assert (run.open, run.state.open_questions, run.state.outcome is not None) == ([], [], True)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_a_candidate_did_to_others_is_reported_of_its_step(is_cancelled: bool) -> None:
    """Whatever becomes of the candidate: no restore takes it back."""
    post = "curl -X POST http://x/"
    run = calls(play({"a": {**AGENT, "network": LOOPBACK}}), TWO, "run", command=post, does=facts_of(post)).go()
    assert [one.asked.step for one in run.state.open_questions] == [TWO]
    run.reply("yes").go(do.UseTool, "1.1").let(do.UseTool)
    if is_cancelled:
        run.say(ev.CancelRequested)
    effects = run.go().report["outside_effects"]
    assert [(one["step"], one["command"], one["applied"]) for one in effects] == [("a", post, True)]


def test_a_candidate_in_doubt_asks_what_became_of_its_command_also_where_nothing_waits_for_it() -> None:
    """An amendment changes the step: the command may have reached others all the same."""
    post = "curl -X POST http://x/"
    steps = {"a": {**AGENT, "network": LOOPBACK}}
    run = calls(play(steps), TWO, "run", command=post, does=facts_of(post)).go().reply("yes").go(do.UseTool, "1.1")
    run.claim()
    _amend(run)
    run.go()
    assert [(one.asked.step, one.asked.about) for one in run.state.open_questions] == [(TWO, QuestionKind.IN_DOUBT)]
    assert run.reply("applied").go().report["outside_effects"][0]["applied"] is True
