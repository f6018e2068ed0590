"""What follows a long absence of the engine: what an agent saw is compared once, and told where it differs."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import Precondition
from surefoot.core.event_words import Diagnosis
from surefoot.core.plan import Limits, Service
from surefoot.core.rung_advice import away_said
from tests.core.test_kernel_conversations import AGENT, begun, reply

DB = Limits(resources={"db": 1}, observed={"db": "show db"})
ONE, TWO = (Precondition(name="resource db", state=state) for state in ("one", "two"))


def away(play: Any, *, step: dict[str, Any] | None = None, saw: dict[str, str] | None = None, **fields: Any) -> Any:
    """Let an engine end after an agent has read something, and another one take over two hours later."""
    run = begun(play, {"a": {**AGENT, **(step or {})}}, **fields)
    run.will(do.TakeCheckpoint, "a", resources=(ONE,)).will(do.UseTool, "1.1", saw=saw or {})
    reply(run, 1, "read").go(do.RequestModel)
    return run.claim().say(ev.AbsenceNoted, away_s=7200.0)


def told(run: Any) -> str:
    """Return what the agent is told of the absence in its next request."""
    node = run.state.nodes["a"]
    return away_said(run.state, node, node.work.conversation)


def test_what_an_agent_read_is_compared_once_before_its_next_request(play: Any) -> None:
    """In its lane, put back to what it left there; another engine soon after does not ask again (M142)."""
    run = away(play, saw={"x.log": "d"}).go(do.LookAgain)
    assert [one.kind for one in run.journal[-2:]] == ["tree_checked_out", "look_requested"]
    assert run.open[-1].seen == {"x.log": "d"}
    run.go(do.RequestModel).claim().go(do.RequestModel)
    assert len(run.told(ev.LookRequested)) == 1


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, ""),
        ({"changed": ("x.log",)}, "not as you read them: x.log has changed."),
        ({"gone": ("x.log",), "changed": ("y.log",)}, "not as you read them: x.log is gone, y.log has changed."),
    ],
)
def test_an_agent_is_told_the_files_that_are_not_as_it_read_them(play: Any, found: dict[str, Any], said: str) -> None:
    """Their names; where all are as they were, not a word (M142)."""
    run = away(play, saw={"x.log": "d"}).will(do.LookAgain, "a", **found).go(do.RequestModel)
    assert said in told(run)
    assert told(run).startswith("Nobody worked on this run for 2.0 hours.") is bool(said)


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ({"network": True}, {}, "What you saw of the network may hold no longer."),
        ({"confine": False}, {}, "What you saw of programs and files outside your lane may hold no longer."),
        ({"uses": ("port",)}, {}, "What you saw of port may hold no longer."),
        ({"uses": ("s",)}, {"services": (Service(name="s", run="s"),)}, "the service s, which was started anew,"),
    ],
)
def test_what_nobody_can_compare_is_named(play: Any, step: dict[str, Any], fields: dict[str, Any], said: str) -> None:
    """As far as the step uses it (M142)."""
    run = away(play, step=step, **fields).go(do.RequestModel)
    assert said in told(run)
    assert run.told(ev.LookRequested) == []


def test_an_agent_is_told_nothing_of_a_resource_that_stands_as_it_did(play: Any) -> None:
    """Its `observe` is asked again, and has the same answer (M142)."""
    run = away(play, step={"uses": ("db",)}, limits=DB).will(do.LookAgain, "a", resources=(ONE,)).go(do.RequestModel)
    assert (len(run.told(ev.LookedAgain)), told(run)) == (1, "")
    assert run.told(ev.AttemptFailed) == []


def test_an_agent_whose_resource_has_changed_begins_anew_with_what_has(play: Any) -> None:
    """As stale, with both answers as the evidence; that counts as no failed attempt (M142)."""
    run = away(play, step={"uses": ("db",)}, limits=DB).will(do.LookAgain, "a", resources=(TWO,)).go()
    [failed], [rung] = run.told(ev.AttemptFailed), run.told(ev.RecoveryChosen)
    assert (failed.diagnosis, failed.is_counted) == (Diagnosis.STALE, False)
    assert failed.reason.startswith("what its agent saw holds no longer: resource db: was one, is two")
    assert (rung.rung, rung.told) == ("reobserve", ("resource db: was one, is two",))
    assert [type(run.journal[seq - 1]) for seq in rung.evidence] == [ev.AttemptFailed, ev.LookedAgain]
    assert run.states == {"a": "verified"}


def test_what_a_person_answered_meanwhile_is_told_to_the_attempt_that_begins_anew(play: Any) -> None:
    """Long absences are often long answers: the question is not asked again (M142)."""
    run = begun(play, {"a": {**AGENT, "uses": ("db",)}}, limits=DB).will(do.TakeCheckpoint, "a", resources=(ONE,))
    reply(run, 1, "ask", summary="Which word?").go().reply("red").claim().say(ev.AbsenceNoted, away_s=7200.0)
    run.will(do.LookAgain, "a", resources=(TWO,)).go()
    [rung] = run.told(ev.RecoveryChosen)
    assert rung.told == ("resource db: was one, is two", "a person answered: red (it had asked: Which word?)")


def test_a_look_that_an_engine_did_not_live_to_see_is_asked_for_again(play: Any) -> None:
    """Also where the next engine comes soon."""
    run = away(play, saw={"x.log": "d"}).go(do.LookAgain).claim().go(do.LookAgain)
    assert len(run.told(ev.LookRequested)) == 2


def test_a_look_that_is_ended_by_a_pause_is_asked_for_again(play: Any) -> None:
    """A pause that does not wait ends it, and nothing is said of what nobody compared."""
    run = away(play, saw={"x.log": "d"}).go(do.LookAgain).say(ev.PauseRequested, interrupt=True).go()
    assert run.state.is_paused
    run.say(ev.RunResumed).go(do.RequestModel)
    assert len(run.told(ev.LookRequested)) == 2


def test_an_agent_whose_lane_cannot_be_looked_at_fails(play: Any) -> None:
    """As wherever the workspace does not do what it is to do."""
    run = away(play, saw={"x.log": "d"}).will(do.LookAgain, "a", ev.EffectFailed, reason="no lane").go()
    assert run.told(ev.AttemptFailed)[0].reason == "the workspace failed: no lane"


def test_what_was_observed_is_looked_at_no_more_once_the_agent_has_replied(play: Any) -> None:
    """The next turn is told nothing of the absence (M142)."""
    run = away(play, saw={"x.log": "d"}).will(do.LookAgain, "a", changed=("x.log",)).go(do.RequestModel)
    reply(run, 2, "read").go(do.RequestModel)
    assert run.state.nodes["a"].work.conversation.away_s is None
    assert run.told(ev.LookRequested)[1:] == []
