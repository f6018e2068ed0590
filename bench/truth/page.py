"""What was found, in words: lines for the terminal, and the page `docs/truth.md` with its picture."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.truth.counting import Share, share_of, share_of_runs, ways
from bench.truth.picture import Point, drawn
from bench.truth.runs import Ended, RealRun
from bench.truth.trials import ATTEMPTS, TRIALS, Tried

REMARKS = Path(__file__).with_name("remarks.md")
"""How it is done, what follows, and where it ends, which no figure says."""
PICTURE = "truth.svg"
STRONG = ("mutation", "agreement")
WEAK = ("fail_to_pass", "checks")
_HALVES: Mapping[str, Callable[[Tried | Ended], bool]] = {
    "all cases": lambda _: True,
    "half A": lambda one: one.is_design,
    "half B": lambda one: not one.is_design,
}
_TITLE = "Wrong results that are accepted, and right ones that are kept"
_HEAD = """# How true "verified" is

Made by `python -m bench.truth FOLDER`; do not edit.

A step that is verified has passed its checks, and checks can be weak. Here a worker without a model repairs faulty
functions until the tests that it sees pass. Other tests, which no step has, tell whether a result is right. The goal:
at most 3 % of the results that end with the strength `mutation` or `agreement` are wrong, and at least 60 % of the
right ones end so.
"""
Table = list[tuple[str, ...]]


def page(tried: Sequence[Tried], runs: Sequence[RealRun]) -> str:
    """Return the page."""
    parts = [_HEAD, f"![{_TITLE}]({PICTURE})\n", "\n".join(_sections(tried, runs)), REMARKS.read_text("utf-8")]
    parts += ["## Conditions\n", _table(("", ""), _conditions(tried, runs))]
    return "\n".join(parts)


def summary(tried: Sequence[Tried], runs: Sequence[RealRun]) -> str:
    """Return the figures for a terminal."""
    return "\n".join(_sections(tried, runs))


def picture(tried: Sequence[Tried]) -> str:
    """Return the picture of the trials of all cases."""
    lines: dict[str, list[Point]] = {}
    for way in (one for one in ways() if one.family):
        share = share_of(way, tried)
        lines.setdefault(way.family, []).append((way.name, share.wrong_share, share.kept_share))
    return drawn(_TITLE, lines)


def _sections(tried: Sequence[Tried], runs: Sequence[RealRun]) -> list[str]:
    halves = {name: [one for one in tried if is_in(one)] for name, is_in in _HALVES.items()}
    columns = ("accepted are", *(f"{name}: wrong; right ones kept" for name in halves))
    rows = [(way.name, *(_cell(share_of(way, own)) for own in halves.values())) for way in ways()]
    parts = ["## Real runs\n", *_of_runs(runs)] if runs else []
    return [*parts, "## Many attempts, without a run round each\n", _table(columns, rows)]


def _of_runs(runs: Sequence[RealRun]) -> list[str]:
    """Return a table: for each kind of run a row for each seed, and three for all seeds together."""
    rows: Table = []
    for best_of in sorted({run.best_of for run in runs}):
        own = [run for run in runs if run.best_of == best_of]
        name = f"`best_of: {best_of}`, `compare`, `probe_checks`" if best_of > 1 else "`probe_checks`"
        rows += (_row(f"{name}; seed {run.seed}", [run], runs, lambda _: True) for run in own if len(own) > 1)
        rows += (_row(f"{name}; {half}", own, runs, is_in) for half, is_in in _HALVES.items())
    columns = ("steps with", "`mutation` or `agreement`", "right ones kept", "verified more weakly", "steps by state")
    return [_table(columns, rows)]


def _row(
    name: str, own: Sequence[RealRun], runs: Sequence[RealRun], is_in: Callable[[Tried | Ended], bool]
) -> tuple[str, ...]:
    """Return a row; a right result is kept where the run without `best_of` and with the same seed has it, too."""
    plain = {run.seed: run for run in runs if run.best_of == 1}
    is_known = all(run.seed in plain for run in own)
    right = sum(one.is_right for run in own for one in plain[run.seed].ended if is_in(one)) if is_known else 0
    ended = [one for run in own for one in run.ended if is_in(one)]
    strong, weak = (share_of_runs(ended, proofs, right) for proofs in (STRONG, WEAK))
    kept = f"{100 * strong.kept_share:.0f} %" if right else "unknown"
    states = ", ".join(f"{many} {state}" for state, many in Counter(one.state for one in ended).most_common())
    return (name, _counts(strong), kept, _counts(weak), states)


def _counts(share: Share) -> str:
    return f"{share.right} right, {share.wrong} wrong ({100 * share.wrong_share:.1f} %)"


def _cell(share: Share) -> str:
    text = f"{100 * share.wrong_share:.1f} %; {100 * share.kept_share:.0f} %"
    return f"**{text}**" if share.is_reached else text


def _conditions(tried: Sequence[Tried], runs: Sequence[RealRun]) -> Table:
    proposed = [one for one in tried if one.trials]
    return [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("cases", f"{len(tried)}; of {sum(one.is_vacuous for one in tried)} the visible tests do not show the fault"),
        ("cases for which the worker finds something", str(len(proposed))),
        ("trials", f"{TRIALS} a case, of {ATTEMPTS} attempts each: {TRIALS * ATTEMPTS * len(proposed):,} attempts"),
        ("time of the real runs", ", ".join(f"{run.taken_s:,.0f} s" for run in runs) or "none"),
        ("on", f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors, others at work"),
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)
