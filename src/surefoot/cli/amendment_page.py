"""`amend`, `add`, `drop` and `move`: changes of a plan whose run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.plan_amendments import amend, amendment_in, stop_plan
from surefoot.cli.confirmation import agrees
from surefoot.cli.lookup import find_run, find_steps
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of, read_report
from surefoot.cli.report_page import section_lines
from surefoot.cli.screen import Screen
from surefoot.core.amendment_effects import AmendmentEffects, effects_of
from surefoot.core.amendments import AmendmentOrigin, DropStep, Fate, MoveStep, Operation
from surefoot.core.ids import RunId, StepId, encode_id
from surefoot.core.kernel.amendment_words import differences_of
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.errors import PlanInvalid, UsageError, why_unreadable
from surefoot.planfile.amendment_reader import ReadAmendment
from surefoot.views.lines import EMPTY, Line, Style, one_line
from surefoot.views.report_sections import Section, stock_rows

_STYLES: dict[Fate, Style] = {Fate.ADDED: "good", Fate.REFUSED: "bad", Fate.INVALIDATED: "warn", Fate.RESTARTED: "warn"}
_INVALID = 2


def amend_by_file(given: Given, screen: Screen) -> int:
    """Change the plan of a run as a file says: an amendment, or the whole plan as it should be; or stop the plan."""
    if given.stops:
        return _stop(given, screen)
    if not given.run_and_file:
        raise UsageError(
            "a file was expected: `surefoot amend [RUN] FILE`, or `surefoot amend [RUN] --stop --why TEXT`"
        )
    *names, file = given.run_and_file
    if len(names) > 1:
        raise UsageError(f"{names[1]!r} is one argument too many; `surefoot amend [RUN] FILE` was expected")
    text = _text_of(Path(file))
    with Home() as home:
        run = find_run(home, names[0] if names else None, given.repo)
        read = partial(amendment_in, home, text=text, name=file)
        return _amend(home, run, given, screen, read, AmendmentOrigin.FILE)


def _stop(given: Given, screen: Screen) -> int:
    """Stop a plan that is wrong, and show the stock of its run."""
    if len(given.run_and_file) > 1 or given.dry_run:
        raise UsageError(
            "--stop stands alone: `surefoot amend [RUN] --stop --why TEXT`; then change the plan by a file"
        )
    with Home() as home:
        run = find_run(home, next(iter(given.run_and_file), None), given.repo)
        stop_plan(home, run, given.why)
        report, engine = read_report(home, run), engine_of(home, run)
    if screen.is_json:
        document = {"run": run, "stops": report["stops"], "stock": report["stock"], "next": report["next"]}
        screen.document({**document, "engine": engine})
    screen.show(section_lines(Section(title="Stock", rows=stock_rows(report))))
    if engine is None:
        screen.show([EMPTY, Line(f"Next: surefoot resume {run}", "head", is_whole=True)])
    else:
        screen.show([EMPTY, Line(f"The engine ({engine}) ends what runs, and takes stock.", "warn", hang=2)])
    return 0


def amend_to(home: Home, run: RunId, file: Path, given: Given, screen: Screen) -> None:
    """Change the plan of a run to that of a file, before an engine goes on with the run.

    Raises:
        PlanInvalid: the file cannot be read, or the plan cannot hold as the run stands.
        UsageError: it allows more, or proves less, and nobody said yes to that.
    """
    text, state = _text_of(file), home.state(run)
    wanted = amendment_in(home, state, text, str(file))
    if not wanted.operations:
        screen.note([Line(f"{file} is the plan of the run already.", "dim", hang=2)])
        return
    found = effects_of(state, wanted.operations)
    if found.objections:
        raise PlanInvalid.of(*found.objections)
    _refuse_wideners(found, list(differences_of(state.plan, wanted.operations, found.plan)), given, screen)
    amend(home, run, wanted.operations, why=wanted.why or f"as in {file.name}", origin=AmendmentOrigin.FILE)
    screen.note(_lines(found, list(differences_of(state.plan, wanted.operations, found.plan))))


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        text = f"{path}: it cannot be read ({why_unreadable(error)}); name a file with a plan or an amendment"
        raise PlanInvalid.of(text) from error


def add(given: Given, screen: Screen) -> int:
    """Add a step to the plan of a run."""
    *names, step = given.step_to_add
    if len(names) > 1 or bool(given.does_run) == bool(given.does_by_agent):
        raise UsageError("`surefoot add [RUN] STEP --run CMD` (or `--agent TEXT`) was expected")
    said: dict[str, object] = {"id": step}
    said |= {"run": given.does_run} if given.does_run else {"agent": given.does_by_agent}
    said |= {"needs": list(given.needs)} if given.needs else {}
    said |= {"writes": list(given.writes)} if given.writes else {}
    said |= {"checks": [{"run": one} for one in given.checks]} if given.checks else {}
    beside = {key: value for key, value in (("before", given.before), ("after", given.after)) if value is not None}
    text = json.dumps({"amend": [{"add": said, **beside}]}, ensure_ascii=False)
    with Home() as home:
        run = find_run(home, names[0] if names else None, given.repo)
        return _amend(home, run, given, screen, lambda state: amendment_in(home, state, text, "surefoot add"))


def drop(given: Given, screen: Screen) -> int:
    """Take steps out of the plan of a run."""
    with Home() as home:
        run, steps = find_steps(home, given.words, given.repo)
        if not steps:
            raise UsageError("no step was named; `surefoot drop [RUN] STEP...` was expected")
        operations: tuple[Operation, ...] = tuple(DropStep(step=encode_id(name)) for name in steps)
        return _amend(home, run, given, screen, lambda _: ReadAmendment(operations=operations))


def move(given: Given, screen: Screen) -> int:
    """Have a step of a run taken up earlier or later."""
    with Home() as home:
        run, steps = find_steps(home, given.words, given.repo)
        if len(steps) != 1 or (given.before is None) == (given.after is None):
            raise UsageError("`surefoot move [RUN] STEP --before STEP` (or `--after STEP`) was expected")
        before, after = _id(given.before), _id(given.after)
        operation = MoveStep(step=encode_id(steps[0]), before=before, after=after)
        return _amend(home, run, given, screen, lambda _: ReadAmendment(operations=(operation,)))


def _id(name: str | None) -> StepId | None:
    return None if name is None else encode_id(name)


def _amend(
    home: Home,
    run: RunId,
    given: Given,
    screen: Screen,
    read: Callable[[RunState], ReadAmendment],
    origin: AmendmentOrigin = AmendmentOrigin.PERSON,
) -> int:
    state = home.state(run)
    wanted = read(state)
    if not wanted.operations:
        screen.show([Line("Nothing differs from the plan of the run; nothing was changed.")])
        return 0
    found = effects_of(state, wanted.operations, revert=given.revert)
    if found.problems:
        raise PlanInvalid.of(*found.problems)
    differences = list(differences_of(state.plan, wanted.operations, found.plan))
    if given.dry_run or found.objections:
        _tell(run, found, differences, screen, engine=None)
        return _INVALID if found.objections else 0
    _refuse_wideners(found, differences, given, screen)
    why = given.why or wanted.why
    state = amend(home, run, wanted.operations, why=why, origin=origin, revert=given.revert)
    _tell(run, found, differences, screen, engine=engine_of(home, run), is_done=True)
    ahead = [one.proposed for one in state.amendments.values() if one.is_open][:-1]
    if ahead and not screen.is_json:
        whose = listed(tuple(dict.fromkeys(one_line(one.by) for one in ahead)))
        text = f"The change of {whose} comes first; this one is judged again once that holds."
        screen.show([Line(text, "warn")])
    return 0


def _refuse_wideners(found: AmendmentEffects, differences: Sequence[str], given: Given, screen: Screen) -> None:
    """Ask a person about what allows more, or proves less, than the plan in force; refuse it where nobody says yes."""
    if not found.wideners or given.yes or (screen.can_ask and _agrees(found, differences, screen)):
        return
    ways = "; ".join(found.wideners)
    text = f"it allows more, or proves less, than the plan in force ({ways}); nothing was changed; add --yes for that"
    raise UsageError(text)


def _agrees(found: AmendmentEffects, differences: Sequence[str], screen: Screen) -> bool:
    screen.show(_lines(found, differences))
    return agrees("Change the plan?", screen)


def _tell(
    run: RunId,
    found: AmendmentEffects,
    differences: Sequence[str],
    screen: Screen,
    *,
    engine: str | None,
    is_done: bool = False,
) -> None:
    if screen.is_json:
        changes = [{"step": one.step, "what": one.fate.value, "why": one.why} for one in found.changes]
        document = {"run": run, "is_done": is_done, "changes": changes, "differences": [*differences]}
        screen.document({**document, "allows_more": list(found.wideners)})
        return
    screen.show(_lines(found, differences))
    if is_done and engine is None:
        screen.show([Line(f"Next: surefoot resume {run}", "head", is_whole=True)])
    elif is_done:
        screen.show([Line("The engine at work brings it about.", "good")])


def _lines(found: AmendmentEffects, differences: Sequence[str]) -> Iterator[Line]:
    changed = [one for one in found.changes if one.fate is not Fate.KEPT]
    kept = sum(one.fate is Fate.KEPT for one in found.changes)
    widest = max((len(one.fate.value) for one in changed), default=0)
    for one in changed:
        why = f": {one.why}" if one.why else ""
        yield Line(
            f"  {one.fate.value:{widest}}  {one_line(one.step)}{why}", _STYLES.get(one.fate, ""), hang=widest + 4
        )
    yield Line(f"  {kept} of {len(found.changes)} steps stay as they are.", "dim")
    if differences:
        yield EMPTY
        yield from (Line(f"  {one_line(text)}", hang=4) for text in differences)
    if found.wideners:
        yield EMPTY
        yield Line("It allows more, or proves less, than the plan in force:", "warn")
        yield from (Line(f"  {one_line(text)}", "warn", hang=4) for text in found.wideners)
