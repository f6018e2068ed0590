"""A step that writes attributes by which git commits other bytes than those that were checked.

Read `tests/workspace/test_staging.py` for what git converts without harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Pass by what is not committed
steps:
  - id: one
    run: |
      echo 'c.txt ATTRIBUTE' > .gitattributes
      printf 'CONTENT' > c.txt
    checks: [{run: "grep -q 'WANTED' c.txt", expect: fail_to_pass}]
"""


@pytest.mark.parametrize(
    ("attribute", "content", "wanted"),
    [("ident", "$Id: evil $\\n", "evil"), ("text eol=lf", "one\\r\\n", "one.$")],
)
def test_a_check_does_not_pass_by_what_is_not_committed(
    staged: Stage, attribute: str, content: str, wanted: str
) -> None:
    """The check is asked about the file as a checkout of the commit writes it."""
    plan = PLAN.replace("ATTRIBUTE", attribute).replace("CONTENT", content).replace("WANTED", wanted)
    staged.run(plan, "--yes")
    assert staged.states() == {"one": "failed"}
