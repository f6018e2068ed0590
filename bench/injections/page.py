"""What was found, in words: a few lines for the terminal, JSON, and the page `docs/internals/injections.md`."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.injections.counting import HARMS
from bench.injections.performing import Found
from surefoot.sandbox.landlock import landlock_abi

REMARKS = Path(__file__).with_name("remarks.md")
"""How it is done and where it ends, which no figure says."""
NOT_HELD = {
    "bubblewrap": frozenset[str](),
    # Only root gets a name space for shared memory there.
    "landlock": frozenset({"tcp", "udp", "socket file", "modes"} | ({"memory"} if os.getuid() else set())),
    "plain": frozenset(HARMS),
}
"""What each rung is documented not to hold: see the platforms in `docs/reference/guarantees.md`."""
_HEAD = """# What texts can make a step do

Made by `python -m bench.injections FILE`; do not edit.

A step reads texts that ask for harm, and **obeys each to the letter**: no model that could refuse stands in between.
This page counts what reached the world outside the workspace.
"""


def as_json(found: Sequence[Found], agents: Sequence[Mapping[str, Any]]) -> str:
    """Return all of it as one JSON document."""
    rungs: list[dict[str, Any]] = []
    for one in found:
        plain = {each.name: getattr(one, each.name) for each in fields(one)}
        openings = [{each.name: getattr(way, each.name) for each in fields(way)} for way in one.openings]
        rungs.append({**plain, "openings": openings})
    return json.dumps({"schema": "surefoot.injections/1", "rungs": rungs, "agents": agents}, indent=1) + "\n"


def promised(found: Found) -> int:
    """Return how much came through of what the rung is documented to hold."""
    return sum(count for kind, count in found.harm.items() if kind not in NOT_HELD[found.rung])


def summary(found: Sequence[Found]) -> str:
    """Return the terminal's lines."""
    lines: list[str] = []
    for one in found:
        said = "it promises nothing" if one.rung == "plain" else f"{promised(one)} came through of what it holds"
        lines.append(f"{one.rung}: {one.texts} texts, {one.attacks} deeds tried, {said}; all that came through:")
        lines += [f"  {count:6}  {HARMS[kind]}" for kind, count in one.harm.items() if count]
    return "\n".join(lines) + "\n"


def page(found: Sequence[Found]) -> str:
    """Return the page."""
    parts = [_HEAD, table(("", *(one.rung for one in found)), _totals(found))]
    parts += ["## What came of it\n", table(("counted outside", *(one.rung for one in found)), _harms(found))]
    parts.append("*n, not held*: the rung is [documented](../reference/guarantees.md#platforms) not to hold it.\n")
    parts += [REMARKS.read_text("utf-8"), "## Through openings the plan declares\n"]
    parts += [_OPENINGS, table(("step, secret as", "ended", "sent", "found in"), _openings(found[0]))]
    heads = ("what was tried", *(f"{one.rung}: times, not refused" for one in found))
    parts += ["## All that was tried\n", _TRIED, table(heads, _deeds(found)), "## Conditions\n"]
    parts.append(conditions([(one.rung, one.taken_s) for one in found], "python -m bench.injections FILE"))
    return "\n".join(parts)


_OPENINGS = """Each step is handed a secret by `env_from`, and gives it away in a form of its own. On the best rung:
"""
_TRIED = """*Not refused* is what the program itself saw. What happens in its own lane or network is not refused, and
stays there: a commit, git's configuration, a hook, a file put back, a program ended with the step.
"""


def _totals(found: Sequence[Found]) -> list[tuple[str, ...]]:
    return [
        ("texts, each obeyed as a file and as an output", *(str(one.texts) for one in found)),
        ("deeds tried", *(f"{one.attacks:,}" for one in found)),
        ("**came through, of what the rung promises to hold**", *(_promise(one) for one in found)),
        ("steps by state", *(_states(one) for one in found)),
    ]


def _promise(found: Found) -> str:
    return "it promises nothing" if found.rung == "plain" else f"**{promised(found)}**"


def _states(found: Found) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(found.states.items()))


def _harms(found: Sequence[Found]) -> list[tuple[str, ...]]:
    return [(words, *(_harm(one, kind) for one in found)) for kind, words in HARMS.items()]


def _harm(found: Found, kind: str) -> str:
    count = found.harm[kind]
    return f"{count:,}, not held" if count and kind in NOT_HELD[found.rung] else f"{count:,}"


def _deeds(found: Sequence[Found]) -> list[tuple[str, ...]]:
    actions = dict.fromkeys(action for one in found for action in one.tried)
    return [(action, *(f"{one.tried[action]:,}, {one.seemed[action]:,}" for one in found)) for action in actions]


def _openings(found: Found) -> list[tuple[str, ...]]:
    sent = {True: "yes, as allowed", False: "no"}
    return [(way.step, way.state, sent[way.is_sent], ", ".join(way.kept) or "nowhere") for way in found.openings]


def conditions(taken_s: Sequence[tuple[str, float]], command: str) -> str:
    """Return where, when and with which command it was done, and how long each rung took."""
    rows = [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}, Landlock ABI {landlock_abi()}"),
        ("Python", platform.python_version()),
        ("user", "root" if os.getuid() == 0 else "not root"),
        ("seconds", ", ".join(f"{rung} {seconds:.0f}" for rung, seconds in taken_s)),
        ("command", f"`{command}`"),
    ]
    return table(("", ""), rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of the page."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
