"""A step that writes a hook which the person's git will run, for `land` to start it.

Read `tests/workspace/test_land.py` for landing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Stage

PLAN = """
goal: Land a hook
steps:
  - id: hook
    run: |
      mkdir -p $(dirname PLACE); printf '#!/bin/sh\\ntouch PWNED\\n' > PLACE; chmod +x PLACE
    checks: [{file: PLACE, exists: true}]
"""
HOOKS = {
    "a folder of the tree": ("tools/hooks/post-merge", "git config core.hooksPath tools/hooks"),
    "a file that a link leads to": ("scripts/merged", "ln -s ../../scripts/merged .git/hooks/post-merge"),
    "a file that husky runs": (
        ".husky/post-merge",
        "git config core.hooksPath $PWD/h; mkdir h; cd h; echo sh .husky/post-merge >post-merge; chmod +x *",
    ),
}
FIRST, *OTHERS = HOOKS


def landed(stage: Stage, pwned: Path, hook: str, *options: str) -> str:
    """Let a step write the hook, land the run, and return what was said."""
    place, settings = HOOKS[hook]
    stage.bash(settings)
    stage.run(PLAN.replace("PLACE", place).replace("PWNED", str(pwned)), "--yes")
    return stage.say("land", "--yes", *options).out


@pytest.mark.parametrize("hook", [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_land_names_a_hook_that_the_run_brought_and_does_not_run_it(stage: Stage, pwned: Path, hook: str) -> None:
    """However git would find it."""
    said = landed(stage, pwned, hook)
    assert not pwned.exists()
    assert f"Hooks that the run brings or changes: {HOOKS[hook][0]}" in said
