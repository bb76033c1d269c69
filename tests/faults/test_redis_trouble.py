"""Redis may stall or vanish: everything goes on, and nobody waits for it."""

import asyncio
import time

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.faults.http import Connection
from tests.faults.rig import Proxy, Rig
from tests.faults.staleness import make_authors
from tests.faults.traffic import Traffic, traffic_at
from tests.running import eventually

pytestmark = pytest.mark.faults

STALL = 3.0
BECAUSE_OF_REDIS = 1.0
"""Seconds that no request may wait for it."""


def assert_untroubled(traffic: Traffic) -> None:
    statuses = traffic.statuses()
    assert set(statuses) == {200, 201}, statuses
    print(f"{sum(statuses.values())} requests, the slowest: {traffic.slowest()}")
    assert traffic.slowest().seconds < BECAUSE_OF_REDIS


async def test_a_stalled_redis_holds_nobody_up(rig: Rig) -> None:
    proxy = Proxy(rig.valkey.url)
    await proxy.accept()
    address = await rig.api(REDIS_URL=proxy.url)
    traffic = await traffic_at(address)

    async def stall() -> None:
        await asyncio.sleep(0.5)
        proxy.stall()
        await asyncio.sleep(STALL)
        await proxy.accept()
        await asyncio.sleep(1)

    await traffic.during(stall())
    await proxy.refuse()
    assert_untroubled(traffic)


async def test_a_redis_that_is_gone_is_not_missed_and_what_was_to_be_done_is_done(rig: Rig) -> None:
    rig.worker()
    traffic = await traffic_at(await rig.api())

    async def stop_and_start() -> None:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(rig.valkey.stop)
        await asyncio.sleep(STALL)
        await asyncio.to_thread(rig.valkey.start)
        await asyncio.sleep(1)

    await traffic.during(stop_and_start())
    assert_untroubled(traffic)
    database = await asyncpg.connect(rig.postgres.url)

    async def everything_done() -> bool:
        return not await database.fetchval("SELECT count(*) FROM kernel.outbox WHERE done_at IS NULL")

    await eventually(everything_done, 30)
    await database.close()


async def test_a_redis_that_comes_back_from_an_old_dump_is_not_believed(rig: Rig) -> None:
    address = await rig.api()
    [author] = await make_authors(address, 1)
    anyone, me = Connection(address), Connection(address, author.token)
    path = f"/api/v1/posts/{author.post}"

    async def title() -> str:
        _, post = await anyone.call("GET", path)
        return str(post["title"])

    assert [await title(), await title()] == ["T 0", "T 0"]
    redis = Redis.from_url(rig.valkey.url)
    assert await redis.dbsize()
    await redis.save()
    assert await redis.dbsize()
    await me.call("PATCH", path, {"title": "T 1"})
    assert await title() == "T 1"
    await redis.config_set("save", "")  # the dump stays as it was
    await redis.aclose()
    await asyncio.to_thread(rig.valkey.stop)
    await asyncio.to_thread(rig.valkey.start)
    redis = Redis.from_url(rig.valkey.url)
    kept = await redis.dbsize()
    assert kept, "the dump was not read: this shows nothing"
    await redis.aclose()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert await title() == "T 1"
    anyone.close()
    me.close()
