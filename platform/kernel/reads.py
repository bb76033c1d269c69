"""Hot reads, beside the unit of work: statements compiled once, on a pool of their own, rows straight into structs.

A session of the ORM costs seven times the query that it sends. What is read here is what is committed now.
"""

import asyncio
import time
from collections.abc import Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from inspect import signature
from typing import Any, Generic, Protocol, TypeVar

import asyncpg
import msgspec
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from kernel.batching import Batch
from kernel.db import connection_settings, statement
from kernel.errors import Unavailable
from kernel.settings import DatabaseSettings

T = TypeVar("T")


class Identified(Protocol):
    """What has an ``id``."""

    @property
    def id(self) -> Hashable: ...


R = TypeVar("R", bound=Identified)

PAUSE = 1.0
"""Seconds for which a replica that failed is left alone."""

LOST = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InternalClientError, ConnectionError)
"""The connection, not the statement, was at fault. (One that was closed unheard is in an odd state for asyncpg.)"""


class Query(Generic[T]):
    """A statement whose columns are the fields of ``kind``; its parameters have names (`bindparam`). Compiled once.

    One that writes is run by `UnitOfWork.run`. ``planned_anew`` is for a statement whose good plan depends on what it
    is given: PostgreSQL would soon settle for one plan, which for a search can be a hundred times too slow. One that
    ``tolerates_lag`` may be answered by a replica, if there is one; nothing that fills a cache may.
    """

    # Any: `kind` knows the columns
    def __init__(
        self,
        statement: Select[Any] | ReturningInsert[Any] | ReturningUpdate[Any],
        kind: type[T],
        *,
        planned_anew: bool = False,
        tolerates_lag: bool = False,
    ) -> None:
        self._statement = statement
        self.kind = kind
        self.planned_anew = planned_anew
        self.tolerates_lag = tolerates_lag

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[str, Any]]]:  # Any: values of any type of PostgreSQL
        compiled = self._statement.compile(dialect=dialect())  # type: ignore[no-untyped-call] # SQLAlchemy has no types here
        return str(compiled), [(name, compiled.params[name]) for name in compiled.positiontup or ()]

    def prepared(self, given: dict[str, Any]) -> tuple[str, list[Any]]:  # Any: values of any type of PostgreSQL
        """The SQL and its arguments in their order."""
        sql, parameters = self._compiled
        return sql, [given.get(name, fixed) for name, fixed in parameters]

    def rows(self, found: Sequence[asyncpg.Record]) -> list[T]:
        """What was found. Fields given by their places cost a tenth of fields given by their names."""
        if not found:
            return []
        kind, names = self.kind, tuple(found[0].keys())
        if names == self._fields:
            return [kind(*row) for row in found]
        return [kind(**dict(zip(names, row, strict=True))) for row in found]

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        """What may be given by its place, if all may be."""
        fields = signature(self.kind).parameters.values()
        return () if any(field.kind is field.KEYWORD_ONLY for field in fields) else tuple(f.name for f in fields)


class Reader:
    """A small pool that only reads, each statement for itself: no transaction, no session, no reset."""

    def __init__(self, database_url: str, settings: DatabaseSettings, *, replica_url: str | None = None) -> None:
        self._url = database_url
        self._replica = None if replica_url is None else Reader(replica_url, settings)
        self._alone_until = 0.0
        self._settings = settings
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._by_id: dict[Query[Any], Batch[Any, Any]] = {}  # Any: each query has rows of its own kind

    async def all(self, query: Query[T], **parameters: Any) -> list[T]:  # Any: values of any type of PostgreSQL
        """Every row; raises `Unavailable` when no connection is free in time."""
        if query.tolerates_lag and self._replica is not None and time.monotonic() >= self._alone_until:
            try:
                return await self._replica.all(query, **parameters)
            except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InternalClientError):
                self._alone_until = time.monotonic() + PAUSE  # the primary knows it, too
        sql, arguments = query.prepared(parameters)
        try:
            rows = await self._fetch(sql, arguments, query.planned_anew)
        except LOST:  # the server was restarted, say: what only reads may be read again, on a new connection
            if self._pool is not None:
                await self._pool.expire_connections()
            rows = await self._fetch(sql, arguments, query.planned_anew)
        return query.rows(rows)

    async def one(self, query: Query[T], **parameters: Any) -> T | None:  # Any: values of any type of PostgreSQL
        """The first row, if there is one; raises `Unavailable` when no connection is free in time."""
        rows = await self.all(query, **parameters)
        return rows[0] if rows else None

    # Any: ids of any type of PostgreSQL
    async def by_id(self, query: Query[R], ids: Collection[Any]) -> dict[Any, R]:
        """What ``query`` finds for its parameter ``ids``, by id; those who ask at the same time share a statement.

        It begins after they have asked. Raises `Unavailable` when no connection is free in time.
        """
        batch = self._by_id.get(query)
        if batch is None:
            batch = self._by_id[query] = Batch(partial(self._identified, query))
        found = await batch.get(ids)
        return {key: found[key] for key in ids if key in found}

    # Any: as above
    async def _identified(self, query: Query[R], ids: Collection[Any]) -> Mapping[Any, R]:
        return {row.id: row for row in await self.all(query, ids=list(ids))}

    def usage(self) -> dict[str, int]:
        """How many connections work, and how many wait."""
        if self._pool is None:
            return {"busy": 0, "idle": 0}
        idle = self._pool.get_idle_size()
        return {"busy": self._pool.get_size() - idle, "idle": idle}

    async def close(self) -> None:
        """Let go of every connection."""
        if self._replica is not None:
            await self._replica.close()
        if self._pool is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._pool.close(), timeout=5)

    # Any: values of any type of PostgreSQL
    async def _fetch(self, sql: str, arguments: list[Any], planned_anew: bool) -> list[asyncpg.Record]:
        pool = self._pool or await self._open()
        try:
            waits = (
                None if pool.get_idle_size() else self._settings.pool_timeout
            )  # a timer that nobody needs costs, too
            async with pool.acquire(timeout=waits) as connection:
                try:
                    with statement(sql):
                        return await answered(connection, sql, arguments, planned_anew)
                except TimeoutError:  # the others may be as dead: nobody is to find them one after the other
                    await pool.expire_connections()
                    raise
        except TimeoutError:
            raise Unavailable from None

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=self._settings.read_pool_size,
                    init=teach_json,
                    reset=keep_as_it_is,
                    timeout=3,
                    command_timeout=self._settings.statement_timeout + 1,
                    server_settings=connection_settings(self._settings),
                )
            return self._pool


# Any: stubs, and values of any type of PostgreSQL
async def answered(connection: Any, sql: str, arguments: list[Any], planned_anew: bool = False) -> list[asyncpg.Record]:
    """The rows. A server that has fallen silent will not hear of a cancellation either: hang up, and do not wait."""
    try:
        rows: list[asyncpg.Record]
        if planned_anew:  # a statement without a name is forgotten together with its plan
            rows = await (await connection.prepare(sql, name="")).fetch(*arguments)
        else:
            rows = await connection.fetch(sql, *arguments)
    except TimeoutError:
        connection.terminate()
        raise
    return rows


async def teach_json(connection: asyncpg.Connection) -> None:
    """JSONB as Python values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )


async def keep_as_it_is(_: asyncpg.Connection) -> None:
    """What only reads leaves nothing to be reset: a round trip saved."""
