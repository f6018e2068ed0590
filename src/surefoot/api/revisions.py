"""A model's plan as a person sees and edits it.

An edited plan has to be able to run, have the same goal, and keep every step that was begun.
"""

from __future__ import annotations

from surefoot.api.answers import Answer, answered, open_question, refuse_secret, run_of
from surefoot.api.home import Home
from surefoot.api.identity import Identity, identify, refuse_steps
from surefoot.api.journal_append import say
from surefoot.api.preview import never_run
from surefoot.core import events as ev
from surefoot.core.event_words import Phase
from surefoot.core.plan import Plan, Tier
from surefoot.core.plan_commands import commands_of_plan
from surefoot.core.policy import weigh_command
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.system_steps import PLANNING
from surefoot.core.tool_payload import Planned
from surefoot.core.ways_on import EDIT
from surefoot.errors import NotAwaitingAnswer, PlanInvalid, UsageError
from surefoot.planfile import parse_plan
from surefoot.workers.preconditions import with_facts

_NAME = "plan.yaml"
"""What places in an edited plan name it."""


@record
class ShownPlan:
    """A plan that waits for a person's word."""

    plan: Plan
    text: bytes
    """It, as a plan file."""


def shown_plan(home: Home, state: RunState, question: str) -> ShownPlan | None:
    """Return the plan that an open question is about; None: it is about something else."""
    asked = open_question(state, question).asked
    if asked.step != PLANNING or EDIT not in asked.options:
        return None
    work = state.nodes[PLANNING].work
    ended = None if work is None or work.conversation is None else work.conversation.ended
    if ended is None or not isinstance(ended.payload, Planned):
        return None
    made = ended.payload.made
    return ShownPlan(plan=made.plan, text=home.journal.blobs.get(made.text))


def edit_plan(home: Home, question: str, text: str | bytes, *, token: str | None = None, via: str = "api") -> RunState:
    """Approve another plan than the one a question shows; it is given as the text of a plan file.

    Raises:
        PlanInvalid: it cannot run, or is for another goal.
        UsageError: it is the plan that is shown, or holds a secret.
        NotAwaitingAnswer: the question is not open any more, or shows no plan.
        NotApprover: it takes somebody else.
        StepMayNotAnswer: this program was started by a step.
        RunNotFound: there is no such question.
    """
    refuse_steps("edit a plan", home)
    who, now = identify(token, via=via), home.clock.now()
    return say(home, run_of(home, question), lambda state: list(edited_plan(home, state, question, text, who, now)))


def edited_plan(
    home: Home, state: RunState, question: str, text: str | bytes, who: Identity, at: float
) -> tuple[ev.PlanEdited, ev.QuestionAnswered]:
    """Return the events by which somebody puts another plan in the place of the one that is shown.

    Raises:
        PlanInvalid: it cannot run, or is for another goal.
        UsageError: it is the plan that is shown, or holds a secret.
        NotAwaitingAnswer: the question is not open any more, or shows no plan.
        NotApprover: it takes somebody else.
        RunNotFound: there is no such question.
    """
    content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    plan = checked_plan(home, state, question, content)
    answer = answered(state, question, Answer(word=EDIT, has_plan=True), who, at)
    asked = open_question(state, question).asked
    edited = ev.PlanEdited(
        at=at, step=asked.step, attempt=asked.attempt, plan=plan, text=home.journal.blobs.put(content), by=who.name
    )
    return edited, answer


def checked_plan(home: Home, state: RunState, question: str, text: bytes) -> Plan:
    """Return the plan that a text says, if it can take the place of the one a question shows.

    Raises:
        PlanInvalid: it cannot run, or is for another goal.
        UsageError: it is the plan that is shown, or holds a secret.
        NotAwaitingAnswer: the question is not open any more, or shows no plan.
        RunNotFound: there is no such question.
    """
    shown = shown_plan(home, state, question)
    if shown is None:
        raise NotAwaitingAnswer(
            f"question {question} shows no plan, so there is none to edit; approve or reject it", question=question
        )
    if text == shown.text:
        raise UsageError(
            f"question {question}: that is the plan that was shown; approve it as it is", question=question
        )
    refuse_secret(state, question, text)
    plan = parse_plan(text.decode("utf-8", "replace"), _NAME).plan
    problems = list(_problems(state, plan))
    if problems:
        raise PlanInvalid.of(*problems)
    return plan


def _problems(state: RunState, plan: Plan) -> list[str]:
    """Say what is wrong with a plan beyond its form."""
    found: list[str] = []
    if plan.goal.strip() != state.plan.goal.strip():
        cure = "write it as it was, or start another run"
        found.append(f"{_NAME}:1:1: the goal is another one; {state.plan.goal!r} was expected, word for word; {cure}")
    if plan.files:
        cure = "put what they hold into the repository, or save the plan and run it as a file"
        found.append(
            f"{_NAME}:1:1: `files` lie beside a plan file, and this plan is none; a plan without was expected; {cure}"
        )
    weighed = [
        (one, weigh_command(state.policy, one, Phase.PLAN.value, state.rung))
        for one in with_facts(commands_of_plan(plan))
    ]
    never = (never_run(one, decision) for one, decision in weighed if decision.tier is Tier.NEVER)
    found += (f"{_NAME}:1:1: {finding.text}" for finding in never)
    return found
