"""`changed` checks: whether everything a step changed lies inside the declared globs."""

from __future__ import annotations

from surefoot.checks.check_request import Answer, Question
from surefoot.checks.exit_status import NAMED_MAX
from surefoot.core.check_kinds import ChangedCheck
from surefoot.core.event_words import Verdict
from surefoot.core.globs import matches
from surefoot.core.short_text import listed
from surefoot.ports import Commands


async def ask_changed(kind: ChangedCheck, question: Question, commands: Commands) -> Answer:
    """Compare the paths that the step changed with the globs."""
    evidence = commands.store("\n".join(question.changed).encode("utf-8", "surrogateescape"))
    outside = [path for path in question.changed if not matches(path, kind.globs)]
    if not outside:
        text = f"{len(question.changed)} changed, all inside {', '.join(kind.globs)}"
        return Answer(verdict=Verdict.PASSED, text=text, evidence=evidence)
    named = listed(outside, NAMED_MAX)
    text = f"{len(outside)} of {len(question.changed)} changed paths lie outside {', '.join(kind.globs)}: {named}"
    text = text.encode("utf-8", "backslashreplace").decode()
    return Answer(verdict=Verdict.FAILED, text=text, evidence=evidence)
