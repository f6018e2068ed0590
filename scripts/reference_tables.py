"""Write the tables of the reference pages: keys of plans and settings, effects, events and stages, from the code.

Usage: `python scripts/reference_tables.py`. The text around the tables is written by hand and stays.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot.core.amendment_effects import FATES
from surefoot.core.attempt import TRANSITIONS
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import EVENTS, Event
from surefoot.core.ladder_table import LADDERS, RUNGS, Rung
from surefoot.core.plan_keys import Key, Kind, Table
from surefoot.core.plan_schema import TABLES
from surefoot.drills.drill_file import Drill, shipped_drills
from surefoot.effects import EFFECTS
from surefoot.effects.effect import Effect
from surefoot.settings.setting_table import SECTIONS, Section

AMENDMENTS = "how-to/change-a-running-plan.md"
DRILLS = "how-to/try-your-settings-with-drills.md"
ATTEMPTS = "internals/attempts.md"
EVENTS_AND_ERRORS = "internals/events.md"
FAILURES = "reference/failures.md"
PLAN_FILE = "reference/plan-file.md"
POLICY = "reference/policy.md"
SETTINGS = "reference/settings.md"
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    PLAN_FILE: {
        "## Plan keys": "plan",
        "### `prepare`": "prepare",
        "### `services`": "service",
        "### `constraints`": "constraint",
        "### `limits`": "limits",
        "## Step keys": "step",
        "### `agent`": "agent",
        "### `ask`": "question",
        "### `retry`": "retry",
        "### `undo`": "undo",
        "## Checks": "check",
        "## Probes": "probe",
    },
    POLICY: {"## Rules": "rule"},
    AMENDMENTS: {"## What a change can be": "operation"},
    ATTEMPTS: {},
    DRILLS: {},
    EVENTS_AND_ERRORS: {},
    FAILURES: {},
    SETTINGS: {},
}
"""By page and heading: the table of the schema that the tables below the heading show."""
Row = tuple[str, ...]
KEYS: Row = ("key", "meaning", "default")


def page_with_tables(name: str, text: str) -> str:
    """Return a page with the tables, and the diagram, that the code gives."""
    if name == EVENTS_AND_ERRORS:
        head = ("kind", "is a", "waited for", "meaning")
        return _replaced(text, "## Events", [[head, *map(_event, EVENTS)]])
    if name == FAILURES:
        text = _replaced(text, "### The ladders", [[("failure", "what follows, in order"), *map(_ladder, LADDERS)]])
        text = _replaced(text, "### The rungs", [[("rung", "what it does"), *map(_rung, RUNGS)]])
    if name == AMENDMENTS:
        text = _replaced(text, "## What becomes of a step", [[("as it stands", "edited", "dropped"), *_fates()]])
    if name == ATTEMPTS:
        head = ("effect", "request", "results", "after a crash", "on disk first")
        text = _replaced(text, "### Table of effects", [[head, *map(_effect, EFFECTS)]])
        return re.sub(r"(?<=```mermaid\n)stateDiagram-v2.*?\n(?=```)", _diagram(), text, flags=re.DOTALL)
    if name == DRILLS:
        head = ("drill", "what the agent does", "the failure")
        return _replaced(text, "## The drills that ship", [[head, *map(_drill, shipped_drills())]])
    for section in SECTIONS if name == SETTINGS else ():
        text = _replaced(text, f"## `[{section}]`", [list(_settings_of(SECTIONS[section]))])
    for heading, table in PAGES[name].items():
        text = _replaced(text, heading, list(_tables_of(TABLES[table], has_defaults=name == PLAN_FILE)))
    for table in TABLES.values():
        for kind in table.kinds:
            if kind.is_nested and name == PLAN_FILE:
                rows = [_row(key, kind.type) for key in kind.within]
                heading = f"### The `{kind.name}` {table.said.removeprefix('a ')}"
                text = _replaced(text, heading, [[KEYS, *rows]])
    return text


def _ladder(failure: Diagnosis) -> Row:
    return f"`{failure}`", ", ".join(f"`{rung}`" for rung in LADDERS[failure].rungs)


def _rung(rung: Rung) -> Row:
    return f"`{rung}`", RUNGS[rung].meaning


def _fates() -> Iterator[Row]:
    for standing, fates in FATES.items():
        yield standing.value, *(f"{fate.value}: {why}" for fate, why in fates)


def _drill(drill: Drill) -> Row:
    return f"`{drill.name}`", drill.about, ", ".join(f"`{name}`" for name in drill.finds) or "none"


def _effect(effect: Effect) -> Row:
    results = ", ".join(f"`{kind.kind}`" for kind in effect.results)
    return f"`{effect.name}`", f"`{effect.requested.kind}`", results, effect.on_crash.value, _waited_for_by(effect)


def _waited_for_by(effect: Effect) -> str:
    if effect.is_waited_for_outside:
        return "for effects outside the workspace"
    kinds = [kind for kind in effect.events if kind.is_waited_for]
    return ", ".join(f"`{kind.kind}`" for kind in kinds)


def _event(kind: type[Event]) -> Row:
    is_own = next((effect for effect in EFFECTS if effect.is_waited_for_outside and kind in effect.events), None)
    waited = (
        "yes"
        if kind.is_waited_for
        else ""
        if is_own is None or kind is is_own.instead
        else "for effects outside the workspace"
    )
    said = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return f"`{kind.kind}`", "decision" if kind.is_decision else "fact", waited, said


def _diagram() -> str:
    """Return the stages of an attempt and the ways between them, as a diagram in Mermaid."""
    lines = ["stateDiagram-v2", "    [*] --> Preparing: step_started"]
    for source, ways in TRANSITIONS.items():
        lines += (f"    {source.__name__} --> {target.__name__}: {by}" for target, by in ways.items())
    return "\n".join(lines) + "\n"


def _settings_of(section: Section) -> Iterator[Row]:
    """Yield the rows of a section; what a project may do with it is said only where that differs between keys."""
    project: Row = () if section.refused else ("a project's file may",)
    above: Row = ("what stands above it",) if section.variables else ()
    yield (*KEYS, *project, *above)
    for row in section.rows:
        variable = f"`{section.variables}{row.key.name.upper()}`"
        said = ", ".join(filter(None, (row.option, variable)))
        yield (*_row(row.key, section.type), *(row.project.value for _ in project), *(said for _ in above))


def _tables_of(table: Table, *, has_defaults: bool) -> Iterator[list[Row]]:
    if table.kinds:
        yield [("kind", *table.verdicts), *((f"`{kind.name}`", *kind.verdicts) for kind in table.kinds)]
    rows = [_row(key, table.type) for key in table.keys] + [_shared(found) for found in table.beside.values()]
    yield [KEYS, *rows] if has_defaults else [row[:2] for row in (KEYS, *rows)]


def _row(key: Key, kind: type[object] | None) -> Row:
    required = "Required." if key.need else ""
    return f"`{key.name}`", " ".join(filter(None, (key.meaning, key.more, required))), key.usual_in(kind)


def _shared(found: Iterable[tuple[Kind, Key]]) -> Row:
    """Return the row of a key that one kind has, or several."""
    rows = [(kind.name, *_row(key, kind.type)) for kind, key in found]
    meaning = " ".join(f"With `{kind}`: {meaning[:1].lower()}{meaning[1:]}" for kind, _, meaning, _ in rows)
    usual = [(kind, default) for kind, _, _, default in rows if default]
    return (
        rows[0][1],
        meaning,
        "; ".join(f"`{kind}`: {default}" if len(rows) > 1 else default for kind, default in usual),
    )


def _replaced(text: str, heading: str, tables: list[list[Row]]) -> str:
    """Return the text with the first tables below a heading replaced."""
    before, _, after = text.partition(f"\n{heading}\n")
    lines, kept = after.split("\n"), list[str]()
    while tables:
        while not lines[0].startswith("|"):
            kept.append(lines.pop(0))
        while lines[0].startswith("|"):
            lines.pop(0)
        head, *rows = tables.pop(0)
        kept += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        kept += [" ".join(["|", *(f"{cell} |" if cell else "|" for cell in row)]) for row in rows]
    return f"{before}\n{heading}\n" + "\n".join([*kept, *lines])


if __name__ == "__main__":
    for page in PAGES:
        path = DOCS / page
        path.write_text(page_with_tables(page, path.read_text("utf-8")), "utf-8")
