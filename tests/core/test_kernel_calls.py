"""The order of the calls of one reply, and what may be done to a lane while tools are at work in it."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import Limits, Service
from tests.core.test_kernel_conversations import AGENT, PUSH, begun, calls, failures, reply, under_way
from tests.core.test_kernel_phases import goal


def test_notes_of_one_reply_are_taken_side_by_side(play: Any) -> None:
    """They change nothing in the lane, so that several in a reply are nothing unusual."""
    run = reply(begun(play), 1, "note", "propose", "note")
    assert under_way(run) == ["1.1", "1.2", "1.3"]
    run.go()
    assert run.states == {"a": "verified"}


def test_of_several_ends_in_one_reply_the_first_is_the_end(play: Any) -> None:
    """They do not wait for each other for ever."""
    run = reply(begun(play), 1, "finish", "finish").go()
    assert [event.call for event in run.told(ev.ToolCallFinished)] == ["1.1"]
    assert run.states == {"a": "verified"}


def test_where_the_first_end_cannot_be_used_the_second_is(play: Any) -> None:
    """A model may say it again, better, in the same reply."""
    run = reply(goal(play), 1, "understood", "understood", step="(understand)")
    run.will(do.UseTool, "1.1", ok=False, payload=None).go(do.UseTool, "1.2").let(do.UseTool)
    assert run.state.nodes["(understand)"].work.ending is not None


def test_a_command_waits_for_reads_that_began_while_it_was_asked_about(play: Any) -> None:
    """They see the lane as it was, not half of what the command changes."""
    run = begun(play)
    run.will(do.RequestModel, "a", calls=(*calls(1, "run", does=PUSH, command="git push"), *calls(1, "x", "read")[1:]))
    run.go(do.UseTool, "1.2").reply("yes")
    assert under_way(run) == ["1.2"]
    assert under_way(run.let(do.UseTool)) == ["1.1"]


def test_nothing_begins_in_a_lane_that_a_person_has_taken_over(play: Any) -> None:
    """A read that an engine was ended in is not done again there, nor the lane put back under their hands."""
    run = begun(play)
    run.will(do.RequestModel, "a", calls=(*calls(1, "run", does=PUSH, command="git push"), *calls(1, "x", "read")[1:]))
    run.go(do.UseTool, "1.2").reply("take_over").claim().go()
    assert not run.told(ev.CheckoutRequested)
    assert run.reply("done").go().states == {"a": "verified"}


def test_a_lane_that_cannot_be_put_in_order_fails_the_attempt(play: Any) -> None:
    """It is not tried again and again while nobody looks."""
    run = reply(begun(play), 1, "read").claim()
    for _ in range(2):
        run.will(do.CheckOutTree, "a", ev.EffectFailed, reason="the disk is full")
    run.go()
    assert (len(run.told(ev.EffectFailed)), failures(run)) == (1, ["structural"])
    assert "the disk is full" in run.state.nodes["a"].lessons[0].said


def test_an_attempt_is_not_put_back_while_a_tool_is_at_work_in_its_lane(play: Any) -> None:
    """A service that ended fails it once the tool has ended."""
    used = {"services": (Service(name="db", run="db"),), "limits": Limits(parallel=2)}
    run = reply(begun(play, {"a": {**AGENT, "uses": ("db",)}}, **used), 1, "edit").go(do.UseTool, "1.1")
    run.say(ev.ServiceEnded, lane="1", service="db", reason="it crashed")
    assert under_way(run) == ["1.1"]
    assert not failures(run)
    assert failures(run.let(do.UseTool).go()) == ["transient"]
