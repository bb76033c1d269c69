"""How PostgreSQL goes about a statement, in a database that is full."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from kernel.reads import Query
from tests.conftest import ADDRESSES, worker


@asynccontextmanager
async def filled(name: str, fill: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database of its own, until the end of the block."""
    template, name = os.environ[ADDRESSES[0]], f"{name}_{worker()}"
    server = await asyncpg.connect(urlsplit(template)._replace(path="/postgres").geturl())
    await server.execute(f"CREATE DATABASE {name} TEMPLATE quire")
    connection = await asyncpg.connect(urlsplit(template)._replace(path=f"/{name}").geturl())
    await connection.execute(fill)
    yield connection
    await connection.close()
    await server.execute(f"DROP DATABASE {name}")
    await server.close()


async def plan(connection: asyncpg.Connection, query: Query[Any], **parameters: Any) -> str:  # Any: of any type
    """How PostgreSQL goes about it."""
    sql, arguments = query.prepared(parameters)
    return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *arguments))
