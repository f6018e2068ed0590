"""`watch`: a run that another program works on.

Watching ends when the run has ended, was paused, waits with nobody at work, or lost its engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.cli.execution import code_of, conclude
from surefoot.cli.follow import INTERRUPTED, Left, may_leave, pause
from surefoot.cli.lookup import find_run
from surefoot.cli.progress import REDRAW_S, Progress, asked_lines
from surefoot.cli.run_tree import View, tree_lines
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.errors import RunNotFound
from surefoot.ports.storage import Recorded
from surefoot.views.lines import EMPTY, Line, one_line
from surefoot.views.spool import Listener
from surefoot.views.timeline import event_row

_HINT = "Ctrl-C leaves; the run goes on."
_BEGIN_S = 5.0
"""So long after it was created a run may be without an engine that is about to come."""
_WIDTH, _HEIGHT = 100, 60


def watch(name: str | None, repo: Path | None, screen: Screen) -> int:
    """Show a run as it goes, until nobody works on it any more; return what the program that worked on it returns."""
    with Home() as home:
        run = find_run(home, name, repo)
        try:
            with may_leave():
                return _watch_rows(home, run, screen) if screen.is_json else _watch_tree(home, run, screen)
        except Left:
            screen.show([EMPTY, Line(f"Left. The run goes on; watch it again: surefoot watch {run}", "dim")])
            return INTERRUPTED


@record(frozen=False, kw_only=False)
class Follower:
    """Reads what is new in one run's journal."""

    home: Home
    run: RunId
    state: RunState | None = None
    _version: int = -1

    def news(self) -> Iterator[Recorded]:
        """Yield the events that came since the last look, each folded before it is yielded.

        Raises:
            RunNotFound: the run was removed meanwhile.
        """
        version = self.home.journal.version()
        if version == self._version:
            return
        self._version = version
        after = 0 if self.state is None else self.state.seq
        if self.home.journal.head(self.run)[0] < after:
            raise RunNotFound(f"run {self.run!r} was removed while it was watched", name=self.run)
        for recorded in events(self.home, self.run, after):
            self.state = apply(self.state, recorded.event)
            yield recorded

    def is_worked_on(self) -> bool:
        """Tell whether an engine is at work, or about to be. To be asked before the news are read for the last time."""
        state = self.state
        if self.home.is_held(self.run):
            return True
        return state is not None and state.token == 0 and time.time() - state.created.at < _BEGIN_S


def _watch_rows(home: Home, run: RunId, screen: Screen) -> int:
    """Print every event of the run, and each that comes, as a line of JSON."""
    follower = Follower(home, run)
    while True:
        goes_on = follower.is_worked_on()
        for recorded in follower.news():
            screen.text(event_row(recorded))
        if not goes_on:
            break
        pause(REDRAW_S)
    assert follower.state is not None
    return code_of(follower.state)


def _watch_tree(home: Home, run: RunId, screen: Screen) -> int:
    state = home.state(run)
    listener = Listener(home.run_folder(run) / "spool")
    progress = Progress(
        screen,
        began_at=state.at - state.active_s,
        state=state,
        hear=listener.last_line,
        words=listener.words,
        hint=_HINT,
        shows_questions=True,
    )
    progress.work.join(state)
    follower = Follower(home, run, state)
    screen.show([Line(f"Run {run}: {one_line(state.plan.goal)}", "head", hang=2)])
    goes_on = follower.is_worked_on()
    if not goes_on:
        view = View(state=state, work=progress.work, now=state.at)
        screen.show([EMPTY, *tree_lines(view, _WIDTH, _HEIGHT)])
    else:
        for question in state.open_questions:
            screen.show(asked_lines(question.asked))
        progress.begin()
        try:
            while goes_on:
                goes_on = follower.is_worked_on()
                for recorded in follower.news():
                    assert follower.state is not None
                    progress.observe(follower.state, recorded.event)
                screen.refresh()
                if goes_on:
                    pause(REDRAW_S)
        finally:
            progress.end()
    if state.engine_on:
        text = "The engine has disappeared; perhaps it was killed. No verified step is lost."
        screen.show([EMPTY, Line(text, "bad", hang=2)])
    return conclude(home, state, screen)
