"""What `doctor` says of whoever runs it.

Read `tests/sandbox/test_rungs.py` for what it says of the sandbox.
"""

from __future__ import annotations

import os

import pytest

from surefoot.views.machine import look


@pytest.mark.parametrize(("user", "verdict", "words"), [(0, "note", "commands run as root"), (1000, "ok", "id 1000")])
def test_who_runs_commands_is_said(user: int, verdict: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is told what that weakens, and what to do."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    [found] = [answer for answer in look() if answer.name == "user"]
    assert (found.verdict, words in found.text, bool(found.cure)) == (verdict, True, verdict == "note")
