"""`call` probes: a Python function in a child, and one of the calling program."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import CallProbe, FunctionProbe, Probe
from surefoot.probes import ProbeReply, Subject, ask, call_probe

APPLIED, NOT_APPLIED, UNKNOWN = Applied
SAID = [
    (True, APPLIED),
    (False, NOT_APPLIED),
    (None, UNKNOWN),
    ("applied", APPLIED),
    ("not_applied", NOT_APPLIED),
    ("unknown", UNKNOWN),
    ("perhaps", UNKNOWN),
    (1, UNKNOWN),
    ((True, "seen at noon"), APPLIED),
    (("not_applied", "gone"), NOT_APPLIED),
    ((True, "too", "much"), UNKNOWN),
    ({}, UNKNOWN),
]
FUNCTIONS = """
    import asyncio, sys

    def true():
        return True

    def pair():
        return ["not_applied", "seen at noon"]

    def word():
        return "perhaps"

    async def waits(argument):
        await asyncio.sleep(0)
        print("no word of it")
        return argument.idempotency_key == "run:pay" and argument.attempt == 2 and (argument.workspace / "a").exists()

    def breaks():
        raise OSError("no way")

    def ends():
        sys.exit(3)
"""


@pytest.fixture
def asked(commands: Any, tmp_path: Path) -> Any:
    """Ask a function of the plan's folder."""
    (tmp_path / "shop.py").write_text(textwrap.dedent(FUNCTIONS), "utf-8")

    async def about(name: str) -> ProbeReply:
        subject = Subject(step="pay", attempt=2, key="run:pay", plan_folder=tmp_path)
        return await ask(Probe(ask=CallProbe(function=f"shop:{name}")), commands, subject=subject)

    return about


@pytest.mark.parametrize(("name", "answer"), [("true", APPLIED), ("pair", NOT_APPLIED), ("word", UNKNOWN)])
async def test_a_function_answers_by_what_it_returns(asked: Any, name: str, answer: Applied) -> None:
    """True, False, None, or a word; anything else says nothing."""
    assert (await asked(name)).answer is answer


async def test_a_function_is_told_what_it_asks_about(asked: Any, lane: Path) -> None:
    """By its argument: the key, the attempt, and where the lane is; it may be async."""
    (lane / "a").touch()
    assert (await asked("waits")).answer is APPLIED


@pytest.mark.parametrize("name", ["breaks", "ends", "is_missing"])
async def test_a_function_that_breaks_says_nothing(asked: Any, name: str) -> None:
    """It is not applied by declaration only."""
    assert (await asked(name)).answer is UNKNOWN


async def test_what_a_function_says_with_its_answer_is_shown(asked: Any) -> None:
    """A person may have to decide on it."""
    assert ((await asked("pair")).text, "OSError" in (await asked("breaks")).text) == ("seen at noon", True)


async def test_a_function_is_asked_outside_the_sandbox(asked: Any, commands: Any) -> None:
    """As every probe: it looks at the world."""
    await asked("true")
    assert (commands.asked[0].network, commands.asked[0].confine) == (True, False)


@pytest.mark.parametrize(("said", "answer"), SAID, ids=[repr(said) for said, _ in SAID])
async def test_a_function_of_the_program_answers_likewise(commands: Any, said: Any, answer: Applied) -> None:
    """In the engine's own process."""

    async def function() -> object:
        return said

    probe = Probe(ask=FunctionProbe(name="f"))
    assert (await ask(probe, commands, subject=Subject(function=function))).answer is answer


async def test_a_function_of_the_program_that_breaks_says_nothing(
    commands: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what it raises nor that it takes too long ends the engine."""
    monkeypatch.setattr(call_probe, "TIMEOUT_S", 0.01)

    async def function() -> object:
        raise OSError("no way")

    reply = await ask(Probe(ask=FunctionProbe(name="f")), commands, subject=Subject(function=function))
    assert (reply.answer, reply.text) == (UNKNOWN, "f ended with OSError: no way")
