"""A server that is told to stop: whoever balances finds out, what comes is served, what is in progress is finished."""

import asyncio
import signal
import time

import asyncpg
import httpx
import pytest

from tests.faults.rig import Rig
from tests.faults.staleness import make_authors
from tests.running import bearer, eventually

pytestmark = pytest.mark.faults

DRAIN = 1.0
UNREADY = 0.5
"""Seconds in which a server with several processes passes the word on."""

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quire' AND wait_event_type = 'Lock'"


async def test_it_says_so_takes_what_comes_for_a_while_and_finishes_what_it_has(rig: Rig) -> None:
    drained = {"QUIRE_HTTP_DRAIN": str(DRAIN), "QUIRE_DB_LOCK_TIMEOUT": "5"}
    address = await rig.api("--workers", "2", **drained)
    server = rig.started[-1]
    [author] = await make_authors(address, 1)
    me = bearer(author.token)
    database = await asyncpg.connect(rig.postgres.url)
    ends = []

    async def ask(path: str) -> httpx.Response:
        """On a connection of its own."""
        async with httpx.AsyncClient(base_url=address) as anybody:
            return await anybody.get(path)

    async def is_waiting() -> bool:
        return bool(await database.fetchval(WAITING))

    async def is_unready() -> bool:
        return (await ask("/health/ready")).status_code == 503

    async def is_refused() -> bool:
        try:
            answer = await ask("/api/v1/posts")
        except httpx.ConnectError:
            return True
        except httpx.TransportError:  # it came while the listener was closed
            return False
        ends.append((answer.status_code, answer.headers["connection"]))
        return False

    async with httpx.AsyncClient(base_url=address, headers=me, timeout=20) as http:
        async with database.transaction():
            await database.execute("LOCK TABLE posts.posts IN EXCLUSIVE MODE")
            writing = asyncio.create_task(http.post("/api/v1/posts", json={"title": "x", "body": "x"}))
            await eventually(is_waiting, 5)
            told = time.monotonic()
            server.send(signal.SIGTERM)
            await eventually(is_unready, 3 * UNREADY)
            await eventually(is_refused, 3 * (UNREADY + DRAIN))
            took = time.monotonic() - told
            assert took >= DRAIN
            assert not writing.done()
        answer = await writing
        assert (answer.status_code, answer.headers["connection"]) == (201, "close")
    assert set(ends) == {(200, "close")}
    await asyncio.to_thread(server.end, signal.SIGTERM)
    print(
        f"told to stop, it took {len(ends)} more requests in {took:.1f} s; gone after {time.monotonic() - told:.1f} s"
    )
    await database.close()
