"""The start of a conversation: the project's advice, what the agent is shown, and the tree of the lane."""

from __future__ import annotations

from pathlib import Path

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Excerpt, Guidance
from surefoot.core.events import Event
from surefoot.core.token_estimate import tokens_of
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.tools import guidance_of
from surefoot.tools.first_look import Commit, Overview, Repository, fence
from surefoot.workers.run_context import RunContext

_COMMITS_MAX = 15


async def start_conversation(context: RunContext, command: do.StartConversation) -> Event:
    """Find the project's own advice and what to show the agent, and note which tree the lane holds."""
    point("talk.open.before")
    guidance, tree = None, ""
    shown, saw = tuple[Excerpt, ...](), dict[str, str]()
    if command.lane is not None:
        found = await in_thread(guidance_of, context.start(command.lane), tuple(command.spec.writes or ()))
        if found is not None:
            text = fence(found.text)
            guidance = Guidance(
                path=found.path, text=context.store(text.encode()), digest=found.digest, tokens=tokens_of(text)
            )
        shown, saw = await in_thread(_shown, context, command, command.lane)
        tree = await in_thread(context.space.tree, command.lane, exclude=command.spec.uncommitted)
    point("talk.open.after")
    return ev.ConversationStarted(**command.at(context.clock.now()), guidance=guidance, tree=tree, shown=shown, saw=saw)


def _shown(context: RunContext, command: do.StartConversation, lane: str) -> tuple[tuple[Excerpt, ...], dict[str, str]]:
    space, prefix = context.space, context.plan.folder_prefix
    hidden, own = _never_shown(context), set(space.commits_between(command.base, command.commit))
    repository = Repository(
        root=context.start(lane),
        prefix=prefix,
        sizes={
            path.removeprefix(prefix): size
            for path, (_, size) in space.blobs(command.commit).items()
            if path.startswith(prefix) and path not in hidden
        },
        log=tuple(
            Commit(subject=subject, changed=paths if commit in own else ())
            for commit, subject, paths in space.history(command.commit, _COMMITS_MAX)
        ),
    )
    overview = Overview(repository, command.room)
    for check in command.red:
        printed = "" if check.evidence is None else context.blobs.get(check.evidence).decode("utf-8", "replace")
        overview.add_output(check.asks, printed or check.text, len(command.red))
    overview.add_files(command.about, command.writes)
    overview.add_surroundings(command.role)
    texts = ((one, context.masker.text(one.text)) for one in overview.found)
    shown = tuple(
        Excerpt(
            kind=one.kind, name=one.name, text=context.store(text.encode("utf-8", "replace")), tokens=tokens_of(text)
        )
        for one, text in texts
    )
    return shown, overview.saw


def _never_shown(context: RunContext) -> tuple[str, ...]:
    """Return the path of the plan file where the repository holds it: it may name checks that are held back."""
    created = context.created
    if created is None or created.plan_path is None or created.repository is None:
        return ()
    plan, root = Path(created.plan_path).resolve(), Path(created.repository).resolve()
    return (str(plan.relative_to(root)),) if plan.is_relative_to(root) else ()
