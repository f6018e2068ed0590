"""A script that somebody said yes to, and that another step has changed by the time it would run.

Read `tests/workers/test_file_grounds.py` for all the ways in which a command names files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PUBLISH = "{id: publish, run: COMMAND, effect: irreversible, checks: [{file: sent.txt, exists: true}]NEEDS}"
EDIT = "{id: edit, run: 'sed -i s/good/EVIL/ publish.sh', checks: [{file: publish.sh, contains: EVIL}]}"


def plan(*steps: str, command: str = "./publish.sh", needs: str = "") -> str:
    """Return a plan of these steps in this order."""
    listed = "".join(f"  - {step}\n" for step in steps)
    return f"goal: Publish\nsteps:\n{listed}".replace("COMMAND", command).replace("NEEDS", needs)


def track_script(stage: Stage) -> None:
    """Commit a script that says in a file what it did, and other ways to it."""
    lines = [
        r"printf '#!/bin/sh\necho good > sent.txt\n' > publish.sh; chmod +x publish.sh; mkdir -p tools",
        r"printf 'deploy:\n\t./publish.sh # good\n' > Makefile",
        "ln -s ../publish.sh tools/now; git add -A; git commit -qm script",
    ]
    stage.bash("; ".join(lines))


def test_a_script_that_a_step_changed_after_the_yes_is_asked_about_again(staged: Stage) -> None:
    """The yes was for the script as it was; nothing of the new one runs."""
    track_script(staged)
    staged.run(plan(PUBLISH, EDIT))
    staged.say("answer", f"{RUN}.1", "yes")
    said = staged.say("resume")
    assert (said.code, "changed since it was shown: file publish.sh: was" in said.out) == (4, True)
    assert staged.states() == {"publish": "waiting", "edit": "verified"}


@pytest.mark.parametrize("command", ["./publish.sh", "make deploy", "sh tools/now", "f=publish; ./$f.sh"])
def test_a_word_given_beforehand_does_not_cover_a_script_that_a_step_changes(stage: Stage, command: str) -> None:
    """`--allow` was said about the files that the run began with, however the command names them."""
    track_script(stage)
    edit = EDIT.replace("publish.sh'", "publish.sh Makefile', writes: [publish.sh, Makefile]")
    said = stage.run(plan(edit, PUBLISH, command=command), "--allow", "publish")
    assert (said.code, stage.states()) == (4, {"edit": "verified", "publish": "waiting"})


def test_a_word_given_beforehand_covers_what_the_step_needs(staged: Stage) -> None:
    """The author of the plan said that the script is the result of that step."""
    track_script(staged)
    said = staged.run(plan(EDIT, PUBLISH, needs=", needs: [edit]"), "--allow", "publish")
    assert (said.code, staged.states()) == (0, {"edit": "verified", "publish": "verified"})
