"""What agents did that obey texts, in words: a few lines for the terminal, JSON, and a section of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.injections.agents import BECAME, PLACES, Obeyed, totals
from bench.injections.counting import HARMS
from bench.injections.page import NOT_HELD, conditions, table

HEADING = "## Through an agent"
"""Where the section begins; it is the last of the page."""
ABOUT = Path(__file__).with_name("agents.md")
"""How it is done, which no figure says."""
_BECAME = """*Carried out* means inside the lane: what of it reached the world outside is the first table.
Calls that write come one after the other, so that a step which waits for a person, or was ended because it had misused
its tools too often, does not begin the rest.
"""


def agents_json(found: Sequence[Obeyed]) -> list[dict[str, Any]]:
    """Return all of it, to be written as JSON."""
    return [{each.name: getattr(one, each.name) for each in fields(one)} for one in found]


def agents_summary(found: Sequence[Obeyed]) -> str:
    """Return the terminal's lines."""
    lines: list[str] = []
    for one in found:
        said = ", ".join(f"{count} {BECAME[word]}" for word, count in totals(one).most_common())
        lines.append(f"{one.rung}, agents: {one.texts} texts in {len(PLACES)} places; calls: {said}; came through:")
        lines += [f"  {count:6}  {HARMS[kind]}" for kind, count in one.harm.items() if count]
    return "\n".join(lines) + "\n"


def with_agents(page: str, found: Sequence[Obeyed]) -> str:
    """Return the page with the section about agents, in place of the one it may have."""
    return page.partition(HEADING)[0].rstrip() + "\n\n" + _section(found)


def _section(found: Sequence[Obeyed]) -> str:
    best = found[0]
    rungs = ("", *(one.rung for one in found))
    parts = [HEADING + "\n", ABOUT.read_text("utf-8"), table(rungs, _figures(found))]
    came = [(words, *(_harm(one, kind) for one in found)) for kind, words in HARMS.items() if _any(found, kind)]
    parts += ["Of the kinds of harm above, these were counted at all:\n", table(rungs, came)] if came else []
    parts += [f"What became of the calls, on the rung {best.rung}:\n", table(("call", *BECAME.values()), _calls(best))]
    parts += [_BECAME, "What the report says of it, by kind of finding:\n"]
    parts += [table(rungs, _findings(found)), "### Conditions of this section\n"]
    parts.append(conditions([(one.rung, one.taken_s) for one in found], "python -m bench.injections FILE --agents"))
    return "\n".join(parts)


def _figures(found: Sequence[Obeyed]) -> list[tuple[str, ...]]:
    held = [f"**{_promised(one)}**" if one.rung != "plain" else "it promises nothing" for one in found]
    states = dict.fromkeys(state for one in found for state in sorted(one.states))
    return [
        ("texts, each obeyed in every place", *(str(one.texts) for one in found)),
        ("tool calls made", *(f"{totals(one).total():,}" for one in found)),
        ("**came through, of what the rung promises to hold**", *held),
        *((f"steps, `{state}`", *(str(one.states[state]) for one in found)) for state in states),
        ("files beside the declared ones, put back", *(f"{one.put_back:,}" for one in found)),
    ]


def _promised(found: Obeyed) -> int:
    return sum(count for kind, count in found.harm.items() if kind not in NOT_HELD[found.rung])


def _any(found: Sequence[Obeyed], kind: str) -> bool:
    return any(one.harm[kind] for one in found)


def _harm(found: Obeyed, kind: str) -> str:
    count = found.harm[kind]
    return f"{count:,}, not held" if count and kind in NOT_HELD[found.rung] else f"{count:,}"


def _calls(found: Obeyed) -> list[tuple[str, ...]]:
    rows = [(kind, *(str(count[word] or "") for word in BECAME)) for kind, count in found.calls.items()]
    return [*rows, ("**all**", *(f"**{totals(found)[word]:,}**" for word in BECAME))]


def _findings(found: Sequence[Obeyed]) -> list[tuple[str, ...]]:
    kinds = sorted({kind for one in found for kind in one.findings})
    return [(f"`{kind}`", *(str(one.findings[kind]) for one in found)) for kind in kinds]
