"""`invalidate`: verified steps that proved wrong, taken back with what consumed them."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.api.home import Home
from surefoot.api.run_invalidation import InvalidationPreview, invalidate, preview_invalidation
from surefoot.cli.confirmation import agrees
from surefoot.cli.execution import code_of, conclude, engine_watched
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import find_steps
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.core.plan import Effect
from surefoot.core.report import report_of, standing_of
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.errors import UsageError
from surefoot.views.lines import EMPTY, Line, one_line
from surefoot.views.report_sections import undo_said


def take_steps_back(given: Given, screen: Screen) -> int:
    """Take steps back that proved wrong, after a question where somebody can answer it, and go on with the run."""
    with Home() as home:
        run, steps = find_steps(home, given.words, given.repo)
        if not steps:
            raise UsageError("no step was named; `surefoot invalidate [RUN] STEP... --why TEXT` was expected")
        found = preview_invalidation(home, run, steps)
        screen.show(preview_lines(home.state(run), found))
        if given.dry_run:
            return _end(home, run, found, screen, ExitCode.COMPLETED, is_done=False)
        if not given.yes and screen.can_ask and not agrees("Take this back?", screen):
            screen.show([Line("Nothing was taken back.")])
            return ExitCode.WAITING
        if not given.yes and not screen.can_ask and _cannot_be_undone(found):
            text = "Irreversible effects of these steps stay in the world; nothing was taken back. Add --yes for that."
            screen.fail("needs-consent", text)
            return ExitCode.WAITING
        invalidate(home, run, steps, why=given.why or "")
        return _go_on(home, run, found, given, screen)


def _cannot_be_undone(found: InvalidationPreview) -> bool:
    return any(one["effect"] == Effect.IRREVERSIBLE for one in found.outside_effects)


def _go_on(home: Home, run: RunId, found: InvalidationPreview, given: Given, screen: Screen) -> int:
    """Let an engine bring it about, unless one is at work already."""
    if engine_of(home, run) is not None:
        screen.show([Line("The engine at work brings it about.", "good")])
        return _end(home, run, found, screen, ExitCode.COMPLETED, is_done=True)
    if home.state(run).is_paused or any(step.needs_program for step in home.state(run).plan.steps):
        screen.show([Line(f"Next: {report_of(home.state(run))['next']}", "head", is_whole=True)])
        return _end(home, run, found, screen, ExitCode.COMPLETED, is_done=True)
    screen.note([EMPTY, Line(f"Going on with run {run}", "head")])
    state = engine_watched(home, run, given.options, screen)
    if state is None:
        return ExitCode.STOPPED
    if screen.is_json:
        return _end(home, run, found, screen, code_of(state), is_done=True)
    return conclude(home, state, screen)


def preview_lines(state: RunState, found: InvalidationPreview) -> Iterator[Line]:
    """Yield what is done again and why, what stays, and which outside effects no taking back undoes."""
    count = counted(len(found.tainted), "step")
    yield Line(f"Taken back and done again: {count} of {sum(1 for _ in state.steps())}", "head")
    for one in found.tainted:
        why = "it was found wrong" if one.by is None else f"it {one_line(one.why)} ({one_line(one.by)})"
        yield Line(f"  {one_line(one.step)}: {why}", "warn", hang=4)
    if found.kept:
        names = ", ".join(map(one_line, found.kept))
        yield Line(f"Kept, and judged again without being done again: {names}", hang=2)
    if found.outside_effects:
        yield Line("These outside effects stay, and are not repeated without a yes:", "warn")
    for effect in found.outside_effects:
        word = "in doubt" if effect["applied"] is None else "applied"
        yield Line(f"  {effect['step']}  {effect['effect']}, {word}{undo_said(effect)}", "warn", hang=6)
    yield from _same_again(state, found)


def _same_again(state: RunState, found: InvalidationPreview) -> Iterator[Line]:
    """Say which of the wrong steps are commands, which come to the same again if nothing else changes."""
    wrong = [one.step for one in found.tainted if one.by is None]
    same = [name for name in wrong if state.nodes[name].spec.body.commands]
    if same:
        run, names = state.created.run, ", ".join(map(one_line, same))
        text = f"{names}: a command does the same again; to have it do something else: surefoot amend {run} FILE"
        yield Line(text, "dim", hang=2)


def _end(
    home: Home, run: RunId, found: InvalidationPreview, screen: Screen, code: ExitCode, *, is_done: bool
) -> ExitCode:
    """Print the JSON document, if that is wanted, and return the exit code."""
    if screen.is_json:
        state = home.state(run)
        screen.document(
            {
                "run": run,
                "is_done": is_done,
                "tainted": [{"step": one.step, "by": one.by, "why": one.why} for one in found.tainted],
                "kept": [*found.kept],
                "outside_effects": [*found.outside_effects],
                "state": standing_of(state),
                "outcome": None if state.outcome is None else state.outcome.value,
            }
        )
    return code
