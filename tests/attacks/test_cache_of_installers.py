"""Caches that would carry code from one run into the next.

Read `tests/workers/test_caches.py` for their copying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

# What an installer does: it takes a package from its cache, and puts it there first if it has to.
PLAN = """
goal: Install a package
prepare:
  run: |
    sh ./hook.sh
    cache=$XDG_CACHE_HOME/uv/archive-v0; mkdir -p "$cache"
    test -e "$cache/six.py" || echo good > "$cache/six.py"
    mkdir -p .venv; cat "$cache"/*.py > .venv/six.py
accept: [{run: "true"}]
steps:
  - id: change
    writes: [a.txt, hook.sh]
    run: |
      BODY
      echo changed > a.txt
    checks: [{file: a.txt, contains: changed}]
"""
CHANGE = "for f in $(find $XDG_CACHE_HOME STATE/cache -type f); do echo evil >> $f || true; done"
ADD = "mkdir -p $XDG_CACHE_HOME/uv/archive-v0; echo evil > $XDG_CACHE_HOME/uv/archive-v0/other.py"
LOOK = "test $(cat .venv/six.py) = good"


def _state_after(staged: Stage, body: str) -> str:
    """Run the plan with this body, then in the same repository with one that looks; return the state of that one."""
    staged.bash("echo true > hook.sh; git add hook.sh; git commit -qm hook")
    attack = staged.say("run", staged.plan(PLAN.replace("BODY", body.replace("STATE", str(staged.home)))))
    assert attack.code == 0, attack.out
    staged.run(PLAN.replace("BODY", LOOK))
    return staged.states()["change"]


def test_what_a_step_does_to_its_cache_does_not_reach_the_next_run(staged: Stage) -> None:
    """The package that the next run installs would be the one that the step has changed."""
    assert _state_after(staged, f"{CHANGE}; {ADD}") == "verified"


def test_prepare_that_runs_what_a_step_wrote_does_not_change_the_kept_caches(staged: Stage) -> None:
    """The clean lane is prepared from what steps made, and that can be a script that `prepare` runs."""
    assert _state_after(staged, f"echo '{ADD}' > hook.sh") == "verified"
