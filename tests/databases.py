"""Databases of a test's own, on the server of the run."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from tests.conftest import ADDRESSES, worker


@asynccontextmanager
async def own_database(name: str, template: str = "quire") -> AsyncGenerator[str]:
    """The address of a new one until the end of the block, with all tables unless there is another ``template``."""
    server, name = urlsplit(os.environ[ADDRESSES[0]]), f"{name}_{worker()}"
    maintenance = await asyncpg.connect(server._replace(path="/postgres").geturl())
    await maintenance.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server._replace(path=f"/{name}").geturl()
    finally:
        await maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await maintenance.close()
