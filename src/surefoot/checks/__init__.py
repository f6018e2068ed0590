"""Ask checks: put one question to the result in a lane and say what it answered.

What a verdict means for a step is decided elsewhere, and what is asked about is never changed.
"""

from __future__ import annotations

from surefoot.checks.check_table import ask
from surefoot.checks.file_check import files_matching
from surefoot.checks.judging import Judgement, Result, judge
from surefoot.checks.question import Answer, Question

__all__ = ["Answer", "Judgement", "Question", "Result", "ask", "files_matching", "judge"]
