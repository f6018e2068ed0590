"""`call` checks, and the child that runs a plan's functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.check_kinds import CallCheck
from surefoot.core.event_words import Verdict
from surefoot.function_calls import CallFailure, call_request, read_failure, read_result
from surefoot.ports import CommandOutcome, CommandRequest


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[str], None]:
    """Write the plan's own module."""
    (tmp_path / "plan").mkdir()

    def write_module(code: str) -> None:
        (tmp_path / "plan" / "own.py").write_text(code)

    return write_module


@pytest.mark.parametrize(
    ("returned", "verdict"),
    [
        ("True", Verdict.PASSED),
        ("False", Verdict.FAILED),
        ("('failed', 'too big')", Verdict.FAILED),
        ("(False, 'too big')", Verdict.FAILED),
        ("(True, 'just fits')", Verdict.PASSED),
        ("('inconclusive', '')", Verdict.INCONCLUSIVE),
        ("1", Verdict.INCONCLUSIVE),
        ("None", Verdict.INCONCLUSIVE),
        ("('perhaps', '')", Verdict.INCONCLUSIVE),
        ("1 / 0", Verdict.INCONCLUSIVE),
        ("{(1, 2): 3}", Verdict.INCONCLUSIVE),
    ],
)
async def test_what_a_function_returns_is_the_verdict(asking: Any, plan: Any, returned: str, verdict: Verdict) -> None:
    """A bool or (verdict, text); anything else, or an exception, says nothing."""
    plan(f"def it(given): return {returned}")
    assert (await asking(CallCheck(function="own:it"))).verdict is verdict


async def test_the_text_of_a_function_is_shown(asking: Any, plan: Any) -> None:
    """It says more than a bool."""
    plan("def it(given): return 'passed', 'just fits'")
    assert (await asking(CallCheck(function="own:it"))).text == "just fits"


async def test_an_async_function_is_awaited(asking: Any, plan: Any) -> None:
    """Both kinds of function will do."""
    plan("import asyncio\nasync def it(given):\n  await asyncio.sleep(0)\n  return True")
    assert (await asking(CallCheck(function="own:it"))).verdict is Verdict.PASSED


async def test_a_function_without_parameters_is_called_without(asking: Any, plan: Any) -> None:
    """Not every check needs to be told where it is."""
    plan("def it(): return True")
    assert (await asking(CallCheck(function="own:it"))).verdict is Verdict.PASSED


async def test_a_check_is_told_where_and_what(asking: Any, plan: Any, lane: Path) -> None:
    """It looks at the lane and at what the step changed."""
    plan("def it(given): return 'passed', f'{given.workspace.name} {given.moment} {given.changed}'")
    assert (await asking(CallCheck(function="own:it"), changed=("a",))).text == "lane after ['a']"


async def test_the_workspace_cannot_stand_in_for_a_module(asking: Any, plan: Any, write: Any) -> None:
    """What is checked does not choose the code that checks it, not even through PYTHONPATH."""
    plan("import colorsys\ndef it(): return 'passed', colorsys.__file__")
    write({"colorsys.py": "", "own.py": "def it(): return True"})
    answer = await asking(CallCheck(function="own:it"), env={"PYTHONPATH": "."})
    assert "lib" in answer.text


@pytest.mark.parametrize("function", ["nowhere:it", "own:it", "own", "own:value"])
async def test_a_function_that_is_not_there_says_nothing(asking: Any, plan: Any, function: str) -> None:
    """A module that cannot be imported, and a name that is missing or is no function."""
    plan("value = 1")
    assert (await asking(CallCheck(function=function))).verdict is Verdict.INCONCLUSIVE


@pytest.fixture
def called(commands: Any, tmp_path: Path, plan: Any) -> Any:
    """Call a function of the plan as a body is called."""

    async def call(code: str) -> CommandOutcome:
        plan(code)
        argument = {"workspace": str(tmp_path), "attempt": 2, "idempotency_key": "k", "outputs": {}}
        request = call_request("own:it", tmp_path / "plan", argument)
        return await commands.run(CommandRequest(argv=request.argv, env=request.env))

    return call


async def test_a_body_gets_its_argument(called: Any) -> None:
    """All four attributes are there, and the workspace is a path."""
    code = "def it(given): return [given.workspace.is_dir(), given.attempt, given.idempotency_key, given.outputs]"
    outcome = await called(code)
    assert (outcome.exit_code, read_result(outcome.tail)) == (0, [True, 2, "k", {}])


@pytest.mark.parametrize(
    ("raised", "failure"),
    [
        ("KeyError('x')", CallFailure(error_type="KeyError", retryable=None)),
        ("EffectError('x')", CallFailure(error_type="EffectError", retryable=False)),
        ("EffectError('x', retryable=True)", CallFailure(error_type="EffectError", retryable=True)),
    ],
)
async def test_what_a_function_raises_is_told(called: Any, raised: str, failure: CallFailure) -> None:
    """By its type, and whether it says that trying again can help; exit status 1."""
    outcome = await called(f"from surefoot.errors import EffectError\ndef it(given): raise {raised}")
    assert (outcome.exit_code, read_failure(outcome.tail)) == (1, failure)


async def test_a_failed_import_has_an_exit_status_of_its_own(called: Any) -> None:
    """The engine can tell it from an exception of the function."""
    outcome = await called("import nowhere")
    assert (outcome.exit_code, read_failure(outcome.tail)) == (
        3,
        CallFailure(error_type="ModuleNotFoundError", retryable=None),
    )


def test_no_other_separator_than_a_line_feed_begins_a_record() -> None:
    """A function may print a form feed before what looks like a record."""
    assert read_result('surefoot-call: {"result": true}\nprinted\x0csurefoot-call: {"result": false}') is True


async def test_a_line_without_an_end_does_not_hide_the_result(called: Any) -> None:
    """The function may print what it likes."""
    outcome = await called("def it(given):\n  print('half', end='')\n  return 7")
    assert read_result(outcome.tail) == 7


async def test_the_order_does_not_reach_what_the_function_starts(called: Any) -> None:
    """The variable that carries it is gone before the function runs."""
    outcome = await called("import os\ndef it(given): return 'SUREFOOT_CALL' in os.environ")
    assert read_result(outcome.tail) is False


def test_a_record_that_nests_too_deeply_to_be_read_says_nothing() -> None:
    """The function may print such a line itself; reading it breaks nothing."""
    assert read_result("surefoot-call: " + "[" * 10**5) is None


def test_output_without_a_record_says_nothing() -> None:
    """Neither does a broken one."""
    assert (read_failure("Killed"), read_failure("surefoot-call: {"), read_result("surefoot-call: 1")) == (None,) * 3
