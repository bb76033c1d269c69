"""Migrations of tables that everybody reads and writes meanwhile: nobody notices."""

import asyncio

import asyncpg
import pytest

from app.migrations import LOCK_TIMEOUT
from tests.faults.rig import Rig
from tests.faults.traffic import traffic_at

pytestmark = pytest.mark.faults

EXPANSION = (
    "ALTER TABLE posts.posts ADD COLUMN extra text NOT NULL DEFAULT 'x'",
    "CREATE INDEX CONCURRENTLY extra ON posts.posts (extra)",
    "ALTER TABLE posts.posts ALTER COLUMN slug TYPE varchar(130)",
    "ALTER TABLE users.users ADD COLUMN extra int NOT NULL DEFAULT 0",
    "ALTER TABLE users.users ALTER COLUMN name TYPE varchar(150)",
    "ALTER TABLE auth.sessions ADD COLUMN extra int",
    "ALTER TABLE kernel.outbox ADD COLUMN extra int",
)
"""Columns, an index, and wider types: those make plans invalid that connections have kept."""

CONTRACTION = (
    "ALTER TABLE posts.posts DROP COLUMN extra",
    "ALTER TABLE users.users DROP COLUMN extra",
    "ALTER TABLE auth.sessions DROP COLUMN extra",
    "ALTER TABLE kernel.outbox DROP COLUMN extra",
)


async def test_nobody_notices_a_migration(rig: Rig) -> None:
    rig.worker()
    traffic = await traffic_at(await rig.api())
    database = await asyncpg.connect(rig.postgres.url, server_settings={"lock_timeout": f"{LOCK_TIMEOUT}s"})

    async def more() -> None:
        """Until everybody has done something with what there is now."""
        enough = len(traffic.answers) + 40
        async with asyncio.timeout(20):
            while len(traffic.answers) < enough:  # noqa: ASYNC110 - what is polled is an instance
                await asyncio.sleep(0.02)

    async def migrate() -> None:
        await more()
        for statement in (*EXPANSION, *CONTRACTION):
            await database.execute(statement)
            await more()

    await traffic.during(migrate())
    await database.close()
    print(f"{len(EXPANSION + CONTRACTION)} migrations: {traffic.statuses()}, the slowest: {traffic.slowest()}")
    assert traffic.statuses().keys() == {200, 201}
