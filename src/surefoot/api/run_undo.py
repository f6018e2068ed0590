"""The state before a run: its landing, its outside effects and its branch, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from surefoot.api.engagement import Watching, engage
from surefoot.api.engine_claim import set_aside
from surefoot.api.home import Home
from surefoot.api.identity import refuse_steps
from surefoot.api.journal_append import say
from surefoot.api.retention import settle_landing
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.branch_state import LandingState
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.record import record
from surefoot.core.report import report_of
from surefoot.core.report_shape import EffectShape
from surefoot.core.state import RunState
from surefoot.core.system_steps import undo_step_id
from surefoot.core.undo import can_undo, effects_of
from surefoot.errors import RunNotFound, UsageError
from surefoot.workspace import RunWorkspace


@record
class UndoPreview:
    """What an undo of a run would do, in this order."""

    undone_by: str | None
    """Who has undone it already."""
    is_begun: bool
    """Whether somebody has begun to undo it, and it waits or was cut off."""
    landings: tuple[tuple[str, str], ...]
    """Where the checked-out branch, or the folder, was before and after each landing that is taken back."""
    ref: str | None
    """The branch that they are on; None: a plain folder, or nothing was landed."""
    commands: tuple[tuple[StepId, str], ...]
    """The steps whose outside effects are taken back, and the command for each, in their order."""
    stays: tuple[EffectShape, ...]
    """Outside effects that nothing takes back."""
    commits: int
    """So many commits of the run are not on its branch any more."""


def preview_undo(home: Home, run: RunId, *, leave: Sequence[str] = ()) -> UndoPreview:
    """Return what an undo would do; nothing is changed.

    Raises:
        RunHeld: an engine is at work on the run.
        RunNotFound: the run has no step that is to be left.
        WorkspaceError: the landing cannot be taken back; the message says why, and what to do instead.
    """
    with set_aside(home, run, "pause"):
        return _preview(home, run, leave)


def _preview(home: Home, run: RunId, leave: Sequence[str]) -> UndoPreview:
    state = home.state(run)
    ref, landings = None, tuple[tuple[str, str], ...]()
    if state.landings and state.undone_by is None:
        ref, landings = _landings(state)
        _space_of(home, state).landing.refuse_to_take_back(ref, landings)
    for name in leave:
        if name not in state.nodes:
            near = nearest_said(name, state.nodes)
            raise RunNotFound(f"run {run!r} has no step {name!r}; `surefoot show {run}` lists them{near}", name=name)
    undone = [node for node in effects_of(state) if can_undo(state, node) and node.spec.id not in leave]
    names = {node.spec.id for node in undone}
    effects = report_of(state)["outside_effects"]
    stays = [one for one in effects if one["undone"] is False and (one["step"] not in names or one["command"])]
    commits = sum(node.commit is not None for node in state.nodes.values())
    return UndoPreview(
        undone_by=state.undone_by,
        is_begun=state.undoing is not None,
        landings=landings,
        ref=ref,
        commands=tuple((node.spec.id, node.spec.undo_run) for node in undone),
        stays=tuple(one for one in stays if one["applied"] is not False),
        commits=commits,
    )


def _landings(state: RunState) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return the branch that the run was landed on, and the landings on it, each as before and after."""
    last = state.landings[-1].asked.ref
    if any(one.asked.ref != last for one in state.landings):
        names = dict.fromkeys((one.asked.ref or "").removeprefix("refs/heads/") for one in state.landings)
        text = f"run {state.created.run!r} was landed on several branches ({', '.join(names)}); revert it on each by "
        raise UsageError(f"{text}`git revert`, for no command can switch between them", run=state.created.run)
    return last, tuple((one.asked.before, _landed(one)) for one in state.landings)


def _landed(landing: LandingState) -> str:
    return landing.landed or landing.asked.before


def _space_of(home: Home, state: RunState) -> RunWorkspace:
    run = state.created.run
    assert state.created.repository is not None
    return RunWorkspace.open(home.run_folder(run), Path(state.created.repository), run)


async def undo(
    home: Home,
    run: RunId,
    options: Options | None = None,
    *,
    leave: Sequence[str] = (),
    watching: Watching | None = None,
) -> RunState:
    """Take a run back to the state before it began: its landing, then its outside effects, then its branch.

    The command that the plan has for an outside effect is an effect itself: it is run after a yes, asked in the inbox,
    or beforehand by `yes` of the options; one that is cut off is in doubt. What was undone is not undone again.

    Raises:
        RunHeld: an engine is at work on the run.
        RunNotFound: the run has no step that is to be left.
        WorkspaceError: the landing cannot be taken back, or the workspace is gone; nothing was changed.
        StepMayNotAnswer: this program was started by a step.
    """
    request_undo(home, run, options, leave=leave)
    return await engage(home, run, undo_options(home, run, options), watching=watching)


def request_undo(home: Home, run: RunId, options: Options | None = None, *, leave: Sequence[str] = ()) -> None:
    """Take the landing of a run back, and have its next engine do the rest.

    Raises:
        RunHeld: an engine is at work on the run.
        RunNotFound: the run has no step that is to be left.
        WorkspaceError: the landing cannot be taken back; nothing was changed.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("undo a run", home)
    who = (options or Options()).who
    with set_aside(home, run, "pause"):
        state = home.state(run)
        if state.undone_by is not None:
            return
        if state.landings:
            state = settle_landing(home, state, _space_of(home, state))
        found = _preview(home, run, leave)
        if found.landings:
            from_dirty = state.created.include_dirty
            at = _space_of(home, state).landing.take_back(found.ref, found.landings, is_from_dirty=from_dirty)
            say(home, run, lambda _: [ev.LandingTakenBack(at=home.clock.now(), commit=at, by=who)])
        names = tuple(map(StepId, leave))
        say(home, run, lambda _: [ev.UndoRequested(at=home.clock.now(), by=who, leave=names)])


def undo_options(home: Home, run: RunId, options: Options | None) -> Options:
    """Return the options of the engine that undoes a run: `yes` approves the commands that were shown."""
    options = options or Options()
    if not options.yes:
        return options
    state = home.state(run)
    names = tuple(undo_step_id(node.spec.id) for node in effects_of(state) if can_undo(state, node))
    return replace(options, yes=False, allow=(*options.allow, *names))
