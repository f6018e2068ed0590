"""Pages that deny what the product does, or promise what it does not: such sentences fail here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surefoot.tools.registry import tool_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
DENIED = {
    r"no models? yet|uses no model|^no model[;.]": "`agent` steps and goals in words ship",
    r"no agents? yet|agents? (?:come|comes) with a later": "they ship",
    r"no (?:budget|limit)s? in money": "`limits: {cost_usd: 5}` ships",
    r"writes below \.venv/? and build/? only": "the demo leaves a temporary folder",
}
"""What would be untrue on any page, and why."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("phrase", DENIED)
def test_no_page_denies_what_ships(phrase: str, page: Path) -> None:
    """A sentence that was true of an earlier state leaves with it."""
    text = page.read_text("utf-8").replace("*", "")
    assert re.findall(phrase, text, re.IGNORECASE | re.MULTILINE) == []


@pytest.mark.parametrize("name", ["read", "edit"])
def test_no_tool_says_that_every_edit_needs_a_read(name: str) -> None:
    """A replacement whose `old` stands in the file once needs none: a small model would lose a request by it."""
    assert not re.search(r"read before it can be|before .* edited", tool_of(name).text)


def test_no_tool_says_that_a_person_decides_about_a_proposal() -> None:
    """In a plan that a person wrote nobody is asked about it."""
    assert "person decides" not in tool_of("propose").text
