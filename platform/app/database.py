"""Whether PostgreSQL is there: found out before anything heavy is imported, and said in one line."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from kernel.settings import SettingsError

PATIENCE = 5.0
"""Seconds in which a server that is just starting may appear."""


@asynccontextmanager
async def connected(database_url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection; raises `SettingsError`, which says nothing of what the address contains."""
    connection = await patiently(re.sub(r"([?&])ssl=", r"\1sslmode=", database_url))
    try:
        yield connection
    finally:
        await connection.close()


async def patiently(address: str) -> asyncpg.Connection:
    """Try until it works, until it is clear that it never will, or until `PATIENCE` is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await asyncpg.connect(address, timeout=max(1.0, deadline - time.monotonic()))
        except asyncpg.InvalidAuthorizationSpecificationError:
            raise SettingsError("DATABASE_URL: PostgreSQL does not accept this user with this password") from None
        except asyncpg.InvalidCatalogNameError:
            raise SettingsError("DATABASE_URL: PostgreSQL has no database of this name") from None
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError):
            if time.monotonic() > deadline:
                raise SettingsError("DATABASE_URL: no PostgreSQL answers at this address") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise SettingsError(f"DATABASE_URL: PostgreSQL cannot be used ({type(error).__name__})") from None
        await asyncio.sleep(0.2)


def check(database_url: str) -> None:
    """Return when PostgreSQL answers; raises `SettingsError`."""

    async def once() -> None:
        async with connected(database_url):
            pass

    asyncio.run(once())
