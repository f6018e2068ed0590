"""A check asked about a commit of the run, as it is asked of a step."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.effects.check.perform import ask_check
from surefoot.workers.run_context import RunContext


async def inquire(context: RunContext, command: do.Inquire) -> Event:
    """Ask the check in the lane that holds the commit."""
    question = do.AskCheck(
        step=ACCEPTANCE,
        attempt=1,
        lane=command.lane,
        moment=command.moment,
        index=0,
        check=command.check,
        spec=command.spec,
        tree=command.tree,
        environment=command.environment,
        services=command.services,
        before=command.before,
    )
    answer = await ask_check(context, question)
    assert isinstance(answer, ev.CheckAnswered)
    return ev.Inquired(
        at=answer.at,
        check=command.check.digest,
        commit=command.commit,
        tree=command.tree,
        environment=command.environment,
        verdict=answer.verdict,
        text=answer.text,
        evidence=answer.evidence,
        results=answer.results,
        changed_files=answer.changed_files,
        duration_s=answer.duration_s,
    )
