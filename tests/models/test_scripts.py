"""Scripted models: what a script is told, what it may answer, and that it goes the way of any provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from surefoot.core.agent_types import Fault, Finish, Role, Usage
from surefoot.core.ids import RunId, StepId
from surefoot.errors import ConfigInvalid
from surefoot.models.client import Providers
from surefoot.models.script_files import script_of
from surefoot.models.scripts import Answered, ScriptedReply, ScriptedRequest, request_of
from surefoot.ports import Asker, Called, Message, ModelAnswer, ModelFault, ModelRequest, Speaker
from tests.models.conftest import READ, WORDS

Play = Callable[..., Awaitable[ModelAnswer | ModelFault]]
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """Ask a scripted model: a function, or one by its name."""
    opened: list[Providers] = []

    async def played(script: object, *, stream: bool = False, **fields: object) -> ModelAnswer | ModelFault:
        function, name = (None, script) if isinstance(script, str) else (script, "scripted:test")
        providers = Providers({}, {}, function)
        opened.append(providers)
        asker = Asker(role=Role.WORKER, run=RunId("R"), step=StepId("S"), attempt=1)
        request = ModelRequest(**{"model": name, "messages": WORDS, "tools": (READ,), "asker": asker, **fields})
        return await providers.ask(request, (lambda _: None) if stream else None)

    yield played
    for providers in opened:
        await providers.close()


def after(turns: int, *, role: str = "worker", step: str = "S", attempt: int = 1, news: str = "out") -> ScriptedRequest:
    """Return what a script is told after so many turns."""
    first = Message(speaker=Speaker.SYSTEM, text="You are to play.")
    asker = Asker(role=Role(role), run=RunId("R"), step=StepId(step), attempt=attempt)
    call = Called(name="read", arguments={}, raw="{}", provider_id="x")
    turn = (Message(speaker=Speaker.MODEL, text="", calls=(call,)), Message(speaker=Speaker.TOOL, text=news))
    return request_of((first, Message(speaker=Speaker.USER, text="Begin."), *turn * turns), ["read"], asker)


# --- what a script is told


@pytest.mark.parametrize(
    ("role", "step", "phase"),
    [("scout", "(understand)", "understand"), ("planner", "(plan)", "plan"), ("worker", "a b/c", "execute")],
)
def test_a_script_is_told_whose_attempt_asks(role: str, step: str, phase: str) -> None:
    """By it a script knows where it stands."""
    request = after(0, role=role, step=step, attempt=3)
    assert (request.role, request.step, request.attempt, request.run) == (role, step, 3, "R")
    assert request.phase == phase


def test_turns_are_counted_by_the_replies_that_are_told() -> None:
    """So that a script is at the same place after a kill."""
    assert [after(turns).turn for turns in range(3)] == [1, 2, 3]


def test_turns_told_in_short_are_counted_too() -> None:
    """A brief that has been folded holds fewer replies."""
    request = after(2)
    folded = Message(speaker=Speaker.USER, text="Turns 1 to 5, in short. recall(...) brings them back.")
    assert request_of((*request.messages[:2], folded, *request.messages[2:]), []).turn == 8


def test_news_is_what_was_said_since_the_last_reply() -> None:
    """What a script that reacts looks at."""
    assert after(2, news="exit status 1").news == "exit status 1"
    assert "Begin." in after(0).news


# --- what it may answer


@BOTH
async def test_a_text_is_a_reply(play: Play, stream: bool) -> None:
    """The shortest script."""
    answer = await play(lambda _: "Hello.", stream=stream)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.finish, answer.model) == ("Hello.", Finish.STOP, "scripted:test")


@BOTH
async def test_calls_are_a_reply(play: Play, stream: bool) -> None:
    """Each a tool with its arguments."""
    answer = await play(lambda _: [("read", {"path": "a"}), ("read", '{"path"')], stream=stream)
    assert isinstance(answer, ModelAnswer)
    assert [call.arguments for call in answer.calls] == [{"path": "a"}, None]
    assert answer.calls[1].raw == '{"path"'


async def test_a_function_may_be_async(play: Play) -> None:
    """It may wait for something."""

    async def script(request: ScriptedRequest) -> Answered:
        return f"turn {request.turn}"

    answer = await play(script)
    assert isinstance(answer, ModelAnswer)
    assert answer.text == "turn 1"


@BOTH
async def test_usage_is_what_the_script_says(play: Play, stream: bool) -> None:
    """For tests of limits."""
    usage = Usage(requests=1, input_tokens=1000, output_tokens=20, cache_read_tokens=900)
    answer = await play(lambda _: ScriptedReply(say="x", usage=usage), stream=stream)
    assert answer.usage == usage


async def test_usage_is_estimated_where_the_script_says_nothing(play: Play) -> None:
    """Limits hold for scripted models, too."""
    answer = await play(lambda _: "x" * 400)
    assert answer.usage is not None
    assert answer.usage.output_tokens > 100


@BOTH
@pytest.mark.parametrize("fault", list(Fault))
async def test_each_fault_can_be_played(play: Play, stream: bool, fault: Fault) -> None:
    """It comes out as if a provider had it."""
    found = await play(lambda _: ScriptedReply(say="I was", fault=fault, why="because"), stream=stream)
    assert isinstance(found, ModelFault)
    assert found.fault is fault


async def test_a_played_limit_says_how_long_to_wait(play: Play) -> None:
    """As the header of a provider would."""
    found = await play(lambda _: ScriptedReply(fault=Fault.RATE_LIMIT, retry_after_s=3.0))
    assert isinstance(found, ModelFault)
    assert (found.retry_after_s, found.is_unbilled) == (3.0, True)


async def test_a_script_that_raises_is_told_with_its_error(play: Play) -> None:
    """Nothing is tried again: the script has to be corrected."""

    def script(_: ScriptedRequest) -> Answered:
        raise KeyError("steps")

    found = await play(script)
    assert isinstance(found, ModelFault)
    assert found.fault is Fault.BAD_REQUEST
    assert "raised KeyError: 'steps'" in found.text


async def test_a_script_plays_a_model_without_tools(play: Play) -> None:
    """Then it has to write what such a model writes."""
    text = '{"say": "I look.", "calls": [{"tool": "read", "arguments": {"path": "a"}}]}'
    answer = await play(lambda _: text, native_tools=False)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.calls[0].arguments) == ("I look.", {"path": "a"})


# --- scripts in files


def yaml(folder: Path, text: str) -> Callable[[ScriptedRequest], ScriptedReply]:
    """Write a script and read it."""
    path = folder / "script.yaml"
    path.write_text(text, "utf-8")
    return script_of(f"scripted:{path}")


ORDERED = """\
- say: one
- fault: {kind: overloaded, retry_after: 2s, times: 2}
- say: two
  calls: [{tool: read, arguments: {path: a.py, lines: [1, 2]}}, {tool: list}]
- when: {role: planner}
  say: a plan
"""


def test_replies_come_in_order_within_each_conversation(tmp_path: Path) -> None:
    """By the turn, not by how often was asked."""
    script = yaml(tmp_path, "- say: one\n- say: two\n")
    assert [script(after(turn)).say for turn in (1, 0, 1)] == ["two", "one", "two"]


def test_a_fault_comes_before_the_reply_that_follows_it(tmp_path: Path) -> None:
    """As often as it says, then the reply."""
    script = yaml(tmp_path, ORDERED)
    found = [script(after(1)) for _ in range(3)]
    assert [reply.fault for reply in found] == [Fault.OVERLOADED, Fault.OVERLOADED, None]
    assert (found[0].retry_after_s, found[2].say) == (2.0, "two")


def test_calls_are_read_with_their_arguments(tmp_path: Path) -> None:
    """Numbers stay numbers; a call without arguments has none."""
    script = yaml(tmp_path, ORDERED.replace("times: 2", "times: 1"))
    script(after(1))
    assert list(script(after(1)).calls) == [("read", {"path": "a.py", "lines": [1, 2]}), ("list", {})]


@pytest.mark.parametrize(
    ("when", "fits", "fits_not"),
    [
        ("role: planner", after(0, role="planner"), after(0)),
        ("phase: plan", after(0, role="planner"), after(0)),
        ("step: fix-*", after(0, step="fix-a/b"), after(0, step="other")),
        ("attempt: 2", after(0, attempt=2), after(0)),
        ("turn: 3", after(2), after(1)),
        ("contains: exit status 1", after(1, news="exit status 1"), after(1, news="exit status 0")),
    ],
)
def test_a_reply_is_given_where_it_says(
    tmp_path: Path, when: str, fits: ScriptedRequest, fits_not: ScriptedRequest
) -> None:
    """Elsewhere the others are."""
    script = yaml(tmp_path, f"- when: {{{when}}}\n  say: here\n- say: elsewhere\n- say: elsewhere\n- say: elsewhere\n")
    assert (script(fits).say, script(fits_not).say) == ("here", "elsewhere")


async def test_a_script_that_ends_says_where(tmp_path: Path, play: Play) -> None:
    """The run pauses; a longer script goes on."""
    (tmp_path / "s.yaml").write_text("- when: {turn: 2}\n  say: x\n", "utf-8")
    found = await play(f"scripted:{tmp_path}/s.yaml")
    assert isinstance(found, ModelFault)
    assert "s.yaml has no reply for turn 1 of step 'S', role 'worker', attempt 1" in found.text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {}\n", "1:3: the reply says nothing; `say`, `calls` or `fault` was expected; add one of them"),
        ("- tell: x\n", "1:3: `tell`"),
        ("- fault: {kind: tired}\n", "1:17: found the text 'tired'; one of rate_limit,"),
        ("- calls: [{tool: read, arguments: 3}]\n", "1:35: found the number 3; a mapping or a text was expected"),
        ("say: x\n", "1:1: found a mapping; a list of replies was expected"),
        (
            "- when: {role: boss}\n  say: x\n",
            "1:16: found the text 'boss'; one of scout, planner, replanner, worker, reviewer",
        ),
    ],
)
def test_mistakes_of_a_script_have_places(tmp_path: Path, text: str, problem: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigInvalid) as caught:
        yaml(tmp_path, text)
    assert f"script.yaml:{problem}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing.yaml", "there is no file"),
        ("there.py", "names no function"),
        ("there.py:other", "there is no function 'other'"),
        ("broken.py:play", "it cannot be imported (ZeroDivisionError"),
        ("there.txt", "is no script"),
    ],
)
def test_a_script_that_is_not_there_is_told(tmp_path: Path, name: str, problem: str) -> None:
    """With what to write instead."""
    (tmp_path / "there.py").write_text("def play(request):\n    return 'x'\n", "utf-8")
    (tmp_path / "broken.py").write_text("1 / 0\n", "utf-8")
    (tmp_path / "there.txt").write_text("", "utf-8")
    with pytest.raises(ConfigInvalid) as caught:
        script_of(f"scripted:{tmp_path}/{name}")
    assert problem in str(caught.value)


async def test_a_function_in_a_file_plays_a_model(tmp_path: Path, play: Play) -> None:
    """Named behind the file."""
    (tmp_path / "oracle.py").write_text("def play(request):\n    return f'{request.role} {request.step}'\n", "utf-8")
    answer = await play(f"scripted:{tmp_path}/oracle.py:play", stream=True)
    assert isinstance(answer, ModelAnswer)
    assert answer.text == "worker S"
