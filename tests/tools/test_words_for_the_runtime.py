"""What agents say to the runtime becomes data; what was put away comes back in full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from surefoot.core.agent_types import Claim, Note, Statement
from surefoot.core.tool_payload import PlanChange
from surefoot.core.tool_table import StoredTexts


def keep(lane: Any, text: str) -> None:
    """Keep a text as what call 3.2 gave."""
    lane.stored = StoredTexts(texts={"3.2": lane.commands.store(text.encode())})


async def test_what_is_kept_comes_back_page_by_page(lane: Any) -> None:
    """All of it, long lines too."""
    wanted = "\n".join("x" * 70 + str(number) for number in range(900)) + "\n" + "y" * 2000
    keep(lane, wanted)
    found, start = "", 1
    while start:
        page = await lane("recall", reference="3.2", start=start)
        body, _, more = page.text.partition("\n")[2].partition("\n… go on with start: ")
        found, start = found + body + "\n", int(more or 0)
    assert found.replace("\n", "") == wanted.replace("\n", "")


async def test_what_is_not_kept_is_refused_with_what_is(lane: Any) -> None:
    """The nearest reference is named."""
    keep(lane, "")
    result = await lane("recall", reference="3.20")
    assert (result.is_misuse, "did you mean 3.2?" in result.text) == (True, True)


async def test_what_a_held_back_check_said_is_never_shown(lane: Any) -> None:
    """Not even to who knows its name; and it is not offered to others."""
    keep(lane, "the answer is 42")
    lane.stored = replace(lane.stored, hidden=tuple(lane.stored.texts.values()))
    told = [await lane("recall", reference=name) for name in ("3.2", "3.1")]
    assert [result.ok for result in told] == [False, False]
    assert "42" not in told[0].text
    assert "3.2" not in told[1].text


async def test_a_note_says_who_made_it(lane: Any) -> None:
    """The step and the call."""
    lane.set(call="2.1")
    assert (await lane("note", text=" tabs only ")).payload == Note(text="tabs only", by="it", call="2.1")


async def test_a_proposal_holds_its_reason(lane: Any) -> None:
    """A person decides on both together."""
    result = await lane("propose", change="Split it.", why="Too big.")
    assert result.payload == PlanChange(text="Split it. Why: Too big.")


async def test_a_question_that_nobody_answers_is_no_dead_end(lane: Any) -> None:
    """The agent is told to go on."""
    result = await lane("ask", question="Which?")
    assert (result.ok, result.is_misuse, "go on" in result.text) == (False, False, True)


async def test_the_end_is_a_claim(lane: Any) -> None:
    """With all that was said, and nothing made up."""
    said = {"text": "tests pass", "evidence": "4.1"}
    result = await lane("finish", summary="Done.", confidence=1, statements=[said], uncertainties=["b"], changed=["a"])
    assert result.payload == Claim(
        summary="Done.",
        changed=("a",),
        statements=(Statement(text="tests pass", evidence="4.1"),),
        confidence=1.0,
        uncertainties=("b",),
    )
