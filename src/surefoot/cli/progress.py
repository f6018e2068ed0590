"""The progress of a run: a line for each event of interest, and the tree below on a terminal.

Expected events get no line where the tree shows them. Nothing in here holds a run up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from surefoot.cli.run_tree import View, tree_lines
from surefoot.cli.screen import Screen
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.record import record
from surefoot.core.short_text import counted
from surefoot.core.state import RunState
from surefoot.views.activity import Activity, call_said
from surefoot.views.lines import EMPTY, Line, Style, block, duration, one_line
from surefoot.views.timeline import Entry, Timeline

if TYPE_CHECKING:
    from surefoot.cli.key_presses import Keys

STAMP = len("59 min 59 s")
"""The width of the column that says when."""
WORD = 10
"""The width of the column that says what happened."""
REDRAW_S = 0.2
_ROUTINE: tuple[Style, ...] = ("good", "dim", "head")
"""What the tree shows, so that it has no line of its own above it."""
_KEPT = ("verified", "unproved")
"""What has such a line all the same."""
_CHANGES_MAX = 40
"""So many lines of the changes of one call are shown."""
Hear = Callable[[str], str]
"""Returns the last line of output from a lane."""
ChangesOf = Callable[[tuple[str, str], Callable[[list[Line]], None]], None]
"""Looks for what lies between two trees, and hands over the lines that show it, now or later."""


@record(frozen=False, kw_only=False)
class Progress:
    """Tells the events of a run as they come."""

    screen: Screen
    began_at: float = field(default_factory=time.time)
    state: RunState | None = None
    hear: Hear = field(default=lambda _: "")
    """What the command in a lane printed last."""
    words: Callable[[StepId], str] = field(default=lambda _: "")
    """What a model of another program writes just now for a step."""
    hint: str = ""
    shows_questions: bool = False
    """Whether questions are shown in full, because nobody is asked here."""
    keys: Keys | None = None
    """What the person presses while the tree is shown."""
    changes_of: ChangesOf | None = None
    """Shows what lies between two trees of the run; None: changes are not shown."""
    shows_changes: bool = True
    """Whether they are shown now."""
    held_back: list[Line] | None = None
    """Lines that wait until a person has answered."""
    timeline: Timeline = field(init=False)
    _trees: dict[StepId, str] = field(default_factory=dict[StepId, str])
    """The files of agents' lanes after what was last told of them."""

    def __post_init__(self) -> None:
        """Begin with nothing under way."""
        self.timeline = Timeline(Activity(self.began_at))

    @property
    def work(self) -> Activity:
        """What the run is at."""
        return self.timeline.activity

    def observe(self, state: RunState, event: Event) -> None:
        """Be told of an event."""
        self.state = state
        self.work.follow(state, event)
        told = self.timeline.entry_of(state, event)
        is_live = self.screen.has_live_rows
        if told is None and is_live and isinstance(event, ev.ToolCallFinished):
            told = self._looked(state, event)
        elif told is not None and is_live and told.style in _ROUTINE and told.word not in _KEPT:
            told = None
        if told is not None:
            line = self._line(told)
            for one in (line, *block(told.cause, line.hang, "dim")):
                self.tell(one)
        self._follow_changes(state, event)
        if self.shows_questions and isinstance(event, ev.QuestionAsked):
            for line in asked_lines(event):
                self.tell(line)

    def _looked(self, state: RunState, event: ev.ToolCallFinished) -> Entry:
        """Tell a call that only read: without a terminal the line of its turn names it."""
        said = call_said(self.work.call_of(state, event.step, event.call), event.call)
        return Entry(at=event.at, word="looked", text=f"{event.step}  {said}", style="dim")

    def _follow_changes(self, state: RunState, event: Event) -> None:
        """Show what a call of an agent has changed."""
        match event:
            case ev.EngineStarted():
                works = ((name, state.nodes[name].work) for name in state.active)
                found = {name: work.conversation.tree for name, work in works if work and work.conversation}
                self._trees = {name: tree for name, tree in found.items() if tree}
            case ev.ConversationStarted() | ev.TreeCheckedOut() if event.tree:
                self._trees[event.step] = event.tree
            case ev.ToolCallFinished() if event.tree:
                before, self._trees[event.step] = self._trees.get(event.step), event.tree
                if before not in (None, event.tree) and self.changes_of is not None and self.shows_changes:
                    self.changes_of((before, event.tree), self._show_changes)
            case _:
                pass

    def _show_changes(self, lines: list[Line]) -> None:
        for line in lines[:_CHANGES_MAX]:
            self.tell(line)
        if lines[_CHANGES_MAX:]:
            self.tell(Line(f"  … and {counted(len(lines) - _CHANGES_MAX, 'more line')}", "dim"))

    def toggle_changes(self) -> None:
        """Show changes from here on, or do not."""
        self.shows_changes = not self.shows_changes
        self.tell(Line(f"Changes of files are {'' if self.shows_changes else 'not '}shown; v switches that.", "dim"))

    def tell(self, line: Line) -> None:
        """Show a line now, or once the person has answered."""
        if self.held_back is not None:
            self.held_back.append(line)
        else:
            self.screen.note([line])

    def hear_words(self, step: StepId, words: str) -> None:
        """Be told what of its present line a model has written."""
        self.work.said[step] = words

    def hear_agent(self, step: StepId, line: str) -> None:
        """Be told what an agent, or a body, writes just now."""
        if line.strip():
            self.work.said[step] = line

    def begin(self) -> None:
        """Show the tree, where it can be shown, and what was held back."""
        lines, self.held_back = self.held_back or [], None
        self.screen.note(lines)
        if self.screen.has_live_rows and not self.screen.is_live:
            self.screen.start_live(self.draw)
            if self.keys is not None:
                self.keys.listen()

    def hold(self) -> None:
        """Keep still while a person answers."""
        self._rest()
        self.held_back = self.held_back or []

    def end(self) -> None:
        """Show what was held back; from here on others write."""
        self._rest()
        lines, self.held_back = self.held_back or [], None
        self.screen.note(lines)

    def _rest(self) -> None:
        if self.keys is not None:
            self.keys.rest()
        self.screen.stop_live()

    async def keep_drawing(self) -> None:
        """Draw the tree again and again, until cancelled. In the loop of the engine: nothing changes meanwhile."""
        took_s = 0.0
        while True:
            # Of a run with very many steps the tree is drawn less often: most of the time is for the engine.
            await asyncio.sleep(max(REDRAW_S, 10 * took_s))
            began = time.monotonic()
            self.screen.refresh()
            took_s = time.monotonic() - began

    def draw(self, width: int, height: int) -> list[Line]:
        """Return the tree."""
        if self.state is None:
            return []
        works = ((name, self.state.nodes[name].work) for name in self.state.active)
        said = {name: self._said_at(name, work) for name, work in works if work is not None}
        view = View(state=self.state, work=self.work, now=time.time(), said=said, hint=self.hint)
        return tree_lines(view, width, height)

    def _said_at(self, name: StepId, work: Attempt) -> str:
        """Return what was said or printed last at a step that is under way."""
        if said := self.work.said.get(name):
            return said
        is_asking = work.conversation is not None and work.conversation.asked is not None
        if is_asking and (words := self.words(name)):
            return words
        return "" if work.lane is None else self.hear(work.lane)

    # --- what is told

    def line_of(self, state: RunState, event: Event) -> Line | None:
        """Return the line that tells the event; None: it is not told."""
        entry = self.timeline.entry_of(state, event)
        return None if entry is None else self._line(entry)

    def _line(self, entry: Entry) -> Line:
        stamp = f"{duration(entry.at - self.began_at):>{STAMP}}"
        text = f"{stamp}  {entry.word:<{WORD}} {entry.text}".rstrip()
        return Line(text, entry.style, hang=len(stamp) + WORD + 5, styled=None)


def asked_lines(asked: ev.QuestionAsked) -> Iterator[Line]:
    """Yield a question in full, and the command that answers it."""
    yield EMPTY
    yield Line(f"Question {asked.question}", "head")
    yield from block(asked.text, 2)
    takes = "|".join(map(one_line, asked.options)) or "TEXT"
    yield Line(f"  surefoot answer {asked.question} {takes}", "warn", is_whole=True)
    yield EMPTY
