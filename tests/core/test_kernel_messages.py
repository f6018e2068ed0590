"""What people say to agents at work: in one request each, once, in order, whatever happens in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, Fault, GoalOptions
from surefoot.core.compaction import fold_for
from surefoot.core.event_words import Verdict
from surefoot.core.ids import StepId
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import AgentBody, AgentLimits, Limits, RetryPolicy
from surefoot.core.prompt import brief_of
from surefoot.errors import IllegalTransition
from tests.core.test_kernel_conversations import (
    AGENT,
    PUSH,
    SMALL,
    begun,
    brief_in,
    calls,
    failing,
    failures,
    faulty,
    reply,
    settled,
    under_way,
)

BARE = {"body": AGENT["body"]}


def tell(run: Any, *texts: str, to: str | None = "a", now: bool = False) -> Any:
    """Let a person say these texts, each by itself."""
    for text in texts:
        name = f"m{len(run.state.messages)}"
        run.say(ev.MessageSent, message=name, to=to, text=text, is_urgent=now)
    return run


def heard(run: Any, *texts: str) -> list[int]:
    """Count in how many parts of the request under way each text stands."""
    run._decide()
    return [sum(text in part for part in brief_in(run)) for text in texts]


def test_a_message_stands_at_the_end_of_the_next_request(play: Any) -> None:
    """Behind all that was said and done before, with the name of who says it."""
    run = tell(reply(begun(play), 1, "read"), "keep 3.8").go(do.RequestModel)
    assert "una, who watches over this run, says:\n\nkeep 3.8\n" in brief_in(run)[-1]


def test_a_message_stands_in_later_requests_where_it_came(play: Any) -> None:
    """Once, before the reply that it led to."""
    run = reply(tell(reply(begun(play), 1, "read"), "keep 3.8"), 2, "edit").go(do.RequestModel)
    [request] = [command for command in run.open if isinstance(command, do.RequestModel)]
    said = ["keep 3.8" in part.text or f"turn {part.turn}" for part in request.parts if part.turn or "3.8" in part.text]
    assert said == ["turn 1", True, "turn 2"]


def test_messages_are_read_in_the_order_in_which_they_came(play: Any) -> None:
    """Two that came in one turn stand one behind the other."""
    run = tell(reply(begun(play), 1, "read"), "first", "second").go(do.RequestModel)
    assert ["first" in brief_in(run)[-2], "second" in brief_in(run)[-1]] == [True, True]


def test_a_message_during_a_request_waits_for_the_next_one(play: Any) -> None:
    """What is under way is not touched."""
    run = tell(begun(play).go(do.RequestModel), "keep 3.8")
    assert heard(run, "keep 3.8") == [0]
    assert heard(run.let(do.RequestModel).go(do.RequestModel), "keep 3.8") == [1]


@pytest.mark.parametrize("how", ["killed", "failed"])
def test_a_request_that_was_lost_holds_the_message_again(play: Any, how: str) -> None:
    """Nobody read it: it counts as given with the reply alone."""
    run = tell(reply(begun(play), 1, "read"), "keep 3.8").go(do.RequestModel)
    run = run.claim() if how == "killed" else faulty(run, Fault.MALFORMED).let(do.RequestModel)
    assert heard(run.go(do.RequestModel), "keep 3.8") == [1]
    assert [event.messages for event in run.told(ev.ModelRequested)] == [(), ("m0",), ("m0",)]


def test_a_message_that_was_read_cannot_be_put_into_another_request(play: Any) -> None:
    """The fold refuses it, so no engine can give it twice."""
    run = reply(tell(reply(begun(play), 1, "read"), "keep 3.8"), 2, "read").go(do.RequestModel)
    requested = replace(run.told(ev.ModelRequested)[-1], messages=("m0",))
    with pytest.raises(IllegalTransition, match="or that it had"):
        run.claim()._fold(requested)


def test_a_message_survives_the_compression_of_the_turns_around_it(play: Any) -> None:
    """In short stand the turns; what a person said stands whole, once."""
    text = "never touch the parser " * 30
    run = reply(tell(reply(begun(play), 1, "read"), text.strip()), 2, "edit").go(do.RequestModel)
    fold = replace(fold_for(run.state, run.state.nodes["a"], 100_000), folded=2)
    parts = brief_of(run.state, run.state.nodes["a"], fold)
    assert [part.turn for part in parts if part.turn] == []
    assert sum(text.strip() in part.text for part in parts) == 1


def test_the_next_attempt_is_told_what_was_said_to_the_one_before(play: Any) -> None:
    """At the beginning, where it stays for the whole conversation."""
    step = {**AGENT, "checks": (failing(),), "retry": RetryPolicy(maximum_attempts=2)}
    run = tell(reply(begun(play, {"a": step}), 1, "read"), "keep 3.8").will(do.AskCheck, "k", verdict=Verdict.FAILED)
    run.go(do.RestoreLane).go(do.RequestModel)
    assert "=== una, about step a:\nkeep 3.8\n===" in brief_in(run)[1]


def test_an_agent_does_not_end_before_it_has_read_what_came_in_between(play: Any) -> None:
    """Its `finish` is put off; the next one ends the work."""
    run = tell(begun(play).go(do.RequestModel), "one more thing")
    run.will(do.RequestModel, "a", calls=calls(1, "finish")).let(do.RequestModel).go(do.RequestModel)
    assert settled(run)["1.1"].startswith("This did not end your work")
    assert run.go().states == {"a": "verified"}


def told_amid_end(run: Any, text: str) -> Any:
    """Let the agent end its work, and a person say something while that is carried out."""
    assert under_way(reply(run, 1, "finish")) == ["1.1"]
    return tell(run, text)


def test_a_message_that_comes_while_an_agent_ends_is_read_before_the_end_holds(play: Any) -> None:
    """The call was under way already; what it ended with counts no more, and the agent ends anew."""
    run = told_amid_end(begun(play), "one more thing").let(do.UseTool).go(do.RequestModel)
    assert heard(run, "one more thing", "This did not end your work") == [1, 1]
    run.will(do.RequestModel, "a", calls=calls(2, "finish")).go()
    assert run.states == {"a": "verified"}
    assert [event.call for event in run.told(ev.ToolCallFinished)] == ["1.1", "2.1"]


@pytest.mark.parametrize("kills", [False, True])
@pytest.mark.parametrize(
    ("body", "run_limits"),
    [({"turns_max": 1}, Limits()), ({"limits": AgentLimits(requests=1)}, Limits()), ({}, Limits(requests=1))],
)
def test_an_agent_that_has_ended_keeps_its_end_where_it_cannot_be_asked_again(
    play: Any, body: dict[str, Any], run_limits: Limits, kills: bool
) -> None:
    """The report says that the message was not read."""
    run = begun(play, {"a": {**AGENT, "body": AgentBody(instructions="x", **body)}}, limits=run_limits)
    told_amid_end(run, "one more thing").let(do.UseTool)
    run = (run.claim() if kills else run).go()
    assert (run.states, failures(run)) == ({"a": "verified"}, [])
    assert run.report["messages"][0]["given"] == {}


def test_an_agent_that_gave_up_meanwhile_reads_the_message_first(play: Any) -> None:
    """It may hold what was missing."""
    run = begun(play).will(do.UseTool, "1.1", payload=Claim(summary="no key", gives_up=True))
    told_amid_end(run, "the key is 7").let(do.UseTool).go(do.RequestModel)
    assert (heard(run, "the key is 7"), failures(run)) == ([1], [])


# --- to whom


def test_a_message_to_the_run_is_for_all_who_talk_now(play: Any) -> None:
    """Each agent reads it once, a step that begins later does not."""
    run = begun(play, {"a": AGENT, "b": AGENT, "c": {**AGENT, "needs": ("a",)}}, limits=Limits(parallel=2))
    tell(run.go(do.RequestModel, "b"), "keep 3.8", to=None).go()
    assert run.report["messages"][0]["to"] == ["a", "b"]
    assert {event.step for event in run.told(ev.ModelRequested) if event.messages} == {"a", "b"}


def test_a_message_to_a_run_where_nobody_talks_is_for_the_next_who_does(play: Any) -> None:
    """One agent reads it, and no other."""
    run = tell(begun(play, {"a": AGENT, "b": {**BARE, "needs": ("a",)}}), "keep 3.8", to=None).go()
    assert [event.step for event in run.told(ev.ModelRequested) if event.messages] == ["a"]


def test_a_message_to_a_step_that_has_not_begun_waits_for_its_agent(play: Any) -> None:
    """Its first request holds it."""
    run = tell(begun(play, {"a": AGENT, "b": {**BARE, "needs": ("a",)}}), "keep 3.8", to="b").go()
    assert [(event.step, event.turn) for event in run.told(ev.ModelRequested) if event.messages] == [("b", 1)]
    assert run.report["messages"][0]["given"] == {"b": 1}


@pytest.mark.parametrize(
    ("to", "why"),
    [("x", "there is no step 'x'"), ("c", "no agent's"), ("a", "has ended (verified)")],
)
def test_a_message_that_nobody_would_read_is_refused(play: Any, to: str, why: str) -> None:
    """With what is in its way."""
    run = begun(play, {"a": AGENT, "b": {**BARE, "needs": ("a",)}, "c": {"needs": ("b",)}})
    run.go(do.RequestModel, "b")
    with pytest.raises(IllegalTransition) as error:
        tell(run, "keep 3.8", to=StepId(to))
    assert why in str(error.value)


def test_a_message_to_a_run_without_agents_or_after_its_end_is_refused(play: Any) -> None:
    """Nobody would ever read it."""
    with pytest.raises(IllegalTransition, match="none of its steps to come"):
        tell(play({"b": {}}), "keep 3.8", to=None)
    with pytest.raises(IllegalTransition, match="begin another run"):
        tell(begun(play).go(), "keep 3.8", to=None)


def test_the_scout_of_a_goal_in_words_reads_messages_to_the_run(play: Any) -> None:
    """A run that has no steps yet has agents."""
    run = tell(begun(play, {}, goal_options=GoalOptions()), "only the parser", to=None)
    assert heard(run.go(do.RequestModel), "only the parser") == [1]


# --- at once


def test_an_urgent_message_breaks_off_the_request_under_way(play: Any) -> None:
    """Its reservation counts as lost, and the next request holds the message."""
    run = tell(begun(play).go(do.RequestModel), "stop that", now=True)
    run._decide()
    assert heard(run.go(do.RequestModel), "stop that") == [1]
    assert [event.effect for event in run.told(ev.EffectCancelled)] == ["model_request"]
    assert run.report["usage"]["lost_usd"] == run.told(ev.ModelRequested)[0].reserved_usd > 0


def test_an_urgent_message_breaks_off_the_calls_of_the_turn(play: Any) -> None:
    """The one under way and those behind it are settled, none of them is carried out again."""
    run = tell(reply(begun(play), 1, "edit", "run", "read"), "stop that", now=True).go(do.RequestModel)
    assert {name: text[:40] for name, text in settled(run).items()} == dict.fromkeys(
        ("1.1", "1.2", "1.3"), "A person has broken off this turn, so th"
    )
    assert heard(run, "stop that") == [1]


def test_files_that_a_broken_off_call_had_changed_are_put_back(play: Any) -> None:
    """The lane is made to hold what the last finished call left."""
    run = reply(begun(play), 1, "edit")
    under_way(run)
    tell(run, "stop that", now=True).go(do.RequestModel)
    assert [event.tree for event in run.told(ev.CheckoutRequested)] == ["tree0"]


def test_an_urgent_message_breaks_off_a_turn_once(play: Any) -> None:
    """The request that holds it is left alone, and so is the turn after it."""
    run = tell(begun(play).go(do.RequestModel), "stop that", now=True).go()
    assert len(run.told(ev.InterruptRequested)) == 1
    assert run.states == {"a": "verified"}


def test_the_summary_of_a_conversation_is_not_broken_off(play: Any) -> None:
    """It cannot hold the message, so it would be broken off for ever; the request after it holds the message."""
    run = begun(play, {"a": {"body": AgentBody(instructions="x", turns_max=200)}}, routing=SMALL)
    run.say(ev.MonitorsConfigured, watches=Watches(own={"no_progress": Watch(say=Say.OFF)}))
    for turn in range(1, 150):
        reply(run, turn, "note", "read", summary=f"read a/long/path/of/some/file-{turn}.py").go(do.RequestModel, "a")
        if run.told(ev.ModelRequested)[-1].is_summary:
            break
    assert heard(tell(run, "stop that", now=True), "stop that") == [0]
    assert heard(run.let(do.RequestModel).go(do.RequestModel), "stop that") == [1]
    assert not run.told(ev.InterruptRequested)


def test_an_urgent_message_does_not_wait_for_checks_of_the_files_so_far(play: Any) -> None:
    """They are broken off, and not asked again before the agent has read it."""
    run = reply(begun(play), 1, "edit").go(do.UseTool).let(do.UseTool).go(do.AskCheck)
    assert [event.moment for event in run.told(ev.CheckRequested)][-1] == "during"
    tell(run, "stop that", now=True)._decide()
    assert heard(run.go(do.RequestModel), "stop that") == [1]
    assert [event.effect for event in run.told(ev.EffectCancelled)] == ["check"]


def test_a_question_about_a_call_of_a_broken_off_turn_is_withdrawn(play: Any) -> None:
    """Nobody is asked about what will not be done."""
    run = reply(begun(play), 1, "run", does=PUSH, command="git push origin main")
    run._decide()
    tell(run, "do not push", now=True).go(do.RequestModel)
    [question] = run.state.questions.values()
    assert question.withdrawn == "the turn was broken off"
    assert run.state.nodes["a"].status == "running"


def test_a_command_that_reaches_others_is_waited_for(play: Any) -> None:
    """What it does outside cannot be taken back: only what follows it in the turn is broken off."""
    step = {**AGENT, "network": True}
    run = reply(begun(play, {"a": step}), 1, "run", "edit", does=PUSH, command="git push")
    run._decide()
    run.reply("yes")
    assert under_way(run) == ["1.1"]
    assert under_way(tell(run, "stop that", now=True)) == ["1.1"]
    assert list(settled(run.let(do.UseTool).go(do.RequestModel))) == ["1.2"]


def test_an_urgent_message_to_a_paused_run_is_read_when_it_goes_on(play: Any) -> None:
    """The turn that was under way is over with it."""
    run = reply(begun(play), 1, "read", "edit").say(ev.PauseRequested).go()
    tell(run, "stop that", now=True).claim().say(ev.RunResumed).go(do.RequestModel)
    assert heard(run, "stop that") == [1]
    assert "1.2" in settled(run)


# --- at any moment


def requests(run: Any, answers: int = 999) -> list[do.RequestModel]:
    """Go on by so many answers of the world, and return the requests that were made meanwhile."""
    made = [command for command in run.open if isinstance(command, do.RequestModel)]
    before = len(made)
    for _ in range(answers):
        run._decide()
        made += [one for one in run.open if isinstance(one, do.RequestModel) and one not in made]
        if not run.open:
            break
        run.let(type(run.open[0]))
    return made[before:]


@pytest.mark.parametrize("kills", [False, True])
@pytest.mark.parametrize("now", [False, True])
def test_a_message_at_any_moment_stands_once_in_every_request_from_then_on(play: Any, now: bool, kills: bool) -> None:
    """Before the agent begins, amid a request, a call or its end; also where the engine is killed at once."""
    for moment in range(12):  # then the agent has ended
        run = begun(play)
        requests(run, moment)
        run._decide()
        tell(run, "keep 3.8", now=now)
        if kills:
            run.claim()
        later = requests(run)
        assert {sum("keep 3.8" in part.text for part in one.parts) for one in later} == {1}, moment
        assert (run.states, list(run.report["messages"][0]["given"])) == ({"a": "verified"}, ["a"])
