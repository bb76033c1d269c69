"""Rate limits: exact over all processes, and never gone."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from kernel.errors import RateLimited
from kernel.limits import Limit, Limiter
from kernel.redis_client import RedisServer
from kernel.settings import KernelSettings
from tests.kernel.support import NOWHERE, Open
from tests.running import eventually

TEN = Limit("tries", 10, 60)


@pytest.fixture
async def server(settings: KernelSettings, open_kernel: Open) -> AsyncGenerator[RedisServer]:
    opened = RedisServer(settings.redis_url, timeout=10)
    yield opened
    await opened.client.aclose()


@pytest.fixture
async def nowhere() -> AsyncGenerator[RedisServer]:
    opened = RedisServer(NOWHERE, timeout=0.1)
    yield opened
    await opened.client.aclose()


async def is_let_in(limiter: Limiter, limit: Limit, *who: str) -> bool:
    try:
        await limiter.take(limit, *who)
    except RateLimited:
        return False
    return True


async def test_two_processes_together_let_in_exactly_the_quota(server: RedisServer, settings: KernelSettings) -> None:
    other = RedisServer(settings.redis_url, timeout=10)
    limiters = [Limiter(server, enabled=True), Limiter(other, enabled=True)]
    outcomes = await asyncio.gather(*(is_let_in(limiters[number % 2], TEN, "ann") for number in range(200)))
    assert sum(outcomes) == 10
    await other.client.aclose()


async def test_everybody_has_a_quota_of_their_own_for_every_limit(server: RedisServer) -> None:
    limiter, once = Limiter(server, enabled=True), Limit("once", 1, 60)
    assert await is_let_in(limiter, once, "ann")
    assert not await is_let_in(limiter, once, "ann")
    assert await is_let_in(limiter, once, "bob")
    assert await is_let_in(limiter, once, "ann", "from elsewhere")
    assert await is_let_in(limiter, Limit("another", 1, 60), "ann")


async def test_the_headers_count_down(server: RedisServer) -> None:
    limiter = Limiter(server, enabled=True)
    remaining = []
    for _ in range(10):
        headers = (await limiter.take(TEN, "ann")).headers()
        assert headers["RateLimit-Policy"] == '"tries";q=10;w=60'
        remaining.append(headers["RateLimit"].partition(";t=")[0])
    assert remaining == [f'"tries";r={left}' for left in range(9, -1, -1)]
    with pytest.raises(RateLimited) as caught:
        await limiter.take(TEN, "ann")
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 6
    assert caught.value.headers["RateLimit"].startswith('"tries";r=0;t=')


async def test_what_was_used_up_comes_back(server: RedisServer) -> None:
    limiter, quick = Limiter(server, enabled=True), Limit("quick", 1, 0.2)
    assert await is_let_in(limiter, quick, "ann")
    assert not await is_let_in(limiter, quick, "ann")
    await eventually(lambda: is_let_in(limiter, quick, "ann"), 1)


async def test_without_redis_a_bucket_of_the_process_holds(nowhere: RedisServer) -> None:
    limiter = Limiter(nowhere, enabled=True)
    outcomes = await asyncio.gather(*(is_let_in(limiter, TEN, "ann") for _ in range(50)))
    assert sum(outcomes) == 10
    quick = Limit("quick", 1, 0.2)
    assert await is_let_in(limiter, quick, "ann")
    assert not await is_let_in(limiter, quick, "ann")
    await eventually(lambda: is_let_in(limiter, quick, "ann"), 1)


async def test_a_limit_that_is_switched_off_lets_everybody_in(server: RedisServer) -> None:
    limiter = Limiter(server, enabled=False)
    assert all([await is_let_in(limiter, TEN, "ann") for _ in range(30)])


async def test_no_name_is_readable_in_redis(server: RedisServer) -> None:
    await Limiter(server, enabled=True).take(TEN, "ann@example.org")
    keys = [key async for key in server.client.scan_iter("limit:*")]
    assert len(keys) == 1
    assert b"ann" not in keys[0]


async def test_what_is_given_back_was_never_taken(server: RedisServer, nowhere: RedisServer) -> None:
    for limiter in (Limiter(server, enabled=True), Limiter(nowhere, enabled=True)):
        for _ in range(30):
            assert await is_let_in(limiter, TEN, "ann")
            await limiter.give_back(TEN, "ann")
        outcomes = [await is_let_in(limiter, TEN, "ann") for _ in range(11)]
        assert outcomes == [True] * 10 + [False]


async def test_nobody_gains_from_giving_back_what_was_not_taken(server: RedisServer, nowhere: RedisServer) -> None:
    for limiter in (Limiter(server, enabled=True), Limiter(nowhere, enabled=True)):
        for _ in range(5):
            await limiter.give_back(TEN, "bob")
        outcomes = [await is_let_in(limiter, TEN, "bob") for _ in range(11)]
        assert outcomes == [True] * 10 + [False]
