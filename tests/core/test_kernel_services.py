"""When services are started, stopped and missed."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Applied, Diagnosis, Ending, Status
from surefoot.core.plan import Check, Effect, RetryPolicy, Service
from surefoot.core.probe_kinds import Probe, RunProbe

DB, WEB = Service(name="db", run="db"), Service(name="web", run="web")
ASKED = Check(name="asked", ask=CommandCheck(command="ask"), expect=Expect.PASS_TO_PASS)
PAY = {
    "uses": ("db",),
    "effect": Effect.IRREVERSIBLE,
    "checks": (Check(name="paid", ask=CommandCheck(command="paid")),),
}


def serving(play: Any, steps: dict[str, dict[str, Any]], **more: Any) -> Any:
    """Begin a run whose plan has two services."""
    return play(steps, services=(DB, WEB), **more)


def lose(run: Any, service: str = "db", lane: str = "1") -> Any:
    """Let a service end by itself."""
    return run.say(ev.ServiceEnded, lane=lane, service=service, reason=f"service {service} ended with exit status 1")


def started(run: Any) -> list[str]:
    """Return the services that were started, in order."""
    return [event.service for event in run.told(ev.ServiceRequested)]


def test_a_service_is_started_for_the_first_step_that_uses_it(play: Any) -> None:
    """Later steps of the lane find it running."""
    run = serving(play, {"a": {}, "b": {"uses": ("db",)}, "c": {"uses": ("db",)}}).go()
    assert (run.state.outcome, started(run)) == ("completed", ["db"])


def test_services_are_started_in_the_order_of_the_plan_and_told_of_those_before(play: Any) -> None:
    """So that one may need another, however `uses` lists them."""
    run = serving(play, {"a": {"uses": ("web", "db")}}).go(do.StartService, "web")
    (command,) = run.open
    assert (started(run), command.up) == (["db", "web"], ("db",))


def test_a_service_is_up_before_the_checks_that_come_first(play: Any) -> None:
    """They may need it as much as the body."""
    run = serving(play, {"a": {"uses": ("db",), "checks": (ASKED,)}}).go(do.AskCheck)
    assert (started(run), run.open[0].services) == (["db"], ("db",))


def test_what_only_a_check_uses_is_started_for_its_step(play: Any) -> None:
    """A step need not name it a second time."""
    check = Check(name="asked", ask=CommandCheck(command="ask"), uses=("web",))
    run = serving(play, {"a": {"checks": (check,)}}).go()
    assert (run.states, started(run)) == ({"a": "verified"}, ["web"])


def test_a_failed_attempt_stops_the_services_before_the_lane_is_put_back(play: Any) -> None:
    """The next one begins with fresh ones."""
    run = serving(play, {"a": {"uses": ("db",)}})
    run.will(do.RunStep, "a", ending=Ending(status=Status.EXIT, exit_code=75)).go()
    kinds = [
        event.kind for event in run.journal if event.kind in ("service_ended", "lane_restored", "service_requested")
    ]
    assert kinds == ["service_requested", "service_ended", "lane_restored", "service_requested"]


def test_a_failed_attempt_that_uses_none_leaves_services_alone(play: Any) -> None:
    """They are not its own."""
    run = serving(play, {"a": {"uses": ("db",)}, "b": {"needs": ("a",)}})
    run.will(do.RunStep, "b", ending=Ending(status=Status.EXIT, exit_code=75)).go()
    assert (run.states["b"], run.told(ev.ServiceStopRequested)) == ("verified", [])


def test_a_service_that_does_not_get_ready_fails_the_attempt(play: Any) -> None:
    """As often as the step may be tried."""
    run = serving(play, {"a": {"uses": ("db",), "retry": RetryPolicy(maximum_attempts=2)}})
    for _ in range(3):
        run.will(do.StartService, "db", ev.EffectFailed, diagnosis=Diagnosis.TRANSIENT, reason="service db sulks")
    run.go()
    assert (run.steps["a"]["reason"], run.bodies, started(run)) == ("service db sulks", [], ["db", "db"])


def test_a_service_lost_during_the_body_interrupts_it_and_fails_the_attempt(play: Any) -> None:
    """As transient, with the service's end as the reason."""
    run = lose(serving(play, {"a": {"uses": ("db",)}}).go(do.RunStep)).go()
    (failure,) = run.told(ev.AttemptFailed)
    assert (failure.diagnosis, failure.reason) == ("transient", "service db ended with exit status 1")
    assert (run.states, started(run)) == ({"a": "verified"}, ["db", "db"])


def test_a_service_lost_between_steps_fails_nobody(play: Any) -> None:
    """It is started again for the next step that uses it."""
    run = serving(play, {"a": {"uses": ("db",)}, "b": {"needs": ("a",)}, "c": {"needs": ("b",), "uses": ("db",)}})
    lose(run.go(do.RunStep, "b")).go()
    assert (run.told(ev.AttemptFailed), started(run)) == ([], ["db", "db"])


def test_an_effect_outside_is_not_cut_off_when_its_service_is_lost(play: Any) -> None:
    """Its checks tell what it came to, with a service that was started again."""
    run = lose(serving(play, {"pay": PAY}).say(ev.ApprovalsGiven, allow=("pay",)).go(do.RunStep)).go()
    assert (run.states, run.bodies, started(run)) == ({"pay": "verified"}, ["pay"], ["db", "db"])


def test_an_effect_outside_whose_checks_cannot_be_asked_is_in_doubt(play: Any) -> None:
    """It is probed, never repeated blindly."""
    probed = {**PAY, "probe": Probe(ask=RunProbe(command="look"))}
    run = serving(play, {"pay": probed}).say(ev.ApprovalsGiven, allow=("pay",)).go(do.RunStep)
    run.will(do.StartService, "db", ev.EffectFailed, diagnosis=Diagnosis.STRUCTURAL, reason="no room")
    run.will(do.AskProbe, "pay", answer=Applied.UNKNOWN)
    lose(run).go()
    assert run.bodies == ["pay"]
    assert run.asked == [
        "Step pay: its checks could not be asked: no room. The probe could not tell: . Was the effect applied?"
    ]


def test_a_verdict_is_not_reused_beside_other_services(play: Any) -> None:
    """What passed with a database may fail without one."""
    steps = {"a": {"uses": ("db",), "checks": (ASKED,)}, "b": {"needs": ("a",), "checks": (ASKED,)}}
    run = serving(play, steps).go()
    assert run.told(ev.VerdictReused) == []


@pytest.mark.parametrize("name", ["db", "gpu"])
def test_a_body_that_uses_a_named_resource_changes_the_lane(play: Any, name: str) -> None:
    """No tree holds what it may have done there."""
    run = serving(play, {"a": {"uses": (name,)}}).go(do.RunStep)
    before = run.state.lanes["1"].epoch
    assert run.go().state.lanes["1"].epoch == before + 1


def test_a_new_engine_finds_no_service_running(play: Any) -> None:
    """The one before ended them all, or they ended with it."""
    run = serving(play, {"a": {"uses": ("db",)}}).go(do.RunStep).claim()
    assert run.state.lanes["1"].services == {}
    assert (run.go().states, started(run)) == ({"a": "verified"}, ["db", "db"])


def test_acceptance_starts_what_its_checks_use_in_each_lane(play: Any) -> None:
    """Before the first change, and in the clean lane."""
    accept = Check(name="goal", ask=CommandCheck(command="x"), expect=Expect.PASS_TO_PASS, uses=("db",))
    run = serving(play, {"a": {}}, accept=(accept,)).go()
    assert [event.lane for event in run.told(ev.ServiceReady)] == ["1", "clean"]


def test_an_acceptance_check_that_lost_its_service_is_asked_anew(play: Any) -> None:
    """Its failure says nothing about the goal."""
    accept = Check(name="goal", ask=CommandCheck(command="x"), uses=("db",))
    run = serving(play, {"a": {}}, accept=(accept,)).go(do.AskCheck, "goal")
    lose(run.will(do.AskCheck, "goal", verdict="failed"), lane="clean").go()
    assert (run.state.outcome, len(run.told(ev.CheckAnswered))) == ("completed", 2)
