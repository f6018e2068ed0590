"""`tests` checks: a test suite, and where its results are recorded.

JUnit XML is requested in two ways at once: `SUREFOOT_JUNIT` names the file, and `PYTEST_ADDOPTS` gets `--junitxml`, so
that pytest writes the file wherever in the command it stands. Of several pytest runs in one command the last file
counts.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
import tempfile
from dataclasses import field
from pathlib import Path

from surefoot.checks.check_request import Answer, Question
from surefoot.checks.exit_status import last_lines, whole_output, why_no_answer
from surefoot.checks.junit import JunitUnreadable, read_junit
from surefoot.checks.test_judgement import Judgement, Result, judge, read_results, write_results
from surefoot.checks.unittest_output import make_verbose, read_unittest
from surefoot.core.check_kinds import Expect, TestsCheck
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.record import record
from surefoot.ports import CommandOutcome, Commands

_BROKEN_OFF = frozenset({2, 3, 4})
"""Exit statuses with which pytest says that it was interrupted, broke, or was called wrongly."""
_NO_JUNIT = (
    "no JUnit XML was written to $SUREFOOT_JUNIT; pytest does so by itself unless it is given another --junitxml or "
    "PYTEST_ADDOPTS, `python -m unittest` is read with `format: unittest`, any other program has to write it there"
)


@record
class _Suite:
    """What a run of the suite left."""

    outcome: CommandOutcome
    results: dict[str, Result] = field(default_factory=dict[str, Result])
    broken: str | None = None
    """Why the results cannot be had or trusted."""


async def ask_tests(kind: TestsCheck, question: Question, commands: Commands) -> Answer:
    """Run the suite and judge it test by test."""
    run = _run_unittest if kind.format == "unittest" else _run_junit
    suite = await run(kind.command, question, commands)
    outcome = suite.outcome
    reason = why_no_answer(outcome) or suite.broken
    if reason is None and suite.results:
        blob = commands.store(write_results(suite.results))
        # Read back, because secrets are masked on the way: ids must be the same ones as in the results from before.
        judgement = _judge(question, commands, read_results(commands.load(blob)), outcome)
    else:
        blob, judgement = None, Judgement(Verdict.INCONCLUSIVE, reason or "no test was collected")
    text = judgement.text
    if judgement.verdict is not Verdict.PASSED:
        text = "\n".join(filter(None, (text, last_lines(outcome))))
    return Answer(
        verdict=judgement.verdict,
        text=text,
        evidence=outcome.evidence,
        results=blob,
        flaky=judgement.flaky,
        red_before=judgement.red_before,
        turned_green=judgement.turned_green,
        duration_s=outcome.duration_s,
    )


def _judge(question: Question, commands: Commands, now: dict[str, Result], outcome: CommandOutcome) -> Judgement:
    is_after = question.moment is not Moment.BEFORE
    expect = question.check.expect if is_after else Expect.PASS
    ends_well = outcome.exit_code == 0 or Result.FAILED in now.values()
    if not ends_well and outcome.exit_code in _BROKEN_OFF:
        return Judgement(Verdict.INCONCLUSIVE, f"the tests were interrupted: {outcome.said}, but no test failed")
    judgement = judge(
        _load(commands, question.before) if is_after else None,
        now,
        _load(commands, question.earlier) if is_after else None,
        expect,
    )
    if not ends_well and judgement.verdict is Verdict.PASSED and expect is not Expect.PASS_TO_PASS:
        text = f"{judgement.text}; no test failed, but the command ended with {outcome.said}"
        return Judgement(Verdict.FAILED, text, judgement.flaky)
    return judgement


def _load(commands: Commands, blob: BlobId | None) -> dict[str, Result] | None:
    return None if blob is None else read_results(commands.load(blob))


async def _run_junit(command: str, question: Question, commands: Commands) -> _Suite:
    folder = await asyncio.to_thread(_new_folder, question.junit_folder)
    path = folder / "junit.xml"
    try:
        env = {**question.env, **question.check.env}
        options = f"{env.get('PYTEST_ADDOPTS', '')} {shlex.quote(f'--junitxml={path}')}".strip()
        env = {"SUREFOOT_JUNIT": str(path), "PYTEST_ADDOPTS": options}
        outcome = await commands.run(question.request(command, env=env, writable=(folder,)))
        try:
            results = await asyncio.to_thread(read_junit, path)
        except JunitUnreadable as error:
            return _Suite(outcome=outcome, broken=f"the JUnit XML cannot be read: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _Suite(outcome=outcome, results=results or {}, broken=_NO_JUNIT if results is None else None)


def _new_folder(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="junit-", dir=parent))


async def _run_unittest(command: str, question: Question, commands: Commands) -> _Suite:
    outcome = await commands.run(question.request(make_verbose(command)))
    run = await asyncio.to_thread(lambda: read_unittest(whole_output(outcome, commands)))
    broken = None
    if run.ran is None:
        broken = f"unittest did not come to its end: {outcome.said}"
    elif run.ran and not run.results:
        broken = f"{run.ran} tests ran, but none is named in the output; add -v to the command, and take -q out of it"
    return _Suite(outcome=outcome, results=run.results, broken=broken)
