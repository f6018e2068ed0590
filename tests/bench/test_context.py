"""Trajectories replayed as talks, and what is counted of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from bench.context.__main__ import main
from bench.context.replaying import FULL, GOAL, LAST, Count, replay
from bench.context.trajectories import SOURCES, Trajectory, read

LONG = "word " * 400


def call(command: str) -> dict[str, Any]:
    """Make a step that runs a command."""
    return {
        "agent": "agent",
        "kind": "tool_call",
        "name": "bash",
        "args": {"command": command},
        "content": f"`{command}`",
    }


def gave(text: str) -> dict[str, Any]:
    """Make a step that says what the command gave."""
    return {
        "agent": "environment",
        "kind": "tool_result",
        "name": "bash",
        "args": None,
        "content": text,
        "error": False,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of trajectories: one of thirty turns in each source."""
    told = [{"agent": "user", "kind": "message", "args": None, "content": "Fix the bug.\nKeep the API."}]
    steps = [one for at in range(30) for one in (call(f"cat src/file_{at}.py"), gave(f"Error: number {at} {LONG}"))]
    row = {"id": "made", "goal": "Fix the bug.", "steps": [*told, *steps]}
    for source in SOURCES:
        with gzip.open(tmp_path / f"{source}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write(json.dumps({**row, "source": source}) + "\n")
    return tmp_path


@pytest.fixture
def one(folder: Path) -> Trajectory:
    """Read one of them."""
    return next(read(folder))


@pytest.fixture
def counts(one: Trajectory) -> dict[str, Count]:
    """Replay it."""
    return replay(one, (8_000,), 0.25)


def test_a_call_and_its_result_are_a_turn(one: Trajectory) -> None:
    """A run of thirty commands is a conversation of thirty turns, with the goal in front."""
    assert len(one.turns) == 30
    assert one.goal == "Fix the bug.\nKeep the API."
    assert one.texts[one.turns[4].answered.reply].strip() == "`cat src/file_4.py`"


def test_full_history_grows_with_every_turn(counts: dict[str, Count]) -> None:
    """Each request holds the one before, so that all but the new turn was read before."""
    sizes = counts[FULL].sizes
    assert sizes == sorted(sizes)
    assert counts[FULL].cached == sum(sizes[:-1])


def test_the_last_turns_forget_what_was_before(counts: dict[str, Count]) -> None:
    """Short, but what is gone is out of reach."""
    assert counts[LAST].sizes[-1] < counts[FULL].sizes[-1] / 2
    assert counts[LAST].reached["outputs"] < counts[LAST].facts["outputs"]


def test_our_briefs_are_short_and_reach_everything(counts: dict[str, Count]) -> None:
    """Every output, path and error line is there or referred to, and the goal in every request."""
    ours = counts["ours, 8,000"]
    assert ours.sent < counts[FULL].sent / 2
    assert ours.reached == ours.facts
    assert ours.facts[GOAL] == 2 * 30
    assert ours.whole_goals == 30


def test_no_brief_is_longer_than_its_budget(counts: dict[str, Count]) -> None:
    """A budget is a limit."""
    assert max(counts["ours, 8,000"].sizes) <= 8_000


def test_a_word_from_a_forgotten_output_counts_as_a_recall(folder: Path) -> None:
    """Replies that use what the request does not hold would have had to look it up."""
    one = next(read(folder))
    name = "a_function_nobody_would_guess"
    one.texts[one.turns[2].calls[0].asked.call] += name
    one.texts[one.turns[29].answered.reply] = name
    assert replay(one, (8_000,), 0.25)["ours, 8,000"].recalls == 1


def test_the_page_and_its_picture_are_written(folder: Path, tmp_path: Path) -> None:
    """One command reads, counts and writes."""
    main([str(folder), "--out", str(tmp_path)])
    assert "| full history | 100 % |" in (tmp_path / "context.md").read_text("utf-8")
    assert "<polyline" in (tmp_path / "context.svg").read_text("utf-8")


def test_a_part_of_the_trajectories_makes_no_page(folder: Path, tmp_path: Path) -> None:
    """Figures of a part are for the terminal."""
    main([str(folder), "--every", "2", "--out", str(tmp_path)])
    assert not (tmp_path / "context.md").exists()
