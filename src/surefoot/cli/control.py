"""`pause`, `cancel`, `restore`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from surefoot.api import run_control
from surefoot.api.home import Home
from surefoot.cli.confirmation import agrees
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of, read_report, status_lines
from surefoot.cli.screen import Screen
from surefoot.core.graph_state import results_after
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Effect
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.views.lines import Line, one_line
from surefoot.views.report_sections import HASH

Say = Callable[[Home, RunId], Coroutine[Any, Any, RunState]]


def pause(name: str | None, repo: Path | None, screen: Screen) -> int:
    """Ask a run to pause."""
    return _say(name, repo, screen, run_control.pause)


def cancel(name: str | None, repo: Path | None, screen: Screen) -> int:
    """End a run where it is."""
    return _say(name, repo, screen, run_control.cancel)


def _say(name: str | None, repo: Path | None, screen: Screen, say: Say) -> int:
    with Home() as home:
        run = find_run(home, name, repo)
        asyncio.run(say(home, run))
        report, engine = read_report(home, run), engine_of(home, run)
    if screen.is_json:
        screen.document({"run": run, "state": report["state"], "outcome": report["outcome"], "engine": engine})
    if engine is not None:
        screen.show(
            [Line(f"Asked the engine ({engine}); it first finishes what cannot be interrupted.", "warn", hang=2)]
        )
    screen.show(status_lines(report, engine))
    return 0


def restore(given: Given, screen: Screen) -> int:
    """Take a run back to where a step left it, after a question if irreversible effects came later."""
    to = given.to
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        later = effects_after(home.state(run), to)
        screen.show(effect_lines(later))
        if any(_class_of(node) == Effect.IRREVERSIBLE for node in later) and not given.yes:
            if not screen.can_ask:
                text = "Irreversible effects were applied later; nothing was restored. Use --yes to restore anyway."
                screen.fail("needs-consent", text)
                return ExitCode.WAITING
            if not agrees("Restore anyway?", screen):
                screen.show([Line("Nothing was restored.")])
                return ExitCode.WAITING
        state = asyncio.run(run_control.restore(home, run, to))
        pending = [node.spec.id for node in state.steps() if node.status == "pending"]
    assert state.branch is not None
    head = state.branch.head
    if screen.is_json:
        effects = [
            {
                "step": node.spec.id,
                "effect": _class_of(node),
                "applied": None if node.is_in_doubt else True,
                "undo": node.spec.undo,
            }
            for node in later
        ]
        screen.document({"run": run, "to": to, "head": head, "pending": pending, "outside_effects": effects})
    text = f"Run {run} is back at step {to}, commit {head[:HASH]}; {counted(len(pending), 'step')} to be done."
    screen.show([Line(text, hang=2), Line(f"The old tip is kept under refs/surefoot/{run}/kept/.", "dim")])
    screen.show([Line(f"Next: surefoot resume {run}", "head", is_whole=True)])
    return 0


def effects_after(state: RunState, to: str) -> list[StepState]:
    """Return the steps behind `to` whose outside effects were applied, or may have been: no restore undoes those."""
    target = state.nodes.get(StepId(to))
    if target is None:
        return []
    gone = results_after(state, target)
    return [
        node
        for node in state.steps()
        if node.has_reached_out
        and not node.is_undone
        and (node.spec.id in gone or node.verified_seq > target.verified_seq or node.verified_seq == 0)
    ]


def effect_lines(later: list[StepState]) -> list[Line]:
    """Return what is said about effects that a restore does not undo."""
    if not later:
        return []
    lines = [Line("A restore does not undo these outside effects:", "warn")]
    for node in later:
        undo = f"; undo: {one_line(node.spec.undo_said)}" if node.spec.undo_said else ""
        word = "in doubt" if node.is_in_doubt else "applied"
        lines.append(Line(f"  {node.spec.id}  {_class_of(node)}, {word}{undo}", hang=6))
    return lines


def _class_of(node: StepState) -> str:
    """Return the effect class that stays: a command of an agent that reached others cannot be undone."""
    return Effect.IRREVERSIBLE.value if node.reached else node.effect.value
