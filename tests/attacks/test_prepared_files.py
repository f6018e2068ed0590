"""Prepared files that git ignores, replaced by a step so that checks pass which would fail.

Read `tests/workers/test_prepared.py` for all that counts as a change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

# The environment has a program that asks for a file; no step ever makes that file.
PLAN = """
goal: Make a file
prepare:
  run: |
    mkdir -p .venv/bin
    printf '#!/bin/sh\\ntest -e done.txt || exit 1\\n' > .venv/bin/asks
    chmod +x .venv/bin/asks
  path: [.venv/bin]
steps:
  - id: pretend
    run: BODY
    checks: [{run: asks, expect: fail_to_pass}]
  - id: later
    run: echo later > later.txt
    checks: [{run: asks, expect: fail_to_pass}]
"""
REPLACE = "echo 'exit 0' > .venv/bin/asks"


def test_a_check_is_asked_with_the_environment_that_prepare_made(staged: Stage) -> None:
    """The step's own check would pass by the program that the step has replaced."""
    said = staged.run(PLAN.replace("BODY", REPLACE))
    assert (staged.states()["pretend"], "changed what `prepare` had made" in said.out) == ("failed", True)


def test_a_changed_environment_does_not_reach_a_later_step(staged: Stage) -> None:
    """A step without a check would leave it to the next one in its lane."""
    staged.run(PLAN.replace("    checks: [{run: asks, expect: fail_to_pass}]\n", "", 1).replace("BODY", REPLACE))
    assert staged.states() == {"pretend": "verified", "later": "failed"}


def test_a_program_added_to_the_environment_is_not_found_by_a_check(stage: Stage) -> None:
    """It would stand in front of the machine's own of that name."""
    add = "printf '#!/bin/sh\\nexit 0\\n' > .venv/bin/test; chmod +x .venv/bin/test"
    stage.run(PLAN.replace("BODY", add).replace("{run: asks,", "{run: env test -e done.txt,"))
    assert stage.states()["pretend"] == "failed"


def test_bytecode_that_a_step_wrote_is_not_imported_by_a_check(stage: Stage) -> None:
    """Python believes bytecode that names the size and time of its source."""
    stage.bash("echo 'VALUE = 1' > mod.py; git add mod.py; git commit -qm mod")
    forge = (
        "import importlib.util, marshal, os, struct; at = os.stat('mod.py'); "
        "code = compile('VALUE = 2', 'mod', 'exec'); "
        "place = importlib.util.cache_from_source('mod.py'); os.mkdir('__pycache__'); "
        "head = importlib.util.MAGIC_NUMBER + struct.pack('<III', 0, int(at.st_mtime), at.st_size); "
        "open(place, 'wb').write(head + marshal.dumps(code))"
    )
    (stage.folder / "forge.py").write_text(forge.replace("; ", "\n"), "utf-8")
    plan = f"""
goal: g
files: [forge.py]
steps:
  - id: pretend
    run: {sys.executable} $SUREFOOT_FILES/forge.py
    checks: [{{run: "{sys.executable} -c 'import mod; assert mod.VALUE == 2'", expect: fail_to_pass}}]
"""
    stage.run(plan)
    assert stage.states() == {"pretend": "failed"}
