"""No input that a plan or a model chooses holds up the event loop.

Work on another thread that lets the loop turn makes no gap; work that holds all threads makes one, as does work on the
loop itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import pytest

from surefoot.checks.file_check import ask_files
from surefoot.core.check_kinds import Expect, FileCheck
from surefoot.core.plan import Check
from surefoot.effects.tool_call.perform import use_tool
from surefoot.workers.command import LaneCommands
from tests.workers.conftest import SPEC, Lane

GAP_MAX_S = 0.5
"""Of processor time. A gap is 0.1 s at most on an idle machine; what these tests ask for made gaps of 1 to 10 s."""


async def longest_gap(awaitable: Awaitable[object]) -> float:
    """Return the most processor time that was spent between two turns of the loop until it is done."""
    doing = asyncio.ensure_future(awaitable)
    longest, last = 0.0, time.process_time()
    while not doing.done():
        await asyncio.sleep(0.001)
        now = time.process_time()
        longest, last = max(longest, now - last), now
    await doing
    return longest


@pytest.mark.parametrize(("pattern", "length"), [("(a+)+$", 26), ("(a|aa)+b", 36)])
async def test_no_expression_of_a_check_holds_up_the_loop(lane: Lane, pattern: str, length: int) -> None:
    """Python's own expressions take time that doubles with each character, and hold all threads."""
    (lane.root / "long.txt").write_text("a" * length + "!\n")
    ask = FileCheck(glob="long.txt", matches=pattern)
    check = Check(name="c", ask=ask, expect=Expect.PASS)
    commands = LaneCommands(context=lane.context, lane="0", mark="it/1/c", step=SPEC)
    assert await longest_gap(ask_files(ask, check, commands)) < GAP_MAX_S


@pytest.mark.parametrize("tool", ["list", "outline"])
async def test_no_glob_of_a_model_holds_up_the_loop(lane: Lane, tool: str) -> None:
    """A glob with many stars on a long name."""
    (lane.root / ("a" * 42)).write_text("")
    key = "glob" if tool == "list" else "path"
    call = await asyncio.to_thread(lane.call, tool, **{key: "*a" * 9 + "*b"})
    assert await longest_gap(use_tool(lane.context, lane.asking(call))) < GAP_MAX_S


async def test_no_edit_holds_up_the_loop(lane: Lane) -> None:
    """What a text that is nowhere is nearest to is looked for in thousands of lines."""
    lines = "".join(f"{number} " + "ab" * 90 + "\n" for number in range(3000))
    (lane.root / "big.txt").write_text(lines)
    await asyncio.to_thread(lane.use, "read", path="big.txt")
    edits = [{"path": "big.txt", "old": "ba" * 90, "new": "x"}]
    call = await asyncio.to_thread(lane.call, "edit", edits=edits)
    assert await longest_gap(use_tool(lane.context, lane.asking(call))) < GAP_MAX_S
