"""The findings of a report: what was reported on the way, and what the run itself shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from surefoot.core.event_words import Diagnosis, Finding, Severity
from surefoot.core.graph_state import stops_its_group
from surefoot.core.ids import StepId
from surefoot.core.leftover_files import finding_of
from surefoot.core.monitor_table import Say
from surefoot.core.short_text import listed, shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL, StepState, StepStatus
from surefoot.core.system_steps import REVIEWING

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import FindingShape

_NAMED_MAX = 10
_FAILURES_MAX = 50
"""So many failures of a batch are told together."""
_REASON_MAX = 160


def findings_of(state: RunState) -> list[FindingShape]:
    """Return the findings of a run, those that were reported first."""
    return [*map(_reported, (*state.created.findings, *state.reported)), *_own_findings(state)]


def failure_of(finding: Finding) -> Diagnosis | None:
    """Return the failure that a finding names; None: it names none."""
    return finding.diagnosis or _NAMED.get(finding.kind)


def _reported(finding: Finding) -> FindingShape:
    named = failure_of(finding)
    plain = {
        "severity": finding.severity.value,
        "diagnosis": named and named.value,
        "evidence": list(finding.evidence),
    }
    return cast("FindingShape", {**asdict(finding), **plain})


def _finding(kind: str, severity: str, text: str, step: str | None = None) -> FindingShape:
    return _reported(
        Finding(kind=kind, severity=Severity(severity), text=text, step=None if step is None else StepId(step))
    )


def _own_findings(state: RunState) -> Iterator[FindingShape]:
    """Yield what the run itself shows, beside what was reported on the way."""
    yield from _found_around(state)
    for path, changed_by in state.overlaps.items():
        text = (
            f"{path} was changed at once by {listed(changed_by, _NAMED_MAX)}; name it in `writes` of each, or let one "
            "need the other, so that no work is done twice"
        )
        yield _finding("overlapping-writes", "warning", text)
    printed: dict[str, list[str]] = {}
    told = {(one.kind, one.step) for one in state.reported}
    for node in state.steps():
        # What a monitor has told of a step, it has told better.
        found = (one for one in _found_at(state, node) if (one["kind"], one["step"]) not in told)
        yield from (*found, *_found_left(state, node))
        for remark in node.remarks if node.status is StepStatus.VERIFIED else ():
            printed.setdefault(remark, []).append(node.spec.id)
    for remark, names in printed.items():
        yield _finding("printed-warning", "warning", f"{listed(names, _NAMED_MAX)} printed: {remark}")
    yield from _failed_batches(state)
    review = state.nodes.get(REVIEWING)
    if review is not None and review.status is StepStatus.FAILED:
        yield _finding("not-reviewed", "warning", f"the reviewer came to no end: {review.reason}")
    branch = state.branch
    if branch is not None and branch.refused is not None:
        kind, severity = ("branch-behind", "problem") if branch.has_failed else ("branch-left-alone", "warning")
        yield _finding(kind, severity, branch.refused)


def _failed_batches(state: RunState) -> Iterator[FindingShape]:
    """Yield for each batch what went wrong in it, once all of its members have ended."""
    for group in state.nodes.values():
        if group.members is None or group.status not in FINAL:
            continue
        members = [state.nodes[name] for name in group.members]
        failed = [node for node in members if _has_failed(node)]
        if failed and not stops_its_group(state, failed[0]):
            each = "; ".join(f"{node.spec.id}: {_first_words(node)}" for node in failed[:_FAILURES_MAX])
            more = f"; and {len(failed) - _FAILURES_MAX} more" if len(failed) > _FAILURES_MAX else ""
            text = f"{len(failed)} of {len(members)} members failed: {each}{more}"
            yield _finding("batch-failures", "warning", text, group.spec.id)


def _has_failed(node: StepState) -> bool:
    is_passed_over = node.status is StepStatus.SKIPPED and node.reason != "nothing_to_do"
    return node.status is StepStatus.FAILED or is_passed_over


def _first_words(node: StepState) -> str:
    first, _, _ = (node.reason or "").partition("\n")
    return shortened(first, _REASON_MAX)


_NAMED: Mapping[str, Diagnosis] = {
    "undeclared-writes": Diagnosis.GOAL_DRIFT,
    "found-wrong": Diagnosis.SILENT_ERROR,
    "limit-near-cost-usd": Diagnosis.BUDGET,
    "limit-near-tokens": Diagnosis.BUDGET,
    "limit-near-requests": Diagnosis.BUDGET,
}
"""The failures that findings beside those of monitors name, by their kinds."""
_OPEN_RUNGS: dict[str, tuple[str, str, str]] = {
    "plain": ("plain-rung", "warning", "commands ran without a sandbox; see `surefoot doctor`"),
    "landlock": (
        "landlock-rung",
        "note",
        (
            "commands could not write outside, but the network, modes and owners of files and shared memory are open; "
            "see `surefoot doctor`"
        ),
    ),
}


def _found_around(state: RunState) -> Iterator[FindingShape]:
    """Yield what stands between the run and its surroundings: the checkout, the sandbox, what prepare makes."""
    if state.created.dirty and not state.created.include_dirty:
        number = len(state.created.dirty)
        paths = (
            "1 uncommitted path of the checkout is"
            if number == 1
            else f"{number} uncommitted paths of the checkout are"
        )
        yield _finding("dirty-checkout", "note", f"{paths} not part of this run")
    if state.rung in _OPEN_RUNGS and state.has_workspace:
        yield _finding(*_OPEN_RUNGS[state.rung])
    if state.as_root and state.has_workspace:
        yield _finding("as-root", "note", "commands ran as root, which weakens every sandbox; see `surefoot doctor`")
    if kept := {path for lane in state.lanes.values() for path in lane.kept}:
        text = (
            f"prepare makes {', '.join(sorted(kept)[:_NAMED_MAX])}, which git does not ignore; it is kept as it is and "
            "never committed, whoever writes there"
        )
        yield _finding("prepare-not-ignored", "warning", text)
    for lane in state.lanes.values():
        if lane.given_up is not None and state.lane_failure is None:
            text = f"lane {lane.name} could not be made usable, so fewer steps ran at once: {lane.given_up}"
            yield _finding("lane-unusable", "warning", text)


def _found_at(state: RunState, node: StepState) -> Iterator[FindingShape]:
    """Yield where a step's declarations are not what it did."""
    is_unwatched = node.spec.body.by_model and state.watches.of("undeclared_writes").say is Say.OFF
    if node.undeclared and not is_unwatched:
        text = f"wrote {', '.join(node.undeclared[:_NAMED_MAX])} without declaring it; put back"
        yield _finding("undeclared-writes", "warning", text, node.spec.id)
    if node.keys:
        named = ", ".join(node.keys[:_NAMED_MAX])
        text = f"what has the form of a key stands in {named}; look there before the branch leaves this machine"
        yield _finding("key-in-file", "warning", text, node.spec.id)
    if node.kept is not None and node.kept.unmatched:
        text = f"artifacts: {', '.join(node.kept.unmatched)} matches nothing that it made; correct the glob"
        yield _finding("no-artifact", "warning", text, node.spec.id)


def _found_left(state: RunState, node: StepState) -> Iterator[FindingShape]:
    """Yield what a step has made that no commit holds, and that others may need."""
    if not node.left or node.status is not StepStatus.VERIFIED:
        return
    group = None if node.group is None else state.nodes[node.group]
    if group is not None and next(name for name in group.members or () if state.nodes[name].left) != node.spec.id:
        return  # what is said of one member holds for all
    found = finding_of(state.plan, node.spec if group is None else group.spec, node.left)
    if found is not None:
        yield _reported(found)
