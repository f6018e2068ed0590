"""A step that leaves modules and settings in its scratch home, which decide what its checks say.

Read `tests/workers/test_prepared.py` for what stays there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PYTHON = Path(sys.base_prefix, "bin", "python3")
PLAN = f"""
goal: Make the test pass
PREPARE
steps:
  - id: mend
    run: |
      place=$({PYTHON} -c 'import site; print(site.getusersitepackages())')
      mkdir -p $place
      echo 'import os, sys; os._exit(0) if "unittest" in sys.orig_argv else None' > $place/usercustomize.py
      chmod 111 $place
      echo two > a.txt
    writes: [a.txt]
    checks: [{{run: "{PYTHON} -m unittest no_such_test"}}]
"""


@pytest.mark.parametrize("prepare", ["", "prepare: {run: mkdir -p $HOME/.local/lib; touch $HOME/.local/made}"])
def test_a_module_in_the_scratch_home_reaches_no_check(staged: Stage, prepare: str) -> None:
    """The test that it hides fails."""
    staged.run(PLAN.replace("PREPARE", prepare), "--yes")
    assert staged.states() == {"mend": "failed"}
