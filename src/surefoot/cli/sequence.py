"""What can run at once, in words, and the graph among them.

Owns how the order of a plan is told by `check`. Must never find anything: `surefoot.core.sequencing` does. Read
`surefoot.cli.plans` for what stands around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from surefoot.cli.graph_boxes import graph_rows
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step
from surefoot.core.review import Review, members_known
from surefoot.core.terms import Finding, Severity
from surefoot.views.graph.picture import Picture
from surefoot.views.lines import EMPTY, Line, counted, duration, listed

_ALIKE_MOST = 5
"""So many notes of one kind are shown, then how many more there are."""
_LAYERS_MOST = 12
_ROW_MOST = 12


def graph_lines(picture: Picture, width: int, *, is_ascii: bool) -> Iterator[Line]:
    """Yield the graph."""
    has_critical = any(box.is_critical for box in picture.boxes)
    yield Line(f"The graph{' (heavy: the critical path)' if has_critical else ''}", "head")
    for row in graph_rows(picture, width - 2, is_ascii=is_ascii):
        yield Line(f"  {row}" if row else "", is_whole=True)
    yield EMPTY


def together_lines(plan: Plan, reviewed: Review) -> Iterator[Line]:
    """Yield how many steps can run at once, in all and layer by layer."""
    found = reviewed.sequencing
    if len(plan.steps) < 2:
        return
    widest = _widest(plan, reviewed)
    groups = [step for step in widest if step.for_each is not None]
    if len(widest) == 1 and not groups:
        yield Line("At once: 1 step: each follows another")
    else:
        yield Line(f"At once: {_most(plan, reviewed)}: {listed(map(_with_members, widest), _ROW_MOST)}", hang=2)
    unknown = [step.id for step in groups if members_known(step) == 1]
    if unknown:
        counts = "counts as one step" if len(unknown) == 1 else "count as one step each"
        yield Line(f"  ({listed(unknown, 3)} {counts}; members of a group run side by side, too)", "dim", hang=3)
    if rows := [listed(one.steps, _ROW_MOST) for one in found.shared if one.is_serialised and one.kind != "uses"]:
        yield Line(f"  one after the other, for what they share: {listed(dict.fromkeys(rows))}", "dim", hang=4)
    yield Line(f"  `limits.parallel` is {plan.limits.parallel}", "dim")
    for number, layer in enumerate(found.layers[:_LAYERS_MOST], start=1):
        yield Line(f"  layer {number}: {counted(len(layer), 'step')}: {listed(layer)}", hang=4)
    if len(found.layers) > _LAYERS_MOST:
        rest = sum(map(len, found.layers[_LAYERS_MOST:]))
        yield Line(f"  … and {len(found.layers) - _LAYERS_MOST} more layers with {counted(rest, 'step')}", "dim")


def _most(plan: Plan, reviewed: Review) -> str:
    """Return how many steps can run at once; more than that, where groups are among them."""
    number = sum(map(members_known, _widest(plan, reviewed)))
    is_exact = reviewed.sequencing.is_widest_exact and all(step.for_each is None for step in plan.steps)
    return f"{'' if is_exact else 'at least '}{counted(number, 'step')}"


def _widest(plan: Plan, reviewed: Review) -> list[Step]:
    """Return the steps that can run at once: the widest set, or a layer with more when members count."""
    known = {step.id: step for step in plan.steps}
    found = reviewed.sequencing
    sets = [[known[name] for name in names] for names in (found.widest, *found.layers)]
    return max(sets, key=lambda steps: (sum(map(members_known, steps)), any(one.for_each is not None for one in steps)))


def _with_members(step: Step) -> str:
    """Return the name of a step, for a group that lists its items with their number."""
    number = members_known(step)
    return step.id if number == 1 else f"{step.id} ({number} members)"


def folded(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with only the first few notes of one kind, and how many more there are."""
    shown: list[Finding] = []
    number: dict[str, int] = {}
    last: dict[str, int] = {}
    for finding in findings:
        number[finding.kind] = number.get(finding.kind, 0) + 1
        if finding.severity is not Severity.NOTE or number[finding.kind] <= _ALIKE_MOST:
            shown.append(finding)
            last[finding.kind] = len(shown) - 1
    for kind, at in last.items():
        more = number[kind] - _ALIKE_MOST
        if more > 0 and shown[at].severity is Severity.NOTE:
            text = f"{shown[at].text} ({counted(more, 'more note')} like it; --json has all)"
            shown[at] = replace(shown[at], text=text)
    return shown


def summary(plan: Plan, reviewed: Review) -> str:
    """Return the size of a plan and how long it takes at least, on one line."""
    parts = [counted(len(plan.steps), "step"), f"{_most(plan, reviewed).rpartition(' ')[0]} at once"]
    path = reviewed.critical_path
    parts += [f"critical path {duration(path.seconds)}"] if path.seconds > 0 else []
    return ", ".join(parts)


def row(names: Sequence[StepId]) -> str:
    """Return a chain of steps, its middle left out if it is long."""
    if len(names) <= 2 * _ROW_MOST:
        return " → ".join(names)
    middle = f"… {len(names) - 2 * _ROW_MOST} more …"
    return " → ".join([*names[:_ROW_MOST], middle, *names[-_ROW_MOST:]])
