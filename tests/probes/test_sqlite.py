"""`sql` probes against SQLite, also where a writer was killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import Probe, SqlAnswer, SqlProbe
from surefoot.probes import ProbeReply, Subject, ask, sql_probe

APPLIED, NOT_APPLIED, UNKNOWN = Applied
URL = "sqlite:///shop%20db.sqlite"
ONE, TWO = "SELECT state FROM orders WHERE id = 'one'", "SELECT state FROM orders WHERE id = 'two'"
WRITER = """
import sqlite3, sys
connection = sqlite3.connect("shop db.sqlite", isolation_level=None)
for statement in sys.argv[1:]:
    connection.execute(statement)
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shop(lane: Path) -> Path:
    """A database with one order."""
    path = lane / "shop db.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE orders (id TEXT PRIMARY KEY, state, amount);"
            "INSERT INTO orders VALUES ('one', 'paid', 3), ('it''s', NULL, 0)"
        )
    return path


@pytest.fixture
def asked(commands: Any, shop: Path) -> Any:
    """Ask the database."""

    async def about(query: str, url: str = URL, **patterns: Any) -> ProbeReply:
        probe = SqlProbe(query=query, url=url, **patterns)
        return await ask(Probe(ask=probe), commands, subject=Subject(key="one"))

    return about


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (ONE, APPLIED),
        (TWO, NOT_APPLIED),
        ("SELECT 1 FROM orders WHERE id = '$SUREFOOT_IDEMPOTENCY_KEY'", APPLIED),
        ("SELECT count(*) FROM orders WHERE id = 'one'", APPLIED),
        ("SELECT count(*) FROM orders WHERE id = 'two'", UNKNOWN),
        ("SELECT max(state) FROM orders WHERE id = 'two'", UNKNOWN),
        ("SELECT id, amount FROM orders WHERE amount = 0", APPLIED),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n", UNKNOWN),
    ],
)
async def test_without_patterns_a_row_shows_the_effect(asked: Any, query: str, answer: Applied) -> None:
    """No row shows that there was none. A count of nothing is a row, too: what it means has to be said."""
    assert (await asked(query)).answer is answer


@pytest.mark.parametrize(
    ("query", "applied", "not_applied", "answer"),
    [
        (ONE, SqlAnswer(first=("paid",)), None, APPLIED),
        (ONE, SqlAnswer(first=("open",)), None, UNKNOWN),
        (ONE, None, SqlAnswer(first=("open",)), UNKNOWN),
        (TWO, SqlAnswer(first=("paid",)), None, UNKNOWN),
        (TWO, SqlAnswer(first=("paid",)), SqlAnswer(rows=0), NOT_APPLIED),
        (TWO, SqlAnswer(rows=0), SqlAnswer(rows=1), APPLIED),
        (ONE, SqlAnswer(rows=1), SqlAnswer(first=("paid",)), UNKNOWN),
        (ONE, SqlAnswer(rows=1, first=("open",)), None, UNKNOWN),
        (ONE, SqlAnswer(), None, UNKNOWN),
        (ONE, SqlAnswer(first=("paid", 3)), None, UNKNOWN),
        ("SELECT count(*) FROM orders", SqlAnswer(first=(2,)), SqlAnswer(first=(0,)), APPLIED),
    ],
)
async def test_with_patterns_only_they_are_an_answer(
    asked: Any, query: str, applied: SqlAnswer | None, not_applied: SqlAnswer | None, answer: Applied
) -> None:
    """What fits none, or both, is unknown."""
    assert (await asked(query, applied=applied, not_applied=not_applied)).answer is answer


def files_in(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "query", ["DELETE FROM orders", "PRAGMA journal_mode=WAL", "SELECT 1; DROP TABLE orders", "ATTACH 'x' AS x"]
)
async def test_a_probe_changes_nothing(asked: Any, shop: Path, query: str) -> None:
    """Whatever the query is: only reading is let through."""
    before = files_in(shop.parent)
    assert (await asked(query)).answer is UNKNOWN
    assert files_in(shop.parent) == before


@pytest.mark.parametrize("url", ["sqlite:///missing", "sqlite:///.", "sqlite:///nul%00", "sqlite://x", "$NOT_SET"])
async def test_a_database_that_is_not_there_says_nothing(asked: Any, lane: Path, url: str) -> None:
    """It is not made, either."""
    assert (await asked("SELECT 1", url)).answer is UNKNOWN
    assert [*files_in(lane)] == ["shop db.sqlite"]


async def test_the_place_may_be_absolute_and_in_a_variable(
    asked: Any, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As most databases are given to programs."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{shop}")
    assert (await asked(ONE, "$DATABASE_URL")).answer is APPLIED


async def test_the_rows_are_evidence(asked: Any, commands: Any) -> None:
    """With the query that found them."""
    reply = await asked(ONE)
    assert commands.load(reply.evidence).decode() == f"{ONE}\n1 row\n('paid',)"


async def test_a_query_without_end_says_nothing(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe gives up."""
    monkeypatch.setattr(sql_probe, "TIMEOUT_S", 0.1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    assert (await asked(endless)).answer is UNKNOWN


@contextmanager
def at_work(folder: Path, *statements: str) -> Generator[None]:
    """Keep another program connected that has carried out statements; kill it afterwards."""
    command = [sys.executable, "-c", WRITER, *statements]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"done\n"
        yield
        program.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize(("end", "answer"), [("SELECT 1", NOT_APPLIED), ("COMMIT", APPLIED)])
async def test_what_a_killed_writer_had_committed_is_applied(
    asked: Any, shop: Path, mode: str, end: str, answer: Applied
) -> None:
    """What it had not is taken back first, as every reader does."""
    begin = (f"PRAGMA journal_mode={mode}", "PRAGMA cache_size=1", "BEGIN IMMEDIATE")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT i, i, i FROM n"
    with at_work(shop.parent, *begin, "INSERT INTO orders VALUES ('two', 1, 1)", f"INSERT INTO orders {many}", end):
        pass
    assert (await asked(TWO)).answer is answer


async def test_a_database_that_others_hold_says_nothing(
    asked: Any, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe gives up; it does not wait for ever."""
    monkeypatch.setattr(sql_probe, "TIMEOUT_S", 0.1)
    with at_work(shop.parent, "BEGIN EXCLUSIVE"):
        assert (await asked(ONE)).answer is UNKNOWN
