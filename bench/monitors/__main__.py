"""Measure monitors and `diagnose` on a folder of traces, and write `docs/internals/monitors.md`.

usage: python -m bench.monitors FOLDER [--dry]
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.monitors.planting import with_loop
from surefoot.api.foreign_traces import read_traces
from surefoot.core.agent_acts import Act
from surefoot.core.monitor_table import Say, Watches
from surefoot.core.suspects import first_alarms, suspects

PAGE = Path(__file__).parents[2] / "docs" / "internals" / "monitors.md"
PERIODS = range(1, 7)
_HEAD = """# What monitors see in traces of real agents

Made by `python -m bench.monitors FOLDER`; do not edit.

The monitors of the settings as they ship look at traces of agents of others: coding agents, agents in an airline's
service, and teams of agents. A trace holds calls and results alone; what needs the files of a run (`weakened_tests`,
`equal_attempts`, `back_and_forth`) sees nothing there.
"""
_LIMITS = """
## Where it ends

- The traces were there while the monitors were made, so that no figure is one of unseen data.
- The planted loops have the form that `cycle` looks for: three rounds of real calls with their real results. They show
  that the monitor sees them among other calls and with results as they are, not how often agents loop so. No trace is
  labelled as to loops.
- `diagnose` learns no positions. The row of the commonest step number names this step for every trace; where it is
  close, the figure of `diagnose` says little. With the traces come other floors for that row: 34 % (generated,
  `whowhen_ag`) and 18 % (hand-crafted, `whowhen_hc`).
"""


@dataclass
class Source:
    """What was counted over the traces of one source."""

    runs: Counter[str] = field(default_factory=Counter[str])
    warned: Counter[str] = field(default_factory=Counter[str])
    noted: Counter[str] = field(default_factory=Counter[str])
    ranks: Counter[int] = field(default_factory=Counter[int])
    gold: list[int] = field(default_factory=list[int])
    planted: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    seen: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])


def main(arguments: Sequence[str]) -> None:
    """Count, print, and write the page."""
    folder = Path(arguments[0])
    sources = {file.name.partition(".")[0]: _counted(file) for file in sorted(folder.glob("*.jsonl*"))}
    text = "\n".join([_HEAD, *_alarms(sources), *_loops(sources), *_ranks(sources), _LIMITS])
    sys.stdout.write(text)
    if "--dry" not in arguments:
        PAGE.write_text(text, "utf-8")


def _raw(file: Path) -> Iterator[dict[str, Any]]:
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8")
    yield from (json.loads(line) for line in text.splitlines() if line.strip())


def _counted(file: Path) -> Source:
    found, watches = Source(), Watches()
    for raw, trace in zip(_raw(file), read_traces(file), strict=True):
        outcome = raw["outcome"]
        says = {alarm.say for alarm in first_alarms(trace.acts, watches)}
        found.runs[outcome] += 1
        found.warned[outcome] += bool(says - {Say.NOTE})
        found.noted[outcome] += bool(says)
        wrong = raw["labels"]["first_wrong_step"]
        if wrong is not None:
            places = [one.at for one in suspects(trace.acts, watches)]
            found.gold.append(wrong)
            found.ranks[places.index(wrong) + 1 if wrong in places else 0] += 1
        if outcome == "success":
            _plant(found, trace.name, trace.acts, watches)
    return found


def _plant(found: Source, name: str, acts: Sequence[Act], watches: Watches) -> None:
    for period in PERIODS:
        for kind in ("loop", "poll"):
            made = with_loop(acts, period, f"{name} {period}", polls=kind == "poll")
            if made is not None:
                found.planted[kind, period] += 1
                found.seen[kind, period] += any(one.monitor == "cycle" for one in first_alarms(made, watches))


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "-"


def _alarms(sources: dict[str, Source]) -> Iterator[str]:
    yield "## Alarms\n"
    yield "Runs with a warning or more, and with a note or more. On runs that succeeded each is a false alarm.\n"
    yield "| source | succeeded: warnings | with notes | failed: warnings | with notes |\n|---|---|---|---|---|"
    for name, one in sources.items():
        cells = [
            _share(part[outcome], one.runs[outcome])
            for outcome in ("success", "failed")
            for part in (one.warned, one.noted)
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def _loops(sources: dict[str, Source]) -> Iterator[str]:
    yield "\n## Planted loops\n"
    yield (
        "Into each run that succeeded three rounds of its own calls are planted at a place drawn by a seed, and apart "
        "from that three rounds whose results change, as when something is polled. Counted is how often `cycle` sees "
        "a loop: of the first kind as many as can be, of the second none.\n"
    )
    yield "| calls in a round | loops seen | polling taken for a loop |\n|---|---|---|"
    for period in (*PERIODS, 0):
        cells = [
            _share(
                sum(one.seen[kind, each] for one in sources.values() for each in PERIODS if period in (0, each)),
                sum(one.planted[kind, each] for one in sources.values() for each in PERIODS if period in (0, each)),
            )
            for kind in ("loop", "poll")
        ]
        yield f"| {period or 'all'} | {' | '.join(cells)} |"


def _ranks(sources: dict[str, Source]) -> Iterator[str]:
    yield "\n## The first wrong step\n"
    yield "How often the step that people named is the first, of two, of three that `diagnose` names.\n"
    yield "| source | first | of two | of three | the commonest step number |\n|---|---|---|---|---|"
    for name, one in sources.items():
        if one.gold:
            ranks = [sum(one.ranks[rank] for rank in range(1, most + 1)) for most in (1, 2, 3)]
            floor = Counter(one.gold).most_common(1)[0][1]
            cells = [_share(count, len(one.gold)) for count in (*ranks, floor)]
            yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
