"""Answers to questions: approve, reject, edit, take over, or give a text.

Every answer is checked before it is journaled: the question is open, takes this answer, and takes it from this person.
"""

from __future__ import annotations

import os
import time

from surefoot.api.home import Home
from surefoot.api.identity import Identity, identify, refuse_steps, who_has
from surefoot.api.journal_append import say
from surefoot.api.result_edit import try_patch
from surefoot.core import events as ev
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import BlobId, RunId
from surefoot.core.messages import MESSAGE_MAX
from surefoot.core.record import record
from surefoot.core.state import QuestionState, RunState
from surefoot.core.system_steps import PLANNING, is_system_step
from surefoot.core.ways_on import EDIT, TAKE_OVER, can_patch, can_reword, is_about_failure
from surefoot.errors import NotApprover, NotAwaitingAnswer, RunNotFound, UsageError
from surefoot.masking import Masker
from surefoot.masking.secret_names import secret_values

_ALIASES = {"y": "yes", "n": "no", "take over": TAKE_OVER, "take-over": TAKE_OVER}


@record
class Answer:
    """What a person says to one question."""

    word: str
    """`yes`, `no`, `take_over`, or what the question takes."""
    reason: str = ""
    """What they say with it: why, or what the next attempt is to do."""
    command: str | None = None
    """The command they want instead; of an agent, the instruction."""
    patch: BlobId | None = None
    """The changes they want instead, as they lie in the journal."""
    like: bool = False
    """Whether it is meant for all questions of this kind in this run."""
    has_plan: bool = False
    """Whether another plan comes with it."""


def answer(
    home: Home, question: str, text: str, *, say: str = "", token: str | None = None, via: str = "api"
) -> RunState:
    """Answer a question by its id (`RUN.NUMBER`) with a word it takes, or any text where it takes that.

    What you `say` with it goes to the next attempt of an agent, word for word, and to all agents that begin later.

    Raises:
        UsageError: what is said is too long.
        NotAwaitingAnswer: it is not open any more (the message says who answered, and when), or takes another answer.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    return _give(home, question, Answer(word=text, reason=say.strip()), token, via)


def approve(home: Home, question: str, *, like: bool = False, token: str | None = None, via: str = "api") -> RunState:
    """Approve what a question shows; with `like` also all of its kind in this run, those open now and those to come.

    Raises:
        NotAwaitingAnswer: it is not open any more, is none to approve, or belongs to no kind.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    return _give(home, question, Answer(word="yes", like=like), token, via)


def reject(home: Home, question: str, reason: str, *, token: str | None = None, via: str = "api") -> RunState:
    """Say no to what a question shows, and why; the step's attempt fails with that reason.

    Raises:
        UsageError: the reason is empty.
        NotAwaitingAnswer: it is not open any more, or is none to reject.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    if not reason.strip():
        raise UsageError(f"question {question}: a rejection needs a reason; say why not", question=question)
    return _give(home, question, Answer(word="no", reason=reason.strip()), token, via)


def edit(
    home: Home,
    question: str,
    *,
    command: str | None = None,
    patch: str | bytes | None = None,
    say: str = "",
    token: str | None = None,
    via: str = "api",
) -> RunState:
    """Approve something else than what a question shows: another command, or for a result another patch.

    Where a step has failed, the next attempt runs that command; for an agent it is its instruction. A patch is the
    result of the next attempt. What you `say` with it is told to agents.

    Raises:
        UsageError: not exactly one of the two is given, it does not fit, changes nothing, or holds a secret.
        NotAwaitingAnswer: the question is not open any more, or has no such thing to edit.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    if (command is None) == (patch is None):
        raise UsageError(f"question {question}: give either a command or a patch", question=question)
    refuse_steps("edit what a question shows", home)
    found = open_question(home.state(run_of(home, question)), question)
    blob = None if patch is None else keep_patch(home, question, patch)
    return _give(home, question, edit_answer(found, command, blob, say), token, via)


def edit_answer(found: QuestionState, text: str | None, patch: BlobId | None, say: str = "") -> Answer:
    """Return the answer by which something else is wanted: a way to approve, or to go on after a failure."""
    word = EDIT if is_about_failure(found.asked) else "yes"
    return Answer(word=word, command=text, patch=patch, reason=say.strip())


def take_over(home: Home, question: str, *, token: str | None = None, via: str = "api") -> RunState:
    """Do by hand what a question shows: the run makes a lane ready, and asks when you are done.

    Raises:
        NotAwaitingAnswer: it is not open any more, or is none to take over.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    return _give(home, question, Answer(word=TAKE_OVER), token, via)


def run_of(home: Home, question: str) -> RunId:
    """Return the run a question belongs to.

    Raises:
        RunNotFound: there is no such run.
    """
    run = RunId(question.rpartition(".")[0])
    if home.journal.head(run)[0] == 0:
        raise RunNotFound(f"there is no question {question!r}; `surefoot inbox` shows the open ones", name=question)
    return run


def keep_patch(home: Home, question: str, patch: str | bytes) -> BlobId:
    """Try a patch on what the question shows, and keep it as git writes it.

    Raises:
        UsageError: it does not fit, changes nothing, or holds a secret.
        NotAwaitingAnswer: the question shows no result.
    """
    run = run_of(home, question)
    state = home.state(run)
    found = open_question(state, question)
    trees = trees_of(state, found)
    if trees is None:
        raise NotAwaitingAnswer(
            f"question {question} shows no result, so there is no patch to edit; approve, reject, or edit a command",
            question=question,
        )
    content = patch.encode("utf-8", "surrogateescape") if isinstance(patch, str) else patch
    refuse_secret(state, question, content)
    return home.journal.blobs.put(try_patch(home.run_folder(run), trees, content).patch)


def trees_of(state: RunState, found: QuestionState) -> tuple[str, str] | None:
    """Return the trees between which a patch may be given: before, and as shown; None: the question takes none.

    A failed attempt was put back: there both are what the next attempt begins with.
    """
    package, node = found.asked.package, state.nodes[found.asked.step]
    if package is not None:
        return package.trees
    if not is_about_failure(found.asked) or state.branch is None or not can_patch(state, node):
        return None
    return (state.branch.tree, state.branch.tree)


def answered(state: RunState, question: str, given: Answer, who: Identity, at: float) -> ev.QuestionAnswered:
    """Return the event by which somebody answers.

    Raises:
        NotAwaitingAnswer: the question is not open, has expired, or does not take this answer.
        NotApprover: it takes somebody else.
        RunNotFound: there is no such question.
    """
    found = open_question(state, question)
    word = _checked_word(found, given)
    _refuse_stranger(found, who)
    if found.due is not None and found.is_late(at):
        raise NotAwaitingAnswer(
            f"question {question} expired at {ev_time(found.due)}; `surefoot show` says what followed",
            question=question,
        )
    if given.command is not None:
        _check_edit(state, found, given.command)
    if len(given.reason) > MESSAGE_MAX:
        text = f"question {question}: what you say has {len(given.reason):,} characters; at most {MESSAGE_MAX:,} go"
        raise UsageError(f"{text} with an answer", question=question)
    if given.like and not found.asked.like:
        raise NotAwaitingAnswer(f"question {question} is not one of a kind; approve it by itself", question=question)
    masker = masker_for(state)
    return ev.QuestionAnswered(
        at=at,
        question=question,
        answer=word if found.asked.options else masker.text(word),
        by=who.name,
        roles=who.roles,
        via=who.via,
        reason=masker.text(given.reason),
        edit=given.command,
        diff=given.patch,
        like=found.asked.like if given.like else "",
    )


def _check_edit(state: RunState, found: QuestionState, wanted: str) -> None:
    """Refuse another command, or another instruction, where there is none, or that is none or the same."""
    question, package, node = found.asked.question, found.asked.package, state.nodes[found.asked.step]
    body, has_failed = node.spec.body, is_about_failure(found.asked)
    is_shown = can_reword(node) if has_failed else package is not None and package.trees is None and body.commands
    if not is_shown:
        raise NotAwaitingAnswer(
            f"question {question} shows no command, so there is none to edit; approve or reject it, or edit its patch",
            question=question,
        )
    what = "instruction" if has_failed and body.by_model else "command"
    if not wanted.strip() or wanted == body.text:
        same = "the one that failed; answer `retry`" if has_failed else "the one that was shown; approve it as it is"
        said = f"is {same}" if wanted.strip() else "is empty"
        raise UsageError(f"question {question}: the {what} {said}", question=question)
    refuse_secret(state, question, wanted.encode("utf-8", "surrogateescape"))


def open_question(state: RunState, question: str) -> QuestionState:
    """Return a question that is open.

    Raises:
        RunNotFound: there is no such question.
        NotAwaitingAnswer: it is open no more.
    """
    found = state.questions.get(question)
    if found is None:
        raise RunNotFound(f"there is no question {question!r}; `surefoot inbox` shows the open ones", name=question)
    if not found.is_open:
        raise NotAwaitingAnswer(
            f"question {question} is not open: {_closed(found)}; `surefoot inbox` shows the open ones",
            question=question,
        )
    return found


def alike(state: RunState, question: str) -> list[QuestionState]:
    """Return the other open questions of the same kind that an approval of all like it covers.

    Not those about an effect that would be repeated, that rests on skipped steps, or on what has changed since: these
    are asked for one by one.
    """
    like = state.questions[question].asked.like
    return [
        other
        for other in state.open_questions
        if like and other.asked.like == like and other.asked.question != question and _is_plain(other)
    ]


def _is_plain(question: QuestionState) -> bool:
    package = question.asked.package
    return package is not None and not (package.is_repeated or package.skipped or package.difference)


def _give(home: Home, question: str, given: Answer, token: str | None, via: str) -> RunState:
    refuse_steps("answer a question", home)
    who = identify(token, via=via)

    def words(state: RunState) -> list[ev.QuestionAnswered]:
        first = answered(state, question, given, who, home.clock.now())
        others = alike(state, question) if given.like else []
        willing = [one.asked.question for one in others if who.name not in one.approved_by]
        return [first, *(answered(state, name, given, who, first.at) for name in willing)]

    return say(home, run_of(home, question), words)


def _checked_word(found: QuestionState, given: Answer) -> str:
    asked = found.asked
    can_take_over = asked.about is QuestionKind.CONFIRM and not is_system_step(asked.step)
    options = (*asked.options, TAKE_OVER) if can_take_over else asked.options
    word = given.word.strip() or (asked.default or "")
    if options and word not in options:
        word = _ALIASES.get(word.lower(), word.lower())
    if not word or (options and word not in options):
        taken = ", ".join(options) or "any text"
        raise NotAwaitingAnswer(
            f"question {asked.question} does not take {given.word!r}; it takes: {taken}", question=asked.question
        )
    if word == EDIT:
        _refuse_nothing(asked, given)
    return word


def _refuse_nothing(asked: ev.QuestionAsked, given: Answer) -> None:
    """Refuse an edit that gives nothing in the place of what was shown."""
    if is_about_failure(asked) and given.command is None and given.patch is None:
        text = f"question {asked.question}: nothing was given in its place; `surefoot edit {asked.question}` takes it"
        raise NotAwaitingAnswer(text, question=asked.question)
    if asked.step == PLANNING and not given.has_plan:
        text = f"question {asked.question}: no other plan was given; `surefoot edit {asked.question}` opens the plan"
        raise NotAwaitingAnswer(text, question=asked.question)


def _refuse_stranger(found: QuestionState, who: Identity) -> None:
    name = found.asked.question
    if found.role is not None and found.role not in who.roles:
        raise NotApprover(
            f"question {name} takes somebody with the role {found.role!r}, which {who.name} has not; "
            f"{who_has(found.role)}",
            question=name,
            role=found.role,
        )
    if who.name in found.approved_by:
        raise NotApprover(
            f"question {name} takes {found.demand.people} people, and {who.name} has approved it already; "
            "ask somebody else",
            question=name,
        )


def refuse_secret(state: RunState, question: str, content: bytes) -> None:
    """Refuse an edit that holds the value of a secret variable, or what has the form of a key.

    Raises:
        UsageError: it does.
    """
    if masker_for(state).content(content) != content:
        raise UsageError(f"question {question}: the edit holds a secret; name its variable instead", question=question)


def masker_for(state: RunState) -> Masker:
    """Return what masks the secrets of this run, as far as this program's environment holds them."""
    names = {name for node in state.nodes.values() for name in node.spec.env_from}
    declared = [os.environ[name] for name in sorted(names) if name in os.environ]
    return Masker((*declared, *secret_values(os.environ)))


def _closed(question: QuestionState) -> str:
    given = question.answered
    if given is not None:
        return f"{given.by} answered {given.answer!r} at {ev_time(given.at)}"
    if question.withdrawn is not None:
        return f"it was withdrawn ({question.withdrawn})"
    assert question.expired is not None
    return f"it expired at {ev_time(question.expired.at)}, and the step was stopped"


def ev_time(at: float) -> str:
    """Return a time of the journal as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
