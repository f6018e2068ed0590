"""Read-only queries to Postgres, with the library of the extra `postgres`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from surefoot.probes.reply import CannotTell


async def select_from_postgres(url: str, query: str, *, timeout_s: float, rows_max: int) -> Sequence[Sequence[object]]:
    """Return the rows, one more than `rows_max` at most.

    Raises:
        CannotTell: the library is missing, or the server could not be asked or refused the query.
    """
    try:
        import psycopg
    except ImportError as error:
        raise CannotTell("it takes psycopg to ask a Postgres; pip install 'surefoot[postgres]'") from error
    rows: list[tuple[object, ...]] = []
    try:
        async with (
            asyncio.timeout(timeout_s),
            await psycopg.AsyncConnection.connect(url, application_name="surefoot") as connection,
        ):
            await connection.set_read_only(True)
            await connection.execute(f"SET LOCAL statement_timeout = {int(timeout_s * 1000)}".encode())
            # A stream takes one statement only, so that none can end the read-only transaction.
            async for row in connection.cursor().stream(query.encode()):
                rows.append(row)
                if len(rows) > rows_max:
                    break
            await connection.rollback()
    except TimeoutError as error:
        raise CannotTell(f"no answer within {timeout_s:g} s") from error
    except (psycopg.Error, ValueError) as error:
        raise CannotTell(" ".join(str(error).split())) from error
    return rows
