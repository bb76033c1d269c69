"""Workers may be killed at any moment: nothing is lost, nothing is visible twice."""

import asyncio
import os
import signal
import time
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis

from kernel.db import new_id
from tests.faults.people import settle
from tests.faults.rig import Rig
from tests.running import eventually

pytestmark = pytest.mark.faults

EVENTS = int(os.environ.get("QUIRE_FAULT_EVENTS", "1000"))
KILLS = int(os.environ.get("QUIRE_FAULT_KILLS", "3"))
RECOVERY = 5.0
"""Seconds that are promised from a kill to the next delivery."""

FOLLOWED = """
    INSERT INTO kernel.outbox (id, topic, subscriber, payload)
    SELECT id, 'users.followed', 'notifications.subscribers.tell_followee',
           jsonb_build_object('type', 'users.followed', 'event_id', id,
                              'follower_id', id, 'followee_id', $2::uuid)
    FROM unnest($1::uuid[]) AS id
"""
PUBLISHED = """
    INSERT INTO kernel.outbox (id, topic, subscriber, payload)
    VALUES ($1::uuid, 'posts.published', 'notifications.subscribers.tell_followers',
            jsonb_build_object('type', 'posts.published', 'event_id', $1::uuid,
                               'post_id', $1::uuid, 'author_id', $2::uuid))
"""
OPEN = "SELECT count(*) FROM kernel.outbox WHERE done_at IS NULL"
TOLD = "SELECT count(*) FROM notifications.notifications"
SHOWN = """
    SELECT unread, count FROM notifications.notifications n JOIN notifications.inboxes i ON i.id = recipient_id
    WHERE recipient_id = $1 AND hidden IS NULL
"""


async def publish(database: asyncpg.Connection, count: int) -> UUID:
    """So many events at once, for one recipient."""
    recipient = new_id()
    await settle(database, {recipient: "reader@example.org"})
    await database.execute(FOLLOWED, [new_id() for _ in range(count)], recipient)
    return recipient


async def test_killed_workers_lose_nothing_and_repeat_nothing(rig: Rig) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    recipient = await publish(database, EVENTS)
    worker = rig.worker()
    done = 0
    for kill in range(KILLS):
        goal = EVENTS * (kill + 1) // (KILLS + 1)

        async def enough(goal: int = goal) -> bool:
            return bool(await database.fetchval(TOLD) >= goal)

        await eventually(enough, 60)
        worker.end(signal.SIGKILL)
        done, killed = await database.fetchval(TOLD), time.monotonic()
        worker.start()

        async def again(done: int = done) -> bool:
            return bool(await database.fetchval(TOLD) > done)

        await eventually(again, 3 * RECOVERY)
        print(f"kill {kill + 1}: delivering again after {time.monotonic() - killed:.1f} s")
    await eventually(lambda: nothing_open(database), 60)
    assert await database.fetchval(TOLD) == EVENTS
    assert [tuple(row) for row in await database.fetch(SHOWN, recipient)] == [(1, EVENTS)]
    await database.close()


async def test_workers_that_are_killed_while_they_tell_followers_tell_each_once(rig: Rig) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    author = new_id()
    rows = [(new_id(), new_id(), author) for _ in range(10 * EVENTS)]
    columns = ["id", "follower_id", "followee_id"]
    await database.copy_records_to_table("follows", schema_name="users", columns=columns, records=rows)
    await database.execute(PUBLISHED, new_id(), author)
    workers = [rig.worker(), rig.worker()]
    for kill in range(KILLS):
        goal = 10 * EVENTS * kill // KILLS

        async def enough(goal: int = goal) -> bool:
            return bool(await database.fetchval(TOLD) >= goal)

        await eventually(enough, 60)
        victim = workers[kill % len(workers)]
        victim.end(signal.SIGKILL)
        victim.start()
    await eventually(lambda: nothing_open(database), 120)
    assert await database.fetchval(TOLD) == 10 * EVENTS
    assert await database.fetchval("SELECT count(*) FROM notifications.inboxes WHERE unread = 1") == 10 * EVENTS
    await database.close()


async def test_a_wiped_redis_loses_nothing(rig: Rig) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    recipient = await publish(database, 1_000)
    rig.worker()
    redis = Redis.from_url(rig.valkey.url)
    while await database.fetchval(OPEN):
        await redis.flushall()
        await asyncio.sleep(0.2)
    assert [tuple(row) for row in await database.fetch(SHOWN, recipient)] == [(1, 1_000)]
    assert await database.fetchval(TOLD) == 1_000
    await redis.aclose()
    await database.close()


async def nothing_open(database: asyncpg.Connection) -> bool:
    return not await database.fetchval(OPEN)
