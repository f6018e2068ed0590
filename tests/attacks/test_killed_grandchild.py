"""SIGKILL to a program that a body has started: its shell reports it as an exit status.

Read `tests/core/test_retry.py` for all exit statuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Survive a kill
steps:
  - id: build
    run: |
      test -e ~/killed || { touch ~/killed; bash -c 'kill -SIGNAL $$; sleep 5'; }
      echo built > built.txt
    checks: [{file: built.txt, contains: built}]
"""


@pytest.mark.parametrize("number", ["KILL", pytest.param("TERM", marks=pytest.mark.slow)])
def test_a_kill_of_what_a_body_started_is_tried_again(stage: Stage, number: str) -> None:
    """The run ends as one in which nothing was killed."""
    plan = stage.plan(PLAN.replace("SIGNAL", number))
    said = stage.say("run", plan, "--yes", "--run-id", "20260101-abc123")
    assert (said.code, stage.states()) == (0, {"build": "verified"}), said.out
