"""Outputs and artifacts: what a step hands on, from its body to the bodies of later steps.

Read `tests/core/test_outputs.py` for the kernel's side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Hand on
steps:
  - id: build
    run: mkdir dist && echo wheel > dist/x.whl && echo "name=x.whl" >> $SUREFOOT_OUTPUT
    artifacts: ["dist/*"]
    checks: [{file: "dist/*.whl", exists: true}]
  - {id: other, run: "test ! -e dist && echo two > a.txt", checks: [{file: a.txt, contains: two}]}
  - id: use
    needs: [build, other]
    run: cp dist/{steps.build.name} b.txt
    checks: [{file: b.txt, contains: wheel}]
"""


def test_outputs_and_artifacts_reach_the_steps_that_need_them(stage: Stage) -> None:
    """And no commit holds the artifact, though git does not ignore it."""
    assert stage.run(PLAN).code == 0
    assert (stage.git("show", f"surefoot/{RUN}:b.txt"), stage.git("ls-tree", f"surefoot/{RUN}", "dist")) == (
        "wheel",
        "",
    )


def test_artifacts_are_there_again_after_a_restore(stage: Stage) -> None:
    """The step that needs them is done anew."""
    stage.run(PLAN)
    stage.say("restore", "--to", "other")
    assert stage.say("resume").code == 0
