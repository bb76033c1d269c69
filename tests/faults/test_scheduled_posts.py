"""Scheduled posts go public once and in time, although workers are killed."""

import asyncio
import os
import signal

import asyncpg
import pytest

from kernel.db import new_id
from tests.faults.rig import PATIENCE, Rig
from tests.running import eventually

pytestmark = pytest.mark.faults

POSTS = int(os.environ.get("QUIRE_FAULT_POSTS", "200"))
SECONDS = float(os.environ.get("QUIRE_FAULT_SECONDS", "8"))
"""Over which their times are spread."""
PROMISE = 2.0

FOLLOW = "INSERT INTO users.follows (id, follower_id, followee_id) VALUES ($1, $2, $3)"
SCHEDULE = """
    INSERT INTO posts.posts (id, author_id, slug, title, body, tags, status, reactions, comments_count, version,
                             scheduled_for)
    SELECT id, $2, 'post-' || n, 'Post', 'x', '{}', 'scheduled', '{}', 0, 1, now() + n * $3::float * interval '1 second'
    FROM unnest($1::uuid[]) WITH ORDINALITY AS made (id, n)
"""
MOMENTS = """
    CREATE TABLE posts.moments AS SELECT id, scheduled_for FROM posts.posts
"""
WAITING = "SELECT count(*) FROM posts.posts WHERE status = 'scheduled'"
LAG = """
    SELECT max(extract(epoch FROM published_at - moments.scheduled_for))
    FROM posts.posts JOIN posts.moments USING (id)
"""
EARLY = "SELECT count(*) FROM posts.posts JOIN posts.moments USING (id) WHERE published_at < moments.scheduled_for"
TOLD = """
    SELECT count(*), count(DISTINCT payload ->> 'post_id') FROM kernel.outbox
    WHERE topic = 'posts.published' AND subscriber LIKE 'notifications.%'
"""
HEARD = "SELECT count(*), count(DISTINCT target_id) FROM notifications.notifications WHERE recipient_id = $1"


async def test_killed_workers_delay_no_scheduled_post_and_publish_none_twice(rig: Rig) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    author, follower = new_id(), new_id()
    await database.execute(FOLLOW, new_id(), follower, author)
    workers = [rig.worker(), rig.worker()]

    async def both_work() -> bool:
        return all(worker.talks_to(rig.valkey.url) for worker in workers)

    async def none_waits() -> bool:
        return not await database.fetchval(WAITING)

    await eventually(both_work, PATIENCE)
    await database.execute(SCHEDULE, [new_id() for _ in range(POSTS)], author, SECONDS / POSTS)
    await database.execute(MOMENTS)
    all_out = asyncio.create_task(eventually(none_waits, SECONDS + 3 * PROMISE))
    kills = 0
    while not all_out.done():
        worker = workers[kills % 2]
        worker.end(signal.SIGKILL)
        worker.start()
        kills += 1
        await eventually(both_work, PATIENCE)
    await all_out
    lag, early = await database.fetchval(LAG), await database.fetchval(EARLY)
    print(f"{POSTS} posts over {SECONDS:.0f} s, {kills} kills: the latest {lag:.2f} s after its time")
    assert not early
    assert lag <= 3 * PROMISE
    assert await counts(database, TOLD) == (POSTS, POSTS)

    async def all_heard() -> bool:
        return await counts(database, HEARD, follower) == (POSTS, POSTS)

    await eventually(all_heard, 60)
    await database.close()


async def counts(database: asyncpg.Connection, query: str, *arguments: object) -> tuple[int, int]:
    """The only row of two numbers."""
    row = await database.fetchrow(query, *arguments)
    assert row is not None
    return row[0], row[1]
