"""Monitors see the form of a failure in what was done, and nothing where there is none (M81, M83, M84)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_acts import Act, news_of, steady
from surefoot.core.agent_types import Fault, Usage
from surefoot.core.event_words import Absent, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.monitor_table import MONITORS, Profile, Say, Watch, Watches
from surefoot.core.monitors import Watched, alarms
from surefoot.core.plan import Limits, RetryPolicy
from tests.core.test_kernel_conversations import AGENT, begun, calls, failing, failures, faulty, reply, under_way

ALL = Watches(own={name: replace(row.watch, say=Say.NOTE) for name, row in MONITORS.items()})


def acts(*said: str, **fields: Any) -> tuple[Act, ...]:
    """Make acts from `ASKED>GIVEN`, each in a turn of its own; a given text that begins with `!` is a failure."""
    made: list[Act] = []
    for number, one in enumerate(said, start=1):
        asked, _, given = one.partition(">")
        usual = {"at": number * 10, "agent": "worker", "tool": "run", "turn": number, "is_new": False, **fields}
        made.append(Act(asked=asked, given=given, ok=not given.startswith("!"), **usual))
    return tuple(made)


def seen(watched: Watched, watches: Watches = ALL) -> dict[str, tuple[int, ...]]:
    """Return what is seen, with where it shows."""
    return {one.monitor: one.evidence for one in alarms(watched, watches)}


def test_a_cycle_is_seen_with_its_acts() -> None:
    """Three rounds of two calls, and not two rounds and a half."""
    rounds = ("a>1", "b>2") * 3
    assert seen(Watched(acts=acts(*rounds))) == {"cycle": (10, 20, 30, 40, 50, 60)}
    assert seen(Watched(acts=acts(*rounds[:5]))) == {}


@pytest.mark.parametrize("period", range(1, 8))
def test_cycles_are_seen_up_to_six_calls(period: int) -> None:
    """A longer one is not."""
    calls = [f"call {number}>same" for number in range(period)] * 3
    assert ("cycle" in seen(Watched(acts=acts(*calls)))) == (period <= 6)


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(("poll>1", "poll>2", "poll>3"), id="what comes back changes"),
        pytest.param(("sleep 5>", "sleep 5>", "sleep 5>"), id="it waits"),
        pytest.param(("make && sleep 1>x",) * 3, id="it waits among other things"),
    ],
)
def test_what_waits_or_polls_is_no_loop(calls: tuple[str, ...]) -> None:
    """However often it comes."""
    assert seen(Watched(acts=acts(*calls))) == {}


def test_a_cycle_that_changes_files_is_none() -> None:
    """The same edit and test after it, with other files each time."""
    made = [replace(act, files=str(number)) for number, act in enumerate(acts(*("t>same",) * 4))]
    assert seen(Watched(acts=made)) == {}


def test_a_call_that_fails_in_the_same_way_is_seen_across_others() -> None:
    """Another failure of it is not the same."""
    calls = ("x>!no", "a>1", "x>!no", "b>2", "x>!no")
    assert seen(Watched(acts=acts(*calls))) == {"failing_call": (10, 30, 50)}
    assert seen(Watched(acts=acts(*calls[:4], "x>!else"))) == {}


def test_a_failing_call_is_seen_wherever_it_stands_in_its_reply() -> None:
    """Another call may follow it in the same reply."""
    calls = ("x>!no", "a>1", "x>!no", "b>2", "x>!no", "c>3")
    made = [replace(act, turn=number // 2 + 1) for number, act in enumerate(acts(*calls))]
    assert seen(Watched(acts=made)) == {"failing_call": (10, 30, 50)}


def test_the_same_replies_are_named_and_no_others() -> None:
    """Those between them are not."""
    watched = Watched(acts=acts("make>1", "look>2", "make>1", "make>1"), same_replies=2, turns=4)
    assert seen(watched)["same_reply"] == (10, 30, 40)


def test_replies_without_a_call_are_seen_with_their_places() -> None:
    """Three in a row, and not the one before."""
    said = (*acts("make>1"), *acts("hm>", "well>", "so>", tool=""))
    assert seen(Watched(acts=said, idle=3, turns=4))["no_call"] == (10, 20, 30)


@pytest.mark.parametrize(
    ("fault", "kind", "diagnosis"),
    [
        (Fault.MALFORMED, "malformed-reply", "malformed"),
        (Fault.EMPTY, "malformed-reply", "malformed"),
        (Fault.CUT, "cut-reply", "malformed"),
        (Fault.REFUSED, "refused-reply", "refused"),
        (Fault.OVERLOADED, None, None),
    ],
)
def test_a_reply_that_cannot_be_used_is_told_and_what_passes_is_not(
    play: Any, fault: Fault, kind: str | None, diagnosis: str | None
) -> None:
    """As a note, with its place (M81)."""
    run = faulty(begun(play), fault).go(do.RequestModel, "a").let(do.RequestModel)
    run._decide()
    found = [event.finding for event in run.told(ev.FindingReported)]
    place = next(seq for seq, event in enumerate(run.journal, start=1) if isinstance(event, ev.ModelRequestFailed))
    wanted = [] if kind is None else [(kind, diagnosis, "note", (place,))]
    assert [(one.kind, one.diagnosis, one.severity, one.evidence) for one in found] == wanted


def test_files_that_go_back_and_forth_are_seen() -> None:
    """They are what they were for the third time; to go on from there is none."""
    made = [replace(act, files=files) for act, files in zip(acts(*"abcdefg"), "pqpqpqr", strict=True)]
    assert seen(Watched(acts=made)) == {"back_and_forth": (30, 40, 50, 60)}
    assert seen(Watched(acts=made[:4])) == {}


def test_no_progress_is_counted_in_replies_since_something_new() -> None:
    """What was new once is not new again."""
    made = (replace(acts("a>1")[0], is_new=True), *acts(*(f"{number}>" for number in range(26)))[1:])
    assert "no_progress" in seen(Watched(acts=made, turns=26))
    assert "no_progress" not in seen(Watched(acts=made[:25], turns=25))


def test_replies_that_wait_are_no_lack_of_progress() -> None:
    """What is waited for takes its time; the replies between count."""
    waiting = acts(*(f"sleep {number}>pending" for number in range(40)))
    assert "no_progress" not in seen(Watched(acts=waiting, turns=40))
    assert "no_progress" in seen(Watched(acts=(*waiting, *acts("a>1")), turns=65))


def test_names_of_what_does_not_exist_are_counted_by_call() -> None:
    """The same vain call again says nothing new of that."""
    vain = acts(*(f"cat {name}>!No such file or directory" for name in "abcde"), names_nothing=True)
    assert "missing_files" in seen(Watched(acts=vain))
    assert "missing_files" not in seen(Watched(acts=(*vain[:4], vain[0])))


def searching(play: Any, answers: Sequence[dict[str, Any]]) -> Any:
    """Let an agent make so many calls, one a reply, each in words of its own."""
    watches = Watches(own={"no_progress": Watch(say=Say.WARN, figures={"turns": 6})})
    run = begun(play).say(ev.MonitorsConfigured, watches=watches)
    for turn, answer in enumerate(answers, start=1):
        told = {"tree": None, "whole": None, "saw": {}, **answer}
        run.will(do.UseTool, f"{turn}.1", **told)
        reply(run, turn, "search", arguments=BlobId(f"args {turn}")).go(do.RequestModel, "a")
    return run


def kinds(run: Any) -> set[str]:
    """Return what was reported."""
    return {event.finding.kind for event in run.told(ev.FindingReported)}


@pytest.mark.parametrize(("absent", "is_seen"), [(Absent.SOUGHT, True), (None, False)])
def test_searches_in_ever_new_words_that_find_nothing_are_no_news(
    play: Any, absent: Absent | None, *, is_seen: bool
) -> None:
    """What comes back differs only by the words that were asked for; that something is found is news."""
    found = ({"text": f"nothing matches 'word {number}'", "absent": absent} for number in range(8))
    assert ("no-progress" in kinds(searching(play, list(found)))) is is_seen


def test_what_our_own_tools_do_not_find_is_counted_by_their_field(play: Any) -> None:
    """Not by their words, which are for models (M78)."""
    vain = [{"ok": False, "text": f"{number} is nowhere", "absent": Absent.NAMED} for number in range(5)]
    sought = [{**one, "absent": Absent.SOUGHT} for one in vain]
    assert "missing-files" in kinds(searching(play, vain))
    assert "missing-files" not in kinds(searching(play, sought))


@pytest.mark.parametrize(
    ("asked", "given", "news"),
    [
        ("grep frobnicate", "no lines with frobnicate", "no lines with "),
        ("grep frob .", "a.py:12: frob(one)", "a.py:12: (one)"),
        ("ls", "a.py b.py", "a.py b.py"),
    ],
)
def test_the_words_of_a_call_are_no_news_in_its_result(asked: str, given: str, news: str) -> None:
    """What else is told is."""
    assert news_of(asked, given) == news


def test_most_of_the_calls_used_wrongly_are_seen() -> None:
    """Six of ten, and not five."""
    made = [replace(act, is_misuse=number < 6) for number, act in enumerate(acts(*"abcdefghij"))]
    assert "misuse_share" in seen(Watched(acts=made))
    assert "misuse_share" not in seen(Watched(acts=[*made[1:], made[-1]]))


@pytest.mark.parametrize(
    ("profile", "name", "say"),
    [
        (Profile.DEFAULT, "cycle", Say.WARN),
        (Profile.STRICT, "cycle", Say.FAIL),
        (Profile.STRICT, "missing_files", Say.WARN),
        (Profile.QUIET, "cycle", Say.NOTE),
        (Profile.QUIET, "missing_files", Say.OFF),
        (Profile.QUIET, "no_progress", Say.FAIL),
    ],
)
def test_a_profile_says_how_closely(profile: Profile, name: str, say: Say) -> None:
    """A monitor that is set by name is as it was set."""
    assert Watches(profile=profile).of(name).say is say
    assert Watches(profile=profile, own={name: Watch(say=Say.OFF)}).of(name).say is Say.OFF


def test_what_differs_each_time_is_left_out() -> None:
    """Times, durations and addresses; other figures stay."""
    one = steady("2026-01-02 10:11:12 <x at 0x7f12ab> 3 failed in 0.12s")
    assert one == steady("2026-01-03 11:11:13 <x at 0x7f99ff> 3 failed in 4.5s")
    assert one != steady("2026-01-03 11:11:13 <x at 0x7f99ff> 4 failed in 4.5s")


def looping(play: Any, turns: int, watches: Watches) -> Any:
    """Let an agent make two calls in turn; that replies are the same is not looked at."""
    own = {**watches.own, "same_reply": Watch(say=Say.OFF)}
    run = begun(play).say(ev.MonitorsConfigured, watches=replace(watches, own=own))
    for turn in range(1, turns + 1):
        reply(run, turn, "read", arguments=BlobId(f"args {turn % 2}")).go(do.RequestModel, "a")
    return run


def test_a_finding_is_reported_once_with_its_places(play: Any) -> None:
    """Of the journal, those of the replies; the attempt goes on."""
    run = looping(play, 8, Watches())
    found = [event.finding for event in run.told(ev.FindingReported)]
    assert [(one.kind, one.diagnosis, one.attempt) for one in found] == [("cycle", "infinite_loop", 1)]
    replies = [seq for seq, event in enumerate(run.journal, start=1) if isinstance(event, ev.ModelResponded)]
    assert list(found[0].evidence) == replies[:6]
    assert failures(run) == []


def test_a_monitor_that_fails_ends_the_attempt(play: Any) -> None:
    """With the failure that it names, after it was reported."""
    run = looping(play, 5, Watches(profile=Profile.STRICT))
    reply(run, 6, "read", arguments=BlobId("args 0")).go(do.RequestModel, "a")
    assert [event.finding.kind for event in run.told(ev.FindingReported)] == ["cycle"]
    assert failures(run) == ["infinite_loop"]


def test_a_monitor_that_is_off_says_nothing(play: Any) -> None:
    """Whatever it would see."""
    off = Watches(own={"cycle": Watch(say=Say.OFF), "no_progress": Watch(say=Say.OFF)})
    assert looping(play, 8, off).told(ev.FindingReported) == []


def quiet(play: Any, **setting: Any) -> Any:
    """Let a model give no sign for an hour."""
    run = begun(play).say(ev.MonitorsConfigured, watches=Watches(own={"stall": Watch(**setting)}))
    run.go(do.RequestModel, "a")
    run.say(ev.QuietNoticed, step="a", attempt=1, effect="model_request", quiet_s=3600.0)
    assert under_way(run) == []
    return run


def test_what_gives_no_sign_is_reported(play: Any) -> None:
    """Once an attempt; nothing is ended for it."""
    run = quiet(play, say=Say.WARN)
    run.say(ev.QuietNoticed, step="a", attempt=1, effect="model_request", quiet_s=7200.0)
    assert under_way(run) == []
    assert [event.finding.text for event in run.told(ev.FindingReported)] == ["for 3600 s the model gave no sign"]
    assert run.told(ev.InterruptRequested) == []


def test_what_gives_no_sign_is_ended_where_that_is_wanted(play: Any) -> None:
    """The attempt fails as a stall, and counts."""
    run = quiet(play, say=Say.FAIL)
    assert [event.is_stall for event in run.told(ev.InterruptRequested)] == [True]
    assert failures(run) == ["stall"]


def test_findings_of_an_attempt_add_up(play: Any) -> None:
    """A warning counts 3: with 3 wanted, one is enough."""
    own = {"score": Watch(say=Say.WARN, figures={"at": 3})}
    found = [event.finding for event in looping(play, 8, Watches(own=own)).told(ev.FindingReported)]
    assert [(one.kind, one.diagnosis) for one in found] == [("cycle", "infinite_loop"), ("score", "infinite_loop")]


@pytest.mark.parametrize(
    ("say", "is_agent", "silence_s"), [(Say.WARN, True, 600), (Say.WARN, False, None), (Say.OFF, True, None)]
)
def test_only_agents_are_watched_for_silence_unless_it_is_set(
    say: Say, is_agent: bool, silence_s: float | None
) -> None:
    """A command may be silent for long."""
    assert Watches(own={"stall": Watch(say=say)}).silence_s(is_agent=is_agent) == silence_s


@pytest.mark.parametrize(
    ("calls", "is_seen"),
    [
        pytest.param(("make>done", "make>done", "make>done"), True, id="the same each time"),
        pytest.param(("sleep 5>", "sleep 5>", "sleep 5>"), False, id="it waits"),
        pytest.param(("make>1 of 3", "make>1 of 3", "make>2 of 3"), False, id="what comes back changes"),
    ],
)
def test_the_same_reply_that_waits_or_polls_is_no_loop(calls: tuple[str, ...], is_seen: bool) -> None:
    """A drill of an agent that waits showed it: the attempt was ended at the third `sleep`."""
    watched = Watched(acts=acts(*calls), same_replies=2, turns=3)
    assert ("same_reply" in seen(watched)) == is_seen


@pytest.mark.parametrize(("last", "is_seen"), [(12_199, False), (12_200, True)])
def test_a_step_that_takes_ten_times_what_others_took_is_reported(play: Any, last: int, *, is_seen: bool) -> None:
    """Each of them 1,220 tokens, and nothing else is verified since it began (M84)."""
    run = begun(play, {name: {**AGENT, "checks": (failing(),)} for name in "abcd"})
    for name in "abc":
        run.will(do.RequestModel, name, usage=Usage(requests=1, input_tokens=1_000))
    run.will(do.RequestModel, "d", usage=Usage(requests=1, input_tokens=last), calls=calls(1, "read"))
    run.go(do.RequestModel, "d").let(do.RequestModel).go(do.RequestModel, "d")
    found = {event.finding.kind: event.finding for event in run.told(ev.FindingReported)}
    assert ("spend-rate" in found) is is_seen


CHECKED = {"checks": (failing(),)}
FAILING = {"checks": (failing("red"),), "retry": RetryPolicy(maximum_attempts=1)}


@pytest.mark.parametrize(("limit", "amount", "is_seen"), [("tokens", 3_900_000, True), ("requests", 90, False)])
def test_a_limit_that_will_not_do_is_told_with_the_steps_that_show_it(
    play: Any, limit: str, amount: int, *, is_seen: bool
) -> None:
    """Three steps of a million tokens each are verified, and a fourth is to come (M84, M95)."""
    steps = {name: {**AGENT, "checks": (failing(),)} for name in "abcd"}
    run = begun(play, steps, limits=Limits(**{limit: amount}))
    for name in "abc":
        run.will(do.RequestModel, name, usage=Usage(requests=1, input_tokens=1_000_000))
    run.will(do.RequestModel, "d", calls=calls(1, "read")).go(do.RequestModel, "d")
    found = [event.finding for event in run.told(ev.FindingReported) if event.finding.kind == "forecast"]
    verified = [seq for seq, event in enumerate(run.journal, start=1) if isinstance(event, ev.StepVerified)]
    assert [one.evidence for one in found] == ([tuple(verified)] if is_seen else [])


@pytest.mark.parametrize(
    ("how", "state", "most", "is_seen"),
    [
        ({"unproved": True, "checks": ()}, "unproved", 7_100_000, False),
        ({"unproved": True, "checks": ()}, "unproved", 5_900_000, True),
        ({}, "skipped", 7_100_000, False),
        ({}, "skipped", 5_900_000, True),
        (FAILING, "failed", 6_100_000, False),
        (FAILING, "failed", 5_900_000, True),
    ],
)
def test_a_forecast_counts_what_is_done_without_a_proof_and_what_failed_and_not_what_was_skipped(
    play: Any, how: dict[str, Any], state: str, most: int, *, is_seen: bool
) -> None:
    """Else the others would seem to take more than they do, and a run that has enough would be alarmed (M95)."""
    own = {"a": AGENT | CHECKED, "b": AGENT | CHECKED, "c": AGENT | CHECKED, "d": AGENT | how, "e": AGENT | how}
    run = begun(play, {**own, "f": AGENT | CHECKED}, limits=Limits(tokens=most))
    for name in "abcde":
        run.will(do.RequestModel, name, usage=Usage(requests=1, input_tokens=1_000_000))
    run.will(do.AskCheck, "red", verdict=Verdict.FAILED).will(do.AskCheck, "red", verdict=Verdict.FAILED)
    run.will(do.RequestModel, "f", calls=calls(1, "read")).go(do.RequestModel, "f")
    assert run.report["steps"][4]["state"] == state
    assert any(event.finding.kind == "forecast" for event in run.told(ev.FindingReported)) is is_seen


def test_a_limit_that_will_not_do_pauses_the_run_where_that_is_wanted(play: Any) -> None:
    """Before it is reached, and once: resumed, the run goes on (M95)."""
    steps = {name: {**AGENT, "checks": (failing(),)} for name in "abcd"}
    run = begun(play, steps, limits=Limits(tokens=3_900_000))
    run.say(ev.MonitorsConfigured, watches=Watches(own={"forecast": Watch(say=Say.FAIL, figures={"steps": 3})}))
    for name in "abc":
        run.will(do.RequestModel, name, usage=Usage(requests=1, input_tokens=1_000_000))
    run.go()
    [reached] = run.told(ev.LimitReached)
    assert (reached.limit, reached.finding.kind, run.state.pausing) == ("tokens", "forecast", reached.text)
    run.claim().say(ev.RunResumed).go()
    assert run.state.outcome is not None
