"""What the cache promises of values that embed others, of readers together, and of a Redis that misses things."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from app.embedded import Valkey
from kernel.cache import Cache, Loaded
from kernel.errors import NotFound, Unavailable
from kernel.redis_client import RedisServer
from kernel.settings import CacheSettings
from tests.faults.rig import Proxy
from tests.kernel.support import Truth, read
from tests.running import eventually


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Generator[Valkey]:
    """A server that nobody else talks to."""
    server = Valkey(tmp_path_factory.mktemp("valkey"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def server(own: Valkey) -> AsyncGenerator[RedisServer]:
    opened = RedisServer(own.url, timeout=1)
    await opened.client.flushdb()
    yield opened
    await opened.client.aclose()


@pytest.fixture
def cache(server: RedisServer) -> Cache:
    return Cache(server, CacheSettings())


@pytest.fixture
def truth() -> Truth:
    return Truth()


async def test_a_value_is_not_served_after_a_change_of_what_only_its_loading_could_tell(
    cache: Cache, truth: Truth
) -> None:
    truth.tokens = await cache.tokens(["author"])
    assert [await read(cache, truth) for _ in range(2)] == [b"old"] * 2
    truth.value = b"new"
    await cache.forget(["author"])
    assert await read(cache, truth) == b"new"
    assert truth.loads == 2


async def test_another_process_does_not_serve_it_either(cache: Cache, server: RedisServer, truth: Truth) -> None:
    truth.tokens = await cache.tokens(["author"])
    await read(cache, truth)
    truth.value = b"new"
    await cache.forget(["author"])
    assert await read(Cache(server, CacheSettings()), truth) == b"new"


async def test_a_change_between_the_tokens_and_the_writing_is_not_overlooked(cache: Cache, truth: Truth) -> None:
    truth.tokens = await cache.tokens(["author"])
    await cache.forget(["author"])
    assert await read(cache, truth) == b"old"  # read before the change, so good for whoever asked then, but not kept
    truth.value = b"new"
    assert await read(cache, truth) == b"new"


async def test_what_does_not_know_its_tokens_is_not_kept(cache: Cache, truth: Truth) -> None:
    truth.tokens = None
    assert [await read(cache, truth) for _ in range(3)] == [b"old"] * 3
    assert truth.loads == 3


async def test_who_joins_after_a_change_does_not_get_what_was_read_before_it(cache: Cache, truth: Truth) -> None:
    truth.meanwhile.clear()
    first = asyncio.create_task(read(cache, truth))
    await truth.read.wait()
    truth.value = b"new"
    await cache.forget(["e"])
    joiners = [asyncio.create_task(read(cache, truth)) for _ in range(10)]
    await asyncio.sleep(0.05)
    truth.meanwhile.set()
    assert await first == b"old"
    assert await asyncio.gather(*joiners) == [b"new"] * 10
    assert truth.loads == 2


async def test_readers_of_one_process_load_a_value_once(cache: Cache, truth: Truth) -> None:
    truth.meanwhile.clear()
    readers = [asyncio.create_task(read(cache, truth)) for _ in range(50)]
    await truth.read.wait()
    await asyncio.sleep(0.02)
    truth.meanwhile.set()
    assert await asyncio.gather(*readers) == [b"old"] * 50
    assert truth.loads == 1


async def test_a_reader_that_gives_up_or_fails_leaves_the_others_to_load(cache: Cache, truth: Truth) -> None:
    truth.meanwhile.clear()
    first = asyncio.create_task(read(cache, truth))
    await truth.read.wait()
    second = asyncio.create_task(read(cache, truth))
    await asyncio.sleep(0.02)
    first.cancel()
    await asyncio.sleep(0.02)
    truth.meanwhile.set()
    assert await second == b"old"
    assert truth.loads == 2


@pytest.mark.parametrize(("failure", "loads"), [(Unavailable, 1), (TimeoutError, 1), (NotFound, 10)])
async def test_who_waits_for_a_loading_that_fails_does_not_wait_for_another_after_it(
    cache: Cache, failure: type[Exception], loads: int
) -> None:
    """One after the other, the tenth would wait ten times as long as the first."""
    begun, at_once, most = 0, 0, 0

    async def load() -> Loaded:
        nonlocal begun, at_once, most
        begun += 1
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        raise failure

    found = await asyncio.gather(*(cache.fetch("k", ["e"], load) for _ in range(10)), return_exceptions=True)
    assert {type(each) for each in found} <= {failure, Unavailable}
    assert (begun, most) == (loads, max(1, loads - 1))  # those who wait then ask together


@pytest.fixture
async def full(server: RedisServer) -> AsyncGenerator[None]:
    """It takes nothing more, but deletes."""
    await server.client.config_set("maxmemory", 1)
    yield
    await server.client.config_set("maxmemory", 0)


async def test_a_change_is_heard_of_although_redis_takes_nothing_that_is_sent_beside_it(
    cache: Cache, server: RedisServer, full: None
) -> None:
    async def load() -> Loaded:
        return Loaded(b"value")

    changes = [cache.forget([f"e{number}"]) for number in range(10)]
    found = await asyncio.gather(*(cache.fetch(f"v{number}", ["e"], load) for number in range(10)), *changes)
    assert {each.body for each in found if each} == {b"value"}


async def test_readers_of_what_redis_does_not_take_do_not_load_one_after_the_other(cache: Cache, full: None) -> None:
    at_once = most = 0

    async def load() -> Loaded:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return Loaded(b"value")

    await asyncio.gather(*(cache.fetch("k", ["e"], load) for _ in range(10)))
    assert most == 9


async def test_all_look_ups_of_one_turn_are_one_command(cache: Cache, server: RedisServer) -> None:
    async def load() -> Loaded:
        return Loaded(b"value")

    async def ask() -> None:
        await asyncio.gather(*(cache.fetch(f"v{number}", [f"e{number}"], load) for number in range(30)))

    await ask()
    await server.client.config_resetstat()
    await ask()
    commands = await server.client.info("commandstats")
    assert {name: each["calls"] for name, each in commands.items() if name in ("cmdstat_mget", "cmdstat_get")} == {
        "cmdstat_mget": 1
    }


async def test_an_invalidation_that_was_missed_is_made_up_for(own: Valkey, cache: Cache, truth: Truth) -> None:
    proxy = Proxy(own.url)
    await proxy.accept()
    cut_off = RedisServer(proxy.url, timeout=0.2)
    writer = Cache(cut_off, CacheSettings())
    assert await read(cache, truth) == await read(writer, truth) == b"old"
    truth.value = b"new"
    await proxy.refuse()
    await writer.forget_or_make_up(["e"])
    assert await read(writer, truth) == b"new"
    await proxy.accept()

    async def everybody_knows() -> bool:
        return await read(cache, truth) == b"new"

    assert await read(writer, truth) == b"new"  # from the database, until Redis has heard of it
    await eventually(everybody_knows, 3)
    assert await read(writer, truth) == b"new"
    await proxy.refuse()
    await writer.close()
    await cut_off.client.aclose()


async def test_a_server_that_was_restarted_is_not_believed(tmp_path: Path, truth: Truth) -> None:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    url = valkey.url
    servers = [RedisServer(url, timeout=1) for _ in range(2)]
    one, other = (Cache(server, CacheSettings()) for server in servers)
    assert await read(one, truth) == await read(other, truth) == b"old"
    truth.value = b"newer"
    valkey.stop()
    valkey.start()  # with all its data: nobody knows how old they are
    await asyncio.sleep(0.1)  # the loop hears that the connections are gone: the next command opens new ones
    assert await servers[0].client.dbsize() > 0
    assert await read(one, truth) == b"newer"

    truth.value = b"newest"
    await other.forget(["e"])  # which has not talked to this run of the server yet
    assert await read(one, truth) == b"newest"
    assert await read(other, truth) == b"newest"
    for server in servers:
        await server.client.aclose()
    valkey.stop()
