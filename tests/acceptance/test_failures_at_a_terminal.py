"""The question about a failed step at a real terminal: every way on that it offers, by word and by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.test_failed_steps import COMMAND
from tests.acceptance.test_terminal import Seat

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = f"{COMMAND}  - {{id: after, needs: [build], run: echo after > after.txt}}\n"
PROMPT = "block/stop>"
AGAIN = "try again with this version? yes/no>"


@pytest.fixture
def seats(stage: Stage) -> Iterator[list[Seat]]:
    """Hold what sits at terminals, so that it leaves them."""
    found: list[Seat] = []
    yield found
    for seat in found:
        seat.__exit__()


def sit(stage: Stage, seats: list[Seat], columns: int = 120) -> Seat:
    """Run the plan at a terminal without colours, up to its question."""
    settings = stage.folder / "unasked.toml"
    settings.write_text("[run]\nconfirm = false\n", "utf-8")
    env = {"SUREFOOT_CONFIG": str(settings), "NO_COLOR": "1", "EDITOR": "sed -i 's/.*/echo whole > new.txt/'"}
    command = stage.command("run", stage.plan(PLAN), "--run-id", RUN)
    seats.append(Seat(command, stage.user, {**stage.env, **env}, (columns, 60)))
    seats[-1].see(lambda text: text.rstrip().endswith(PROMPT))
    return seats[-1]


WAYS = [
    pytest.param(["retry Mind the gap\n", "block\n"], 5, {"build": "failed", "after": "blocked"}, id="retry"),
    pytest.param(["retry_with_changes\n"], 0, {"build": "verified", "after": "verified"}, id="with changes"),
    pytest.param(["e", "y"], 0, {"build": "verified", "after": "verified"}, id="edit"),
    pytest.param(["edit\n", "no\n", "skip\n"], 3, {"build": "skipped", "after": "verified"}, id="no edit"),
    pytest.param(["d", "skip\n"], 3, {"build": "skipped", "after": "verified"}, id="diff"),
    pytest.param(["stop\n"], 5, {"build": "failed", "after": "blocked"}, id="stop"),
    pytest.param(["nonsense\n", "block\n"], 5, {"build": "failed", "after": "blocked"}, id="no answer"),
    pytest.param(["later\n"], 4, {"build": "waiting", "after": "pending"}, id="later"),
]


@pytest.mark.parametrize(("typed", "code", "states"), WAYS)
def test_every_way_on_is_typed_at_the_prompt(
    stage: Stage, seats: list[Seat], typed: list[str], code: int, states: dict[str, str]
) -> None:
    """And the run goes on as it says (M60, M123)."""
    seat = sit(stage, seats)
    for number, word in enumerate(typed, 1):
        seat.type(word)
        if typed[number:]:
            seat.see(lambda text, number=number: text.count("> ") + text.rstrip().endswith(">") > number)
    assert (seat.leave(), stage.states()) == (code, states)


def test_a_step_is_taken_over_and_given_back(stage: Stage, seats: list[Seat]) -> None:
    """Where to work stands beside the question; given back, it is asked about again."""
    seat = sit(stage, seats)
    seat.type("take over\n")
    seat.see(lambda text: f"Question {RUN}.2" in text and "work in: " in text and text.rstrip().endswith("abandon>"))
    seat.type("abandon\n")
    seat.see(lambda text: f"Question {RUN}.3" in text and text.rstrip().endswith(PROMPT))
    seat.type("skip\n")
    assert (seat.leave(), stage.states()["build"]) == (3, "skipped")


def test_what_is_said_at_the_prompt_is_kept(stage: Stage, seats: list[Seat]) -> None:
    """Word for word."""
    seat = sit(stage, seats)
    seat.type("retry Mind   the gap\n")
    seat.see(lambda text: f"Question {RUN}.2" in text and text.rstrip().endswith(PROMPT))
    seat.type("block\n")
    seat.leave()
    assert [one["text"] for one in stage.say("report", RUN, "--json").json["words"]] == ["Mind   the gap"]


@pytest.mark.parametrize("columns", [80, 120])
def test_each_way_on_stands_on_a_row_of_its_own_with_its_meaning(stage: Stage, seats: list[Seat], columns: int) -> None:
    """No row is broken, and only what is offered is shown."""
    seat = sit(stage, seats, columns)
    rows = [row.split("  ", 2)[1:] for row in seat.rows[seat.rows.index("  Go on how?") + 1 :] if row.startswith("  ")]
    assert [typed for typed, _ in rows] == [
        *("retry [WORDS]", "retry_with_changes [WORDS]", "edit (e)", "take over", "skip", "block", "stop"),
        *("diff (d)", "pause", "later (Ctrl-D)"),
    ]
    assert all(meant.strip() for _, meant in rows)
