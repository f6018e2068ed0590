"""From trials to shares: how many of the results that end with a strength are wrong, and how many right ones do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.truth.runs import Ended
from bench.truth.trials import Result, Tried
from surefoot.effects.mutation.contract import MISSED_MAX

Trial = tuple[Result, ...]
WRONG_MAX, KEPT_MIN = 0.03, 0.60
"""The goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to accept the first result of a trial."""

    name: str
    family: str
    """The line of the picture that it belongs to; empty: none."""
    accepts: Callable[[Trial], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a way came to."""

    right: int
    """Right results that it accepted."""
    wrong: int
    all_right: int
    """Right results that passed the visible tests."""

    @property
    def wrong_share(self) -> float:
        """Of what was accepted, so much is wrong."""
        return self.wrong / max(1, self.right + self.wrong)

    @property
    def kept_share(self) -> float:
        """Of the right ones, so many were accepted."""
        return self.right / max(1, self.all_right)

    @property
    def is_reached(self) -> bool:
        """Whether the goal is reached."""
        return self.right > 0 and self.wrong_share <= WRONG_MAX and self.kept_share >= KEPT_MIN


def agree(trial: Trial, count: int, *, with_bounds: bool = False) -> bool:
    """Tell whether so many results of a trial do the same."""
    return len({(one.shows, one.bounds if with_bounds else ()) for one in trial[:count]}) == 1


def ways() -> list[Way]:
    """Return all ways, the weakest first."""
    made = [Way(name="visible tests alone", family="visible tests alone", accepts=lambda _: True)]
    for most in (3, 1, 0):
        name = f"at most {most} small changes missed" if most else "mutation: no small change missed"
        made.append(Way(name=name, family="mutation", accepts=lambda t, most=most: _noticed(t[0].missed, t, most)))
    for most in (3, 1, 0):
        name = f"at most {most} missed and told apart" if most else "no small change missed and told apart"
        family = "mutation, told apart"
        made.append(Way(name=name, family=family, accepts=lambda t, most=most: _noticed(t[0].told_apart, t, most)))
    name = "no small change told apart, functions held"
    made.append(Way(name=name, family="", accepts=lambda t: not t[0].told_apart and is_held(t[0])))
    made += _agreeing("agreement of {}", "agreement", agree)
    at_bounds = "agreement of {}, at bounds too"
    made += _agreeing(at_bounds, "at bounds too", lambda trial, count: agree(trial, count, with_bounds=True))
    both = f"{at_bounds}, no small change told apart"
    made += _agreeing(both, "and no change told apart", _both)
    made += _agreeing(f"{both}, no alternative either", "", lambda t, count: _both(t, count) and not t[0].others)
    held = f"{both}, functions held"
    made += _agreeing(held, "and functions held", lambda t, count: _both(t, count) and is_held(t[0]))
    for most in (0.2, 0.15, 0.05):
        name = f"{both.format(5)}, at most {100 * most:.0f} % of changes of functions missed"
        made.append(Way(name=name, family="", accepts=lambda t, most=most: _both(t, 5) and is_held(t[0], most)))
    return made


def is_held(one: Result, most: float = MISSED_MAX) -> bool:
    """Tell whether the visible tests miss no more than this share of the small changes of its function."""
    return one.told_apart + one.missed_around <= most * (one.tried + one.around)


def _agreeing(name: str, family: str, accepts: Callable[[Trial, int], bool]) -> list[Way]:
    return [
        Way(name=name.format(count), family=family, accepts=lambda trial, count=count: accepts(trial, count))
        for count in (2, 3, 5)
    ]


def _both(trial: Trial, count: int) -> bool:
    return agree(trial, count, with_bounds=True) and not trial[0].told_apart


def _noticed(missed: int, trial: Trial, most: int) -> bool:
    return trial[0].tried > missed and missed <= most


def share_of(way: Way, tried: Sequence[Tried]) -> Share:
    """Count what a way accepts of the trials of all cases."""
    trials = [trial for case in tried for trial in case.trials]
    accepted = [trial[0].is_right for trial in trials if way.accepts(trial)]
    right = sum(trial[0].is_right for trial in trials)
    return Share(right=sum(accepted), wrong=len(accepted) - sum(accepted), all_right=right)


def share_of_runs(ended: Sequence[Ended], proofs: Sequence[str], all_right: int) -> Share:
    """Count what real runs verified with one of these strengths."""
    own = [one.is_right for one in ended if one.state == "verified" and one.proof in proofs]
    return Share(right=sum(own), wrong=len(own) - sum(own), all_right=all_right)
