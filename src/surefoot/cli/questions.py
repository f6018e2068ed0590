"""Questions at the terminal: shown at once, answered there, or left open.

Owns the dialogue with the person who started the engine. A question may be answered elsewhere meanwhile; then the next
one is shown. Must never answer for the person: only a line they typed counts. Read `surefoot.api.people` next.

The terminal hands over whole lines, so that reading them is an event of the loop like any other, and the loop lives on.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from dataclasses import dataclass, field

from surefoot.api.people import checked_answer
from surefoot.api.running import Engagement
from surefoot.cli.lines import EMPTY, Line, block, one_line
from surefoot.cli.progress import Progress
from surefoot.core import events as ev
from surefoot.core.events import Event, QuestionAsked
from surefoot.core.state import RunState
from surefoot.errors import SurefootError

_READ_MOST = 65536


@dataclass(slots=True)
class Asker:
    """Asks the open questions of one run, one after the other."""

    progress: Progress
    engagement: Engagement | None = None
    is_left: bool = False
    """Whether the person has gone (Ctrl-D): what is open stays open."""
    _waiting: list[QuestionAsked] = field(default_factory=list[QuestionAsked])
    _typed: bytes = b""
    _is_reading: bool = False

    def observe(self, state: RunState, event: Event) -> None:
        """Be told of an event: a question comes, or has gone. What was open already is asked when the engine starts."""
        match event:
            case ev.EngineStarted():
                for question in state.open_questions:
                    self._add(question.asked)
            case QuestionAsked():
                self._add(event)
            case ev.QuestionAnswered():
                self._remove(event.question)
            case ev.RunPaused() | ev.RunEnded():
                self.end()
            case _:
                pass

    def end(self) -> None:
        """Ask no more."""
        self._waiting.clear()
        self._stop_reading()

    def _add(self, asked: QuestionAsked) -> None:
        if self.is_left or asked in self._waiting:
            return
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            self._show()

    def _remove(self, question: str) -> None:
        if not any(asked.question == question for asked in self._waiting):
            return
        was_shown = self._waiting[0].question == question
        self._waiting = [asked for asked in self._waiting if asked.question != question]
        if not was_shown:
            return
        if self._waiting:
            self._show()
        else:
            self._stop_reading()
            self.progress.begin()

    def _show(self) -> None:
        """Show the first question and read the answer to it."""
        self.progress.hold()
        asked = self._waiting[0]
        lines = [EMPTY, Line(f"Question {asked.question}", "head"), *block(asked.text, 2)]
        self.progress.screen.show(
            [*lines, Line(f"  (Ctrl-D leaves it open; surefoot answer {asked.question} …)", "dim")]
        )
        # What was typed before the question was seen is no answer to it.
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        self._prompt()
        if not self._is_reading:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read)
            self._is_reading = True

    def _prompt(self) -> None:
        asked = self._waiting[0]
        taken = "/".join(asked.options) or "answer"
        default = f" [{asked.default}]" if asked.default else ""
        self.progress.screen.text(f"{one_line(taken + default)}> ")

    def _stop_reading(self) -> None:
        if self._is_reading:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._is_reading = False

    def _read(self) -> None:
        try:
            read = os.read(sys.stdin.fileno(), _READ_MOST)
        except OSError:  # the terminal is gone
            read = b""
        self._typed += read
        if read and not self._typed.endswith(b"\n"):
            return
        typed, self._typed = self._typed, b""
        if not typed:
            self._leave()
            return
        for line in typed.decode("utf-8", "replace").splitlines():
            if self._waiting:
                self._take(line)

    def _take(self, line: str) -> None:
        """Hand in what was typed, or say why it is no answer and ask again."""
        assert self.engagement is not None
        question = self._waiting[0].question
        try:
            word = checked_answer(self.engagement.state, question, line)
        except SurefootError as error:
            self.progress.screen.show([Line(error.message, "warn")])
            self._prompt()
            return
        self.engagement.answer(question, word)
        self._remove(question)

    def _leave(self) -> None:
        """Leave the questions open; the engine stops when nothing else is left to do."""
        assert self.engagement is not None
        self.is_left = True
        self.end()
        self.progress.screen.show([EMPTY, Line("Left open.", "dim")])
        self.progress.begin()
        loop = self.engagement.loop
        loop.waits_for_answers = False
        loop.tell()
