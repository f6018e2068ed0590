"""A command that looks harmless where it is weighed, and would be another one where its secrets were masked.

Read `tests/workers/test_tool_calls.py` for all its forms.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Say hello
steps:
  - {id: say, agent: Say hello., network: true, effect: reversible, checks: [{file: a.txt, exists: true}]}
"""
SCRIPT = """
- when: {turn: 1}
  calls: [{tool: run, arguments: {command: COMMAND}}]
- when: {turn: 2}
  calls: [{tool: finish, arguments: {summary: I said it., confidence: 0.95}}]
"""


def test_a_comment_behind_a_password_does_not_come_alive(staged: Stage) -> None:
    """A mask that ate the `#` of the comment would have run the push behind it."""
    remote = staged.folder / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    command = f"echo http://a:bb;#c@d;git push {remote} HEAD:refs/heads/x"
    script = staged.folder / "script.yaml"
    script.write_text(SCRIPT.replace("COMMAND", json.dumps(command)), "utf-8")
    staged.run(PLAN, "--yes", "--model", f"scripted:{script}")
    assert subprocess.run(["git", "ls-remote", str(remote)], check=True, capture_output=True).stdout == b""
    assert staged.states() == {"say": "verified"}
