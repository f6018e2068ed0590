"""The benchmark itself: it runs, judges, draws and writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
NUMBER = """
import sys
sys.path.insert(0, {root!r})
from bench.measuring import Goal
print(Goal("wall", {value}, must=2, aim=1, is_floor={is_floor}).cells()[2:4])
"""


def python(*args: str) -> str:
    """Run Python as `make bench` does, and return what it printed."""
    done = subprocess.run([sys.executable, *args], check=True, capture_output=True, text=True, cwd=ROOT)
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page that a smoke run wrote."""
    folder = tmp_path_factory.mktemp("page")
    python("-m", "bench", "--quick", "--out", str(folder))
    return folder / "performance.md"


@pytest.mark.slow
@pytest.mark.parametrize(
    "title",
    [
        *("Goals", "Conditions", "Durable steps", "W4", "W5", "W6", "A run of one", "Start of", "Processor time"),
        *("Trains: suite", "Trains: four", "A home of", "Plans of"),
    ],
)
def test_a_smoke_run_fills_every_section(page: Path, title: str) -> None:
    """Each measurement still works, from a first step to the written page."""
    assert f"\n## {title}" in page.read_text("utf-8")


@pytest.mark.slow
def test_a_peer_that_was_not_measured_is_named(page: Path) -> None:
    """A figure nobody took is never made up."""
    assert "LangGraph was not measured" in page.read_text("utf-8")


@pytest.mark.slow
def test_the_plot_shows_every_piece_of_work(page: Path) -> None:
    """The picture is well-formed and holds one heading for each of W1 to W3."""
    texts = [each.text or "" for each in ET.parse(page.with_name("performance.svg")).iter()]  # noqa: S314 - ours
    assert [text[:2] for text in texts if text[:1] == "W"] == ["W1", "W2", "W3"]


@pytest.mark.parametrize(
    ("value", "is_floor", "verdicts"),
    [(0.5, False, "met met"), (1.5, False, "met missed"), (3, False, "missed missed"), (1.5, True, "missed met")],
)
def test_a_goal_is_judged_in_its_own_direction(value: float, is_floor: bool, verdicts: str) -> None:
    """Less is better, but for figures that say how many times faster something is."""
    told = python("-c", NUMBER.format(root=str(ROOT), value=value, is_floor=is_floor))
    assert [word for word in told.replace("'", " ").split() if word in ("met", "missed")] == verdicts.split()


@pytest.mark.slow
def test_ten_thousand_finished_steps_stay_small() -> None:
    """What a finished step leaves in memory is bounded: 8 kB, twice what it was when this was written."""
    figures = json.loads(python("-m", "bench.memory", "10000"))
    assert figures["per_step_bytes"] < 8_000
