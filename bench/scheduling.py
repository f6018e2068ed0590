"""The replay of graphs with known times as a section of the page."""

from __future__ import annotations

from bench.dags import COLUMNS, HOW_TO_NAME, MUST, folder_of, read_graphs, replay_all
from bench.measuring import Goal, Section, Setting


def measure(setting: Setting) -> Section:
    """Replay every graph of the folder that the environment names; a smoke run replays none."""
    section = Section("Scheduling: makespan beside the best known", COLUMNS)
    folder = None if setting.quick else folder_of(None)
    if folder is None:
        section.notes.append("Not measured: this is a smoke run." if setting.quick else HOW_TO_NAME)
        return section
    rows = list(replay_all(read_graphs(folder)))
    section.rows += [row.cells() for row in rows]
    worst = max(rows, key=lambda row: row.ratio)
    how = f"the worst of {len(rows)}: {worst.graph}, {worst.workers} workers"
    section.goals.append(Goal("makespan over the best known", worst.ratio, MUST, MUST, "×", how=how))
    return section
