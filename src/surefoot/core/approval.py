"""What a person is shown before saying yes, and whose yes is enough.

Owns the package and the ground it rests on. An approval holds for exactly what was shown: the digest of a
package covers what will happen and the ground, not how the run stands otherwise. Must never decide whether to ask. Read
`surefoot.core.kernel.consent` next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surefoot.core.money import money
from surefoot.core.record import record
from surefoot.core.rules import Demand


@record
class Ground:
    """Something a step rests on, as it was when it was last looked at."""

    name: str
    """What it is: a glob, a ref, a resource, the plan file."""
    state: str
    """How it was: a digest, or a commit."""
    since: str | None = None
    """How it was when the run began, where that is known."""


@record
class Package:
    """All a person needs to decide."""

    step: str
    """The step."""
    does: str
    """What exactly will happen: the command or the function; for a result, what it was made by."""
    effect: str
    """The effect class."""
    rule: str
    """The rule that asks."""
    reason: str
    """Why it asks."""
    undo: str
    """How it could be taken back."""
    title: str = ""
    """A few words of the plan's author."""
    why: str = ""
    """The author's reason."""
    edited_by: str = ""
    """Who changed the command, if anybody did."""
    reaches: tuple[str, ...] = ()
    """What it is given that lies outside the lane."""
    beside: tuple[str, ...] = ()
    """What runs beside its body with a way out of the sandbox: probe, checks and looks at resources, with its text."""
    sandbox: str = ""
    """The rung it runs on; empty where it does not run in a sandbox."""
    changed: tuple[str, ...] = ()
    """For a result: the paths it changes."""
    lines: int | None = None
    """For a result: lines added and taken away."""
    trees: tuple[str, str] | None = None
    """For a result: the trees before and after, in the run's own repository."""
    evidence: tuple[str, ...] = ()
    """What is known by now: verdicts, what it needs and on what proof that stands."""
    claim: str = ""
    """What the agent that did the work says of it."""
    statements: tuple[str, ...] = ()
    """What the agent says to be so, each with the call it rests on."""
    confidence: float | None = None
    """How sure whoever did the work says to be, from 0 to 1; the least of what it rests on."""
    uncertainties: tuple[str, ...] = ()
    """What they say not to be sure of."""
    rollback_point: str = ""
    """The last point the run can go back to."""
    cost_usd: float = 0.0
    """What the run has cost so far."""
    skipped: tuple[str, ...] = ()
    """Steps it rests on that were skipped."""
    is_repeated: bool = False
    """Whether its effect has been applied before."""
    ground: tuple[Ground, ...] = ()
    """What it rests on."""
    difference: tuple[str, ...] = ()
    """What has changed since it was last shown."""
    like: str = ""
    """What `approve all like this` would cover, in words."""
    raised_by: str = ""
    """The rule by which it counts as irreversible whatever is declared; empty: the declared effect counts."""


def is_satisfied(demand: Demand, given: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether those who approved, with their roles, are enough."""
    return sum(demand.role is None or demand.role in roles for roles in given.values()) >= demand.people


def difference_of(before: tuple[Ground, ...], after: tuple[Ground, ...]) -> tuple[str, ...]:
    """Say in words what of the ground is not as it was when it was last shown; never shown, as the run began."""
    new = {one.name: one.state for one in after}
    old = {one.name: one.state for one in before} or {one.name: one.since or one.state for one in after}
    changed = [f"{name}: was {old[name]}, is {new[name]}" for name in old if name in new and old[name] != new[name]]
    gone = [f"{name}: was {old[name]}, is gone" for name in old if name not in new]
    return (*changed, *gone, *(f"{name}: is new, {new[name]}" for name in new if name not in old))


def text_of(package: Package) -> str:
    """Return the package as a person reads it."""
    title = f": {package.title}" if package.title else ""
    ending = "Keep it?" if package.trees else "Do it?"
    return "\n".join(
        [f"Step {package.step}{title}", *_what_and_why(package), *_known(package), *_ways_back(package), ending]
    )


def _what_and_why(package: Package) -> Iterator[str]:
    edited = f"  (as {package.edited_by} changed it)" if package.edited_by else ""
    yield f"  does:    {package.does}{edited}"
    raised = (
        f", whatever is declared: rule {package.raised_by} knows that it reaches others" if package.raised_by else ""
    )
    yield f"  effect:  {package.effect}{' (cannot be undone)' if package.effect == 'irreversible' else ''}{raised}"
    told = {"why": package.why, "asks": f"{package.reason} (rule {package.rule})", "sandbox": package.sandbox}
    yield from (f"  {name + ':':<8} {text}" for name, text in told.items() if text)
    yield from (f"  {way}" for way in package.reaches)
    yield from (f"  beside:  {text}" for text in package.beside)
    if package.changed:
        yield f"  changes: {_listed(package.changed)}{_counted(package.lines)}"


def _known(package: Package) -> Iterator[str]:
    yield from (f"  known:   {text}" for text in package.evidence)
    if package.claim:
        yield f"  claims:  {package.claim}"
    yield from (f"  says:    {text}" for text in package.statements)
    if package.confidence is not None:
        yield f"  sure:    {package.confidence:.0%}, as stated"
    elif package.claim:
        yield "  sure:    not stated"
    yield from (f"  unsure:  {text}" for text in package.uncertainties)
    if package.cost_usd:
        yield f"  cost:    {money(package.cost_usd)} so far"


def _ways_back(package: Package) -> Iterator[str]:
    if package.is_repeated:
        yield "  its effect has been applied before; this would apply it once more"
    if package.skipped:
        yield f"  rests on skipped steps: {', '.join(package.skipped)}"
    yield from (f"  changed since it was shown: {text}" for text in package.difference)
    if package.rollback_point:
        yield f"  back to: {package.rollback_point}"
    yield f"  undo:    {package.undo}"


def _listed(paths: tuple[str, ...]) -> str:
    shown = ", ".join(paths[:8])
    return shown if len(paths) <= 8 else f"{shown} and {len(paths) - 8} more"


def _counted(lines: int | None) -> str:
    return "" if lines is None else f" ({lines} lines)"
