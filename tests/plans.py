"""How PostgreSQL goes about a statement, in a database that is full."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kernel.reads import Query
from tests.databases import own_database


@asynccontextmanager
async def filled(name: str, fill: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database of its own, until the end of the block."""
    async with own_database(name) as url:
        connection = await asyncpg.connect(url)
        await connection.execute(fill)
        yield connection
        await connection.close()


async def plan(connection: asyncpg.Connection, query: Query[Any], **parameters: Any) -> str:  # Any: of any type
    """How PostgreSQL goes about it."""
    sql, arguments = query.prepared(parameters)
    return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *arguments))
