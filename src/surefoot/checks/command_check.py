"""`run` checks: a command whose exit status answers."""

from __future__ import annotations

from surefoot.checks.check_request import Answer, Question
from surefoot.checks.exit_status import LINES_MAX, last_lines, why_no_answer
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Verdict
from surefoot.core.failure_words import with_output
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
