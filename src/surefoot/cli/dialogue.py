"""Questions at the terminal: shown at once, answered there, or left open.

A question may be answered elsewhere, expire or be withdrawn meanwhile; then the next one is shown. A typed line counts
as an answer, and so does a key with nothing behind it. Reading them is an event of the loop, which goes on even while
the person is in their editor. A terminal that another program uses hands over whole lines.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from surefoot.api.answers import TAKE_OVER, Answer, alike, keep_patch
from surefoot.api.engagement import Engagement
from surefoot.api.home import Home
from surefoot.api.identity import identify, refuse_steps
from surefoot.api.questions import OpenQuestion, open_questions
from surefoot.api.result_edit import diff_of
from surefoot.api.revisions import checked_plan, shown_plan
from surefoot.cli.approvals import compared, difference_lines
from surefoot.cli.echo import echo_off, nothing
from surefoot.cli.editor import editor_command, refused, written_down
from surefoot.cli.inbox import file_lines
from surefoot.cli.patches import coloured, patch_lines, stat_lines
from surefoot.cli.plan_editor import SUFFIX, plan_difference, shown_lines
from surefoot.cli.progress import Progress
from surefoot.cli.prompt_words import KEYS_TO_CONFIRM, Typed, Word, keys_of, keys_shown, read_line
from surefoot.cli.typed_line import TypedLine
from surefoot.core import events as ev
from surefoot.core.events import Event, QuestionAnswered, QuestionAsked
from surefoot.core.ids import StepId
from surefoot.core.messages import flaw_of_message, has_conversation, has_reader
from surefoot.core.record import record
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.ways_on import EDIT, is_about_failure
from surefoot.errors import NotAwaitingAnswer, PlanInvalid, SurefootError
from surefoot.views.evidence import blob_text
from surefoot.views.lines import EMPTY, Line, block, one_line
from surefoot.views.open_questions import diff_shown
from surefoot.views.plan_order import problems_of

_READ_MOST = 65536
_KEY_S = 0.3
"""A key acts when nothing was typed behind it for so long: the beginning of a word is none."""
_AGREED = frozenset({"y", "yes"})


@record(frozen=False, kw_only=False)
class Asker:
    """Asks the open questions of one run, one after the other."""

    progress: Progress
    home: Home
    engagement: Engagement | None = None
    is_left: bool = False
    """Whether the person has gone (Ctrl-D): what is open stays open."""
    _waiting: list[QuestionAsked] = field(default_factory=list[QuestionAsked])
    _typed: TypedLine = field(default_factory=TypedLine)
    _let_go: Callable[[], None] | None = None
    """Gives the terminal back; None: nothing is read from it."""
    _pressed: asyncio.TimerHandle | None = None
    """Acts on the key that was pressed."""
    _to_confirm: Callable[[], None] | None = None
    """What a `yes` now does, beside answering the question as it is shown."""
    _is_telling: bool = False
    """Whether the next line is a message to the agent."""
    _editing: asyncio.Task[None] | None = None
    _drafts: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Plans that were changed and cannot run yet, by question."""

    def observe(self, state: RunState, event: Event) -> None:
        """Be told of an event: a question comes, or has gone. What was open already is asked when the engine starts."""
        # Forget what was answered elsewhere, withdrawn, or has expired.
        for asked in list(self._waiting):
            question = state.questions.get(asked.question)
            if question is None or not question.is_open:
                self._remove(asked.question)
        match event:
            case ev.EngineStarted():
                for question in state.open_questions:
                    self._add(question.asked)
            case QuestionAsked():
                self._add(event)
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

    def make_room(self, event: Event) -> None:
        """Leave the prompt's own line, before it is told that somebody answered the question elsewhere."""
        if isinstance(event, QuestionAnswered) and self._waiting and self._waiting[0].question == event.question:
            self.progress.screen.show([EMPTY])

    def _remove(self, question: str) -> None:
        if not any(asked.question == question for asked in self._waiting):
            return
        was_shown = self._waiting[0].question == question
        self._waiting = [asked for asked in self._waiting if asked.question != question]
        if not was_shown:
            return
        self._to_confirm, self._is_telling = None, False
        if self._waiting:
            self._show()
        elif self._editing is None:
            self._stop_reading()
            self.progress.begin()

    def _show(self) -> None:
        """Show the first question and read the answer to it."""
        self.progress.hold()
        if self._editing is not None:  # the editor has the screen; what is open then is shown afterwards
            return
        asked = self._waiting[0]
        lines = [EMPTY, Line(f"Question {asked.question}", "head"), *block(asked.text, 2), *self._beside(asked)]
        self.progress.screen.show([*lines, *key_lines(asked, can_tell=self._agent(asked) is not None)])
        self._start_reading()
        self._forget_key()
        # What was typed before the question was seen is no answer to it.
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        self._typed.text = ""
        self._prompt()

    def _beside(self, asked: QuestionAsked) -> Iterator[Line]:
        """Yield where to work, whose answer it takes, and what else is of its kind."""
        found, engagement = self._found(asked), self.engagement
        if found is None or engagement is None:
            return
        yield from file_lines(found)
        shown = shown_plan(self.home, engagement.state, asked.question)
        if shown is not None:
            yield from shown_lines(engagement.state, shown)
            yield Line(f"  as a plan file: surefoot show {found.run} --plan", "dim", is_whole=True)
        if found.lane is not None:
            yield Line(f"  work in: {one_line(found.lane)}", "warn", is_whole=True)
        if found.role is not None or found.people > 1:
            role = f" with the role {found.role}" if found.role is not None else ""
            by = f"; approved by {listed(found.approved_by)}" if found.approved_by else ""
            yield Line(
                f"  takes {found.people} people{role}{by}" if found.people > 1 else f"  takes somebody{role}", "warn"
            )
        others = alike(engagement.state, asked.question)
        if others:
            names = listed((f"{one.asked.question} ({one.asked.step})" for one in others), 6)
            yield Line(f"  {len(others)} more like this are open: {one_line(names)}", "warn", hang=4)

    def _agent(self, asked: QuestionAsked) -> tuple[StepId | None] | None:
        """Return the step whose agent a message is for, (None,) for whoever talks; None: nobody would read it."""
        if self.engagement is None:
            return None
        state = self.engagement.state
        to = asked.step if has_conversation(state.nodes[asked.step]) else None
        if to is None and not has_reader(state):
            return None
        return None if flaw_of_message(state, to) else (to,)

    def _tell(self, asked: QuestionAsked, text: str) -> None:
        """Say something to the agent, and ask on."""
        assert self.engagement is not None
        (step,) = self._agent(asked) or (None,)
        self.engagement.say(self.home, text, step=step)
        self._say([Line("Sent; the agent reads it with its next request.", "good", hang=2)])

    def _found(self, asked: QuestionAsked) -> OpenQuestion | None:
        if self.engagement is None:
            return None
        every = open_questions(self.home, self.engagement.state, time.time())
        return next((one for one in every if one.question == asked.question), None)

    def _prompt(self) -> None:
        asked = self._waiting[0]
        taken = "/".join(asked.options) or "answer"
        default = f" [{asked.default}]" if asked.default else ""
        self.progress.screen.text(f"{one_line(taken + default)}> ")

    def _say(self, lines: Iterable[Line]) -> None:
        """Say something about the question that is shown, and ask on."""
        self.progress.screen.show(lines)
        self._prompt()

    def _start_reading(self) -> None:
        if self._let_go is None:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read)
            self._let_go = echo_off()
            self._typed.show = None if self._let_go is nothing else self.progress.screen.text

    def _stop_reading(self) -> None:
        self._forget_key()
        if self._let_go is not None:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._let_go()
            self._let_go = None

    def _read(self) -> None:
        self._forget_key()
        try:
            read = os.read(sys.stdin.fileno(), _READ_MOST)
        except OSError:  # the terminal is gone
            read = b""
        if self._editing is not None:  # the editor is about to have the terminal
            return
        for line in self._typed.feed(read) if read else (None,):
            if line is None:
                self._leave()
                return
            asked = self._waiting[0]
            self._take(line)
            if self._editing is not None or self._waiting[:1] != [asked]:
                return  # what was typed behind that is no answer to another question
        if self._typed.show is not None and self._typed.text.lower() in self._keys():
            self._pressed = asyncio.get_running_loop().call_later(_KEY_S, self._press)

    def _keys(self) -> frozenset[str]:
        """Return the keys that need no Enter now."""
        if self._is_telling:
            return frozenset()
        asked = self._waiting[0]
        return KEYS_TO_CONFIRM if self._to_confirm else keys_of(asked, can_tell=self._agent(asked) is not None)

    def _press(self) -> None:
        self._pressed = None
        self._take(self._typed.take())

    def _forget_key(self) -> None:
        if self._pressed is not None:
            self._pressed.cancel()
            self._pressed = None

    def _take(self, line: str) -> None:
        """Do what was typed, or say why it is no answer and ask again."""
        asked, to_confirm, is_telling = self._waiting[0], self._to_confirm, self._is_telling
        self._to_confirm, self._is_telling = None, False
        try:
            if is_telling:
                self._tell(asked, line)
            elif to_confirm is None:
                self._do(asked, read_line(asked, line))
            elif line.strip().lower() in _AGREED:
                to_confirm()
            else:
                self._say([Line("Nothing was sent.", "dim")])
        except NotAwaitingAnswer as error:
            self._say(refusal_lines(asked, error, can_tell=self._agent(asked) is not None))
        except SurefootError as error:
            self._say([Line(error.message, "warn", hang=2)])

    def _do(self, asked: QuestionAsked, typed: Typed) -> None:
        match typed.word:
            case Word.ALL:
                # Show what an approval of all like this covers, before it is given.
                self._to_confirm = lambda: self._give(asked, Answer(word="yes", like=True))
                self.progress.screen.show(
                    [Line(f"  {one_line(asked.like)}, now and later in this run", "warn", hang=4)]
                )
                self.progress.screen.text("approve all of these? yes/no> ")
            case Word.EDIT:
                self._editing = asyncio.get_running_loop().create_task(self._edit(asked))
            case Word.DIFF:
                self._say(self._diff(asked))
            case Word.TELL if typed.text:
                self._tell(asked, typed.text)
            case Word.TELL:
                self._is_telling = True
                self.progress.screen.text("say to the agent> ")
            case Word.TAKE_OVER:
                self._give(asked, Answer(word=TAKE_OVER))
            case Word.PAUSE:
                assert self.engagement is not None
                self.engagement.ask_to_stop()
            case Word.LATER:
                self._leave()
            case Word.ANSWER:
                self._give(asked, Answer(word=typed.text, reason=typed.reason))

    def _diff(self, asked: QuestionAsked) -> list[Line]:
        """Return what a result changes, or what a failed attempt had changed."""
        found, engagement = self._found(asked), self.engagement
        kept = None if engagement is None else engagement.state.nodes[asked.step].left_changes
        if is_about_failure(asked) and kept is not None:
            return list(coloured(blob_text(self.home, kept)))
        diff = None if found is None else diff_shown(self.home, found)
        return [Line("It changes no files.", "dim")] if diff is None else [*stat_lines(diff), EMPTY, *patch_lines(diff)]

    def _give(self, asked: QuestionAsked, given: Answer) -> None:
        assert self.engagement is not None
        refuse_steps("answer a question", self.home)
        self.engagement.answer(asked.question, given, identify(via="terminal"))
        self._remove(asked.question)

    async def _edit(self, asked: QuestionAsked) -> None:
        """Let the person change what is shown, in their editor; ask once more before it is sent."""
        self._stop_reading()
        try:
            wanted = await self._edited(asked)
        except SurefootError as error:
            wanted = [Line(error.message, "warn", hang=2)]
        finally:
            self._editing = None
        if not self._waiting:
            self.progress.begin()
        elif self._waiting[0].question != asked.question:
            self._show()
        else:
            self._start_reading()
            self.progress.screen.show(wanted)
            if self._to_confirm is None:
                self._prompt()
            else:
                act = "try again with" if is_about_failure(asked) else "approve"
                self.progress.screen.text(f"{act} this version? yes/no> ")

    async def _edited(self, asked: QuestionAsked) -> list[Line]:
        found = self._found(asked)
        if found is not None and found.is_plan:
            return await self._edited_plan(asked)
        if found is not None and found.is_failure and found.edits:
            return await self._reworded(asked, found.edits)
        if found is not None and found.is_failure:
            return [Line(f"It has no command; for a patch: surefoot edit {asked.question} --patch FILE", "warn")]
        if found is None or found.package is None or not found.can_edit:
            return [Line("There is nothing to edit.", "warn")]
        trees, does = found.package.trees, found.package.does
        shown = does.encode() if trees is None else diff_of(self.home.run_folder(found.run), trees)
        wanted = await _in_editor(shown + (b"\n" if trees is None else b""), ".sh" if trees is None else ".diff")
        if trees is None:
            wanted = wanted.rstrip(b"\n")
        lines = list(difference_lines(self.home, found, shown, wanted))

        def send() -> None:
            if trees is None:
                self._give(asked, Answer(word="yes", command=wanted.decode("utf-8", "surrogateescape")))
            else:
                self._give(asked, Answer(word="yes", patch=keep_patch(self.home, asked.question, wanted)))

        self._to_confirm = send
        return lines

    async def _reworded(self, asked: QuestionAsked, before: str) -> list[Line]:
        """Let the person change the command or the instruction that the next attempt has."""
        wanted = (await _in_editor(f"{before}\n".encode(), ".txt")).decode("utf-8", "surrogateescape").rstrip("\n")
        if wanted == before:
            return [Line("That is the one that failed; nothing was changed.", "warn")]
        self._to_confirm = lambda: self._give(asked, Answer(word=EDIT, command=wanted))
        return list(coloured(compared(before, wanted)))

    async def _edited_plan(self, asked: QuestionAsked) -> list[Line]:
        """Let the person change a plan; what cannot run yet is opened again at the next `edit`."""
        engagement = self.engagement
        assert engagement is not None
        shown = shown_plan(self.home, engagement.state, asked.question)
        before = b"" if shown is None else shown.text
        wanted = self._drafts[asked.question] = await _in_editor(self._drafts.get(asked.question, before), SUFFIX)
        try:
            checked_plan(self.home, engagement.state, asked.question, wanted)
        except PlanInvalid as error:
            cure = Line("Type `edit` to correct it; what you wrote is kept.", "dim")
            return [*(Line(problem, "warn", hang=4) for problem in problems_of(error)), cure]

        def send() -> None:
            refuse_steps("edit a plan", self.home)
            engagement.edit_plan(self.home, asked.question, wanted, identify(via="terminal"))
            self._remove(asked.question)

        self._to_confirm = send
        return list(plan_difference(before, wanted))

    def _leave(self) -> None:
        """Leave the questions open; the engine stops when nothing else is left to do."""
        assert self.engagement is not None
        self.is_left = True
        self.end()
        self.progress.screen.show([EMPTY, Line("Left open; `surefoot inbox` shows it.", "dim")])
        self.progress.begin()
        loop = self.engagement.loop
        loop.waits_for_answers = False
        loop.tell()


async def _in_editor(text: bytes, suffix: str) -> bytes:
    """Let the person edit text while the loop goes on.

    Raises:
        UsageError: there is no such editor, or it failed.
    """
    command = editor_command()
    with written_down(text, suffix) as path:
        try:
            program = await asyncio.create_subprocess_exec(*command, str(path))
        except OSError as error:
            raise refused(command, str(error)) from error
        code = await program.wait()
        if code != 0:
            raise refused(command, f"exit status {code}")
        return path.read_bytes()


def key_lines(asked: QuestionAsked, *, can_tell: bool) -> list[Line]:
    """Return all that can be typed."""
    return [Line(f"  {text}", "dim", hang=4) for text in keys_shown(asked, can_tell=can_tell)]


def refusal_lines(asked: QuestionAsked, error: NotAwaitingAnswer, *, can_tell: bool = False) -> list[Line]:
    """Say that a line was no answer, and all that can be typed: more than a command line takes."""
    said = error.message.partition("; it takes: ")[0]
    return [Line(f"{said}. Type one of:", "warn", hang=2), *key_lines(asked, can_tell=can_tell)]
