"""What the exit code says: one number for every outcome and every error, and how an error ends the program."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator

import pytest

from surefoot import errors
from surefoot.cli.entry import _report_error
from surefoot.cli.exits import code_of_error, code_of_run
from surefoot.cli.screen import Screen
from surefoot.core.event_words import Outcome

CODES = {
    errors.SurefootError: 1,
    errors.UsageError: 2,
    errors.PlanInvalid: 2,
    errors.ConfigInvalid: 2,
    errors.RunNotFound: 2,
    errors.RunExists: 2,
    errors.RunHeld: 8,
    errors.NotAwaitingAnswer: 2,
    errors.NotApprover: 2,
    errors.StepMayNotAnswer: 2,
    errors.WorkspaceError: 2,
    errors.GitUnavailable: 2,
    errors.WorkspaceMissing: 2,
    errors.DiskRefused: 2,
    errors.RestoreFailed: 1,
    errors.IllegalTransition: 1,
    errors.JournalError: 2,
    errors.JournalConflict: 1,
    errors.JournalCorrupt: 1,
    errors.JournalTooNew: 2,
    errors.JournalLocked: 2,
    errors.JournalGone: 2,
    errors.EffectError: 1,
    errors.EngineError: 1,
    errors.ClaimLost: 8,
}
OUTCOMES = {
    Outcome.COMPLETED: 0,
    Outcome.PARTIALLY_COMPLETED: 3,
    Outcome.FAILED: 5,
    Outcome.CANCELLED: 7,
}


def tree(root: type[errors.SurefootError]) -> Iterator[type[errors.SurefootError]]:
    """Yield an error class and all of ours below it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("surefoot."):
            yield from tree(child)


def test_every_error_has_its_exit_code() -> None:
    """2 for wrong use and for what the machine refuses, 8 for a run that is held, 1 for faults of ours."""
    assert {kind: int(code_of_error(kind("so it goes"))) for kind in tree(errors.SurefootError)} == CODES


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_the_machine_refuses_is_no_internal_error(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk at the start, or a place that cannot be written: the path is named, with what to do."""
    code = _report_error(OSError(number, os.strerror(number), "/home/x"), Screen())
    said = capsys.readouterr().err
    assert (code, "internal" in said, "'/home/x' cannot be read or written" in said) == (2, False, True)


def test_every_outcome_has_its_exit_code() -> None:
    """Whatever the run's state is called."""
    assert {outcome: int(code_of_run("ended", outcome.value)) for outcome in Outcome} == OUTCOMES


@pytest.mark.parametrize(("state", "code"), [("waiting", 4), ("paused", 6), ("running", 6)])
def test_a_run_without_an_outcome_waits_or_was_stopped(state: str, code: int) -> None:
    """Only a person can go on with the first, `resume` with the others."""
    assert code_of_run(state, None) == code


def test_an_error_is_told_on_standard_error_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Cleaned, because names in it come from outside."""
    code = _report_error(errors.RunNotFound("there is no run '\x1b[31mx'"), Screen())
    assert (code, *capsys.readouterr()) == (2, "", "surefoot: there is no run 'x'\n")


def test_an_error_for_programs_has_its_code_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, where the document would have been."""
    _report_error(errors.RunHeld("held"), Screen(is_json=True))
    said = capsys.readouterr()
    assert (json.loads(said.out), said.err) == ({"error": {"code": "run-held", "message": "held"}}, "")


@pytest.mark.parametrize("wish", ["", "1"])
def test_an_error_of_our_own_shows_where_it_happened_only_on_request(
    wish: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and how to get the place."""
    monkeypatch.setenv("SUREFOOT_DEBUG", wish)
    code = _report_error(ZeroDivisionError("by zero"), Screen())
    said = capsys.readouterr().err
    assert (code, "internal error: ZeroDivisionError: by zero" in said) == (1, True)
    assert [line for line in said.splitlines() if not line.startswith("surefoot: ")] == (
        ["ZeroDivisionError: by zero"] if wish else []
    )
