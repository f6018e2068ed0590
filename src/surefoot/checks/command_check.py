"""A command whose exit status answers."""

from __future__ import annotations

from surefoot.checks.ending import LINES_MAX, last_lines, why_no_answer
from surefoot.checks.question import Answer, Question
from surefoot.core.causes import with_output
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.terms import Verdict
from surefoot.ports import Commands


async def ask_command(kind: CommandCheck, question: Question, commands: Commands) -> Answer:
    """Run the command in the lane."""
    outcome = await commands.run(question.request(kind.command))
    reason = why_no_answer(outcome)
    if reason is not None:
        verdict, text = Verdict.INCONCLUSIVE, reason
    else:
        verdict = Verdict.PASSED if outcome.exit_code == 0 else Verdict.FAILED
        text = outcome.said
    if verdict is not Verdict.PASSED:
        text = with_output(text, last_lines(outcome), LINES_MAX)
    return Answer(verdict=verdict, text=text, evidence=outcome.evidence, duration_s=outcome.duration_s)
