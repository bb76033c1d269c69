"""A transaction on one connection: for compiled statements right away, for entities through a session if need be.

A session alone costs as much as three statements, so there is none before somebody asks for it. Then it joins.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from kernel.errors import Unavailable
from kernel.reads import answered


class Transaction:
    """Begins with the first statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._session: AsyncSession | None = None
        self._pooled: PoolProxiedConnection | None = None
        """The connection, where it was not the session that took it out of the pool."""
        self._invalidate: Callable[[], None]
        self._invalidate_all: Callable[[], None]
        self._adapted: Any = None  # Any: SQLAlchemy does not show what it wraps around a connection of asyncpg

    @property
    def session(self) -> AsyncSession:
        """It reads and writes in here."""
        if self._session is None:
            joined = self._pooled and AsyncConnection(self._engine, Connection(self._engine.sync_engine, self._pooled))
            self._session = AsyncSession(joined or self._engine, expire_on_commit=False)
        return self._session

    # Any: values of any type of PostgreSQL
    async def run(self, sql: str, arguments: list[Any]) -> list[asyncpg.Record]:
        """The rows of a statement. The session neither flushes before it nor learns what it changed."""
        if self._adapted is None:
            await self._connect()
        with self._hanging_up():
            if not self._adapted._started:
                await self._adapted._start_transaction()  # SQLAlchemy's own: a session finds itself in the same one
            return await answered(self._adapted.driver_connection, sql, arguments)

    async def commit(self) -> None:
        """Raises `Unavailable` if the connection is lost: whether it was done, nobody knows."""
        try:
            if self._session is not None:
                await self._session.commit()
            elif self._adapted is not None:
                with self._hanging_up():
                    await greenlet_spawn(self._adapted.commit)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable from error
            raise
        except Exception as error:
            if self._session is None and self._adapted.driver_connection.is_closed():
                raise Unavailable from error
            raise

    async def pause(self) -> None:
        """Give the connection back, the next statement takes one."""
        await self.commit()
        if self._session is None:
            await self._give_back()
        self._adapted = self._adapted if self._pooled else None

    async def close(self) -> None:
        """What is not committed is undone, and the connection given back, whoever is being cancelled."""
        if self._session is not None:
            await asyncio.shield(asyncio.create_task(self._session.close()))
        await self._give_back()

    async def _connect(self) -> None:
        if self._session is None:
            pooled = self._pooled = await self._engine.raw_connection()
        else:
            pooled = await (await self._session.connection()).get_raw_connection()
        self._adapted, self._invalidate = pooled.dbapi_connection, pooled.invalidate
        self._invalidate_all = partial(self._engine.sync_engine.pool._invalidate, pooled)

    @contextmanager
    def _hanging_up(self) -> Generator[None]:
        """Unless the server has said what is wrong, nobody knows where the connection is: nobody gets it after us.

        The next one might find itself inside of our transaction, and its COMMIT would commit nothing.
        """
        try:
            yield
        except asyncpg.PostgresError:
            if self._adapted.driver_connection.is_closed():
                self._invalidate()
            raise
        except TimeoutError:  # the others may be as dead: nobody is to find them one after the other
            self._invalidate_all()
            raise
        except BaseException:
            self._invalidate()
            raise

    async def _give_back(self) -> None:
        pooled, self._pooled = self._pooled, None
        if pooled is None:
            return
        giving_back = greenlet_spawn(pooled.close)
        await (asyncio.shield(asyncio.create_task(giving_back)) if self._adapted._started else giving_back)
