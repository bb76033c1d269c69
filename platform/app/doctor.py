"""What an operator should know before it hurts: each look says what it found, and what to do about it."""

import asyncio
import platform
import time
from collections.abc import AsyncGenerator, Iterator, Mapping

import asyncpg
import msgspec

from app.database import connected
from app.migrations import applied_revisions, checkout, revisions
from app.version import running_version
from kernel.redis_client import AWAY, redis_client
from kernel.settings import KernelSettings, SettingsError

OLDEST_POSTGRES = 160_000
SPARE = 10
"""Connections that PostgreSQL keeps for its administrator, and for us to look."""

FAST = 1.0
"""Seconds that clocks may differ: cursors, leases and tokens tell the time to each other."""

SHORTEST_TOKEN = 16


class Finding(msgspec.Struct, frozen=True):
    """One look: what about, whether it is well, and what to do if it is not."""

    about: str
    is_well: bool
    text: str


async def examine(env: Mapping[str, str], *, api: int, workers: int) -> AsyncGenerator[Finding, None]:
    """Everything, one after the other; ``api`` and ``workers`` are the processes that are to run."""
    settings = KernelSettings.from_env(env)
    version = running_version(env)
    yield Finding("Quire", True, f"{version.version} on Python {platform.python_version()}")
    for finding in secrets(settings):
        yield finding
    try:
        async with connected(settings.database_url) as database:
            async for finding in postgresql(database, settings, processes=api + workers):
                yield finding
    except SettingsError as error:
        yield Finding("PostgreSQL", False, str(error))
    yield await redis(settings)


def secrets(settings: KernelSettings) -> Iterator[Finding]:
    """What could be guessed."""
    weak = any(len(set(key)) < 8 for key in settings.secret_keys)
    yield Finding("secret key", not weak, "QUIRE_SECRET_KEY is too simple: take 32 random bytes" if weak else "strong")
    token = settings.metrics.token
    if token:
        short = len(token) < SHORTEST_TOKEN
        text = f"QUIRE_METRICS_TOKEN is short: take {SHORTEST_TOKEN} characters or more" if short else "long enough"
        yield Finding("metrics token", not short, text)
    if settings.env != "production":
        yield Finding(
            "environment", True, f"{settings.env}: QUIRE_ENV=production refuses what is only meant for development"
        )


async def postgresql(
    database: asyncpg.Connection, settings: KernelSettings, *, processes: int
) -> AsyncGenerator[Finding, None]:
    """Its version, its schema, its clock, and whether it has room for us."""
    number, name, room, now = await database.fetchrow(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
        "current_setting('max_connections')::int, extract(epoch FROM clock_timestamp())::float8"
    ) or (0, "unknown", 0, 0.0)
    old = number < OLDEST_POSTGRES
    yield Finding("PostgreSQL", not old, f"{name} is too old; 16 is the oldest supported version" if old else name)
    yield await schema(settings.database_url)
    away = abs(now - time.time())
    late = f"differs by {away:.1f} s from PostgreSQL's: synchronize both with the same time server"
    yield Finding("clock", away < FAST, late if away >= FAST else f"{away * 1000:.0f} ms from PostgreSQL's")
    each = settings.db.pool_size + settings.db.max_overflow + settings.db.read_pool_size
    wanted, free = each * processes, room - SPARE
    text = f"{processes} processes open up to {wanted} connections, PostgreSQL has {free} of {room} for them"
    advice = ": lower QUIRE_DB_POOL_SIZE, QUIRE_DB_MAX_OVERFLOW or QUIRE_DB_READ_POOL_SIZE, or raise max_connections"
    yield Finding("pools", wanted <= free, text if wanted <= free else text + advice)


async def schema(database_url: str) -> Finding:
    """Whether the tables are those that this code knows."""
    known, heads = revisions((checkout() / "migrations").glob("*/*.py"))
    applied = await applied_revisions(database_url)
    if heads <= applied:
        return Finding("schema", True, "up to date")
    if applied <= known:
        return Finding("schema", False, "behind this code: run `quire migrate`")
    return Finding("schema", True, "newer than this code, as during a rolling upgrade")


async def redis(settings: KernelSettings) -> Finding:
    """Whether it is there: without it everything works, more slowly."""
    client = redis_client(settings.redis_url, timeout=2.0)
    try:
        server = await client.info("server")
        return Finding("Redis", True, f"{server.get('valkey_version') or server['redis_version']}")
    except AWAY as error:
        return Finding("Redis", False, f"REDIS_URL: no answer ({type(error).__name__}); jobs and reads will be slower")
    finally:
        await client.aclose()


def findings(env: Mapping[str, str], *, api: int, workers: int) -> list[Finding]:
    """For the command line."""

    async def collect() -> list[Finding]:
        return [finding async for finding in examine(env, api=api, workers=workers)]

    return asyncio.run(collect())
