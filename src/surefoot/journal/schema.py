"""The tables of the journal's database, as numbered migrations.

A released migration is never changed: add one. `runs` has one row a run, so that listing runs reads no events. `claims`
is apart, because a run is claimed before its first event and a fencing token must outlive the run. The tables are
STRICT, so that no value of another type can be stored, not even by hand. `standings` can be made anew from the events
at any time: a row counts only as long as its `seq` is that of the run's last event.
"""

from __future__ import annotations

_0001_FIRST_TABLES = """
CREATE TABLE runs (
    run TEXT NOT NULL PRIMARY KEY,
    repository TEXT,
    goal TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    run TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    release TEXT NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    run TEXT NOT NULL PRIMARY KEY,
    token INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    id TEXT NOT NULL PRIMARY KEY,
    stored_at REAL NOT NULL,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    run TEXT NOT NULL PRIMARY KEY,
    release TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state BLOB NOT NULL
) STRICT;
"""

_0002_STANDINGS = """
CREATE TABLE standings (
    run TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    goal TEXT NOT NULL,
    verified INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    questions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_0001_FIRST_TABLES, _0002_STANDINGS)
"""In order; each takes the database from its index to the next number."""
