"""What a run cost, as people see it.

Read `tests/core/test_spending.py` for that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from surefoot.cli.app import app
from surefoot.cli.cost import bar_of, cost_lines
from surefoot.cli.wrap import plain
from surefoot.core.money import money
from surefoot.views.cost_shape import CostShape
from surefoot.views.lines import tokens

if TYPE_CHECKING:
    from conftest import Runs

RUN = "20260101-abc123"
SIDES = ("phase", "step", "role", "model")
USAGE: Any = {
    "requests": 3,
    "tokens": 12_345,
    "input_tokens": 12_000,
    "output_tokens": 345,
    "cache_read_tokens": 9_000,
    "cache_write_tokens": 0,
    "cost_usd": 0.5,
    "lost_usd": 0.0,
}


def found(**changes: Any) -> CostShape:
    """Return what a run took that asked one model three times."""
    row = {"name": "fix", **USAGE}
    made: Any = {
        "run": "r",
        "goal": "g",
        "total": USAGE,
        "bodies_usd": 0.0,
        "limits": {"cost_usd": 2.0, "tokens": None, "requests": 3},
        "reserved": {"cost_usd": 0.0, "tokens": 0, "requests": 0},
        "by": {side: [row] for side in SIDES},
        "prices": {"x:big": {"input_usd": 3.0, "output_usd": 15.0, "origin": "settings"}},
        **changes,
    }
    return made


def said(made: CostShape, *, is_ascii: bool = False) -> list[str]:
    """Return the lines."""
    return plain(cost_lines(made, is_ascii=is_ascii)).splitlines()


def test_each_amount_stands_beside_its_limit() -> None:
    """A bar where there is one, a word where there is none."""
    assert said(found())[1:4] == [
        "  $0.50          █████░░░░░░░░░░░░░░░  25% of $2.00",
        "  12,345 tokens  no limit",
        "  3 requests     ████████████████████  100% of 3",
    ]


def test_what_each_step_took_has_a_row() -> None:
    """With its share of the whole."""
    lines = said(found())
    row = lines[lines.index("By step") + 1]
    assert row.split() == ["fix", "█" * 20, "$0.50", "12.3k", "tokens", "3", "requests"]


def test_the_price_says_where_it_was_found() -> None:
    """So that a wrong one can be found."""
    assert said(found())[-1] == "  x:big  $3.00, $15.00 (settings)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bodies_usd": 0.25}, "$0.25 of it was reported by other bodies"),
        ({"total": {**USAGE, "lost_usd": 0.1}}, "$0.10 of it was reserved for lost replies"),
        (
            {"reserved": {"cost_usd": 0.1, "tokens": 900, "requests": 1}},
            "for 1 request under way: $0.10 and 900 tokens",
        ),
        ({"prices": {"x:odd": None}}, "no price is known for x:odd"),
    ],
    ids=["bodies", "lost", "reserved", "unknown price"],
)
def test_what_the_amounts_hide_is_said(changes: dict[str, Any], words: str) -> None:
    """Money that nobody knows of is never left out silently."""
    assert words in "\n".join(said(found(**changes)))


def test_where_no_model_has_a_price_the_tokens_are_compared() -> None:
    """Bars of nothing would say nothing."""
    row: Any = {"name": "fix", **USAGE, "cost_usd": 0.0}
    lines = said(found(by={side: [row] for side in SIDES}))
    assert lines[lines.index("By step") + 1].split()[1] == "█" * 20


def test_without_lines_bars_are_made_of_letters() -> None:
    """A terminal that cannot draw still shows shares."""
    assert bar_of(0.001, is_ascii=True) == "#" + "." * 19


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "$0.00"), (1234.5, "$1,234.50"), (0.0123, "$0.012"), (0.0042, "$0.0042"), (1e-6, "under")]
)
def test_small_amounts_are_not_nothing(amount: float, words: str) -> None:
    """A fraction of a cent is shown as one."""
    assert money(amount).startswith(words)


@pytest.mark.parametrize(("number", "words"), [(1, "1 token"), (9999, "9999 tokens"), (1_234_567, "1.23M tokens")])
def test_tokens_take_few_characters(number: int, words: str) -> None:
    """Rows stay short."""
    assert tokens(number) == words


def test_a_run_without_models_says_so(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """Plans of commands alone cost nothing here."""
    runs.begin()
    app(["cost", RUN], standalone_mode=False)
    assert "No model was asked." in capsys.readouterr().out


def test_programs_get_a_document(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """With its schema."""
    runs.begin()
    app(["cost", RUN, "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["schema"] == "surefoot.cost/1"
