"""Write the tables of keys in the reference pages, from the schema of plans.

Usage: `python scripts/reference_tables.py`. The text around the tables is written by hand and stays.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot.core.plan_keys import Key, Kind, Table
from surefoot.core.plan_schema import TABLES

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    "plan-reference.md": {
        "## Plan keys": "plan",
        "### `prepare`": "prepare",
        "### `services`": "service",
        "### `limits`": "limits",
        "## Step keys": "step",
        "### `agent`": "agent",
        "### `ask`": "question",
        "### `retry`": "retry",
        "## Checks": "check",
        "## Probes": "probe",
    },
    "policy.md": {"## Rules": "rule"},
}
"""By page and heading: the table of the schema that the tables below the heading show."""
Row = tuple[str, ...]
KEYS: Row = ("key", "meaning", "default")


def page_with_tables(name: str, text: str) -> str:
    """Return a page with the tables that the schema gives."""
    for heading, table in PAGES[name].items():
        text = _replaced(text, heading, list(_tables_of(TABLES[table], has_defaults=name != "policy.md")))
    for table in TABLES.values():
        for kind in table.kinds:
            if kind.is_nested and name == "plan-reference.md":
                rows = [_row(key, kind.type) for key in kind.within]
                heading = f"### The `{kind.name}` {table.said.removeprefix('a ')}"
                text = _replaced(text, heading, [[KEYS, *rows]])
    return text


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
