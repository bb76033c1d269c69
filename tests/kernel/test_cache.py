"""What the cache promises on one server; `test_cache_together` goes on."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from kernel.cache import Cache, Entry, Loaded
from kernel.errors import Conflict
from kernel.redis_client import RedisServer
from kernel.settings import CacheSettings, KernelSettings
from tests.kernel.support import NOWHERE, Open, Truth, outbox, read, silence, without_redis
from tests.running import eventually


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
async def server(settings: KernelSettings, open_kernel: Open) -> AsyncGenerator[RedisServer]:
    opened = RedisServer(settings.redis_url, timeout=1)
    await opened.client.time()  # so that its run is known
    yield opened
    await opened.client.aclose()


@pytest.fixture
def cache(server: RedisServer) -> Cache:
    return Cache(server, CacheSettings())


async def test_a_value_is_loaded_once(cache: Cache, truth: Truth) -> None:
    assert [await read(cache, truth) for _ in range(3)] == [b"old"] * 3
    assert truth.loads == 1


async def test_a_value_is_not_served_after_a_change(cache: Cache, truth: Truth) -> None:
    await read(cache, truth)
    truth.value = b"new"
    await cache.forget(["e"])
    assert await read(cache, truth) == b"new"
    assert await read(cache, truth) == b"new"
    assert truth.loads == 2


async def test_a_change_of_anything_that_it_embeds_makes_a_value_unservable(cache: Cache, truth: Truth) -> None:
    await read(cache, truth, "one", "other")
    truth.value = b"new"
    await cache.forget(["other"])
    assert await read(cache, truth, "one", "other") == b"new"


async def test_a_change_of_something_else_leaves_a_value_alone(cache: Cache, truth: Truth) -> None:
    await read(cache, truth)
    await cache.forget(["something else"])
    await read(cache, truth)
    assert truth.loads == 1


async def test_what_was_read_before_a_change_and_written_after_it_is_never_served(cache: Cache, truth: Truth) -> None:
    truth.meanwhile.clear()
    slow = asyncio.create_task(read(cache, truth))
    await truth.read.wait()
    truth.value = b"new"
    await cache.forget(["e"])
    truth.meanwhile.set()
    assert await slow == b"old"  # as of when it was asked
    assert await read(cache, truth) == b"new"


async def test_nobody_who_asks_after_a_change_is_told_what_was_before(cache: Cache) -> None:
    committed = acknowledged = 0
    stale: list[int] = []

    async def load() -> Loaded:
        seen = committed
        await asyncio.sleep(random.random() / 200)
        return Loaded(str(seen).encode())

    async def reader() -> None:
        for _ in range(25):
            at_least = acknowledged
            if int((await cache.fetch("v", ["e"], load)).body) < at_least:
                stale.append(at_least)

    async def writer() -> None:
        nonlocal committed, acknowledged
        for number in range(1, 41):
            committed = number
            await cache.forget(["e"])
            acknowledged = number
            await asyncio.sleep(random.random() / 200)

    await asyncio.gather(writer(), *(reader() for _ in range(8)))
    assert stale == []


async def test_first_readers_agree_on_a_token(cache: Cache, truth: Truth) -> None:
    await asyncio.gather(*(read(cache, truth) for _ in range(8)))
    loads = truth.loads
    await read(cache, truth)
    assert truth.loads == loads


async def test_a_value_has_an_end(server: RedisServer, truth: Truth) -> None:
    cache = Cache(server, CacheSettings(ttl=0.05))
    await read(cache, truth)

    async def loaded_again() -> bool:
        await read(cache, truth)
        return truth.loads == 2

    await eventually(loaded_again)


async def test_a_wiped_redis_makes_values_load_and_nothing_else(
    cache: Cache, server: RedisServer, truth: Truth
) -> None:
    await read(cache, truth)
    await server.client.flushdb()
    truth.value = b"new"
    assert await read(cache, truth) == b"new"
    await server.client.delete(f"{server.run_id}:g:e")
    assert await read(cache, truth) == b"new"


@pytest.mark.parametrize("rubbish", [b"", b"\x00", b"\x93\x90\xc4\x00\xc4\x00", b"\x92\x91\x01\xc4\x00"])
async def test_what_is_no_entry_is_loaded(cache: Cache, server: RedisServer, truth: Truth, rubbish: bytes) -> None:
    await server.client.set(f"{server.run_id}:v:v", rubbish)
    assert await read(cache, truth) == b"old"


@asynccontextmanager
async def broken(how: str) -> AsyncGenerator[Cache]:
    async with silence() as port:
        server = RedisServer(NOWHERE if how == "refuses" else f"redis://127.0.0.1:{port}", timeout=0.1)
        yield Cache(server, CacheSettings())
        await server.client.aclose()


@pytest.mark.parametrize("how", ["refuses", "is silent"])
async def test_without_redis_values_are_loaded_in_time(truth: Truth, how: str) -> None:
    async with broken(how) as cache:
        began = time.monotonic()
        assert await read(cache, truth) == b"old"
        assert time.monotonic() - began < 0.5


async def test_a_failure_of_loading_is_the_callers(cache: Cache) -> None:
    async def fail() -> Loaded:
        raise LookupError

    with pytest.raises(LookupError):
        await cache.fetch("v", ["e"], fail)


async def test_a_committed_change_is_known_to_the_cache_and_another_is_not(open_kernel: Open, truth: Truth) -> None:
    runtime = open_kernel()
    cache = Cache(runtime.redis, CacheSettings())
    await read(cache, truth)
    truth.value = b"new"
    with suppress(Conflict):
        async with runtime.database.unit_of_work() as uow:
            uow.changes("e")
            raise Conflict
    assert await read(cache, truth) == b"old"
    async with runtime.database.unit_of_work() as uow:
        uow.changes("e")
    assert await read(cache, truth) == b"new"


async def test_a_change_that_redis_did_not_hear_of_is_repeated_by_a_worker(
    open_kernel: Open, settings: KernelSettings, truth: Truth
) -> None:
    runtime, cut_off = open_kernel(), open_kernel(redis_url=NOWHERE)
    cache = Cache(runtime.redis, CacheSettings())
    await read(cache, truth)
    truth.value = b"new"
    async with cut_off.database.unit_of_work() as uow:
        uow.changes("e")
    await without_redis(runtime, settings).relay()
    assert [row.done_at is not None for row in await outbox(runtime.database)] == [True]
    assert await read(cache, truth) == b"new"


async def test_a_value_outlives_no_more_than_its_settings_say(server: RedisServer, truth: Truth) -> None:
    await read(Cache(server, CacheSettings(ttl=30)), truth)
    assert 0 < await server.client.pttl(f"{server.run_id}:v:v") <= 30_000
    assert msgspec.msgpack.decode(await server.client.get(f"{server.run_id}:v:v"), type=Entry).body == b"old"


async def test_what_embeds_nothing_has_no_tokens_and_costs_nobody_anything(cache: Cache, server: RedisServer) -> None:
    before = (await server.client.info("commandstats")).get("cmdstat_mget", {}).get("calls", 0)
    assert await cache.tokens([]) == {}
    assert (await server.client.info("commandstats")).get("cmdstat_mget", {}).get("calls", 0) == before
