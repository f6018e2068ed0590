"""What an agent is shown of the repository before its first request, found in its lane."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from surefoot.core.agent_types import FirstLook
from surefoot.tools.first_look import Commit, Found, Overview, Repository
from surefoot.workers.run_context import RunContext

_COMMITS_MAX = 15


def look_around(context: RunContext, look: FirstLook, lane: str) -> tuple[list[Found], dict[str, str]]:
    """Return what an agent is to be shown, masked, and the files that are shown whole with their digests."""
    space, prefix = context.space, context.plan.folder_prefix
    hidden, own = _never_shown(context), set(space.commits_between(look.base, look.commit))
    repository = Repository(
        root=context.start(lane),
        prefix=prefix,
        sizes={
            path.removeprefix(prefix): size
            for path, (_, size) in space.blobs(look.commit).items()
            if path.startswith(prefix) and path not in hidden
        },
        log=tuple(
            Commit(subject=subject, changed=paths if commit in own else ())
            for commit, subject, paths in space.history(look.commit, _COMMITS_MAX)
        ),
    )
    overview = Overview(repository, look.room)
    for check in look.red:
        printed = "" if check.evidence is None else context.blobs.get(check.evidence).decode("utf-8", "replace")
        overview.add_output(check.asks, printed or check.text, len(look.red))
    overview.add_files(look.about, look.writes)
    overview.add_surroundings(look.role)
    found = [replace(one, text=context.masker.text(one.text)) for one in overview.found]
    return found, overview.saw


def _never_shown(context: RunContext) -> tuple[str, ...]:
    """Return the path of the plan file where the repository holds it: it may name checks that are held back."""
    created = context.created
    if created is None or created.plan_path is None or created.repository is None:
        return ()
    plan, root = Path(created.plan_path).resolve(), Path(created.repository).resolve()
    return (str(plan.relative_to(root)),) if plan.is_relative_to(root) else ()
