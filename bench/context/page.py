"""What was counted, in tables: a few lines for the terminal, and the page `docs/internals/context.md`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.context.replaying import FOUND_OUT, FULL, GOAL, Count

REMARKS = Path(__file__).with_name("remarks.md")
"""How it is done, what follows, and where it ends, which no figure says."""
CLASSES = ((0, 15_000), (15_000, 30_000), (30_000, 60_000), (60_000, 10**9), (30_000, 10**9))
"""Runs by how long their history is in the end, in tokens; the last class is that for which a price is aimed at."""
PICTURE = "context.svg"
_HEAD = """# How much is sent to a model, and what stays within its reach

Made by `python -m bench.context FOLDER`; do not edit.

A model remembers nothing: whatever it is to know has to be sent with every request. This page counts what that takes
over whole runs of real agents, in three ways: the full history each time, the last ten turns, and Surefoot's briefs.
"""


@dataclass(frozen=True)
class Replayed:
    """One run, counted in each way."""

    name: str
    source: str
    turns: int
    ways: dict[str, Count]

    @property
    def length(self) -> int:
        """Return how long its history is in the end."""
        return self.ways[FULL].sizes[-1]


def page(runs: Sequence[Replayed]) -> str:
    """Return the page."""
    longest = max(runs, key=lambda one: one.length)
    parts = [
        _HEAD,
        f"![Tokens of each request of {longest.name}]({PICTURE})\n",
        "\n".join(_sections(runs)),
        REMARKS.read_text(encoding="utf-8"),
        "## Conditions\n",
        _table(("", ""), _conditions(runs)),
    ]
    return "\n".join(parts)


def summary(runs: Sequence[Replayed]) -> str:
    """Return the figures for a terminal."""
    return "\n".join(_sections(runs))


def _sections(runs: Sequence[Replayed]) -> list[str]:
    parts: list[str] = []
    for low, high in CLASSES:
        own = [one for one in runs if low <= one.length < high]
        if own:
            name = f"{low:,} to {high:,}" if high < 10**9 else f"more than {low:,}"
            turns = statistics.median(one.turns for one in own)
            parts.append(f"## Histories of {name} tokens: {len(own)} runs, {turns:.0f} turns in the middle\n")
            parts.append(_table(_SENT, [_sent(own, way) for way in own[0].ways]))
            parts.append(_table(_REACHED, [_reached(own, way) for way in own[0].ways]))
    return parts


_SENT = (
    "sent",
    "tokens, of full history",
    "in the middle run",
    "with recalls",
    "same as in the request before",
    "price with caches, of full history",
    "price with recalls",
    "longest request",
    "foldings a run",
    "summaries a run",
)
_REACHED = (
    "within reach",
    "requests with the goal whole",
    "lines of goal and instructions",
    "outputs",
    "paths",
    "error lines",
    "these three in the request itself",
    "outputs there whole or named one by one",
    "recalls a run",
)


def _sent(runs: Sequence[Replayed], way: str) -> tuple[str, ...]:
    counts, full = [one.ways[way] for one in runs], [one.ways[FULL] for one in runs]
    sent, all_sent = sum(one.sent for one in counts), sum(one.sent for one in full)
    recalled = sum(one.recalled for one in counts)
    all_priced = sum(one.priced for one in full)
    return (
        way,
        _percent(sent / all_sent),
        _percent(statistics.median(one.sent / whole.sent for one, whole in zip(counts, full, strict=True))),
        _percent((sent + recalled) / all_sent) if way.startswith("ours") else "",
        _percent(sum(one.cached for one in counts) / sent),
        _percent(sum(one.priced for one in counts) / all_priced),
        _percent(sum(one.priced_with_recalls for one in counts) / all_priced) if way.startswith("ours") else "",
        f"{max(max(one.sizes) for one in counts):,}",
        *(f"{sum(values) / len(runs):.1f}" for values in _rare(counts)),
    )


def _reached(runs: Sequence[Replayed], way: str) -> tuple[str, ...]:
    counts = [one.ways[way] for one in runs]
    return (
        way,
        _percent(sum(one.whole_goals for one in counts) / sum(len(one.sizes) for one in counts)),
        _share(counts, GOAL),
        *(_share(counts, kind) for kind in FOUND_OUT),
        _percent(sum(one.verbatim for one in counts) / _facts(counts)),
        _percent(sum(one.named for one in counts) / sum(one.outputs for one in counts)),
        f"{sum(one.recalls for one in counts) / len(runs):.1f}",
    )


def _rare(counts: Sequence[Count]) -> tuple[list[int], list[int]]:
    return [one.folds for one in counts], [one.summaries for one in counts]


def _facts(counts: Sequence[Count]) -> int:
    return sum(one.facts.get(kind, 0) for one in counts for kind in FOUND_OUT)


def _share(counts: Sequence[Count], *kinds: str) -> str:
    there = sum(one.facts.get(kind, 0) for one in counts for kind in kinds)
    reached = sum(one.reached.get(kind, 0) for one in counts for kind in kinds)
    return _percent(reached / there) if there else "none"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value >= 0.995 or value < 0.985 else f"{100 * value:.1f} %"


def _conditions(runs: Sequence[Replayed]) -> list[tuple[str, str]]:
    sources = sorted({one.source for one in runs})
    counted = ", ".join(f"{source}: {sum(one.source == source for one in runs)}" for source in sources)
    return [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("runs", counted),
        ("requests", f"{sum(one.turns for one in runs):,}"),
        ("tokens", "estimated the same way everywhere: characters / 3.2, more for other scripts, and 4 for each text"),
        ("the beginning", "the same in all three ways: Surefoot's own words, the goal and the instructions of the run"),
        ("price of what a provider has just read", "one tenth"),
        ("not counted", "descriptions of tools, replies, the model's own thoughts (no provider takes them back)"),
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)
