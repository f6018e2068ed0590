"""`tests` checks over real suites of pytest and unittest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from surefoot.checks import Question, Result, ask
from surefoot.checks.test_judgement import read_results
from surefoot.core.check_kinds import Expect, TestsCheck
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.plan import Check

P, S, F = Result
PASSED, FAILED, INCONCLUSIVE = Verdict
PYTEST = TestsCheck(command="python -m pytest -q -p no:cacheprovider")
UNITTEST = TestsCheck(command="python -m unittest", format="unittest")
GREEN = "def test_a(): pass\ndef test_b(): pass\n"
RED = "def test_a(): assert 0\ndef test_b(): pass\n"
CLASS = "import unittest\nclass T(unittest.TestCase):\n  def test_a(self): {}\n  def test_b(self): pass\n"


async def test_pytest_writes_its_results_by_itself(asking: Any, commands: Any, write: Any) -> None:
    """Nobody has to write `--junitxml`, and nothing is left behind."""
    write({"test_it.py": RED})
    answer = await asking(PYTEST)
    assert read_results(commands.load(answer.results)) == {"test_it::test_a": F, "test_it::test_b": P}
    assert list((asking.scratch / "junit").iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q",
        "A=b python3 -m pytest -q",
        "true && pytest -q && echo done",
        "cd . ; pytest -q | cat",
        "exec pytest -q --junitxml=$SUREFOOT_JUNIT",
    ],
)
async def test_pytest_is_found_wherever_it_stands(asking: Any, write: Any, command: str) -> None:
    """The command is never rewritten, so that it cannot be broken."""
    write({"test_it.py": GREEN})
    assert (await asking(TestsCheck(command=command))).text.startswith("2 passed")


async def test_options_for_pytest_in_the_environment_are_kept(asking: Any, write: Any) -> None:
    """What the plan puts into PYTEST_ADDOPTS still holds."""
    write({"test_it.py": GREEN})
    assert (await asking(PYTEST, env={"PYTEST_ADDOPTS": "-k test_b"})).text.startswith("1 passed")


async def test_a_junit_folder_with_a_blank_in_its_name_will_do(asking: Any, write: Any, tmp_path: Path) -> None:
    """The path is quoted as pytest wants it."""
    write({"test_it.py": GREEN})
    asking.scratch = tmp_path / "two words"
    assert (await asking(PYTEST)).verdict is PASSED


async def test_any_program_may_write_junit(asking: Any) -> None:
    """`$SUREFOOT_JUNIT` says where."""
    xml = '<testsuite><testcase classname="c" name="n"/></testsuite>'
    answer = await asking(TestsCheck(command=f"echo '{xml}' >$SUREFOOT_JUNIT"))
    assert answer.verdict is PASSED


async def test_a_suite_that_went_from_green_to_red_fails(asking: Any, write: Any) -> None:
    """The test is named."""
    write({"test_it.py": GREEN})
    before = await asking(PYTEST)
    write({"test_it.py": RED})
    answer = await asking(PYTEST, expect=Expect.PASS_TO_PASS, after=before)
    assert (answer.verdict, "test_it::test_a (failed)" in answer.text) == (FAILED, True)


async def test_what_was_red_before_does_not_count(asking: Any, write: Any) -> None:
    """The exit status of the suite is not what decides."""
    write({"test_it.py": RED})
    before = await asking(PYTEST)
    assert before.verdict is FAILED
    assert (await asking(PYTEST, expect=Expect.PASS_TO_PASS, after=before)).verdict is PASSED


async def test_a_test_with_two_answers_is_named_and_left_out(asking: Any, write: Any) -> None:
    """The other one still proves that nothing broke."""
    write({"test_it.py": GREEN})
    before = await asking(PYTEST)
    write({"test_it.py": RED})
    earlier = await asking(PYTEST, expect=Expect.PASS_TO_PASS, after=before)
    write({"test_it.py": GREEN})
    answer = await asking(PYTEST, expect=Expect.PASS_TO_PASS, after=before, earlier=earlier)
    assert (answer.verdict, answer.flaky) == (PASSED, ("test_it::test_a",))


async def test_before_the_body_a_suite_is_only_looked_at(commands: Any, write: Any, tmp_path: Path) -> None:
    """Whatever it is to prove later: red is failed, and the results are kept."""
    write({"test_it.py": RED})
    check = Check(name="it", ask=PYTEST, expect=Expect.PASS_TO_PASS)
    places: dict[str, Any] = {"junit_folder": tmp_path, "plan_folder": None, "before": None, "earlier": None}
    answer = await ask(Question(check=check, moment=Moment.BEFORE, env={}, changed=(), **places), commands)
    assert (answer.verdict, answer.results is None) == (FAILED, False)


@pytest.mark.parametrize("expect", [Expect.PASS, Expect.FAIL_TO_PASS])
async def test_a_module_that_cannot_be_imported_fails_the_suite(asking: Any, write: Any, expect: Expect) -> None:
    """Pytest's own status for that looks like an interruption, but the XML has the error."""
    write({"test_it.py": "import nowhere\n", "test_other.py": GREEN})
    assert (await asking(PYTEST, expect=expect)).verdict is FAILED


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", "python -m pytest"),
        (GREEN, "python -m pytest --no-such-option"),
        (GREEN, "python -m pytest --junitxml=elsewhere.xml"),
        (GREEN, "true"),
        (GREEN, "echo '<testsuite><testcase' >$SUREFOOT_JUNIT"),
        ("import pytest\n" + GREEN + "def test_c(): pytest.exit('enough')", "python -m pytest"),
        (GREEN + "def test_c(): raise KeyboardInterrupt", "python -m pytest"),
        (GREEN + "def test_c():\n  import os\n  os.kill(os.getpid(), 9)", "python -m pytest"),
    ],
)
async def test_a_suite_without_a_whole_record_says_nothing(asking: Any, write: Any, text: str, command: str) -> None:
    """No test, no XML, half of it, and a suite that was broken off though all that ran had passed."""
    write({"test_it.py": text})
    assert (await asking(TestsCheck(command=command))).verdict is INCONCLUSIVE


async def test_a_suite_whose_time_is_over_says_nothing(asking: Any, write: Any) -> None:
    """Even if what ran until then had passed."""
    assert (await asking(TestsCheck(command="sleep 60"), timeout_s=0.2)).verdict is INCONCLUSIVE


async def test_a_command_that_fails_though_no_test_does_is_not_passed(asking: Any, write: Any) -> None:
    """Something else that the command looks at is not in order."""
    write({"test_it.py": GREEN})
    answer = await asking(TestsCheck(command="python -m pytest -q && exit 1"))
    assert (answer.verdict, "no test failed, but" in answer.text) == (FAILED, True)


async def test_unittest_is_read_from_what_it_prints(asking: Any, commands: Any, write: Any) -> None:
    """`-v` is added by itself."""
    write({"test_it.py": CLASS.format("self.fail()")})
    answer = await asking(UNITTEST)
    assert read_results(commands.load(answer.results)) == {"test_it.T::test_a": F, "test_it.T::test_b": P}


@pytest.mark.parametrize("now", ["self.fail()", "self.skipTest('x')", "import sys; sys.exit()"])
async def test_a_unittest_that_does_not_pass_any_more_never_passes(asking: Any, write: Any, now: str) -> None:
    """Failed, skipped, or the whole run ended under its hands."""
    write({"test_it.py": CLASS.format("pass")})
    before = await asking(UNITTEST)
    write({"test_it.py": CLASS.format(now)})
    answer = await asking(UNITTEST, expect=Expect.PASS_TO_PASS, after=before)
    assert (before.verdict, answer.verdict is PASSED) == (PASSED, False)


async def test_unittest_without_a_test_says_nothing(asking: Any) -> None:
    """Whatever its exit status, which differs between Pythons."""
    assert (await asking(UNITTEST)).verdict is INCONCLUSIVE


async def test_a_unittest_that_is_told_to_be_quiet_is_told_what_is_missing(asking: Any, write: Any) -> None:
    """A `-q` behind the `-v` that is added wins, and no test is named."""
    write({"test_it.py": CLASS.format("pass")})
    answer = await asking(TestsCheck(command="python -m unittest discover -q", format="unittest"))
    assert (answer.verdict, "take -q out of it" in answer.text) == (INCONCLUSIVE, True)
