"""Many attempts a case, in this process: the worker, our small changes, and the comparison, without runs round them.

The plausible changes of a case are found once. Which of them an attempt comes to follows from its seed alone, in the
order of the worker. So hundreds of attempts cost no more than a few.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.truth.cases import Case
from bench.truth.comparer import Inputs, calls_of, shown
from bench.truth.repairer import BYTES_MAX, changed, changes_of, in_order, passes
from surefoot.checks.mutants import Changed, mutants_around, mutants_of
from surefoot.effects.mutation.perform import AROUND_MAX, TRIED_MAX

TRIALS = 20
ATTEMPTS = 5
"""So many seeds each trial has: the first one is the attempt that is made without `best_of`."""
OTHERS_MAX = 200
"""So many small changes of the faulty file are tried."""
_DEPTH, _DEPTH_OF_LIBRARY = 400, 3000
_RIGHT_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One distinct text that the worker has come to."""

    is_right: bool
    """Whether it passes the hidden tests."""
    shows: tuple[str, ...]
    """What it does on inputs of the kind of those that the tests have."""
    bounds: tuple[str, ...]
    """What it does at bounds."""
    tried: int
    """How many small changes of it were made."""
    missed: int
    """How many the visible tests did not notice."""
    told_apart: int
    """How many of those the comparison tells apart from it."""
    around: int
    """How many small changes were made of other lines of the same function."""
    missed_around: int
    """How many of those the visible tests did not notice, though the comparison tells them apart from it."""
    others: int
    """How many small changes of the faulty file pass the visible tests, and are told apart from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A case with its trials."""

    name: str
    is_design: bool
    is_vacuous: bool
    """Whether its visible tests do not show the fault."""
    plausible: int
    """How many small changes pass the visible tests."""
    trials: tuple[tuple[Result, ...], ...]
    """The results of each trial; empty: the worker found nothing."""


def try_all(cases: Sequence[Case], at_once: int) -> list[Tried]:
    """Try each case, each in a process of its own, whose memory is limited."""
    with multiprocessing.get_context("spawn").Pool(at_once, maxtasksperchild=1) as pool:
        return pool.map(try_case, cases, chunksize=1)


def try_case(case: Case) -> Tried:
    """Find the plausible changes of a case, and what comes of each trial."""
    resource.setrlimit(resource.RLIMIT_AS, (2 * BYTES_MAX, 2 * BYTES_MAX))
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_DEPTH)
    seen: set[int] = set()
    if passes(case.text, case.visible, seen):
        return _tried(case, {}, is_vacuous=True)
    changes = changes_of(case.text)
    texts = [changed(case.text, change) for change in changes]
    plausible = [at for at, text in enumerate(texts) if text is not None and passes(text, case.visible)]
    if not plausible:
        return _tried(case, {})
    chosen: dict[int, str] = {}
    for seed in range(TRIALS * ATTEMPTS):
        order = {change: place for place, change in enumerate(in_order(changes, seen, seed))}
        text = texts[min(plausible, key=lambda at: order[changes[at]])]
        assert text is not None
        chosen[seed] = text
    # Only with a text that passes are all calls of the tests made.
    maker = Inputs(calls_of(chosen[0], case.visible, case.function))
    comparison = _Comparison(case, maker.made(), maker.bounds())
    others = [shown for _, shown in comparison.of_missed(_mutants(mutants_of, None, case.text)[:OTHERS_MAX])]
    results = {text: _result(case, text, comparison, others) for text in dict.fromkeys(chosen.values())}
    sys.stderr.write(f"{case.name}: {len(plausible)} plausible, {len(results)} distinct\n")
    return _tried(case, {seed: results[text] for seed, text in chosen.items()}, plausible=len(plausible))


def _tried(case: Case, made: dict[int, Result], *, is_vacuous: bool = False, plausible: int = 0) -> Tried:
    seeds = range(0, len(made), ATTEMPTS)
    trials = tuple(tuple(made[first + more] for more in range(ATTEMPTS)) for first in seeds)
    return Tried(name=case.name, is_design=case.is_design, is_vacuous=is_vacuous, plausible=plausible, trials=trials)


Shown = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class _Comparison:
    """Shows what texts do, each once."""

    case: Case
    inputs: list[list[object]]
    bounds: list[list[object]]
    known: dict[str, Shown] = field(default_factory=dict[str, Shown])

    def of(self, text: str) -> Shown:
        """Return what a text does on inputs of the kind of those seen, and at bounds."""
        if text not in self.known:
            function = self.case.function
            self.known[text] = tuple(shown(text, function, self.inputs)), tuple(shown(text, function, self.bounds))
        return self.known[text]

    def of_missed(self, texts: Sequence[str]) -> list[tuple[str, Shown]]:
        """Return what those do that pass the visible tests."""
        return [(text, self.of(text)) for text in texts if passes(text, self.case.visible)]


def _mutants(make: Callable[[str, bytes | None, bytes], list[Changed]], old: str | None, new: str) -> list[str]:
    sys.setrecursionlimit(_DEPTH_OF_LIBRARY)
    found = make("solution.py", None if old is None else old.encode(), new.encode())
    sys.setrecursionlimit(_DEPTH)
    return [one.content.decode() for one in found]


def _result(case: Case, text: str, comparison: _Comparison, others: Sequence[Shown]) -> Result:
    own = _mutants(mutants_of, case.text, text)[:TRIED_MAX]
    around = _mutants(mutants_around, case.text, text)[:AROUND_MAX]
    does = comparison.of(text)
    missed = comparison.of_missed(own)
    return Result(
        is_right=passes(text, case.hidden, seconds=_RIGHT_S),
        shows=does[0],
        bounds=does[1],
        tried=len(own),
        missed=len(missed),
        told_apart=sum(other != does for _, other in missed),
        around=len(around),
        missed_around=sum(other != does for _, other in comparison.of_missed(around)),
        others=sum(other != does for other in others),
    )
