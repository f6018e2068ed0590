"""Proofs with a strength: small changes of what a step wrote, made in a real lane and asked of real checks (M37)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
FIX = """
goal: Members pay less
steps:
  - id: fix
    run: |
      printf 'def price(total, member):\\n    if member and total > 50:\\n        return total - 10\\n' > price.py
      printf '    return total\\n' >> price.py
    probe_checks: true
    checks: [{run: "CHECK", expect: fail_to_pass}]
"""
WEAK = "from price import price; assert price(100, True) == 90"
STRONG = f"{WEAK}; assert [price(n, m) for n in (50, 51) for m in (0, 1)] == [50, 50, 51, 41]"


def tried(stage: Stage, check: str) -> dict[str, Any]:
    """Carry out the step with this check, and return what the report says of it."""
    stage.bash(
        "printf 'def price(total, member):\\n    return total\\n' > price.py; git add price.py; git commit -qm price"
    )
    assert stage.run(FIX.replace("CHECK", f"python3 -c '{check}'")).code == 0
    return stage.say("report", RUN, "--json").json["steps"][0]


def test_a_check_that_notices_each_small_change_proves_by_mutation(stage: Stage) -> None:
    """What is on the branch is what the step wrote, and no small change of it."""
    step = tried(stage, STRONG)
    assert (step["proof"], step["mutation"]["survivors"], step["mutation"]["left_out"]) == ("mutation", [], 0)
    assert step["mutation"]["tried"] == step["mutation"]["noticed"] > 3
    assert "if member and total > 50:\n        return total - 10\n" in stage.git("show", f"surefoot/{RUN}:price.py")


def test_what_a_check_would_not_notice_is_named_with_its_place(stage: Stage) -> None:
    """The step is verified with the proof that it had; the report, `show` and its JSON name the lines."""
    step = tried(stage, WEAK)
    missed = {(one["line"], one["after"]) for one in step["mutation"]["survivors"]}
    assert (step["state"], step["proof"]) == ("verified", "fail_to_pass")
    assert {(2, "if member and total >= 50:"), (2, "if member or total > 50:")} <= missed
    assert "such as at price.py:2" in stage.say("report", RUN).out
    assert "not noticed: price.py:2 `if member and total > 50:`" in stage.say("show", RUN, "fix").out
