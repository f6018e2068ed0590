"""The tree of a run, cut to the size of the terminal.

Where room is short, what waits for a person stays longest, then what runs, what failed, groups, output of bodies, what
finished last, what comes next. Steps that wait, run or failed and have no row are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from surefoot.core.event_words import Phase
from surefoot.core.ids import StepId
from surefoot.core.money import money
from surefoot.core.record import record
from surefoot.core.report import status_of
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL, StepState, StepStatus
from surefoot.views.activity import Activity, is_step, progress_of
from surefoot.views.agent_words import doing
from surefoot.views.estimate import about_left_s, roughly
from surefoot.views.lines import Line, Style, duration, in_brief, one_line, words_of
from surefoot.views.report_sections import style_of
from surefoot.views.timeline import next_attempt

WORD = 9
"""The width of the column that says where a step stands."""
_BAR_MOST, _BAR_LEAST = 30, 5
_NAME_LEAST = 12
_NEXT = 3
"""So many steps that come next are shown."""
_UNSEEN = FINAL - {StepStatus.FAILED}
"""Steps that are over and need not be seen."""
_ORDER = (
    "verified",
    "unproved",
    "running",
    "waiting",
    "in_doubt",
    "failed",
    "blocked",
    "skipped",
    "cancelled",
    "pending",
)


@record
class View:
    """What is known when the tree is drawn."""

    state: RunState
    work: Activity
    now: float
    said: Mapping[StepId, str] = field(default_factory=dict[StepId, str])
    """The last line that steps under way printed."""
    hint: str = ""


@record(kw_only=False)
class _Row:
    """A row that may or may not find room."""

    rank: int
    """The lower, the longer it stays."""
    order: tuple[int, int, int]
    """Where it stands: after the step or group, as in the plan."""
    line: Line


_WAITS, _RUNS, _FAILED, _AGAIN, _GROUP, _SAYS, _LATELY, _COMES = range(8)
_COUNTED = {_WAITS: "waiting", _RUNS: "running", _FAILED: "failed"}
"""Rows that are counted when they find no room."""


def tree_lines(view: View, width: int, height: int) -> list[Line]:
    """Return at most `height` lines, made for `width` columns."""
    numbers = Counter(status_of(node).value for node in view.state.nodes.values() if is_step(node))
    counts = ", ".join(f"{numbers[word]} {word.replace('_', ' ')}" for word in _ORDER if numbers[word])
    top = [_bar_line(view, width), Line(f"{'':<{WORD}} {counts}" if counts else "", "dim")]
    own = [Line(f"{'':<{WORD}} {name}: {one.words}  {_for(view, one.since)}") for name, one in view.work.own.items()]
    top = [*top, *own][: max(1, height)]
    free = height - len(top)
    foot = [Line(view.hint, "dim")] if view.hint and free > 4 else []
    return [*top, *_fitting(list(_rows(view, width)), free - len(foot)), *foot]


def _fitting(rows: Sequence[_Row], free: int) -> list[Line]:
    """Return the rows that find room, in the order of the plan, and how many of those that count find none."""
    if free <= 0:
        return []
    by_rank = sorted(rows, key=lambda row: (row.rank, row.order))
    if len(by_rank) <= free:
        return [row.line for row in sorted(rows, key=lambda row: row.order)]
    kept, lost = by_rank[:free], by_rank[free:]
    if any(row.rank in _COUNTED for row in lost):
        kept, lost = by_rank[: free - 1], by_rank[free - 1 :]
    missing = Counter(_COUNTED[row.rank] for row in lost if row.rank in _COUNTED and row.order[2] == 0)
    note = "… " + ", ".join(f"{number} {word}" for word, number in missing.items()) + " more not shown"
    lines = [row.line for row in sorted(kept, key=lambda row: row.order)]
    return [*lines, Line(note, "warn")] if missing else lines


# --- the top


def _bar_line(view: View, width: int) -> Line:
    """Say how far the run is; what has no room is left out from the end, the bar is cut first."""
    state = view.state
    done, total = progress_of(state)
    elapsed = state.active_s + (max(0.0, view.now - state.at) if state.engine_on else 0.0)
    parts = [f"{done} of {total}"] if total else []
    parts += [duration(elapsed), *([money(state.cost_usd)] if state.cost_usd else [])]
    left = about_left_s(state, view.now, view.work.around_s) if state.phase is Phase.EXECUTE else None
    if left is not None and state.engine_on and state.pausing is None:
        parts.append(f"{roughly(left)} left")
    head = _headword(state)
    while len(parts) > 1 and len(head) + _BAR_LEAST + 4 + len("  ".join(parts)) > width:
        parts.pop()
    said = "  ".join(parts)
    cells = min(_BAR_MOST, width - len(head) - len(said) - 4)
    if cells < _BAR_LEAST:
        return Line(f"{head}  {said}", "head", styled=len(head))
    full = cells * done // total if total else 0
    return Line(f"{head}  {'█' * full}{'░' * (cells - full)}  {said}", "head", styled=len(head))


def _headword(state: RunState) -> str:
    if state.outcome is not None:
        return state.outcome.value.replace("_", " ")
    if state.is_paused:
        return "paused"
    if state.cancelling is not None:
        return "cancelling"
    return "pausing" if state.pausing is not None else state.phase.value


# --- the rows


def _rows(view: View, width: int) -> Iterator[_Row]:
    state = view.state
    limit = max(_NAME_LEAST, width // 2)
    shown: set[StepId] = set()
    blocked = Counter(name for node in state.nodes.values() for name in node.blocked_by)
    for node in state.nodes.values():
        if node.members is not None or node.status in _UNSEEN:
            continue
        for row in _rows_of_step(view, node, limit, blocked[node.spec.id]):
            shown.add(node.spec.id)
            yield row
    groups = {state.nodes[name].group for name in shown} - {None}
    for group in state.nodes.values():
        if group.members is not None and (group.open_members or group.spec.id in groups):
            yield _group_row(state, group, limit)
    for age, one in enumerate(reversed(view.work.lately)):
        if one.step not in shown:
            text = f"{one.word:<{WORD}} {_shortened_id(one.step, limit)}  {duration(one.took_s)}"
            yield _Row(_LATELY, (-1, -age, 0), Line(text, one.style, styled=len(one.word)))
    yield from _next_rows(state, limit)


def _rows_of_step(view: View, node: StepState, limit: int, blocked: int) -> Iterator[_Row]:
    """Yield what has to be seen of a step: nothing, while it only waits for its turn or is over and well."""
    status, order, name = status_of(node), (*node.order, 0), _shortened_id(node.spec.id, limit)
    if status is StepStatus.RUNNING and node.work is not None:
        yield _Row(_RUNS, order, Line(_running(view, node, name), "head", styled=WORD))
        said = one_line(words_of(view.said.get(node.spec.id, "")))
        if said:
            yield _Row(_SAYS, (*node.order, 1), Line(f"{'':<{WORD}} │ {said}", "dim"))
    elif status in (StepStatus.WAITING, StepStatus.IN_DOUBT):
        word = status.value.replace("_", " ")
        yield _Row(_WAITS, order, _line(word, name, "", "warn" if status is StepStatus.WAITING else "bad"))
        for question in view.state.open_questions:
            if question.asked.step == node.spec.id:
                takes = "|".join(map(one_line, question.asked.options)) or "TEXT"
                how = f"  surefoot answer {question.asked.question} {takes}"
                yield _Row(_WAITS, (*node.order, 1), Line(how, "warn"))
    elif status is StepStatus.FAILED:
        then = f"blocks {counted(blocked, 'step')}: " if blocked else ""
        yield _Row(_FAILED, order, _line("failed", name, then + in_brief(node.reason or ""), "bad"))
    elif node.due is not None and node.status is StepStatus.PENDING:
        text = f"in {duration(node.due - view.now)}, {next_attempt(node)}"
        yield _Row(_AGAIN, order, _line("again", name, text, "warn"))


def _running(view: View, node: StepState, name: str) -> str:
    station = view.work.station_of(view.state, node)
    lane = node.work.lane if node.work is not None else None
    where = f"lane {lane}, " if lane is not None and view.state.plan.limits.parallel > 1 else ""
    again = f", attempt {node.attempt}" if node.attempt > 1 else ""
    said = doing(node, station.words, _for(view, station.since) + again)
    title = one_line(node.spec.title)
    return f"{'running':<{WORD}} {name}{f' ({title})' if title else ''}  {where}{said}"


def _group_row(state: RunState, group: StepState, limit: int) -> _Row:
    members = [state.nodes[name] for name in group.members or ()]
    over = sum(member.status in FINAL for member in members)
    numbers = Counter(status_of(member).value for member in members)
    told = ("running", "waiting", "in_doubt", "failed")
    parts = [f"{over} of {len(members)}", *(f"{numbers[w]} {w.replace('_', ' ')}" for w in told if numbers[w])]
    text = f"{'group':<{WORD}} {_shortened_id(group.spec.id, limit)}  {', '.join(parts)}"
    return _Row(_GROUP, (*group.order, -1), Line(text, "dim", styled=WORD))


def _next_rows(state: RunState, limit: int) -> Iterator[_Row]:
    comes = [node for node in state.nodes.values() if node.status is StepStatus.PENDING and is_step(node)]
    fresh = [node for node in comes if node.due is None and node.work is None]
    for node in sorted(fresh, key=lambda node: (node.missing > 0, node.order))[:_NEXT]:
        said = "a group, its items are not known yet" if node.is_group else one_line(node.spec.title)
        yield _Row(_COMES, (*node.order, 0), _line("pending", _shortened_id(node.spec.id, limit), said, "dim"))


def _line(word: str, name: str, said: str, style: Style) -> Line:
    return Line(f"{word:<{WORD}} {name}  {said}".rstrip(), style or style_of(word), styled=len(word))


def _shortened_id(step: StepId, limit: int) -> str:
    """Return an id that is not too long; its end tells more than its beginning."""
    return step if len(step) <= limit else "…" + step[1 - limit :]


def _for(view: View, since: float) -> str:
    return duration(max(0.0, view.now - since))
