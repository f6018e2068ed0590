"""The inbox: open questions of all runs or some, with their age, their approvers and their folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from surefoot.api.answers import open_question, run_of
from surefoot.api.home import Home
from surefoot.api.shown_files import ShownFile, shown_files
from surefoot.api.takeover import lane_of
from surefoot.core.approval import Package
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import QuestionAsked
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.core.state import QuestionState, RunState
from surefoot.core.system_steps import PLANNING
from surefoot.core.ways_on import EDIT, can_reword, is_about_failure
from surefoot.ports.storage import Standing


@record
class OpenQuestion:
    """A question that waits for an answer."""

    question: str
    """Its id, by which it is answered."""
    run: RunId
    goal: str
    """The first line of the run's goal."""
    repository: str | None
    """The user's folder."""
    step: str
    kind: str
    """`confirm`, `ask` or `in_doubt`."""
    text: str
    """What the person is shown."""
    package: Package | None
    """What that was made of, for questions about an effect or a result."""
    options: tuple[str, ...]
    """The answers it takes; empty: any text."""
    default: str | None
    """What an empty answer means."""
    can_edit: bool
    """Whether there is a command, a result or a plan that may be approved in another form, or tried after a failure."""
    edits: str
    """The command or the instruction that may be replaced after a failure; empty: there is none."""
    is_failure: bool
    """Whether it asks how to go on after a failed attempt."""
    is_by_model: bool
    """Whether an agent carries the step out, which reads what is said with an answer."""
    is_plan: bool
    """Whether it is about a plan that a model made."""
    asked_at: float
    """When it was asked, in seconds since the epoch."""
    age_s: float
    due: float | None
    """When it expires."""
    overdue: str
    """What happens then: `wait`, `hand_on`, `stop`."""
    role: str | None
    """The role an answer takes now; None: anybody but steps and agents."""
    people: int
    """So many different people have to approve."""
    approved_by: tuple[str, ...]
    is_handed_on: bool
    """Whether nobody answered in time, and it was handed to another role."""
    like: str
    """What its kind is, in words; empty: it has none."""
    lane: str | None
    """The folder in which a person works who has taken the step over."""
    approver: str = ""
    """The caller's code that thinks about it, or has left it to people; empty: there is none."""
    approver_said: str = ""
    """Why it has left it to people; empty: it still thinks, or said nothing."""
    is_with_approver: bool = False
    """Whether the caller's code thinks about it."""
    files: tuple[ShownFile, ...] = ()
    """The files that an `ask` step shows beside it, as they are now."""

    @property
    def people_missing(self) -> int:
        """Return how many people have to approve it yet."""
        return max(1, self.people - len(self.approved_by))


def inbox(
    home: Home,
    *,
    run: RunId | None = None,
    repository: Path | None = None,
    standings: Mapping[RunId, Standing] | None = None,
) -> list[OpenQuestion]:
    """Return the open questions, the oldest first: of all runs, of one, or of those of one repository.

    Args:
        home: Where the runs are.
        run: Only this one.
        repository: Only its runs.
        standings: Where the runs stand, if that was read already: it takes a while where there are many.
    """
    now, found = home.clock.now(), list[OpenQuestion]()
    known = home.standings() if standings is None else standings
    for row in home.journal.runs():
        is_wanted = run in (None, row.run) and (repository is None or row.repository == str(repository))
        if is_wanted and _may_ask(home, row.run, known):
            found += open_questions(home, home.state(row.run), now)
    return sorted(found, key=lambda one: (one.asked_at, one.question))


def count_questions(home: Home, standings: Mapping[RunId, Standing]) -> int:
    """Count the open questions of all runs; only those runs are folded that went on since their standing was kept."""
    kept = sum(known.questions for known in standings.values())
    others = (row.run for row in home.journal.runs() if row.run not in standings and _may_ask(home, row.run, standings))
    return kept + sum(len(home.state(run).open_questions) for run in others)


def _may_ask(home: Home, run: RunId, standings: Mapping[RunId, Standing]) -> bool:
    """Tell whether a run may have open questions: most never ask, and need not be folded."""
    known = standings.get(run)
    return bool(home.journal.events_of_kind(run, QuestionAsked, 1) if known is None else known.questions)


def question_of(home: Home, question: str) -> OpenQuestion:
    """Return one open question.

    Raises:
        RunNotFound: there is no such question.
        NotAwaitingAnswer: it is not open any more; the message says what became of it.
    """
    state = home.state(run_of(home, question))
    return _told(home, state, open_question(state, question), home.clock.now())


def open_questions(home: Home, state: RunState, now: float) -> Iterator[OpenQuestion]:
    """Yield the open questions of one run."""
    for question in state.open_questions:
        yield _told(home, state, question, now)


def _told(home: Home, state: RunState, question: QuestionState, now: float) -> OpenQuestion:
    asked = question.asked
    is_confirm = asked.about is QuestionKind.CONFIRM and asked.package is not None
    is_result = asked.package is not None and asked.package.trees is not None
    is_plan = asked.step == PLANNING and EDIT in asked.options
    node = state.nodes[asked.step]
    is_command, is_failure = bool(node.spec.body.commands), is_about_failure(asked)
    return OpenQuestion(
        question=asked.question,
        run=state.created.run,
        goal=state.plan.goal.strip().splitlines()[0],
        repository=state.created.repository,
        step=asked.step,
        kind=asked.about.value,
        text=asked.text,
        package=asked.package,
        options=asked.options,
        default=asked.default,
        can_edit=is_plan or (is_confirm and (is_result or is_command)) or (is_failure and EDIT in asked.options),
        edits=node.spec.body.text if is_failure and can_reword(node) else "",
        is_failure=is_failure,
        is_by_model=node.spec.body.by_model,
        is_plan=is_plan,
        asked_at=asked.at,
        age_s=max(0.0, now - asked.at),
        due=question.due,
        overdue=asked.demand.overdue.value,
        role=question.role,
        people=asked.demand.people,
        approved_by=tuple(question.approved_by),
        is_handed_on=question.expired is not None and question.role is not None,
        like=asked.like,
        lane=lane_of(home, state, question),
        approver=_approver_of(state, question),
        approver_said="" if question.by_approver is None else question.by_approver.fault or question.by_approver.reason,
        is_with_approver=question.is_with_approver,
        files=shown_files(home, state, state.nodes[asked.step].spec) if asked.about is QuestionKind.ASK else (),
    )


def _approver_of(state: RunState, question: QuestionState) -> str:
    if question.by_approver is not None:
        return question.by_approver.approver
    return state.approver if question.is_with_approver else ""
