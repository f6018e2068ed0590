"""`sql` probes against a real Postgres."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import Probe, SqlAnswer, SqlProbe
from surefoot.probes import ProbeReply, Subject, ask, sql_probe
from tests.postgres import PASSWORD, Postgres, running

APPLIED, NOT_APPLIED, UNKNOWN = Applied
TABLE = """
CREATE TABLE payments (key text PRIMARY KEY, amount numeric, settled boolean, at timestamptz, id uuid);
INSERT INTO payments VALUES ('one', 9.90, true, '2026-01-02 03:04:05+00', '00000000-0000-0000-0000-000000000001');
CREATE SEQUENCE numbers;
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server with one payment."""
    with running() as server:
        server.say(TABLE)
        yield server


@pytest.fixture
def asked(commands: Any, postgres: Postgres) -> Any:
    """Ask the server."""

    async def about(query: str, url: str = "", **patterns: Any) -> ProbeReply:
        probe = SqlProbe(query=query, url=url or postgres.url, **patterns)
        return await ask(Probe(ask=probe), commands, subject=Subject(key="one"))

    return about


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT 1 FROM payments WHERE key = 'one'", APPLIED),
        ("SELECT 1 FROM payments WHERE key = '$SUREFOOT_IDEMPOTENCY_KEY';", APPLIED),
        ("SELECT 1 FROM payments WHERE key LIKE 'two%'", NOT_APPLIED),
        ("SELECT exists(SELECT 1 FROM payments WHERE key = 'one')", APPLIED),
        ("SELECT exists(SELECT 1 FROM payments WHERE key = 'two')", UNKNOWN),
        ("SELECT 1 FROM nowhere", UNKNOWN),
        ("SELECT generate_series(1, 100000)", UNKNOWN),
    ],
)
async def test_a_row_shows_the_effect(asked: Any, query: str, answer: Applied) -> None:
    """No row shows that there was none; a row in any case, or an error, shows nothing."""
    assert (await asked(query)).answer is answer


@pytest.mark.parametrize(
    ("column", "value", "fits"),
    [
        ("amount", 9.9, True),
        ("amount", 9.8, False),
        ("settled", True, True),
        ("settled", 1, True),
        ("settled", False, False),
        ("id", "00000000-0000-0000-0000-000000000001", True),
        ("at AT TIME ZONE 'UTC'", "2026-01-02 03:04:05", True),
        ("NULL", None, True),
        ("key", None, False),
    ],
)
async def test_the_first_value_is_compared_with_the_pattern(asked: Any, column: str, value: Any, *, fits: bool) -> None:
    """As SQL compares; what has no word in a plan goes by its text."""
    query = "SELECT IT FROM payments WHERE key = 'one'".replace("IT", column)
    reply = await asked(query, applied=SqlAnswer(first=(value,)))
    assert reply.answer is (APPLIED if fits else UNKNOWN)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM payments",
        "SELECT 1; COMMIT; DELETE FROM payments",
        "WITH gone AS (DELETE FROM payments RETURNING 1) SELECT * FROM gone",
        "SELECT nextval('numbers')",
    ],
)
async def test_a_probe_changes_nothing(asked: Any, postgres: Postgres, query: str) -> None:
    """Its transaction is read-only, and it is one statement."""
    assert (await asked(query)).answer is UNKNOWN
    assert postgres.say("SELECT count(*), (SELECT is_called FROM numbers) FROM payments") == "1|f"


@pytest.mark.parametrize("url", ["$WHOLE", "WITH:$PART"])
async def test_a_password_comes_from_a_variable(
    asked: Any, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The whole URL, quoted as it must be, or the password alone, as it is."""
    monkeypatch.setenv("WHOLE", postgres.locked.replace("PASSWORD", quote(PASSWORD, safe="")))
    monkeypatch.setenv("PART", PASSWORD)
    url = postgres.locked.replace("PASSWORD", "$PART") if "$PART" in url else url
    assert (await asked("SELECT 1 FROM payments", url)).answer is APPLIED


@pytest.mark.parametrize("password", ["wrong horse", "%zz%41long"])
async def test_a_password_is_never_shown(
    asked: Any, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Neither where it is refused nor where it cannot even be read."""
    monkeypatch.setenv("WHOLE", postgres.locked.replace("PASSWORD", password))
    reply = await asked("SELECT 1", "$WHOLE")
    assert (reply.answer, password in reply.text) == (UNKNOWN, False)


async def test_a_password_in_the_answer_is_masked_in_the_evidence(
    asked: Any, commands: Any, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was selected: evidence is kept."""
    monkeypatch.setenv("PART", PASSWORD)
    reply = await asked("SELECT '$PART', 'pass word/it''s:50%'", postgres.locked.replace("PASSWORD", "$PART"))
    assert PASSWORD not in commands.load(reply.evidence).decode() + reply.text


@pytest.mark.parametrize("url", ["$NOT_SET", "postgresql://tester@/postgres?host=/nowhere", "postgresql://[::1", "x"])
async def test_a_server_that_cannot_be_asked_says_nothing(asked: Any, url: str) -> None:
    """Nobody there, no such variable, no URL at all."""
    assert (await asked("SELECT 1", url)).answer is UNKNOWN


@contextmanager
def at_work(postgres: Postgres, statements: str) -> Generator[None]:
    """Keep another program connected that has carried out statements; kill it afterwards."""
    command = f'(echo "{statements}; SELECT 1;"; exec sleep 60) | {postgres.psql}'
    program = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, start_new_session=True)
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"1\n"
        yield
        os.killpg(program.pid, signal.SIGKILL)


async def test_a_table_that_others_hold_says_nothing(
    asked: Any, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe gives up; it does not wait for ever."""
    monkeypatch.setattr(sql_probe, "TIMEOUT_S", 0.2)
    with at_work(postgres, "BEGIN; LOCK payments"):
        reply = await asked("SELECT 1 FROM payments")
    assert (reply.answer, "no answer within 0.2 s" in reply.text) == (UNKNOWN, True)


async def test_what_is_not_committed_is_not_applied(asked: Any, postgres: Postgres) -> None:
    """Neither while its program lives, nor when that was killed and the server takes it back."""
    query = "SELECT 1 FROM payments WHERE key = 'three'"
    with at_work(postgres, "BEGIN; INSERT INTO payments VALUES ('three')"):
        before = await asked(query)
    assert (before.answer, (await asked(query)).answer) == (NOT_APPLIED, NOT_APPLIED)


async def test_what_was_committed_is_applied(asked: Any, postgres: Postgres) -> None:
    """Whatever became of the program that did it."""
    with at_work(postgres, "BEGIN; INSERT INTO payments VALUES ('four'); COMMIT"):
        pass
    assert (await asked("SELECT 1 FROM payments WHERE key = 'four'")).answer is APPLIED


async def test_without_the_library_the_probe_says_what_to_install(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: most plans need no Postgres."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    reply = await asked("SELECT 1")
    assert (reply.answer, "surefoot[postgres]" in reply.text) == (UNKNOWN, True)
