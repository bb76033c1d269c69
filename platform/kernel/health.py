"""Health: alive means that the event loop turns, ready means that requests can be served.

Only PostgreSQL decides about readiness, and whether the process is about to stop; without Redis or mail everything
still works, more slowly or later.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from kernel.errors import Unavailable
from kernel.http.bulkhead import UNBOUNDED
from kernel.http.encoding import Encoded, encode
from kernel.http.request import HttpRequest
from kernel.outbox import OutboxRow
from kernel.problems import describe
from kernel.redis_client import AWAY
from kernel.security import public

OURS = select(OutboxRow.id).limit(0)
"""Nothing, out of a table that is there once the database is migrated."""

State = Literal["ok", "unavailable"]
FRESH = 1.0
"""Seconds for which a probe's answer is passed on."""


class Live(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(msgspec.Struct, frozen=True):
    """Whether requests can be served, and what each neighbour says."""

    status: State
    checks: dict[str, State]


class Health:
    """Asks the neighbours, at most once a second however often it is asked."""

    def __init__(
        self, engine: AsyncEngine, redis: Redis, takes_mail: Callable[[], Awaitable[bool]], draining: asyncio.Event
    ) -> None:
        self._engine = engine
        self._redis = redis
        self._takes_mail = takes_mail
        self.draining = draining
        """Set: the process is about to stop."""
        self._lock = asyncio.Lock()
        self._asked = -FRESH
        self._last = Ready("unavailable", {})

    async def ready(self) -> Ready:
        """The state of now, or of less than a second ago."""
        async with self._lock:
            if time.monotonic() - self._asked >= FRESH:
                database, redis, mail = await asyncio.gather(self._database(), self._cache(), self._mail())
                self._last = Ready(database, {"postgresql": database, "redis": redis, "mail": mail})
                self._asked = time.monotonic()
        return msgspec.structs.replace(self._last, status="unavailable") if self.draining.is_set() else self._last

    async def _database(self) -> State:
        try:
            async with asyncio.timeout(2), self._engine.connect() as connection:
                await connection.execute(OURS)
        except Exception:  # whatever it is, it does not answer, or knows nothing of us
            return "unavailable"
        return "ok"

    async def _cache(self) -> State:
        try:
            await self._redis.ping()  # type: ignore[misc] # redis-py types its two worlds as one
        except AWAY:
            return "unavailable"
        return "ok"

    async def _mail(self) -> State:
        return "ok" if await self._takes_mail() else "unavailable"


class HealthController(Controller):
    """For balancers and people."""

    path = "/health"
    guards = (public,)
    opt = {UNBOUNDED: True}  # noqa: RUF012 - Litestar declares it so
    tags = ("system",)

    @get("/live", operation_id="live", sync_to_thread=False)
    def live(self) -> Live:
        """200 while the process runs; nothing else is checked."""
        return Live()

    @get("/ready", operation_id="ready")
    async def ready(self, request: HttpRequest, health: NamedDependency[Health]) -> Response[Ready]:
        """200 while requests can be served, otherwise a problem with the same checks."""
        ready = await health.ready()
        if ready.status == "ok":
            return Response(ready)
        error = Unavailable("This process is about to stop.") if health.draining.is_set() else Unavailable()
        described = {**msgspec.to_builtins(describe(error, request.scope)), "checks": ready.checks}
        return Encoded(encode(described), status_code=503, headers=error.headers, media_type="application/problem+json")
