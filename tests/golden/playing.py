"""The runs whose journals are kept: one of each kind, played by the kernel against the kindest world.

Owns what these runs are. Must never hold anything of a machine or a person. Read `keeping.py` next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.events import Event
from surefoot.core.plan import AgentBody, Check, Effect, Limits, RetryPolicy, Service
from surefoot.core.terms import Moment, Verdict
from tests.core.conftest import Play
from tests.core.test_kernel_table import CASTING, WISHED, walk

PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)
AGENT = {"body": AgentBody(instructions="do it"), "checks": (PROOF,), "retry": RetryPolicy(retry_unknown=True)}


def _plan() -> list[Event]:
    """Two steps after each other; the first fails once, and an engine is followed by another."""
    run = Play({"a": {"checks": (PROOF,), "retry": RetryPolicy(retry_unknown=True)}, "b": {"needs": ("a",)}})
    return run.go(do.RunStep, "a").claim().go().journal


def _lanes() -> list[Event]:
    """Three steps of which two run at once."""
    return Play({"a": {}, "b": {}, "c": {"needs": ("a", "b")}}, limits=Limits(parallel=2)).go().journal


def _approvals() -> list[Event]:
    """An effect outside that is denied, and one that is approved."""
    run = Play({"a": {"effect": Effect.IRREVERSIBLE}, "b": {"effect": Effect.IRREVERSIBLE}}).go()
    return run.reply("no", reason="not today").go().reply("yes").go().journal


def _services() -> list[Event]:
    """A step and its check use a service."""
    return Play({"a": {"uses": ("db",), "checks": (PROOF,)}}, services=(Service(name="db", run="db"),)).go().journal


def _goal() -> list[Event]:
    """A goal in words, with a reviewer."""
    *_, (_, events) = walk(created=WISHED)
    return events


def _agent() -> list[Event]:
    """An agent whose first attempt does not pass its check."""
    run = Play({"a": AGENT}).say(ev.CastingGiven, casting=CASTING)
    return run.will(do.AskCheck, "proof").will(do.AskCheck, "proof", verdict=Verdict.FAILED, text="1 != 2").go().journal


def refused() -> list[Event]:
    """Return a journal in which a step is verified though its check was not asked after the body."""
    check = Check(name="still green", ask=CommandCheck(command="t"), expect=Expect.PASS_TO_PASS)
    events, asked = Play({"a": {"checks": (check,)}}).go().journal, (ev.CheckAsked, ev.CheckAnswered)
    return [event for event in events if not (isinstance(event, asked) and event.moment is Moment.AFTER)]


JOURNALS: Mapping[str, Callable[[], list[Event]]] = {
    "plan": _plan,
    "lanes": _lanes,
    "approvals": _approvals,
    "services": _services,
    "goal": _goal,
    "agent": _agent,
}
