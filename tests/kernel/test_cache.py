import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from redis.asyncio import Redis

from kernel.cache import Cache
from kernel.errors import Conflict
from kernel.redis_client import redis_client
from kernel.settings import CacheSettings, KernelSettings
from tests.kernel.support import NOWHERE, Open, eventually, outbox, silence, without_redis


class Truth:
    """What is committed, how often it was asked for, and what happens while somebody reads it."""

    def __init__(self) -> None:
        self.value = b"old"
        self.loads = 0
        self.meanwhile = asyncio.Event()
        self.meanwhile.set()
        self.read = asyncio.Event()

    async def load(self) -> bytes:
        self.loads += 1
        value = self.value
        self.read.set()
        await self.meanwhile.wait()
        return value


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
async def redis(settings: KernelSettings, open_kernel: Open) -> AsyncGenerator[Redis]:
    client = redis_client(settings.redis_url, timeout=1)
    yield client
    await client.aclose()


@pytest.fixture
def cache(redis: Redis) -> Cache:
    return Cache(redis, CacheSettings())


async def test_a_value_is_loaded_once(cache: Cache, truth: Truth) -> None:
    assert [await cache.fetch("v", ["e"], truth.load) for _ in range(3)] == [b"old"] * 3
    assert truth.loads == 1


async def test_a_value_is_not_served_after_a_change(cache: Cache, truth: Truth) -> None:
    await cache.fetch("v", ["e"], truth.load)
    truth.value = b"new"
    await cache.forget("e")
    assert await cache.fetch("v", ["e"], truth.load) == b"new"
    assert await cache.fetch("v", ["e"], truth.load) == b"new"
    assert truth.loads == 2


async def test_a_change_of_anything_that_it_embeds_makes_a_value_unservable(cache: Cache, truth: Truth) -> None:
    await cache.fetch("v", ["one", "other"], truth.load)
    truth.value = b"new"
    await cache.forget("other")
    assert await cache.fetch("v", ["one", "other"], truth.load) == b"new"


async def test_a_change_of_something_else_leaves_a_value_alone(cache: Cache, truth: Truth) -> None:
    await cache.fetch("v", ["e"], truth.load)
    await cache.forget("something else")
    await cache.fetch("v", ["e"], truth.load)
    assert truth.loads == 1


async def test_what_was_read_before_a_change_and_written_after_it_is_never_served(cache: Cache, truth: Truth) -> None:
    truth.meanwhile.clear()
    slow = asyncio.create_task(cache.fetch("v", ["e"], truth.load))
    await truth.read.wait()
    truth.value = b"new"
    await cache.forget("e")
    truth.meanwhile.set()
    assert await slow == b"old"  # as of when it was asked
    assert await cache.fetch("v", ["e"], truth.load) == b"new"


async def test_nobody_who_asks_after_a_change_is_told_what_was_before(cache: Cache) -> None:
    committed = acknowledged = 0
    stale: list[int] = []

    async def load() -> bytes:
        seen = committed
        await asyncio.sleep(random.random() / 200)
        return str(seen).encode()

    async def reader() -> None:
        for _ in range(25):
            at_least = acknowledged
            if int(await cache.fetch("v", ["e"], load)) < at_least:
                stale.append(at_least)

    async def writer() -> None:
        nonlocal committed, acknowledged
        for number in range(1, 41):
            committed = number
            await cache.forget("e")
            acknowledged = number
            await asyncio.sleep(random.random() / 200)

    await asyncio.gather(writer(), *(reader() for _ in range(8)))
    assert stale == []


async def test_first_readers_agree_on_a_token(cache: Cache, truth: Truth) -> None:
    await asyncio.gather(*(cache.fetch("v", ["e"], truth.load) for _ in range(8)))
    loads = truth.loads
    await cache.fetch("v", ["e"], truth.load)
    assert truth.loads == loads


async def test_a_value_has_an_end(redis: Redis, truth: Truth) -> None:
    cache = Cache(redis, CacheSettings(ttl=0.05))
    await cache.fetch("v", ["e"], truth.load)

    async def loaded_again() -> bool:
        await cache.fetch("v", ["e"], truth.load)
        return truth.loads == 2

    await eventually(loaded_again)


async def test_a_wiped_redis_makes_values_load_and_nothing_else(cache: Cache, redis: Redis, truth: Truth) -> None:
    await cache.fetch("v", ["e"], truth.load)
    await redis.flushdb()
    truth.value = b"new"
    assert await cache.fetch("v", ["e"], truth.load) == b"new"
    await redis.delete("g:e")
    assert await cache.fetch("v", ["e"], truth.load) == b"new"


@pytest.mark.parametrize("rubbish", [b"", b"\x00", b"\x93\x90\xc4\x00\xc4\x00", b"\x92\x91\x01\xc4\x00"])
async def test_what_is_no_entry_is_loaded(cache: Cache, redis: Redis, truth: Truth, rubbish: bytes) -> None:
    await redis.set("v:v", rubbish)
    assert await cache.fetch("v", ["e"], truth.load) == b"old"


@asynccontextmanager
async def broken(how: str) -> AsyncGenerator[Cache]:
    async with silence() as port:
        client = redis_client(NOWHERE if how == "refuses" else f"redis://127.0.0.1:{port}", timeout=0.1)
        yield Cache(client, CacheSettings())
        await client.aclose()


@pytest.mark.parametrize("how", ["refuses", "is silent"])
async def test_without_redis_values_are_loaded_in_time(truth: Truth, how: str) -> None:
    async with broken(how) as cache:
        began = time.monotonic()
        assert await cache.fetch("v", ["e"], truth.load) == b"old"
        assert time.monotonic() - began < 0.5


async def test_a_failure_of_loading_is_the_callers(cache: Cache) -> None:
    async def fail() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        await cache.fetch("v", ["e"], fail)


async def test_a_committed_change_is_known_to_the_cache_and_another_is_not(open_kernel: Open, truth: Truth) -> None:
    runtime = open_kernel()
    cache = Cache(runtime.redis, CacheSettings())
    await cache.fetch("v", ["e"], truth.load)
    truth.value = b"new"
    with suppress(Conflict):
        async with runtime.database.unit_of_work() as uow:
            uow.changes("e")
            raise Conflict
    assert await cache.fetch("v", ["e"], truth.load) == b"old"
    async with runtime.database.unit_of_work() as uow:
        uow.changes("e")
    assert await cache.fetch("v", ["e"], truth.load) == b"new"


async def test_a_change_that_redis_did_not_hear_of_is_repeated_by_a_worker(
    open_kernel: Open, settings: KernelSettings, truth: Truth
) -> None:
    runtime, cut_off = open_kernel(), open_kernel(redis_url=NOWHERE)
    cache = Cache(runtime.redis, CacheSettings())
    await cache.fetch("v", ["e"], truth.load)
    truth.value = b"new"
    async with cut_off.database.unit_of_work() as uow:
        uow.changes("e")
    await without_redis(runtime, settings).relay()
    assert [row.done_at is not None for row in await outbox(runtime.database)] == [True]
    assert await cache.fetch("v", ["e"], truth.load) == b"new"


async def test_a_value_outlives_no_more_than_its_settings_say(redis: Redis, truth: Truth) -> None:
    await Cache(redis, CacheSettings(ttl=30)).fetch("v", ["e"], truth.load)
    assert 0 < await redis.pttl("v:v") <= 30_000
    assert msgspec.msgpack.decode(await redis.get("v:v"))[1] == b"old"
