"""Asks a check of any kind; the two simplest kinds live here.

Owns the choice by kind, `run` and `changed`. Must never hide that an answer could not be had: that is *inconclusive*.
Read `surefoot.checks.by_test` next.
"""

from __future__ import annotations

from surefoot.checks.by_test import ask_tests
from surefoot.checks.calls import ask_call
from surefoot.checks.ending import LINES_MAX, last_lines, listed, why_no_answer
from surefoot.checks.files import ask_files
from surefoot.checks.question import Answer, Question
from surefoot.core.causes import with_output
from surefoot.core.check_kinds import CallCheck, ChangedCheck, CommandCheck, FileCheck, TestsCheck
from surefoot.core.globs import matches
from surefoot.core.terms import Verdict
from surefoot.ports import Commands


async def ask(question: Question, commands: Commands) -> Answer:
    """Ask one check in the lane of `commands`."""
    kind = question.check.ask
    match kind:
        case CommandCheck():
            return await _ask_run(kind, question, commands)
        case TestsCheck():
            return await ask_tests(kind, question, commands)
        case FileCheck():
            return await ask_files(kind, question.check, commands)
        case CallCheck():
            return await ask_call(kind, question, commands)
        case ChangedCheck():
            return _ask_changed(kind, question, commands)


async def _ask_run(kind: CommandCheck, question: Question, commands: Commands) -> Answer:
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


def _ask_changed(kind: ChangedCheck, question: Question, commands: Commands) -> Answer:
    evidence = commands.store("\n".join(question.changed).encode("utf-8", "surrogateescape"))
    outside = [path for path in question.changed if not matches(path, kind.globs)]
    if not outside:
        text = f"{len(question.changed)} changed, all inside {', '.join(kind.globs)}"
        return Answer(verdict=Verdict.PASSED, text=text, evidence=evidence)
    named = listed(outside)
    text = f"{len(outside)} of {len(question.changed)} changed paths lie outside {', '.join(kind.globs)}: {named}"
    text = text.encode("utf-8", "backslashreplace").decode()
    return Answer(verdict=Verdict.FAILED, text=text, evidence=evidence)
