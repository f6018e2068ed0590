"""The progress of a run: a line for each event of interest, and the tree below on a terminal.

Expected events get no line where the tree shows them. Nothing in here holds a run up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import field

from surefoot.cli.run_tree import View, tree_lines
from surefoot.cli.screen import Screen
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.views.activity import Activity
from surefoot.views.lines import EMPTY, Line, Style, block, duration, one_line
from surefoot.views.timeline import Entry, Timeline

STAMP = len("59 min 59 s")
"""The width of the column that says when."""
WORD = 10
"""The width of the column that says what happened."""
REDRAW_S = 0.2
_ROUTINE: tuple[Style, ...] = ("good", "dim", "head")
"""What the tree shows, so that it has no line of its own above it."""
Hear = Callable[[str], str]
"""Returns the last line of output from a lane."""


@record(frozen=False, kw_only=False)
class Progress:
    """Tells the events of a run as they come."""

    screen: Screen
    began_at: float = field(default_factory=time.time)
    state: RunState | None = None
    hear: Hear = field(default=lambda _: "")
    """What the command in a lane printed last."""
    hint: str = ""
    shows_questions: bool = False
    """Whether questions are shown in full, because nobody is asked here."""
    held_back: list[Line] | None = None
    """Lines that wait until a person has answered."""
    timeline: Timeline = field(init=False)

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
        if told is not None and not (self.screen.has_live_rows and told.style in _ROUTINE):
            line = self._line(told)
            for one in (line, *block(told.cause, line.hang, "dim")):
                self.tell(one)
        if self.shows_questions and isinstance(event, ev.QuestionAsked):
            for line in asked_lines(event):
                self.tell(line)

    def tell(self, line: Line) -> None:
        """Show a line now, or once the person has answered."""
        if self.held_back is not None:
            self.held_back.append(line)
        else:
            self.screen.note([line])

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

    def hold(self) -> None:
        """Keep still while a person answers."""
        self.screen.stop_live()
        self.held_back = self.held_back or []

    def end(self) -> None:
        """Show what was held back; from here on others write."""
        self.screen.stop_live()
        lines, self.held_back = self.held_back or [], None
        self.screen.note(lines)

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
        nodes = (self.state.nodes[name] for name in self.state.active)
        lanes = {node.spec.id: node.work.lane for node in nodes if node.work is not None and node.work.lane is not None}
        said = {name: self.work.said.get(name) or self.hear(lane) for name, lane in lanes.items()}
        view = View(state=self.state, work=self.work, now=time.time(), said=said, hint=self.hint)
        return tree_lines(view, width, height)

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
