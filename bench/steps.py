"""W1 to W3: the cost of a durable step, side by side with raw SQLite and with peers.

Read `bench.participants` for what is done.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec

from bench.cell import perform
from bench.measuring import Bars, Goal, Section, Setting, count_syncs, median, number, run_module, spread, versions

PEERS = ("langgraph", "dbos")
NAMES = {"raw": "raw SQLite", "floor": "floor", "surefoot": "Surefoot", "langgraph": "LangGraph", "dbos": "DBOS"}
OURS = ("floor", "surefoot")
PACKAGES = {
    "raw": ("apsw",),
    "floor": ("apsw", "orjson"),
    "surefoot": ("surefoot",),
    "langgraph": ("langgraph", "langgraph-checkpoint-sqlite"),
    "dbos": ("dbos", "sqlalchemy"),
}
DURABILITY = {
    "raw": "one row of 300 bytes a commit, WAL, `synchronous=FULL`",
    "floor": "no engine: the events, tasks and commits alone that Surefoot's journal holds for such a run, as durable",
    "surefoot": "WAL, `synchronous=FULL`; a step starts only when the one before is on disk",
    "langgraph": '`durability="sync"`, its SQLite checkpointer (WAL, `synchronous=FULL`)',
    "dbos": "SQLite system database, `synchronous=FULL`, switched to WAL by us (as shipped it syncs four times a step)",
}


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work, and what was set for it."""

    name: str
    title: str
    sizes: tuple[int, ...]
    steps: int
    raw: tuple[float, float] | None
    """Must and aim: wall time per step over one raw commit; None: nothing was set, as the floor lies close to it."""
    peers: tuple[float, float]
    """Must and aim: how many times faster than the best peer."""


def works(setting: Setting) -> list[Work]:
    """Return the pieces of work."""
    long, runs = setting.size(1000, 20), setting.size(200, 3)
    return [
        Work("chain", f"W1 chain of {long} steps", (long,), long, (2.0, 1.3), (3, 5)),
        Work("fan", f"W2 1 → {long} → 1", (long,), long + 2, None, (8, 15)),
        Work("many", f"W3 {runs} runs × 10 steps", (runs, 10), runs * 10, None, (8, 15)),
    ]


Times = dict[tuple[str, str], list[float]]


def measure(setting: Setting) -> Section:
    """Measure W1 to W3 and count syncs."""
    peers = [] if setting.quick else [peer for peer in PEERS if find_spec(peer) is not None]
    section = Section("Durable steps", ("", *(NAMES[who] for who in ("raw", *OURS, *peers))))
    todo = works(setting)
    times: Times = {}
    for turn in range(setting.rounds):
        _round(todo, peers, times, setting)
        sys.stderr.write(f"durable steps: round {turn + 1} of {setting.rounds}\n")
    _tell_times(section, todo, peers, times)
    _tell_syncs(section, setting, peers)
    section.notes += [f"{NAMES[who]}: {DURABILITY[who]} ({versions(PACKAGES[who])})." for who in ("raw", *OURS, *peers)]
    why = "this is a smoke run" if setting.quick else "it is not installed"
    section.notes += [f"{NAMES[peer]} was not measured: {why}." for peer in PEERS if peer not in peers]
    return section


def _figures(setting: Setting, who: str, work: str, sizes: tuple[int, ...]) -> dict[str, float]:
    """Take one figure in a program of its own; a smoke run takes it here, because it has only seconds."""
    if setting.quick:
        return perform(who, work, list(sizes))
    return run_module("bench.cell", who, work, *map(str, sizes))


def _round(todo: list[Work], peers: list[str], times: Times, setting: Setting) -> None:
    for work in todo:
        # The yardstick is taken anew beside each piece of work.
        rows = _figures(setting, "raw", "chain", (work.steps,))
        times.setdefault(("raw", work.name), []).append(rows["wall_s"] / work.steps)
        for who in (*OURS, *peers):
            figures = _figures(setting, who, work.name, work.sizes)
            times.setdefault((who, work.name), []).append(figures["wall_s"] / work.steps)
            times.setdefault((f"{who} cpu", work.name), []).append(figures["cpu_s"] / work.steps)


def _tell_times(section: Section, todo: list[Work], peers: list[str], times: Times) -> None:
    bars: dict[str, dict[str, float]] = {}
    for work in todo:
        raw = times["raw", work.name]
        cells = [f"{number(median(raw) * 1e3)} ({spread([one * 1e3 for one in raw])})"]
        bars[work.title] = {NAMES["raw"]: median(raw) * 1e3}
        for who in (*OURS, *peers):
            taken = [one * 1e3 for one in times[who, work.name]]
            ratio = median(_ratios(times, who, "raw", work.name))
            cells.append(f"{number(median(taken))} ({spread(taken)}), {number(ratio)}× raw")
            bars[work.title][NAMES[who]] = median(taken)
        section.rows.append((f"{work.title}, ms per step", *cells))
        cpu = [f"{number(median(times[f'{who} cpu', work.name]) * 1e3)}" for who in (*OURS, *peers)]
        section.rows.append(("… of it processor time", "", *cpu))
        _set_goals(section, work, peers, times)
    section.bars = Bars(bars, "ms per step, logarithmic; less is better", "One durable step, with nothing to do in it")


def _ratios(times: Times, who: str, other: str, work: str) -> list[float]:
    return [one / two for one, two in zip(times[who, work], times[other, work], strict=True)]


def _set_goals(section: Section, work: Work, peers: list[str], times: Times) -> None:
    ratios = _ratios(times, "surefoot", "raw", work.name)
    name = f"{work.title.split(maxsplit=1)[0]} wall per step over a raw commit"
    if work.raw is not None:
        section.goals.append(Goal(name, median(ratios), *work.raw, unit="×", how=f"rounds {spread(ratios)}"))
    if not peers:
        return
    best = min(peers, key=lambda peer: median(times[peer, work.name]))
    ratios = _ratios(times, best, "surefoot", work.name)
    name = f"{work.title.split(maxsplit=1)[0]} times faster than the best peer"
    how = f"{NAMES[best]}; rounds {spread(ratios)}"
    section.goals.append(Goal(name, median(ratios), *work.peers, unit="×", is_floor=True, how=how))


def _tell_syncs(section: Section, setting: Setting, peers: list[str]) -> None:
    """Count syncs at two lengths: the slope is what a step costs, whatever start and end cost."""
    short, long = 20, 120
    if setting.quick:
        section.notes.append("Syncs were not counted.")
        return
    for work, title in (("chain", "syncs per step of a chain"), ("fan", "syncs per branch of a fan")):
        cells: list[str] = []
        for who in ("raw", *OURS, *peers):
            if (who, work) == ("raw", "fan"):
                cells.append("")
                continue
            counts = [count_syncs("bench.cell", who, work, str(size)) for size in (short, long)]
            slope = None if counts[0] is None or counts[1] is None else (counts[1] - counts[0]) / (long - short)
            cells.append("not counted: no strace" if slope is None else f"{slope:.2f}")
            if (who, work) == ("surefoot", "chain") and slope is not None:
                how = f"strace, {short} and {long} steps"
                section.goals.append(Goal("syncs waited for per step of a chain", slope, 1.0, 1.0, how=how))
        section.rows.append((title, *cells))
