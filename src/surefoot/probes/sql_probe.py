"""`sql` probes: rows of a database, compared with declared patterns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import SqlAnswer, SqlProbe
from surefoot.core.short_text import counted
from surefoot.ports import Commands
from surefoot.probes.addresses import whole
from surefoot.probes.http_probe import judged
from surefoot.probes.postgres import select_from_postgres
from surefoot.probes.reply import CannotTell, ProbeReply
from surefoot.probes.subject import Subject

TIMEOUT_S = 10.0
"""So long a database may take, in seconds."""
ROWS_MAX = 1000
"""An answer of more rows is none."""
_SHOWN = 20
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")
_STEPS = 10_000
"""After so many of SQLite's own steps the time is looked at."""

Rows = Sequence[Sequence[object]]


async def ask_sql(kind: SqlProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Select, and compare the rows with what the probe declares."""
    # Between the quotes of a text nothing but the quote itself has to be written otherwise.
    query = subject.keyed(kind.query, lambda key: key.replace("'", "''"))
    try:
        address = whole(kind.url)
    except (LookupError, ValueError) as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"url: {error.args[0]}")
    try:
        rows = await _select(address.text, query, commands.root)
    except CannotTell as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=address.masker.text(f"the database says nothing: {error}"))
    if len(rows) > ROWS_MAX:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"more than {ROWS_MAX} rows; select what shows the effect")
    said = counted(len(rows), "row")
    lines = [query, said, *(repr(tuple(row)) for row in rows[:_SHOWN])]
    evidence = commands.store(address.masker.content("\n".join(lines).encode("utf-8", "replace")))
    answer, why = _judged(kind, rows)
    if rows:
        said += f" ({', '.join(f'{value!r:.60}' for value in rows[0][:3])})"
    return ProbeReply(answer=answer, text=address.masker.text(f"{said}: {why}"), evidence=evidence)


async def _select(url: str, query: str, root: Path) -> Rows:
    if url.startswith(_SQLITE):
        return await asyncio.to_thread(_select_from_sqlite, root / unquote(url.removeprefix(_SQLITE)), query)
    if url.startswith(_POSTGRES):
        return await select_from_postgres(url, query, timeout_s=TIMEOUT_S, rows_max=ROWS_MAX)
    raise CannotTell("its URL begins neither with sqlite:/// nor with postgresql://")


def _select_from_sqlite(path: Path, query: str) -> Rows:
    """Read as any other reader does, who first takes back what a killed writer has left half done."""
    import apsw  # only who asks loads it

    allowed = {apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE}

    def authorize(act: int, *_: object) -> int:
        return apsw.SQLITE_OK if act in allowed else apsw.SQLITE_DENY

    deadline = time.monotonic() + TIMEOUT_S
    try:
        connection: Any = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except (apsw.Error, ValueError) as error:
        raise CannotTell(f"{path}: {error}") from error
    try:
        connection.set_busy_timeout(int(TIMEOUT_S * 1000))
        connection.set_authorizer(authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        return [row for row, _ in zip(connection.execute(query), range(ROWS_MAX + 1), strict=False)]
    except (apsw.Error, ValueError) as error:
        raise CannotTell(f"{path}: {error}") from error
    finally:
        connection.close()


def _judged(kind: SqlProbe, rows: Rows) -> tuple[Applied, str]:
    if kind.applied is not None or kind.not_applied is not None:
        return judged(_fits(rows, kind.applied), _fits(rows, kind.not_applied))
    if not rows:
        return Applied.NOT_APPLIED, "no row shows the effect"
    if len(rows) == 1 and len(rows[0]) == 1 and not rows[0][0]:
        # What counts, or asks whether there is one, answers with a row in any case.
        return Applied.UNKNOWN, "say by `applied` and `not_applied` what that means"
    return Applied.APPLIED, "a row shows the effect"


def _fits(rows: Rows, pattern: SqlAnswer | None) -> bool:
    """Tell whether all that the pattern sets holds; one that sets nothing fits nothing."""
    if pattern is None or (pattern.rows is None and not pattern.first):
        return False
    if pattern.rows is not None and len(rows) != pattern.rows:
        return False
    if not pattern.first:
        return True
    if not rows or len(rows[0]) < len(pattern.first):
        return False
    return all(_is_same(found, wanted) for found, wanted in zip(rows[0], pattern.first, strict=False))


def _is_same(found: object, wanted: object) -> bool:
    """Compare as SQL does: 1 is true, and what has no word in a plan (a date, an id) goes by its text."""
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, Decimal) and isinstance(wanted, int | float):
        return found == Decimal(str(wanted))
    return found == wanted or str(found) == str(wanted)
