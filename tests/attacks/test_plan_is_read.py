"""A plan outside the repository, read from lanes for the checks that are held back from agents.

Read `tests/workers/test_hiding.py` for the places.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from conftest import Stage

HELD = "what-the-check-wants"
PLAN = f"""
goal: Guess what is wanted
services: {{reader: {{run: "READ > by-service.txt; touch ready; sleep 60", ready: test -e ready}}}}
steps:
  - id: body
    run: READ > by-body.txt
    uses: [reader]
    checks: [{{run: "! grep -qx {HELD} a.txt", held_back: true}}]
  - {{id: agent, needs: [body], agent: Guess., checks: [{{file: by-agent.txt, exists: true}}]}}
"""
SCRIPT = """
- {when: {turn: 1}, calls: [{tool: run, arguments: {command: COMMAND}}]}
- {when: {turn: 2}, calls: [{tool: finish, arguments: {summary: I guessed it., confidence: 0.95}}]}
"""


def test_no_command_reads_a_plan_with_held_back_checks(staged: Stage) -> None:
    """Neither the file, nor the copy that an editor left beside it, nor the run's own copy."""
    copy = staged.folder / ".plan.yaml.swp"
    copy.write_text(PLAN, "utf-8")
    read = f"(cat {staged.folder}/plan.yaml {copy} {staged.home}/runs/*/plan.yaml || true)"
    script = staged.folder / "script.yaml"
    script.write_text(SCRIPT.replace("COMMAND", json.dumps(f"{read} > by-agent.txt")), "utf-8")
    staged.run(PLAN.replace("READ", read), "--yes", "--model", f"scripted:{script}")
    assert staged.states() == {"body": "verified", "agent": "verified"}
    texts = [staged.git("show", f"surefoot/{RUN}:by-{one}.txt") for one in ("body", "service", "agent")]
    assert HELD not in "".join(texts)
