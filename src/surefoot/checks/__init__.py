"""Ask checks: put one question to the result in a lane and say what it answered.

Owns the five kinds of check. Must never decide what a verdict means for a step, and never change what it asks about.
Read `surefoot.checks.asking` next.
"""

from __future__ import annotations

from surefoot.checks.asking import ask
from surefoot.checks.files import files_matching
from surefoot.checks.judging import Judgement, Result, judge
from surefoot.checks.question import Answer, Question

__all__ = ["Answer", "Judgement", "Question", "Result", "ask", "files_matching", "judge"]
