"""PostgreSQL may stop, stall or be restarted: who asks hears so in time, and what was acknowledged is there."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.faults.rig import Proxy, Rig
from tests.faults.staleness import make_authors
from tests.faults.traffic import Traffic, traffic_at
from tests.running import PASSWORD, bearer, eventually

pytestmark = pytest.mark.faults

RECOVERY = 5.0
"""Seconds after which everything succeeds again."""

FORM = {"email": "ada@example.org", "password": PASSWORD}
CRASHES = int(os.environ.get("QUIRE_FAULT_CRASHES", "1"))
HALVES = """
    SELECT count(*) FROM posts.posts AS post
    FULL JOIN (SELECT payload->>'post_id' AS id FROM kernel.outbox WHERE topic = 'posts.published') AS event
      ON event.id = post.id::text
    WHERE post.id IS NULL OR event.id IS NULL
"""
"""Published posts without their event, and events without their post."""

TITLES = "SELECT title FROM posts.posts"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quire'"


async def assert_nothing_acknowledged_is_lost(rig: Rig, traffic: Traffic) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    stored = {row["title"] for row in await database.fetch(TITLES)}
    await database.close()
    assert traffic.acknowledged
    assert traffic.acknowledged <= stored


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Rig]:
    """What is committed there is on the disk."""
    with Rig(tmp_path, True) as rig:
        yield rig


async def test_a_crash_under_load_costs_seconds_and_nothing_acknowledged(durable: Rig) -> None:
    traffic = await traffic_at(await durable.api())
    back_at = 0.0

    async def crash() -> None:
        nonlocal back_at
        for _ in range(CRASHES):
            await asyncio.sleep(1)
            await asyncio.to_thread(durable.crash_postgres)
            await asyncio.to_thread(durable.postgres.start)
            back_at = time.monotonic()
        await asyncio.sleep(RECOVERY + 2)

    await traffic.during(crash())
    print(f"{CRASHES} crashes: {traffic.statuses()}, the slowest: {traffic.slowest()}")
    assert set(traffic.statuses()) <= {200, 201, 503}
    assert set(traffic.statuses(since=back_at + RECOVERY)) == {200, 201}
    assert traffic.slowest().seconds < 10
    await assert_nothing_acknowledged_is_lost(durable, traffic)
    database = await asyncpg.connect(durable.postgres.url)
    assert await database.fetchval(HALVES) == 0
    await database.close()


async def test_without_it_everybody_is_told_in_time_when_to_come_again(rig: Rig) -> None:
    address = await rig.api()
    async with httpx.AsyncClient(base_url=address, timeout=10) as http:
        assert (await http.get("/api/v1/posts/mine")).status_code == 401
        rig.postgres.stop()
        for method, path in (("GET", "/api/v1/posts/by-slug/nothing"), ("POST", "/api/v1/auth/login")):
            form = FORM if method == "POST" else None
            began = time.monotonic()
            answers = await asyncio.gather(*(http.request(method, path, json=form) for _ in range(40)))
            assert time.monotonic() - began < 3
            for answer in answers:
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert int(answer.headers["Retry-After"]) >= 1
        assert (await http.get("/health/live")).status_code == 200

        async def is_ready(status: int) -> bool:
            return (await http.get("/health/ready")).status_code == status

        await eventually(lambda: is_ready(503), 3)
        rig.postgres.start()
        await eventually(lambda: is_ready(200), RECOVERY)


async def test_a_stall_ends_in_time_and_leaves_no_connection_behind(rig: Rig) -> None:
    proxy = Proxy(rig.postgres.url)
    await proxy.accept()
    traffic = await traffic_at(await rig.api(DATABASE_URL=proxy.url))
    flows_at = 0.0

    async def stall() -> None:
        nonlocal flows_at
        await asyncio.sleep(1)
        proxy.stall()
        await asyncio.sleep(8)
        await proxy.accept()
        flows_at = time.monotonic()
        await asyncio.sleep(RECOVERY + 1)

    await traffic.during(stall())
    print(f"{traffic.statuses()}, the slowest: {traffic.slowest()}")
    assert set(traffic.statuses()) <= {200, 201, 503}
    assert set(traffic.statuses(since=flows_at + RECOVERY)) == {200, 201}
    assert traffic.slowest().seconds < 10
    await assert_nothing_acknowledged_is_lost(rig, traffic)
    database = await asyncpg.connect(rig.postgres.url)
    assert await database.fetchval(CONNECTIONS) <= 40
    await database.close()
    await proxy.refuse()


async def test_who_finds_no_connection_is_told_in_time(rig: Rig) -> None:
    address = await rig.api(QUIRE_DB_POOL_SIZE="2", QUIRE_DB_MAX_OVERFLOW="0")
    [author] = await make_authors(address, 1)
    database = await asyncpg.connect(rig.postgres.url)
    headers = bearer(author.token)
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=10) as http:

        async def write() -> httpx.Response:
            return await http.post("/api/v1/posts", json={"title": "x", "body": "x"})

        async with database.transaction():
            await database.execute("LOCK TABLE posts.posts IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            answers = await asyncio.gather(*(write() for _ in range(20)))
            assert time.monotonic() - began < 4.5  # two wait for the lock, the others for the two
        assert {answer.status_code for answer in answers} == {503}
        assert all("Retry-After" in answer.headers for answer in answers)
        assert (await write()).status_code == 201
    await database.close()
