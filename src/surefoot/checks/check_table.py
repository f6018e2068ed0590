"""The table of check kinds and how each is asked.

A check that could not be asked is *inconclusive*, and this is never hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from surefoot.checks.call_check import ask_call
from surefoot.checks.changed_check import ask_changed
from surefoot.checks.check_request import Answer, Question
from surefoot.checks.command_check import ask_command
from surefoot.checks.file_check import ask_files
from surefoot.checks.json_check import ask_json
from surefoot.checks.tests_check import ask_tests
from surefoot.core.check_kinds import CallCheck, ChangedCheck, CommandCheck, FileCheck, JsonCheck, TestsCheck
from surefoot.ports import Commands

_ASK: Mapping[type, Callable[[Any, Question, Commands], Awaitable[Answer]]] = {
    CommandCheck: ask_command,
    TestsCheck: ask_tests,
    FileCheck: lambda kind, question, commands: ask_files(kind, question.check, commands),
    CallCheck: ask_call,
    ChangedCheck: ask_changed,
    JsonCheck: ask_json,
}


async def ask(question: Question, commands: Commands) -> Answer:
    """Ask one check in the lane of `commands`."""
    kind = question.check.ask
    return await _ASK[type(kind)](kind, question, commands)
