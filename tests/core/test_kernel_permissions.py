"""Permissions of agents of others: what is given, what is refused, what a person is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ToolCall
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Verdict
from surefoot.core.ids import BlobId, StepId
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import Check, WorkerBody
from surefoot.core.policy_types import CommandFacts
from surefoot.errors import IllegalTransition
from tests.core.conftest import Play

A = {"step": StepId("a"), "attempt": 1}
PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)
LS = CommandFacts(commands=(("ls",),))
PUSH = CommandFacts(commands=(("git", "push"),))
STRANGE = CommandFacts(commands=(("frobnicate",),))


def call(number: int, kind: str = "execute", does: CommandFacts | None = None) -> ToolCall:
    """Return what an agent wants to do."""
    words = [] if does is None else [" ".join(one) for one in does.commands]
    return ToolCall(
        call=f"p.{number}", tool=kind, arguments=BlobId("x"), summary=kind, does=does, command="; ".join(words)
    )


@pytest.fixture
def working(play: Callable[..., Play]) -> Play:
    """Return a run in which an agent of others is at work."""
    body = WorkerBody(instructions="do it", worker="acp:claude")
    run = play({"a": {"body": body, "checks": (PROOF,), "writes": ("src/**",)}})
    return run.will(do.AskCheck, "proof", verdict=Verdict.FAILED).go(do.RunStep)


def ask(run: Play, *calls: ToolCall, is_served: bool = False) -> Play:
    """Let the agent ask, and the kernel decide."""
    for one in calls:
        run.say(ev.PermissionAsked, **A, call=one, is_served=is_served)
    run._decide()
    return run


def answers(run: Play) -> Sequence[tuple[str, bool, str]]:
    """Return what the agent was told: what about, whether it may, by which rule."""
    return [(one.call, one.is_allowed, one.rule) for one in run.told(ev.PermissionAnswered)]


def test_what_is_harmless_is_given(working: Play) -> None:
    """Nobody is asked about a look around."""
    assert answers(ask(working, call(1, does=LS), call(2, "read"))) == [
        ("p.1", True, "agent-command"),
        ("p.2", True, "agent-tool"),
    ]


@pytest.mark.parametrize(("path", "is_allowed"), [("src/a.py", True), ("docs/a.md", False), ("/etc/passwd", False)])
def test_a_file_is_changed_within_the_scope_alone(working: Play, path: str, *, is_allowed: bool) -> None:
    """What the step may write decides, and nobody is asked."""
    ask(working, call(1, "edit", CommandFacts(writes=(path,))))
    assert [one[1] for one in answers(working)] == [is_allowed]
    assert working.asked == []


def test_an_agent_cannot_have_its_mode_changed(working: Play) -> None:
    """A mode in which it asks less is never given."""
    assert answers(ask(working, call(1, "switch_mode"))) == [("p.1", False, "agent-mode")]


def test_a_person_is_asked_while_the_agent_waits(working: Play) -> None:
    """Its process has the network, so that a command which is not known has a way out."""
    ask(working, call(1, does=STRANGE))
    assert answers(working) == []
    assert "frobnicate" in working.asked[0]
    working.reply("yes")._decide()
    assert answers(working) == [("p.1", True, "unknown-command")]


def test_a_command_that_we_carry_out_stays_in_the_lane(working: Play) -> None:
    """It has no network, as the step has none: there is nothing to ask about."""
    assert answers(ask(working, call(1, does=STRANGE), is_served=True)) == [("p.1", True, "agent-command")]


def test_what_was_refused_stays_refused(working: Play) -> None:
    """The same request gets the same answer, also in a later attempt, without another question."""
    ask(working, call(1, does=PUSH)).reply("no", reason="never")._decide()
    ask(working, call(2, does=PUSH))
    assert [(one.is_allowed, one.reason) for one in working.told(ev.PermissionAnswered)] == [
        (False, "not approved: never"),
        (False, "not approved: never"),
    ]


def test_what_reaches_others_is_asked_about_each_time(working: Play) -> None:
    """One yes is for one push: whether it was done is not known, so the next one is another effect."""
    ask(working, call(1, does=PUSH)).reply("yes")._decide()
    ask(working, call(2, does=PUSH))
    assert len(working.asked) == 1
    assert "git push" in working.asked[0]


def test_a_yes_to_what_cannot_be_told_is_for_one_time(working: Play) -> None:
    """Two requests of which the agent says the same may be for different commands."""
    unsaid = CommandFacts(unclear="it does not say")
    ask(working, call(1, does=unsaid)).reply("yes")._decide()
    ask(working, call(2, does=unsaid))
    assert answers(working) == [("p.1", True, "unclear-command")]
    assert len(working.asked) == 1


def test_an_approval_holds_for_the_attempt_after_a_crash(working: Play) -> None:
    """The engine died before the agent was told: what was approved has not been done."""
    ask(working, call(1, does=PUSH))
    working.claim().reply("yes").go(do.RunStep)
    assert answers(ask(working, call(1, does=PUSH))) == [("p.1", True, "git-push")]


def test_a_pause_ends_an_agent_that_waits_for_a_person(working: Play) -> None:
    """Else the run would wait for its agent, and the agent for an answer."""
    ask(working, call(1, does=PUSH)).say(ev.PauseRequested)
    working.go()
    assert working.state.is_paused


def test_the_end_of_the_agent_withdraws_its_question(working: Play) -> None:
    """Nobody waits for the answer any more."""
    ask(working, call(1, does=PUSH)).go()
    assert working.asked == []
    assert working.states == {"a": "verified"}


def test_an_answer_to_nothing_is_refused(working: Play) -> None:
    """A permission is for what was asked."""
    with pytest.raises(IllegalTransition, match="waits for nothing"):
        working.say(ev.PermissionAnswered, **A, call="p.9", is_allowed=True)


def test_the_agent_is_told_the_step_its_scope_and_its_checks(working: Play) -> None:
    """And none of our tools."""
    brief = next(command.brief for command in working.open if isinstance(command, do.RunStep))
    assert all(text in brief for text in ("do it", "src/**", "`p` ends with exit status 0"))
    assert "`finish`" not in brief


def test_the_next_attempt_is_told_what_came_of_the_last(working: Play) -> None:
    """The lesson of a failed check opens it."""
    working.will(do.AskCheck, "proof", verdict=Verdict.FAILED, text="1 != 2").go(do.RestoreLane).go(do.RunStep)
    brief = next(command.brief for command in working.open if isinstance(command, do.RunStep))
    assert "1 != 2" in brief


def say_to(run: Play, name: str = "m1", *, now: bool = False) -> Play:
    """Let a person say something to the agent, and the kernel decide."""
    run.say(ev.MessageSent, message=name, to=StepId("a"), text="Mind the gap.", by="Ada", is_urgent=now)
    run._decide()
    return run


def end_turn(run: Play, turn: int) -> Play:
    """Let the agent end its turn, and the kernel decide."""
    run.say(ev.SessionTurnEnded, **A, turn=turn)
    run._decide()
    return run


def prompts(run: Play) -> list[tuple[str, ...]]:
    """Return the messages of each prompt behind the brief."""
    return [one.messages for one in run.told(ev.SessionPrompted)]


def test_a_message_waits_for_the_end_of_the_turn(working: Play) -> None:
    """The next prompt holds it; with nothing more to say the session ends."""
    say_to(working)
    assert prompts(working) == []
    end_turn(working, 1)
    assert prompts(working) == [("m1",)]
    end_turn(working, 2)
    assert prompts(working) == [("m1",), ()]


def test_an_urgent_message_ends_the_turn(working: Play) -> None:
    """Once, however many there are."""
    say_to(say_to(working, now=True), "m2", now=True)
    assert [one.turn for one in working.told(ev.SessionTurnCancelled)] == [1]
    assert prompts(end_turn(working, 1)) == [("m1", "m2")]
    assert len(working.told(ev.SessionTurnCancelled)) == 1


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_the_brief_after_a_crash_holds_a_message_once(working: Play, turns: int) -> None:
    """Whether it was waiting, under way, or read: the new session knows nothing of it otherwise."""
    say_to(working)
    for turn in range(1, turns + 1):
        end_turn(working, turn)
    working.claim().go(do.RunStep)
    briefs = [command.brief for command in working.open if isinstance(command, do.RunStep)]
    assert [brief.count("Mind the gap.") for brief in briefs] == [1]
    assert prompts(end_turn(working, 1))[-1] == ()


def test_the_end_of_a_turn_withdraws_what_was_asked(working: Play) -> None:
    """The agent waits for it no longer; what it asks next is weighed."""
    ask(working, call(1, does=PUSH))
    end_turn(say_to(working, now=True), 1)
    assert working.asked == []
    assert answers(ask(working, call(2, does=LS))) == [("p.2", True, "agent-command")]


def test_a_refused_request_fails_the_attempt_where_that_is_wanted(working: Play) -> None:
    """Once the agent has ended: it is told the refusal, and may go on with something else until then (M83)."""
    working.say(ev.MonitorsConfigured, watches=Watches(own={"refused_call": Watch(say=Say.FAIL)}))
    assert answers(ask(working, call(1, "switch_mode"))) == [("p.1", False, "agent-mode")]
    working.go()
    assert [one.diagnosis for one in working.told(ev.AttemptFailed)][:1] == ["policy_violation"]
    [found] = [one.finding for one in working.told(ev.FindingReported) if one.finding.kind == "refused-call"]
    assert [working.journal[seq - 1].kind for seq in found.evidence] == ["permission_asked"]
