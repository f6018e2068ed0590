"""Approval requests, and who may answer them.

An approval holds for exactly what was shown: its digest covers what will happen and its preconditions, not the state of
the run otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from surefoot.core.money import money
from surefoot.core.policy_types import Demand
from surefoot.core.raw import Digest, Handle
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import listed
from surefoot.core.untrusted_text import in_line, labelled, spelled_out

_DIGEST: Final = regex(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_PRECONDITIONS_SHOWN: Final = 8
_ODD_SHOWN: Final = 6
RESOURCE: Final = "resource "
"""So the name of a precondition begins that says how a resource stands."""


@record
class Precondition:
    """Something a step rests on, as it was when it was last looked at."""

    name: str
    """What it is: a glob, a ref, a resource, the plan file."""
    state: str
    """How it was: a digest, or a commit; whole, for two files whose digests begin alike are soon made."""
    since: str | None = None
    """How it was when the run began, where that is known."""


@record
class Package:
    """All a person needs to decide."""

    step: Handle
    does: str
    """What exactly will happen: the command or the function; for a result, what it was made by."""
    effect: Handle
    rule: Handle
    reason: str
    undo: str
    title: str = ""
    why: str = ""
    risk: str = ""
    edited_by: str = ""
    reaches: tuple[str, ...] = ()
    """What it is given that lies outside the lane."""
    beside: tuple[str, ...] = ()
    """What runs beside its body with a way out of the sandbox: probe, checks and looks at resources, with its text."""
    sandbox: Handle = ""
    """The rung it runs on; empty where it does not run in a sandbox."""
    changed: tuple[str, ...] = ()
    """For a result: the paths it changes."""
    lines: int | None = None
    """For a result: lines added and taken away."""
    trees: tuple[Digest, Digest] | None = None
    """For a result: the trees before and after, in the run's own repository."""
    evidence: tuple[str, ...] = ()
    """What is known by now: verdicts, what it needs and on what proof that stands."""
    claim: str = ""
    statements: tuple[str, ...] = ()
    """What the agent says to be so, each with the call it rests on."""
    confidence: float | None = None
    """How sure whoever did the work says to be, from 0 to 1; the least of what it rests on."""
    uncertainties: tuple[str, ...] = ()
    rollback_point: str = ""
    cost_usd: float = 0.0
    skipped: tuple[str, ...] = ()
    """Steps it rests on that were skipped."""
    is_repeated: bool = False
    """Whether its effect has been applied before."""
    preconditions: tuple[Precondition, ...] = ()
    difference: tuple[str, ...] = ()
    """What has changed since it was last shown; never shown, since the run began."""
    is_first: bool = False
    """Whether what it rests on was never looked at before."""
    like: str = ""
    """What `approve all like this` would cover, in words."""
    raised_by: str = ""
    """The rule by which it counts as irreversible whatever is declared; empty: the declared effect counts."""


def is_satisfied(demand: Demand, given: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether those who approved, with their roles, are enough."""
    return sum(demand.role is None or demand.role in roles for roles in given.values()) >= demand.people


def difference_of(before: tuple[Precondition, ...], after: tuple[Precondition, ...]) -> tuple[str, ...]:
    """Say which preconditions changed since they were last shown, or, if never shown, since the run began."""
    new = {one.name: one.state for one in after}
    old = {one.name: one.state for one in before} or {one.name: one.since or one.state for one in after}
    changed = [f"{name}: was {old[name]}, is {new[name]}" for name in old if name in new and old[name] != new[name]]
    gone = [f"{name}: was {old[name]}, is gone" for name in old if name not in new]
    return (*changed, *gone, *(f"{name}: is new, {new[name]}" for name in new if name not in old))


def text_of(package: Package, named: str = "") -> str:
    """Return the package as a person reads it; what others wrote stands behind labels or bars.

    Args:
        package: what there is to decide.
        named: what it is about, where that is not just the step.
    """
    title = f": {in_line(package.title)}" if package.title else ""
    names = (one.name for one in package.preconditions)
    odd = spelled_out([package.step, package.title, package.does, *package.beside, *package.changed, *names])
    note = f"  note:    spelled out, for they cannot be seen or look like others: {listed(odd, _ODD_SHOWN)}"
    known = [*_what_and_why(package), *_known(package), *_ways_back(package), *([note] if odd else [])]
    ending = "Keep it?" if package.trees else "Do it?"
    head = in_line(named or f"step {package.step}")
    return "\n".join([f"{head[0].upper()}{head[1:]}{title}", *known, ending])


def _what_and_why(package: Package) -> Iterator[str]:
    edited = f"  (as {in_line(package.edited_by)} changed it)" if package.edited_by else ""
    yield from labelled("does", package.does, aside=edited)
    raised = (
        f", whatever is declared: rule {package.raised_by} knows that it reaches others" if package.raised_by else ""
    )
    yield f"  effect:  {package.effect}{' (cannot be undone)' if package.effect == 'irreversible' else ''}{raised}"
    if package.why:
        yield from labelled("why", package.why, is_exact=False)
    if package.risk:
        yield from labelled("risk", package.risk, is_exact=False)
    yield from labelled("asks", package.reason, is_exact=False, aside=f" (rule {in_line(package.rule)})")
    if package.sandbox:
        yield f"  sandbox: {package.sandbox}"
    yield from (f"  {in_line(way)}" for way in package.reaches)
    for text in package.beside:
        yield from labelled("beside", text)
    if package.changed:
        lines = "" if package.lines is None else f" ({package.lines} lines)"
        yield f"  changes: {listed_paths(package.changed)}{lines}"


def _known(package: Package) -> Iterator[str]:
    for text in package.evidence:
        yield from labelled("known", text, is_exact=False)
    if package.claim:
        yield from labelled("claims", package.claim, is_exact=False)
    for text in package.statements:
        yield from labelled("says", text, is_exact=False)
    if package.confidence is not None:
        yield f"  sure:    {package.confidence:.0%}, as stated"
    elif package.claim:
        yield "  sure:    not stated"
    for text in package.uncertainties:
        yield from labelled("unsure", text, is_exact=False)
    if package.cost_usd:
        yield f"  cost:    {money(package.cost_usd)} so far"


def _ways_back(package: Package) -> Iterator[str]:
    if package.is_repeated:
        yield "  its effect has been applied before; this would apply it once more"
    if package.skipped:
        yield f"  rests on skipped steps: {', '.join(package.skipped)}"
    since = "the run began" if package.is_first else "it was shown"
    yield from (f"  changed since {since}: {_shortened(in_line(text))}" for text in package.difference)
    lines = [f"{in_line(one.name)} {_shortened(in_line(one.state))}" for one in package.preconditions]
    yield from (f"  rests on: {text}" for text in lines[:_PRECONDITIONS_SHOWN])
    if len(lines) > _PRECONDITIONS_SHOWN:
        yield f"  rests on: {len(lines) - _PRECONDITIONS_SHOWN} more"
    if package.rollback_point:
        yield f"  back to: {package.rollback_point}"
    yield from labelled("undo", package.undo, is_exact=False)


def _shortened(text: str) -> str:
    """Return a text with the beginnings of digests and commits only, by which people tell them apart."""
    return _DIGEST.sub(lambda found: found.group()[:12], text)


def listed_paths(paths: tuple[str, ...]) -> str:
    """Return paths as a person reads them in a sentence."""
    return listed(map(in_line, paths), 8)
