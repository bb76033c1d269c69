"""Streams of real processes: several instances, a Redis that goes away, a logout, a server that stops."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.app.chromium import chromium
from tests.faults.rig import Rig
from tests.running import People, Person

STREAM = "/api/v1/notifications/stream"


class Ear:
    """What is heard of one stream."""

    def __init__(self) -> None:
        self.titles: asyncio.Queue[str] = asyncio.Queue()
        self.ended = asyncio.Event()

    async def next(self) -> str:
        async with asyncio.timeout(20):
            return await self.titles.get()


@asynccontextmanager
async def ear(address: str, person: Person) -> AsyncGenerator[Ear]:
    """Listening until the end of the block."""
    heard, listening = Ear(), asyncio.Event()

    async def listen() -> None:
        async with (
            httpx.AsyncClient(base_url=address, timeout=30) as http,
            http.stream("GET", STREAM, headers=person.headers) as answer,
        ):
            assert answer.status_code == 200
            listening.set()
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and "follow" in line:  # the welcome may come or have come
                    heard.titles.put_nowait(line.partition('"title":"')[2].partition('"')[0])
        heard.ended.set()

    task = asyncio.create_task(listen())
    await asyncio.wait({task, asyncio.create_task(listening.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def follow(address: str, follower: Person, followee: Person) -> None:
    async with httpx.AsyncClient(base_url=address) as http:
        answer = await http.put(f"/api/v1/users/{followee.id}/follow", headers=follower.headers)
        assert answer.status_code == 204, answer.text


async def join(address: str, *names: str) -> list[Person]:
    async with httpx.AsyncClient(base_url=address) as http:
        return [await People(http).join(name) for name in names]


@pytest.mark.faults
async def test_streams_of_several_instances_live_through_it(rig: Rig) -> None:
    rig.worker()
    one, other = await rig.api(), await rig.api()
    ann, bob, cleo, dan = await join(one, "Ann", "Bob", "Cleo", "Dan")
    async with ear(one, ann) as first, ear(other, ann) as second:
        await follow(one, bob, ann)
        assert [await each.next() for each in (first, second)] == ["Bob follows you"] * 2
        rig.valkey.stop()
        await follow(other, cleo, ann)
        assert [await each.next() for each in (first, second)] == ["Cleo and 1 other follow you"] * 2
        rig.valkey.start()
        await follow(other, dan, ann)
        assert [await each.next() for each in (first, second)] == ["Dan and 2 others follow you"] * 2
        async with httpx.AsyncClient(base_url=one) as http:
            assert (await http.post("/api/v1/auth/logout", headers=ann.headers)).status_code == 204
        began = time.monotonic()
        async with asyncio.timeout(10):
            await first.ended.wait(), await second.ended.wait()
        print(f"both streams ended {time.monotonic() - began:.2f} s after the logout")
    assert first.titles.empty()
    assert second.titles.empty()


@pytest.mark.faults
async def test_a_server_that_stops_does_not_wait_for_listeners(rig: Rig) -> None:
    address = await rig.api()
    [ann] = await join(address, "Ann")
    async with ear(address, ann) as listener:
        began = time.monotonic()
        await asyncio.to_thread(rig.stop_last)
        took = time.monotonic() - began
        async with asyncio.timeout(10):
            await listener.ended.wait()
        print(f"the server stopped in {took:.2f} s")
        assert took < 15  # uvicorn would have waited for 20


@pytest.mark.browser
async def test_a_browser_hears_with_a_ticket_what_its_person_is_told(rig: Rig) -> None:
    rig.worker()
    address = await rig.api()
    ann, bob = await join(address, "Ann", "Bob")
    async with httpx.AsyncClient(base_url=address) as http:
        ticket = (await http.post("/api/v1/notifications/stream-tickets", headers=ann.headers)).json()["ticket"]
    with chromium() as tab:
        tab.open(f"{address}/version")
        tab.wait_for("document.readyState === 'complete' && location.pathname === '/version'")
        tab.evaluate(
            "window.heard = []; window.source = new EventSource('/api/v1/notifications/stream?ticket="
            + ticket
            + "'); source.addEventListener('notification', event => heard.push([event.lastEventId, event.data]))"
        )
        tab.wait_for("source.readyState === EventSource.OPEN")
        await follow(address, bob, ann)
        tab.wait_for("heard.some(([, data]) => JSON.parse(data).title === 'Bob follows you')")
        assert tab.evaluate("heard.every(([id, data]) => JSON.parse(data).id === id)")
        assert [error for error in tab.errors if "favicon" not in error] == []
