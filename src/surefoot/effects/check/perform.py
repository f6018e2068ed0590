"""Checks asked in a lane, which is left as it was."""

from __future__ import annotations

from surefoot.checks import Question, ask
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Excerpt, ExcerptKind
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.events import Event
from surefoot.core.ids import BlobId
from surefoot.core.plan_commands import check_text
from surefoot.core.token_estimate import tokens_of
from surefoot.effects.service.perform import notice_lost
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.tools.first_look import output_text
from surefoot.workers.check_files import asked_of, changed_in_run
from surefoot.workers.command import LaneCommands
from surefoot.workers.run_context import RunContext

_TOLD_BYTES_MAX = 3_000


async def ask_check(context: RunContext, command: do.AskCheck) -> Event:
    """Ask one check; files it leaves that are not ignored are removed."""
    assert command.lane is not None
    point(f"check.{command.moment}.before")
    step_env = command.spec.env if command.spec is not None else dict[str, str]()
    commands = LaneCommands(
        context=context,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}/check-{command.index}",
        step=command.spec,
        services=command.services,
    )
    question = Question(
        check=command.check,
        moment=command.moment,
        env={**context.plan.env, **step_env},
        changed=command.changed,
        before=command.before,
        earlier=command.earlier,
        junit_folder=context.space.home_path(command.lane),
        plan_folder=context.plan_folder,
    )
    asked = asked_of(command.check, command.spec, context.plan)
    changed_files = await in_thread(changed_in_run, context, asked, command.tree)
    answer = await ask(question, commands)
    is_for_agent = command.moment is Moment.DURING and answer.verdict is not Verdict.PASSED
    if answer.verdict is not Verdict.PASSED:
        await notice_lost(context, command.lane, command.services)
    if check_text(command.check) is not None:
        uncommitted = command.spec.uncommitted if command.spec is not None else ()
        await in_thread(clean, context, command.lane, command.tree, uncommitted)
    point(f"check.{command.moment}.after")
    return ev.CheckAnswered(
        **command.at(context.clock.now()),
        moment=command.moment,
        check=command.index,
        verdict=answer.verdict,
        text=answer.text,
        evidence=answer.evidence,
        results=answer.results,
        flaky=answer.flaky,
        red_before=answer.red_before,
        turned_green=answer.turned_green,
        tree=command.tree,
        environment=command.environment,
        duration_s=answer.duration_s,
        changed_files=changed_files,
        told=await in_thread(_told, context, command, answer.evidence) if is_for_agent else None,
    )


def _told(context: RunContext, command: do.AskCheck, evidence: BlobId | None) -> Excerpt | None:
    """Return beginning and end of what a check printed, as an agent is told of it."""
    if evidence is None or command.lane is None:
        return None
    printed = context.blobs.get(evidence).decode("utf-8", "replace")
    text = output_text(printed, context.start(command.lane), _TOLD_BYTES_MAX)
    blob = context.store(text.encode("utf-8", "replace"))
    return Excerpt(kind=ExcerptKind.OUTPUT, name=command.check.ask.question, text=blob, tokens=tokens_of(text))


def clean(context: RunContext, lane: str, tree: str, uncommitted: tuple[str, ...]) -> None:
    """Make a lane hold `tree` again, whatever a check has left in it."""
    if context.space.changed_submodules(lane):
        context.space.put_back_submodules(lane)
    left = context.space.changes(tree, context.space.tree(lane, exclude=uncommitted))
    context.settle(lane)
    if left:
        context.space.put_back(lane, tree, left)
