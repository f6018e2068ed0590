"""Candidates: the results of independent attempts at one step, and whether they agree.

Results agree where all that was looked at is the same: the verdict of each check and, with `compare`, what that command
printed and how it ended; without it the files that they leave. What `compare` could not show agrees with nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from surefoot.core.agent_types import Claim, Note
from surefoot.core.event_words import Difference
from surefoot.core.events import ArtifactsKept, CandidateKept, ChangesObserved
from surefoot.core.graph import Problem
from surefoot.core.ids import BlobId
from surefoot.core.plan import Disagreement, Effect, Plan, Step
from surefoot.core.record import record
from surefoot.core.verdicts import CheckRecord

CANDIDATES_MAX = 16
CANDIDATE_VARIABLE = "SUREFOOT_CANDIDATE"
"""The environment variable that tells a command which of the attempts it is, counted from 1."""


@record
class Candidate:
    """A result that passed its checks, and waits for those of the other attempts."""

    number: int
    attempt: int
    base: str
    """The commit that all candidates of the step were made on."""
    base_tree: str
    generation: int
    """How often the branch had gone back by then."""
    observed: ChangesObserved
    """What was found in the lane."""
    kept: CandidateKept
    records: tuple[CheckRecord, ...]
    """What its checks said."""
    proof: str | None
    """What would prove it by itself."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    claim: Claim | None = None
    evidence: BlobId | None = None
    """What its body printed."""
    saw: tuple[str, ...] | None = None
    based_at: int = 0
    """Position in the journal at which its base was fixed."""
    artifacts: ArtifactsKept | None = None
    """What it made for later steps."""
    notes: tuple[Note, ...] = ()
    """What its agent noted for others: they read it once the candidate is chosen."""

    @property
    def tree(self) -> str:
        """The tree of its result."""
        return self.observed.tree


@record(kw_only=False)
class Agreement:
    """Which candidates agree."""

    groups: tuple[tuple[Candidate, ...], ...]
    """Those that agree with each other, the largest group first."""
    wanted: int
    """How many candidates there are to be."""

    @property
    def is_whole(self) -> bool:
        """Tell whether there are all, and all agree."""
        return self.wanted > 1 and bool(self.groups) and len(self.groups[0]) == self.wanted

    @property
    def best(self) -> Candidate:
        """Return the candidate that changes the fewest lines of those that most agree with."""
        return min(self.groups[0], key=lambda one: (one.kept.lines, one.number))

    @property
    def is_by_majority(self) -> bool:
        """Tell whether more than half of all that were wanted agree."""
        return bool(self.groups) and 2 * len(self.groups[0]) > self.wanted

    @property
    def differences(self) -> Iterator[tuple[int, int, Difference]]:
        """Yield where the groups differ from the largest one in what `compare` printed, each with two candidates."""
        for group in self.groups[1:]:
            pair = sorted((self.groups[0][0], group[0]), key=lambda one: one.number)
            for one in pair[1].kept.differences:
                if one.candidate == pair[0].number:
                    yield pair[0].number, pair[1].number, one
            for one in pair[0].kept.differences:  # the other one was kept first
                if one.candidate == pair[1].number:
                    yield pair[0].number, pair[1].number, replace(one, here=one.there, there=one.here)

    def with_which(self, number: int) -> tuple[int, ...]:
        """Return the other candidates that one agrees with."""
        for group in self.groups:
            numbers = [one.number for one in group]
            if number in numbers:
                return tuple(other for other in numbers if other != number)
        return ()


def agreement_of(step: Step, candidates: Sequence[Candidate]) -> Agreement:
    """Find out which candidates of a step agree."""
    groups: list[tuple[object, list[Candidate]]] = []
    for one in candidates:
        seen = _seen_of(step, one)
        known = None if seen is None else next((group for what, group in groups if what == seen), None)
        if known is None:
            groups.append((seen, [one]))
        else:
            known.append(one)
    ordered = sorted((tuple(group) for _, group in groups), key=lambda group: (-len(group), group[0].number))
    return Agreement(tuple(ordered), step.best_of)


def _seen_of(step: Step, one: Candidate) -> object | None:
    """Return all that was seen of a result; None: what was to be compared could not be seen."""
    verdicts = tuple(record.after for record in one.records)
    if step.compare is None:
        return (verdicts, one.base_tree, one.tree)
    return (verdicts, one.kept.exit_code, one.kept.shown) if one.kept.is_comparable else None


def compared_by(step: Step) -> str:
    """Say in what candidates agree."""
    return "in the files they leave" if step.compare is None else "in what `compare` prints"


def leaves_behind(step: Step, plan: Plan) -> bool:
    """Tell whether an attempt may leave in its lane what no restore puts back, so that the next one has a new lane."""
    return bool(step.scratch) or step.network is True or bool(plan.services_of(step))


def problems_of_candidates(plan: Plan) -> Iterator[Problem]:
    """Yield what is wrong with steps that are to be attempted several times, and with keys that need that."""
    for step in plan.steps:
        if step.best_of > 1:
            yield from _of_step(step)
            continue
        keys = {"compare": step.compare is not None, "disagree": step.disagree is not Disagreement.ASK}
        for name, is_set in keys.items():
            if is_set:
                text = f"`{name}` stands without `best_of`; it compares candidates; add `best_of: 3`, or remove it"
                yield Problem(step=step.id, name=name, text=text)


def _of_step(step: Step) -> Iterator[Problem]:
    def problem(name: str, text: str) -> Problem:
        return Problem(step=step.id, name=name, text=text)

    if step.best_of > CANDIDATES_MAX:
        text = f"`best_of` is {step.best_of}; 2 to {CANDIDATES_MAX} was expected; choose a smaller number"
        yield problem("best_of", text)
    if not step.body.acts or not step.body.changes:
        text = f"`best_of` stands beside `{step.body.kind}`, which makes no result; remove it"
        yield problem("best_of", text)
        return
    if step.effect is not Effect.REVERSIBLE:
        text = f"`best_of` makes several attempts, and the effect is {step.effect}; `reversible` was expected: "
        yield problem("best_of", f"{text}what is attempted again must be taken back first; remove `best_of`")
    if not step.checks:
        text = "`best_of` stands without `checks`; only results that passed a check are compared; add a check"
        yield problem("best_of", text)
    outside = {
        "sockets": (bool(step.sockets), "what is behind a socket of the host"),
        "confine": (not step.confine, "what lies outside the sandbox"),
        "network": (step.network is True and step.body.by_model, "what an agent does over the network"),
    }
    for name, (is_set, what) in outside.items():
        if is_set:
            text = f"`{name}` stands beside `best_of`, and {what} is not put back between the attempts: what one of "
            yield problem(
                name, f"{text}them does there would reach the next one, and be done again; remove one of both"
            )
    if step.unproved:
        yield problem("best_of", "`best_of` stands beside `unproved`; only proved results are compared; remove one")
