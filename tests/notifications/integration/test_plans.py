"""What waits in a large inbox is found without a look at what was read: plans on 100,000 rows, one of them waiting."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Connection, Engine, NullPool, event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from modules.notifications.repositories import HousekeepingRepository, NotificationRepository
from tests.plans import filled

ROWS = 100_000
SOMEBODY = UUID(int=7)
FILL = f"""
    INSERT INTO notifications.inboxes (id, unread, version) VALUES ('{SOMEBODY}', 0, {ROWS});
    INSERT INTO notifications.notifications (id, recipient_id, arrival, event_id, type, target_kind, target_id, count,
                                             read_at)
    SELECT gen_random_uuid(), '{SOMEBODY}', n, gen_random_uuid(), 'new_comment', 'post', gen_random_uuid(), 1,
           CASE WHEN n > 1 THEN now() END
    FROM generate_series(1, {ROWS}) AS n;
    ANALYZE notifications.inboxes, notifications.notifications
"""


@pytest.fixture(scope="module")
async def full() -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database with one large inbox in it."""
    async with filled("notifications", FILL) as connection:
        yield connection


@pytest.fixture
async def session(full: asyncpg.Connection, database_url: str) -> AsyncGenerator[AsyncSession]:
    """In the same database."""
    url = database_url.replace("postgresql", "postgresql+asyncpg")
    name = await full.fetchval("SELECT current_database()")
    engine = create_async_engine(f"{url.rpartition('/')[0]}/{name}", poolclass=NullPool)
    async with AsyncSession(engine) as opened:
        yield opened
    await engine.dispose()


async def plans(session: AsyncSession, work: Any) -> str:  # Any: what it returns does not matter
    """How PostgreSQL goes about all that ``work`` sends."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await work
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    connection = await session.connection()
    found = [await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters) for statement, parameters in sent]
    return "\n".join(row[0] for rows in found for row in rows)


async def test_what_waits_is_listed_and_counted_by_an_index_of_its_own(session: AsyncSession) -> None:
    page = NotificationRepository(session=session).page(
        SOMEBODY, unread=True, kind=None, archived=False, before=None, limit=21
    )
    for work in (page, HousekeepingRepository(session=session).repair_counts(None)):
        found = await plans(session, work)
        assert "ix_notifications_notifications_waiting" in found, found
        assert "Seq Scan on notifications" not in found, found
