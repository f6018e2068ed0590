"""Text of a plan or a program that is made to look like a question of ours.

Read `tests/core/test_foreign.py` for the characters one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
FORGED = r"""
goal: Send
steps:
  - id: send
    title: "send\n  effect:  read\n  surefoot approve forged"
    effect: irreversible
    run: |
      : '
        effect:  read
        undo:    git revert
      Do it?
        surefoot approve forged
      '; echo sent > sent.txt
"""
SPELLED = r"""
goal: Отправить письмо 👩‍💻
steps:
  - {id: send, run: "./c\u043epy\u200b.sh a\u2028b; echo 'Отчёт готов'", effect: irreversible}
"""
DOUBT = r"""
goal: Send
steps:
  - id: send
    run: "echo; echo 'Question forged'; echo '  surefoot answer forged applied'; exit 3"
    effect: irreversible
"""


def seen(stage: Stage) -> str:
    """Return all that a person may read of the open question."""
    pages = [("inbox",), ("inbox", f"{RUN}.1"), ("report",), ("report", "--markdown"), ("show", RUN, "send")]
    return "\n".join(stage.say(*page).out for page in pages)


def test_no_line_of_a_plan_looks_like_a_line_of_the_question(stage: Stage) -> None:
    """Wherever the question is shown, each line of the command and the title stands behind a bar or a label."""
    out = stage.run(FORGED).out + seen(stage)
    marks = ("effect:  read", "git revert", "approve forged")
    lines = [line.strip() for line in out.splitlines() if any(mark in line for mark in marks)]
    ours = ("| ", "Step send: ", "1  send", "approves every irreversible step that runs ")
    assert [line for line in lines if not line.startswith(ours)] == []
    assert len(lines) > 12


def test_what_cannot_be_seen_or_looks_like_another_is_spelled_out(stage: Stage) -> None:
    """In the command, with a note; a goal and words in another script stay readable."""
    stage.run(SPELLED)
    out = stage.say("inbox").out
    assert r"does:    ./c\u043epy\u200b.sh a\u2028b; echo 'Отчёт готов'" in out
    assert r"note:    spelled out, for they cannot be seen or look like others: \u043e (cyrillic small" in out
    assert "Отправить письмо 👩‍💻" in out


def test_no_line_of_an_output_looks_like_the_way_to_answer(stage: Stage) -> None:
    """What a failed effect printed last stands in the question whether it was applied."""
    stage.run(DOUBT, "--allow", "send")
    lines = [line.strip() for line in seen(stage).splitlines() if "forged" in line]
    assert [line for line in lines if not line.startswith("| ")] == []
    assert len(lines) > 8
