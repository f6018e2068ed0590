"""Whole runs with providers that misbehave: each ends in a verified step, a failed attempt with its reason, or a pause.

Read `tests/models/test_faults.py` for what each of them is told as, `providers.py` for the scene.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import surefoot.models.request

# The first request of a program loads these; it must not count against a time-out of seconds.
import surefoot.models.response
from tests.acceptance.conftest import RUN
from tests.acceptance.providers import (
    DONE,
    EDIT,
    KEY,
    READ,
    STREAMS,
    Scene,
    results_in,
    say_next,
    scene_in,
    turned_away,
)
from tests.models.server import Raw, Reply, Server, streamed

assert surefoot.models.response
assert surefoot.models.request
VERIFIED, ASKS, PAUSED = 0, 4, 6
"""How a run ends: with all of it done, with a question about the step that failed, or with a pause."""


@dataclass(frozen=True)
class Bad:
    """A way to go wrong, and what comes of it in a conversation of three turns, at the second of them."""

    reply: Callable[[str], Reply | Raw]
    """What the server says, by its interface."""
    once: int
    """Requests in all where it is well again after one such reply; 2: the run pauses at once."""
    ever: int
    """Requests in all where it never is."""
    code: int
    """How the run stops then."""
    words: str
    """What the report says about it."""


def away(status: int, message: str, **headers: str) -> Callable[[str], Raw]:
    """Turn a request away."""
    return lambda kind: turned_away(kind, status, message, **headers)


def said(**reply: object) -> Callable[[str], Reply]:
    """Say the same by each interface."""
    return lambda _: Reply(**reply)  # type: ignore[arg-type]


def ended(openai: str, anthropic: str) -> Callable[[str], Reply]:
    """Stop for a reason, as each interface calls it."""
    return lambda kind: Reply(text="I will", calls=[("edit", {})], finish=openai if kind == "openai" else anthropic)


def begun(*more: bytes, is_cut: bool = False, holds: bool = False) -> Callable[[str], Raw]:
    """Begin a reply, and go on wrong."""
    return lambda kind: streamed(
        *STREAMS[kind](Reply(text="I was", ends=False)),
        *more,
        is_cut=is_cut,
        waits=threading.Event() if holds else None,
    )


SOON = {"retry_after": "0.1"}
BAD = {
    "429": Bad(away(429, "slow down", **SOON), 4, 5, PAUSED, "rate_limit"),
    "429 without a time": Bad(away(429, "slow down"), 4, 5, PAUSED, "rate_limit"),
    "429 until tomorrow": Bad(away(429, "no more today", retry_after="7200"), 2, 2, PAUSED, "asks to wait for 7200 s"),
    "429 for an empty account": Bad(away(429, "insufficient_quota"), 2, 2, PAUSED, "the account has nothing left"),
    "500": Bad(away(500, "boom", **SOON), 4, 5, PAUSED, "look whether it is up"),
    "529": Bad(away(529, "Overloaded", **SOON), 4, 5, PAUSED, "no capacity now"),
    "401": Bad(away(401, "Bad key"), 2, 2, PAUSED, "set one that is valid"),
    "402": Bad(away(402, "Pay first"), 2, 2, PAUSED, "the account has nothing left"),
    "404": Bad(away(404, "small: no such model"), 2, 2, PAUSED, "look at its name"),
    "400": Bad(away(400, "tools.3 is wrong"), 2, 2, PAUSED, "tools.3 is wrong"),
    # The ladder of an overflow has one attempt follow, with shorter briefs.
    "context too long": Bad(away(400, "prompt is too long"), 4, 9, ASKS, "another one may take more"),
    "slow stream": Bad(begun(holds=True), 4, 5, PAUSED, "no reply in time"),
    "cut connection": Bad(begun(is_cut=True), 4, 5, PAUSED, "could not be reached"),
    "cut stream": Bad(begun(), 4, 7, ASKS, "the stream ended before the reply did"),
    "cut reply": Bad(ended("length", "max_tokens"), 4, 7, ASKS, "the reply was cut at"),
    "a chunk that is no JSON": Bad(begun(b"event: x\ndata: {not json\n\n"), 4, 7, ASKS, "not what its format says"),
    "a page": Bad(lambda _: Raw(pieces=[b"<html>It works!</html>"]), 4, 7, ASKS, "no usable reply"),
    "empty reply": Bad(said(text=""), 4, 7, ASKS, "neither text nor a tool call"),
    "words alone": Bad(said(text="It is done."), 4, 7, ASKS, "3 replies in a row held no tool call"),
    "refusal": Bad(ended("content_filter", "refusal"), 5, 3, ASKS, "it will not answer"),
    "arguments that are no JSON": Bad(said(calls=[("edit", '{"edits": [')]), 4, 7, ASKS, "the same reply 3 times"),
    "arguments of another schema": Bad(said(calls=[("edit", {"path": 3})]), 4, 7, ASKS, "the same reply 3 times"),
    "unknown tool": Bad(said(calls=[("launch", {})]), 4, 7, ASKS, "the same reply 3 times"),
}
FAST_ONCE = ("429", "cut stream")
FAST_EVER = ("401", "words alone")


def each(kind: str, fast: tuple[str, ...]) -> list[object]:
    """Name every way by every interface; those beside the fast ones by one interface are marked as slow."""
    every = [(name, one) for name in BAD for one in STREAMS]
    return [one if one in {(name, kind) for name in fast} else slow(*one) for one in every]


def slow(*values: str) -> object:
    """Mark a case as one for `make test-all`."""
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scene:
    """Make a repository with a step to do."""
    return scene_in(tmp_path, monkeypatch, capsys)


@pytest.fixture
def server(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve both interfaces."""
    with Server(READ, EDIT, DONE) as server:
        scene.settings({"bad": (server.url + "/v1", "openai")}, timeout="2s")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server


@pytest.mark.parametrize(("name", "kind"), each("openai", FAST_ONCE))
def test_a_provider_that_is_well_again_loses_nothing(scene: Scene, server: Server, name: str, kind: str) -> None:
    """After one bad answer the same turn is asked for again, at once or by `resume`, and the step is verified."""
    bad = BAD[name]
    say_next(server, READ, bad.reply(kind), *([READ] if name == "refusal" else []), EDIT, DONE)
    stopped = scene.run(kind)
    assert (stopped.code, len(server.asked)) == (PAUSED if bad.once == 2 else VERIFIED, bad.once)
    assert stopped.code == VERIFIED or scene.resume().code == VERIFIED
    assert len(results_in(server.asked[-1])) >= 2


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("empty reply", ["malformed-reply"]),
        ("cut reply", ["cut-reply"]),
        ("refusal", ["refused-reply"]),
        ("500", []),
    ],
)
def test_a_reply_that_could_not_be_used_is_a_note_and_what_passes_is_none(
    scene: Scene, server: Server, name: str, kinds: list[str]
) -> None:
    """With the place of the request that failed; the run is verified all the same (M81)."""
    say_next(server, READ, BAD[name].reply("openai"), *([READ] if name == "refusal" else []), EDIT, DONE)
    assert scene.run("openai").code == VERIFIED
    found = [one for one in scene.found() if one["kind"].endswith("-reply")]
    assert [(one["kind"], one["severity"], len(one["evidence"])) for one in found] == [
        (one, "note", 1) for one in kinds
    ]


@pytest.mark.parametrize(("name", "kind"), each("anthropic", FAST_EVER))
def test_a_provider_that_stays_bad_is_not_asked_for_ever(scene: Scene, server: Server, name: str, kind: str) -> None:
    """The run stops after so many requests, and says why."""
    bad = BAD[name]
    say_next(server, READ, bad.reply(kind))
    stopped = scene.run(kind)
    asked = len(server.asked)
    say_next(server, EDIT, DONE)
    report = scene.say("report", RUN).out
    assert (stopped.code, asked) == (bad.code, bad.ever)
    assert bad.words in " ".join(report.split())


@pytest.mark.parametrize("name", ["401", slow("429"), slow("500"), slow("402")])
def test_a_run_that_paused_goes_on_in_the_same_turn(scene: Scene, server: Server, name: str) -> None:
    """What was read is told again, and not read again; the report says how to go on."""
    say_next(server, READ, BAD[name].reply("openai"))
    stopped = scene.run()
    assert (stopped.code, stopped.json["next"]) == (PAUSED, f"surefoot resume {RUN}")
    say_next(server, EDIT, DONE)
    assert (scene.resume().code, len(server.asked)) == (VERIFIED, 2)
    assert ["one" in result for result in results_in(server.asked[0])] == [True]


def test_a_run_that_paused_goes_on_with_another_model(scene: Scene, server: Server) -> None:
    """By `--model`, of another provider, which is told the calls of the first one."""
    say_next(server, READ, BAD["401"].reply("openai"))
    assert scene.run().code == PAUSED
    say_next(server, EDIT, DONE)
    assert scene.resume("--model", "anthropic:claude-sonnet-5-5").code == VERIFIED
    assert [asked.path for asked in server.asked] == ["/v1/messages"] * 2


@pytest.mark.parametrize("name", ["429", slow("refusal"), slow("402"), slow("cut stream")])
def test_the_next_model_of_a_chain_goes_on_with_the_conversation(scene: Scene, server: Server, name: str) -> None:
    """Within one run, from one provider to another; each is billed for its own."""
    say_next(server, READ, BAD[name].reply("openai"))
    with Server(EDIT, DONE) as good:
        scene.settings({"bad": (server.url + "/v1", "openai"), "good": (good.url, "anthropic")})
        assert scene.run("openai", "--model", "bad:small,good:large").code == VERIFIED
        assert ["one" in result for result in results_in(good.asked[0])] == [True]
    requests = {row["name"]: row["requests"] for row in scene.cost()["by"]["model"]}
    assert requests == {"bad:small": len(server.asked), "good:large": 2}


@pytest.mark.parametrize(
    "variable", ["SUREFOOT_MODEL", slow("SUREFOOT_MODELS__WORKER"), slow("SUREFOOT_MODELS__DEFAULT")]
)
def test_a_model_is_named_by_the_environment(
    scene: Scene, server: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Without a flag; a key in the environment would name another one."""
    monkeypatch.setenv(variable, "bad:small")
    assert scene.say("run", "../plan.yaml").code == VERIFIED
    assert {(asked.path, asked.body["model"]) for asked in server.asked} == {("/v1/chat/completions", "small")}


def is_private(path: Path) -> bool:
    """Tell whether a file and its folder are there for their owner alone, as arguments that hold a secret are."""
    return path.parent.name == "private" and not (path.stat().st_mode | path.parent.stat().st_mode) & 0o077


def test_a_key_is_sent_and_kept_nowhere(scene: Scene, server: Server) -> None:
    """Neither in the journal, blobs and files nor in output, although provider and model say it back.

    Only the arguments of a call, which are carried out as they were written, lie in a folder for the owner alone.
    """
    echo = Reply(text=f"I have {KEY}.\n", calls=[("search", {"pattern": KEY}), ("note", {"text": f"the key is {KEY}"})])
    say_next(server, echo, turned_away("openai", 401, f"Incorrect API key provided: {KEY}"))
    told = [scene.run(), scene.say("report", RUN), scene.say("show", RUN, "fix", "--turns"), scene.say("audit")]
    files = [path for path in scene.home.rglob("*") if path.is_file() and not is_private(path)]
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert [one for one in told if KEY in one.out + one.err] == []
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("name", ["cut reply", slow("refusal"), slow("a chunk that is no JSON")])
def test_what_a_provider_says_of_its_faults_is_for_people(scene: Scene, server: Server, name: str) -> None:
    """The model is told in words of ours, in the next request and in the next attempt."""
    say_next(server, READ, BAD[name].reply("openai"))
    assert scene.run().code == ASKS
    told = [str(asked.body["messages"]) for asked in server.asked]
    assert "nothing of it was done" in told[2] or name == "refusal"
    assert [text for text in told if "bad:small" in text or BAD[name].words in text] == []
