"""`approve`, `reject`, `edit`, `answer`, `take-over`: answers to questions, from any terminal.

Each question is answered by itself: a refusal holds up no other.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from surefoot.api import answers as answer_api
from surefoot.api.answers import alike, open_question, run_of
from surefoot.api.home import Home
from surefoot.api.identity import refuse_steps
from surefoot.api.questions import OpenQuestion, question_of
from surefoot.api.result_edit import diff_of, try_patch
from surefoot.api.revisions import edit_plan, shown_plan
from surefoot.api.takeover import lane_of
from surefoot.cli.confirmation import agrees
from surefoot.cli.editor import edited
from surefoot.cli.exits import ExitCode
from surefoot.cli.inbox import head_lines
from surefoot.cli.lookup import find_question
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of
from surefoot.cli.patches import coloured
from surefoot.cli.plan_editor import plan_difference, wanted_plan
from surefoot.cli.screen import Screen
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState
from surefoot.core.ways_on import RETRY, RETRY_WITH_CHANGES, is_about_failure
from surefoot.errors import NotAwaitingAnswer, SurefootError, UsageError
from surefoot.views.candidates_said import candidate_named
from surefoot.views.lines import EMPTY, Line, block, one_line
from surefoot.views.timeline import said_by

VIA = "command line"
_READY_S = 15.0
"""So long the lane of a step that was taken over is awaited, while an engine is at work."""
_LOOK_S = 0.1
Give = Callable[[str], RunState]


def approve(given: Given, screen: Screen) -> int:
    """Approve what questions show, each by itself."""
    with Home() as home:
        refuse_steps("approve", home)
        questions = [find_question(home, name, given.repo) for name in given.questions]
        if given.all_like and not _wants_all(home, questions, screen, at_once=given.yes):
            return ExitCode.WAITING
        give: Give = lambda name: answer_api.approve(home, name, like=given.all_like, via=VIA)  # noqa: E731 - it is passed on
        return _give_all(home, questions, give, screen)


def reject(given: Given, screen: Screen) -> int:
    """Say no to questions, each by itself."""
    with Home() as home:
        questions = [find_question(home, name, given.repo) for name in given.questions]
        return _give_all(home, questions, lambda name: answer_api.reject(home, name, given.reason, via=VIA), screen)


def answer(given: Given, screen: Screen) -> int:
    """Answer one question."""
    with Home() as home:
        question = find_question(home, given.question, given.repo)
        state = answer_api.answer(home, question, _chosen(given), say=given.say, via=VIA)
        answered, engine = state.questions[question].answered, engine_of(home, run_of(home, question))
        word = answered.answer if answered is not None else given.answer
        if screen.is_json:
            screen.document({"question": question, "answer": word, "engine": engine})
        screen.show(_outcome_lines(state, question))
        screen.show(_next_lines(home, state))
    return 0


def _chosen(given: Given) -> str:
    if not given.keep_changes:
        return given.answer
    if given.answer not in (RETRY, RETRY_WITH_CHANGES):
        raise UsageError("--keep-changes goes with `retry`; answer that, or leave the option out")
    return RETRY_WITH_CHANGES


def take_over(given: Given, screen: Screen) -> int:
    """Hand a step to the person, and tell them where to work."""
    with Home() as home:
        question = find_question(home, given.question, given.repo)
        state = answer_api.take_over(home, question, via=VIA)
        step = state.questions[question].asked.step
        found = _wait_lane(home, state, step)
        if screen.is_json:
            lane = None if found is None else found.lane
            screen.document({"question": question, "lane": lane, "then": None if found is None else found.question})
        screen.show(_outcome_lines(state, question))
        if found is None:
            screen.show([Line("The run prepares a lane for you; then `surefoot inbox` names its folder.", hang=2)])
            screen.show(_next_lines(home, state))
        else:
            screen.show([EMPTY, *block(found.text, 2), Line(f"  work in: {found.lane}", "warn", is_whole=True)])
            screen.show([Line(f"  then: surefoot answer {found.question} done|abandon", "head", is_whole=True)])
    return 0


def edit(given: Given, screen: Screen) -> int:
    """Approve something else than what a question shows; the difference is shown first."""
    if given.other_command is not None and given.file is not None:
        raise UsageError("give either --command or --file, not both")
    with Home() as home:
        refuse_steps("edit what a question shows", home)
        found = question_of(home, find_question(home, given.question, given.repo))
        if found.is_plan:
            return _edit_plan(home, found, given, screen)
        if found.is_failure:
            return _edit_failed(home, found, given, screen)
        _refuse_after_failure(found, given)
        if not found.can_edit or found.package is None:
            raise NotAwaitingAnswer(
                f"question {found.question} shows neither a command nor a result to edit; approve or reject it"
            )
        trees = found.package.trees
        if given.other_command is not None and trees is not None:
            raise UsageError(f"question {found.question} shows a result; give a patch with --file")
        shown = found.package.does.encode() if trees is None else diff_of(home.run_folder(found.run), trees)
        wanted = _wanted(given, found, shown, screen)
        screen.show([*head_lines(found), EMPTY, *difference_lines(home, found, shown, wanted)])
        if screen.can_ask and not given.yes and not agrees("Approve this version?", screen):
            screen.show([Line("Nothing was sent; the question is still open.")])
            return ExitCode.WAITING
        if trees is None:
            text = wanted.decode("utf-8", "surrogateescape")
            give: Give = lambda one: answer_api.edit(home, one, command=text, via=VIA)  # noqa: E731 - it is passed on
        else:
            give = lambda one: answer_api.edit(home, one, patch=wanted, via=VIA)  # noqa: E731 - as above
        return _give_all(home, [found.question], give, screen)


def _refuse_after_failure(found: OpenQuestion, given: Given) -> None:
    if given.instruction is not None or given.patch is not None:
        raise UsageError(f"question {found.question} is not about a failure; give --command or --file")


def _edit_plan(home: Home, found: OpenQuestion, given: Given, screen: Screen) -> int:
    """Put another plan in the place of the one that is shown."""
    question, state = found.question, home.state(found.run)
    if given.other_command is not None:
        raise UsageError(f"question {question} shows a plan; give another one with --file, or use your editor")
    if given.file is None and not screen.can_ask:
        raise UsageError("there is no terminal for an editor here; give --file")
    wanted = wanted_plan(home, state, question, screen) if given.file is None else _content(given.file)
    shown = shown_plan(home, state, question)
    screen.show([*head_lines(found), EMPTY, *plan_difference(b"" if shown is None else shown.text, wanted)])
    if screen.can_ask and not given.yes and not agrees("Approve this version?", screen):
        screen.show([Line("Nothing was sent; the question is still open.")])
        return ExitCode.WAITING
    return _give_all(home, [question], lambda one: edit_plan(home, one, wanted, via=VIA), screen)


def _edit_failed(home: Home, found: OpenQuestion, given: Given, screen: Screen) -> int:
    """Let the next attempt have another command or instruction, or a patch as its result."""
    if sum(one is not None for one in (given.other_command, given.instruction, given.file, given.patch)) > 1:
        raise UsageError("give only one of --command, --instruction, --patch and --file")
    question, patch = found.question, None if given.patch is None else _content(given.patch)
    text = None if patch is not None else _wanted_text(found, given, screen)
    shown = compared(found.edits, text) if text is not None else (patch or b"").decode("utf-8", "surrogateescape")
    screen.show([*head_lines(found), EMPTY, *coloured(shown)])
    if screen.can_ask and not given.yes and not agrees("Try again with this?", screen):
        screen.show([Line("Nothing was sent; the question is still open.")])
        return ExitCode.WAITING
    give: Give = lambda one: answer_api.edit(  # noqa: E731 - it is passed on
        home, one, command=text, patch=patch, say=given.say, via=VIA
    )
    return _give_all(home, [question], give, screen)


def _wanted_text(found: OpenQuestion, given: Given, screen: Screen) -> str:
    """Return the command or the instruction that is wanted: as given, from a file, or from the editor."""
    if given.instruction is not None and not found.is_by_model:
        raise UsageError(f"step {found.step!r} is not carried out by an agent; give --command")
    if given.other_command is not None and found.is_by_model:
        raise UsageError(f"step {found.step!r} is carried out by an agent; give --instruction")
    text = given.instruction if found.is_by_model else given.other_command
    if text is not None:
        return text
    if given.file is None and not (screen.can_ask and found.edits):
        raise UsageError("give --command, --instruction, --patch or --file")
    content = edited(found.edits.encode() + b"\n", ".txt") if given.file is None else _content(given.file)
    return content.decode("utf-8", "surrogateescape").rstrip("\n")


def compared(before: str, after: str) -> str:
    """Return how a command or an instruction differs from the one that failed."""
    return "\n".join(
        difflib.unified_diff(before.splitlines(), after.splitlines(), "as it failed", "as edited", "", "", 3, "")
    )


def difference_lines(home: Home, question: OpenQuestion, shown: bytes, wanted: bytes) -> Iterator[Line]:
    """Yield how what is wanted differs from what was shown.

    Raises:
        UsageError: it does not, or a patch does not fit.
    """
    assert question.package is not None
    trees = question.package.trees
    if trees is not None:
        tried = try_patch(home.run_folder(question.run), trees, wanted)
        yield from coloured(tried.difference.decode("utf-8", "surrogateescape"))
        return
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (shown, wanted))
    if before == after:
        raise UsageError(f"question {question.question}: that is the command that was shown; approve it as it is")
    rows = difflib.unified_diff(before, after, "as asked", "as edited", lineterm="")
    yield from coloured("\n".join(rows))


def _wanted(given: Given, found: OpenQuestion, shown: bytes, screen: Screen) -> bytes:
    """Return what is wanted instead: as given, from a file, or from the editor."""
    if given.other_command is not None:
        return given.other_command.encode("utf-8", "surrogateescape")
    assert found.package is not None
    is_command = found.package.trees is None
    if given.file is not None:
        content = _content(given.file)
    elif screen.can_ask:
        content = edited(shown + (b"\n" if is_command else b""), ".sh" if is_command else ".diff")
    else:
        raise UsageError("there is no terminal for an editor here; give --command or --file")
    return content.rstrip(b"\n") if is_command else content


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be read ({error.strerror}); name another file") from error


def _wants_all(home: Home, questions: Sequence[str], screen: Screen, *, at_once: bool) -> bool:
    """Show what an approval of all of a kind covers; on a terminal ask once more."""
    for name in questions:
        state = home.state(run_of(home, name))
        found, others = open_question(state, name), alike(state, name)
        if not found.asked.like:
            raise NotAwaitingAnswer(f"question {name} has no kind; approve it without --all-like")
        screen.show(
            [Line(f"{name} and {counted(len(others), 'open question')} like it, and those to come in this run:")]
        )
        screen.show([Line(f"  {one_line(found.asked.like)}", "warn", hang=4)])
        if others:
            steps = listed((one.asked.step for one in others), 8)
            screen.show([Line(f"  open now: {one_line(steps)}", "dim", hang=4)])
    return at_once or not screen.can_ask or agrees("Approve all of these?", screen)


def _give_all(home: Home, questions: Sequence[str], give: Give, screen: Screen) -> int:
    """Answer each question; say what came of each, then how to go on."""
    answers: list[dict[str, object]] = []
    refused: list[SurefootError] = []
    states: dict[str, RunState] = {}
    for name in dict.fromkeys(questions):
        try:
            state = give(name)
        except SurefootError as error:
            if len(questions) == 1:
                raise
            refused.append(error)
            if not screen.is_json:
                screen.error(error.message)
            continue
        states[state.created.run] = state
        question = state.questions[name]
        outcome: dict[str, object] = {
            "question": name,
            "step": question.asked.step,
            "answer": "yes" if question.answered is None else question.answered.answer,
            "is_open": question.is_open,
            "approved_by": list(question.approved_by),
            "people": question.asked.demand.people,
            "also": _also(state, name),
            "engine": engine_of(home, state.created.run),
        }
        answers.append(outcome)
        screen.show(_outcome_lines(state, name))
    if screen.is_json:
        failures = [{"code": error.code, "message": error.message} for error in refused]
        screen.document({"answers": answers, "refused": failures})
    for state in states.values():
        screen.show(_next_lines(home, state))
    return ExitCode.USAGE if refused else 0


def _also(state: RunState, name: str) -> list[str]:
    """Name the other questions that the same word has answered."""
    given = state.questions[name].answered
    if given is None or not given.like:
        return []
    return [
        other
        for other, one in state.questions.items()
        if other != name and one.answered is not None and (one.answered.at, one.answered.like) == (given.at, given.like)
    ]


def _outcome_lines(state: RunState, name: str) -> Iterator[Line]:
    question = state.questions[name]
    given, step = question.answered, question.asked.step
    if given is None:
        missing = question.asked.demand.people - len(question.approved_by)
        role = f" with the role {question.role}" if question.role is not None else ""
        by = listed(question.approved_by)
        needed = f"{counted(missing, 'more approval')}{role} is needed."
        text = f"Question {name} ({candidate_named(step)}): approved by {by}; {needed}"
        yield Line(text, "warn", hang=2)
        return
    yield Line(f"Question {name} ({candidate_named(step)}) is answered: {said_by(given)}", "good", hang=2)
    node = state.nodes[step]
    if given.reason and is_about_failure(question.asked) and not node.spec.body.by_model:
        text = (
            f"  {one_line(step)} is not carried out by an agent, so its next attempt reads no words: they are kept in"
        )
        yield Line(f"{text} the journal and the report, and told to agents that begin later.", "dim", hang=4)
    also = _also(state, name)
    if also:
        yield Line(f"  answered with it, as questions of its kind: {listed(also, 12)}", "good", hang=4)


def _next_lines(home: Home, state: RunState) -> Iterator[Line]:
    run, others = state.created.run, len(state.open_questions)
    engine = engine_of(home, run)
    if others:
        yield Line(f"{counted(others, 'question')} still open: surefoot inbox {run}", is_whole=True)
    if engine is not None:
        yield Line(f"The engine at work ({engine}) goes on.")
    else:
        word = "resume" if state.undoing is None else "undo"
        yield Line(f"Next: surefoot {word} {run}", "head", is_whole=True)


def _wait_lane(home: Home, state: RunState, step: str) -> OpenQuestion | None:
    """Wait until the run asks when the person is done, while an engine is at work; None: it has not asked yet."""
    run, deadline = state.created.run, time.monotonic() + _READY_S
    while engine_of(home, run) is not None and time.monotonic() < deadline:
        state = home.state(run)
        for question in state.open_questions:
            if question.asked.step == step and lane_of(home, state, question) is not None:
                return question_of(home, question.asked.question)
        time.sleep(_LOOK_S)
    return None
