"""Graphs with known times, replayed through the real engine on a clock that passes no time."""

from __future__ import annotations

import pytest
from bench import dags
from bench.dags import FOLDER_VARIABLE, MUST, TimedGraph, TimedStep, folder_of, main, read_graphs, replay, replay_all

from surefoot.testing import VirtualClock, simulated_home


def rows(*rows: tuple[str, float, str]) -> TimedGraph:
    """Return a graph of steps with their times and what they need."""
    steps = tuple(TimedStep(id=name, needs=tuple(needs.split()), seconds=seconds) for name, seconds, needs in rows)
    return TimedGraph(name="made", steps=steps, best_s={2: 9.0})


UNFAIR = rows(*((f"s{i}", 1.0, "") for i in range(6)), ("head", 1.0, ""), ("long", 8.0, "head"), ("last", 0.0, "long"))
"""Takes 9 seconds where the head of the chain starts at once, and 12 in the order of the plan."""


def test_a_long_chain_is_begun_first() -> None:
    """The engine takes exactly as long as the best order does."""
    with simulated_home(VirtualClock()) as home:
        assert replay(UNFAIR, 2, home) == 9.0


def test_one_worker_takes_all_the_time_there_is() -> None:
    """The clock passes neither more nor less than the bodies wait for."""
    with simulated_home(VirtualClock()) as home:
        assert replay(UNFAIR, 1, home) == 15.0


def test_the_second_run_goes_by_the_times_of_the_first() -> None:
    """Without any estimate: what the first run did not know, the second does."""
    graph = rows(("a", 1.0, ""), ("b", 1.0, ""), ("c", 4.0, ""), ("d", 6.0, ""))
    with simulated_home(VirtualClock()) as home:
        taken = [replay(graph, 2, home, with_estimates=False) for _ in range(2)]
    assert taken == [7.0, 6.0]


def test_without_graphs_it_says_how_to_name_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The folder is an argument or a variable, never a path in the code."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert main([]) == []
    assert capsys.readouterr().err.strip() == dags.HOW_TO_NAME


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_real_graph_comes_within_a_twentieth_of_the_best_known() -> None:
    """With 2, 4 and 8 workers, by times that are known."""
    folder = folder_of(None)
    if folder is None:
        pytest.skip(f"${FOLDER_VARIABLE} names no folder of graphs")
    missed = [row for row in replay_all(read_graphs(folder)) if row.ratio > MUST]
    assert missed == []
