"""What is said of a plan before it is run: which rule will ask, what is never allowed, what had better not stand there.

Read `tests/core/test_review.py` for the rest of a review.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.preview import look_over
from surefoot.core.review import Review
from surefoot.planfile import parse_plan

OPEN = "    network: true\n    effect: reversible\n"
KEY = "gh" + "p_" + "a1B2" * 9


def looked_over(run: str, folder: Path, more: str = "") -> Review:
    """Look over a plan of one step."""
    parsed = parse_plan(f"goal: g\nsteps:\n  - id: a\n    run: {run}\n{more}", "p.yaml")
    return look_over(parsed.plan, folder, parsed.places)


def test_the_rule_that_will_ask_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the run, with what approves it beforehand."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    (point,) = looked_over("git push origin main", tmp_path, OPEN).asks
    assert ("rule git-push" in point.why, point.approve) == (True, "--allow a")


def test_an_effect_that_counts_as_more_than_is_declared_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it means for a failure, and what its author can do (M39, M116)."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    found = looked_over("git push origin main", tmp_path, OPEN)
    assert "rule git-push knows its command" in next(one.text for one in found.findings if one.kind == "effect-raised")
    assert found.recovery[0].text.startswith("when its outcome is unknown, a person is asked")


def test_the_probe_of_a_step_that_counts_as_irreversible_is_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push that is declared reversible counts as irreversible: its probe will be asked, so it is looked at."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    found = looked_over("git push origin main", tmp_path, f"{OPEN}    probe: {{run: rm -rf /, confine: false}}\n")
    assert [one.step for one in found.findings if one.kind == "never-allowed"] == ["a"]


def test_a_rule_of_the_user_is_known_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lowers what a rule that ships would ask about."""
    settings = tmp_path / "own.toml"
    settings.write_text(
        '[[policy.rules]]\nname = "mine"\ntier = "log"\nreason = "It is mine."\ncommands = ["git push*"]\n', "utf-8"
    )
    monkeypatch.setenv("SUREFOOT_CONFIG", str(settings))
    assert looked_over("git push origin main", tmp_path, OPEN).asks == ()


@pytest.mark.parametrize(
    ("run", "kind"),
    [("rm -rf /", "never-allowed"), (f"tool --key {KEY}", "secret-in-plan"), ("ls", "exit-status-only")],
)
def test_what_is_found_has_its_place(run: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that its author can go there."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    found = {one.kind: one.place for one in looked_over(run, tmp_path).findings}
    assert found.get(kind) == "p.yaml:3:9", found
