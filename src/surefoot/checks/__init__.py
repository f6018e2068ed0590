"""Checks, asked: one question about the result in a lane, and its answer.

A check never changes what it asks about. What a verdict means for a step is decided by the kernel.
"""

from __future__ import annotations

from surefoot.checks.check_request import Answer, Question
from surefoot.checks.check_table import ask
from surefoot.checks.file_check import files_matching
from surefoot.checks.test_judgement import Judgement, Result, judge

__all__ = ["Answer", "Judgement", "Question", "Result", "ask", "files_matching", "judge"]
