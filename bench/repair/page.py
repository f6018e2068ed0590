"""What was found, in words: a few lines for the terminal, and the page `docs/internals/repair.md`."""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.repair.performing import Found

REMARKS = Path(__file__).with_name("remarks.md")
"""How it is done, which no figure says."""
_HEAD = """# Repairing faulty functions

Made by `python -m bench.repair FILE…`; do not edit.

Agent steps repair small faulty functions. A step counts when its checks were red before and are green after, also those
that the model was never told of.
"""
Result = dict[str, Any]
_Row = tuple[str, Callable[[Result], str]]


def write_result(found: Found, folder: Path) -> None:
    """Keep what a run has brought."""
    suites = Counter(name.partition("/")[0] for name in found.states)
    counts, usage = found.counts, found.counts.usage
    result: Result = {
        "model": shown(found.model),
        "attempts": found.attempts,
        "turns": found.turns,
        "outcome": found.outcome,
        "suites": {suite: [found.verified(f"{suite}/"), count] for suite, count in sorted(suites.items())},
        "states": Counter(found.states.values()),
        "replies": counts.replies,
        "faults": counts.faults,
        "calls": counts.calls,
        "refused": counts.refused,
        "misuses": counts.misuses,
        "only_visible": counts.only_visible,
        "failures": counts.failures,
        "tokens": [usage.input_tokens, usage.cache_read_tokens, usage.output_tokens],
        "taken_s": round(found.taken_s),
        "on": f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors",
        "day": time.strftime("%Y-%m-%d"),
    }
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", shown(found.model))
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1), "utf-8")


def read_results(folder: Path) -> list[Result]:
    """Return what is kept, the best first."""
    found: list[Result] = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: -sum(verified for verified, _ in one["suites"].values()))


def shown(model: str) -> str:
    """Return a model's name without the folder of its file."""
    return re.sub(r"^(local:).*/", r"\1", model)


def summary(found: Found) -> str:
    """Return the terminal's line."""
    counts, whole = found.counts, len(found.states)
    return (
        f"{shown(found.model)}: {found.verified()} of {whole} repaired; {counts.replies} replies, "
        f"{counts.faults.total()} requests without one, {counts.refused} calls refused, in {found.taken_s:.0f} s\n"
    )


def page(results: Sequence[Result]) -> str:
    """Return the page."""
    heads = ("", *(f"{one['model']}" for one in results))
    suites = sorted({suite for one in results for suite in one["suites"]})
    parts = [_HEAD, _table(heads, [*(_suite_row(suite) for suite in suites), *_ROWS], results)]
    parts += [REMARKS.read_text("utf-8"), "## What happened on the way\n", _table(heads, _WAY, results)]
    parts += ["## Conditions\n", _table(heads, _CONDITIONS, results)]
    return "\n".join(parts)


def _suite_row(suite: str) -> _Row:
    def verified(one: Result) -> str:
        got, whole = one["suites"].get(suite, (0, 0))
        return f"**{got} of {whole}**" if whole else "not tried"

    return f"{suite}: repaired, by all tests", verified


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda one: -one[1])) or "none"


_ROWS: list[_Row] = [
    ("passed the visible tests and failed those held back", lambda one: f"{one['only_visible']:,}"),
    ("the run ended as", lambda one: one["outcome"].replace("_", " ")),
    ("steps by state", lambda one: _counted(one["states"])),
]
_WAY: list[_Row] = [
    ("replies that could be used", lambda one: f"{one['replies']:,}"),
    ("requests without such a reply, by kind", lambda one: _counted(one["faults"])),
    ("tool calls asked for", lambda one: _counted(one["calls"])),
    ("of these refused before they were carried out", lambda one: f"{one['refused']:,}"),
    ("carried out, and could not do what was asked", lambda one: f"{one['misuses']:,}"),
    ("attempts that failed, by diagnosis", lambda one: _counted(one["failures"])),
    ("tokens sent, of these from the cache, written", lambda one: " / ".join(f"{count:,}" for count in one["tokens"])),
]
_CONDITIONS: list[_Row] = [
    ("attempts a case, replies an attempt at most", lambda one: f"{one['attempts']}, {one['turns']}"),
    ("wall time", lambda one: f"{one['taken_s']:,} s"),
    ("on", lambda one: one["on"]),
    ("day", lambda one: one["day"]),
]


def _table(heads: Sequence[str], rows: Sequence[_Row], results: Sequence[Result]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    lines += ["| " + " | ".join((name, *(cell(one) for one in results))) + " |" for name, cell in rows]
    return "\n".join(lines) + "\n"
