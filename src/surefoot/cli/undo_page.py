"""`undo`: a run taken back, with its landing and its outside effects."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.api.home import Home
from surefoot.api.run_undo import UndoPreview, preview_undo, request_undo, undo_options
from surefoot.cli.confirmation import agrees
from surefoot.cli.execution import engine_watched
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId, encode_id
from surefoot.core.report import report_of, standing_of
from surefoot.core.report_shape import EffectShape
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.core.system_steps import undone_by_step
from surefoot.core.undo import can_undo, effects_of
from surefoot.errors import RunHeld
from surefoot.views.lines import EMPTY, Line, one_line
from surefoot.views.report_sections import HASH, question_row, undo_said


def undo(given: Given, screen: Screen) -> int:
    """Take a run back to the state before it began, after a question where somebody can answer it."""
    leave = tuple(map(encode_id, given.leave))
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        try:
            found = preview_undo(home, run, leave=leave)
        except RunHeld as error:
            said = error.message.replace("first", f"or `surefoot cancel {run}` first")
            raise RunHeld(said, **error.facts) from None
        if found.undone_by is not None:
            screen.show([Line(f"Run {run} is undone already, by {one_line(found.undone_by)}; nothing was changed.")])
            return _end(home, run, found, screen, ExitCode.COMPLETED)
        screen.show(preview_lines(run, found))
        if given.dry_run:
            return _end(home, run, found, screen, ExitCode.COMPLETED)
        wants_yes = not given.yes and not found.is_begun
        if wants_yes and screen.can_ask and not agrees("Undo the run?", screen):
            screen.show([Line("Nothing was undone.")])
            return ExitCode.WAITING
        if (
            wants_yes
            and not screen.can_ask
            and any(one["effect"] == "irreversible" and one["step"] not in leave for one in found.stays)
        ):
            text = "Irreversible effects stay in the world; nothing was undone. Use --yes to undo the rest."
            screen.fail("needs-consent", text)
            return ExitCode.WAITING
        options = given.options
        request_undo(home, run, options, leave=leave)
        state = engine_watched(home, run, undo_options(home, run, options), screen)
        if state is None:
            return ExitCode.STOPPED
        return _conclude(home, state, found, screen)


def preview_lines(run: RunId, found: UndoPreview) -> Iterator[Line]:
    """Yield what an undo will do, in its order, and what nothing takes back."""
    yield Line(f"Undo of run {run}, in this order:", "head")
    if found.landings:
        where = (found.ref or "").removeprefix("refs/heads/")
        place = f"branch {where}" if where else "the files of the folder"
        yield Line(f"  {place} back to {found.landings[0][0][:HASH]}, before the run was landed", hang=4)
    for step, command in found.commands:
        yield Line(f"  {step}: run {one_line(command)}", "warn", hang=4)
    if found.commits:
        kept = f"{counted(found.commits, 'commit')} kept under refs/surefoot/{run}/kept/"
        yield Line(f"  branch surefoot/{run} back to the base of the run; {kept}", hang=4)
    if not (found.landings or found.commands or found.commits):
        yield Line("  nothing of it is on a branch", "dim")
    yield from stay_lines(found.stays)


def stay_lines(stays: tuple[EffectShape, ...]) -> Iterator[Line]:
    """Yield the outside effects that nothing takes back."""
    if stays:
        yield Line("No undo takes these outside effects back:", "warn")
    for effect in stays:
        word = "in doubt" if effect["applied"] is None else "applied"
        by_agent = f", by its agent: {one_line(effect['command'])}" if effect["command"] else ""
        yield Line(f"  {effect['step']}  {effect['effect']}, {word}{by_agent}{undo_said(effect)}", "warn", hang=6)


def _conclude(home: Home, state: RunState, found: UndoPreview, screen: Screen) -> int:
    """Say what came of the undo, and return its exit code."""
    run = state.created.run
    if state.undone_by is not None:
        screen.show([EMPTY, Line(f"Run {run} is undone.", "good"), *stay_lines(found.stays)])
        screen.show([Line(f"Next: surefoot rm {run} --branch   (the run is not needed any more)", "head", hang=2)])
        return _end(home, run, found, screen, ExitCode.COMPLETED)
    if state.undoing is not None:
        rows = [question_row(one) for one in report_of(state)["questions"]]
        screen.show([EMPTY, Line("The undo waits for an answer." if rows else "The undo is paused.", "warn")])
        screen.show(Line(f"  {row.command}", is_whole=True) for row in rows)
        screen.show([Line(f"Next: surefoot undo {run}", "head", is_whole=True)])
        return _end(home, run, found, screen, ExitCode.WAITING if rows else ExitCode.STOPPED)
    failed = [node for node in state.system_steps() if undone_by_step(node.spec.id) and node.status == "failed"]
    for node in failed:
        step = undone_by_step(node.spec.id)
        screen.show(
            [EMPTY, Line(f"The undo stopped: {step} could not be undone: {one_line(node.reason or '')}", "bad")]
        )
        screen.show([Line(f"Next: surefoot undo {run}   (--leave {step} goes on without it)", "head", is_whole=True)])
    return _end(home, run, found, screen, ExitCode.FAILED if failed else ExitCode.STOPPED)


def _end(home: Home, run: RunId, found: UndoPreview, screen: Screen, code: ExitCode) -> int:
    """Print the JSON document, if that is wanted, and return the exit code."""
    if not screen.is_json:
        return code
    state = home.state(run)
    waiting = {node.spec.id for node in effects_of(state) if can_undo(state, node)}
    commands = [{"step": step, "command": text, "undone": step not in waiting} for step, text in found.commands]
    head = None if state.branch is None else state.branch.head
    screen.document(
        {
            "run": run,
            "state": standing_of(state),
            "undone": state.undone_by is not None,
            "by": state.undone_by,
            "head": head,
            "landings": [{"branch": found.ref, "before": one, "landed": other} for one, other in found.landings],
            "commands": commands,
            "stays": [*found.stays],
            "questions": [one.asked.question for one in state.open_questions],
        }
    )
    return code
