"""So many requests at once; any more are refused at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.params import JSONBody

from kernel.http.bulkhead import STREAM, UNBOUNDED
from kernel.settings import HttpSettings
from tests.kernel.http.apps import SETTINGS, application, problem_of, talking_to

SMALL = 64


@pytest.fixture
def gate() -> asyncio.Event:
    return asyncio.Event()


def app(gate: asyncio.Event, **limits: Any) -> Any:
    @get("/slow")
    async def slow() -> str:
        await gate.wait()
        return "done"

    @get("/health/live", opt={UNBOUNDED: True})
    async def live() -> str:
        return "ok"

    @get("/stream", opt={STREAM: True})
    async def stream() -> str:
        await gate.wait()
        return "over"

    @post("/posts")
    async def create(data: JSONBody[dict[str, str]]) -> dict[str, str]:
        return data

    settings = msgspec.structs.replace(SETTINGS, http=HttpSettings(max_in_flight=SMALL, **limits))
    return application(slow, live, stream, create, settings=settings)


async def fill(client: httpx.AsyncClient, count: int, path: str = "/slow") -> list[asyncio.Task[httpx.Response]]:
    tasks = [asyncio.create_task(client.get(path)) for _ in range(count)]
    await asyncio.sleep(0.05)
    return tasks


async def test_who_finds_no_room_is_told_in_time_and_when_to_come_again(gate: asyncio.Event) -> None:
    async with talking_to(app(gate, max_wait=0.2)) as client:
        inside = await fill(client, SMALL)
        began = time.monotonic()
        refused = await asyncio.gather(*(client.get("/slow") for _ in range(20)))
        assert 0.15 < time.monotonic() - began < 1
        for answer in refused:
            problem_of(answer, 503, "overloaded")
            assert int(answer.headers["Retry-After"]) >= 1
        gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*inside)} == {200}
        assert (await client.get("/slow")).status_code == 200


async def test_who_waits_a_little_gets_in_when_somebody_leaves(gate: asyncio.Event) -> None:
    async with talking_to(app(gate, max_wait=2)) as client:
        inside = await fill(client, SMALL)
        late = await fill(client, 5)
        gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*inside, *late)} == {200}


async def test_bodies_that_are_still_on_their_way_take_no_room(gate: asyncio.Event) -> None:
    async def never_ending() -> AsyncGenerator[bytes]:
        yield b"{"
        await gate.wait()
        yield b"}"

    def send(client: httpx.AsyncClient) -> Coroutine[None, None, httpx.Response]:
        return client.post("/posts", content=never_ending(), headers={"Content-Type": "application/json"})

    async with talking_to(app(gate, max_wait=0.1, deadline=0.2)) as client:
        sending = [asyncio.create_task(send(client)) for _ in range(2 * SMALL)]
        await asyncio.sleep(0.3)
        assert (await client.post("/posts", json={"a": "b"})).json() == {"a": "b"}
        gate.set()
        assert {(await answer).status_code for answer in sending} <= {201, 503}
        assert {task.result().text for task in sending if task.result().status_code == 201} == {"{}"}


async def test_health_needs_no_room(gate: asyncio.Event) -> None:
    async with talking_to(app(gate)) as client:
        inside = await fill(client, SMALL)
        began = time.monotonic()
        assert (await client.get("/health/live")).status_code == 200
        assert time.monotonic() - began < 0.2
        gate.set()
        await asyncio.gather(*inside)


async def test_a_request_that_takes_too_long_is_ended_and_leaves_its_room(gate: asyncio.Event) -> None:
    async with talking_to(app(gate, deadline=0.2)) as client:
        for _ in range(2):
            began = time.monotonic()
            for answer in await asyncio.gather(*(client.get("/slow") for _ in range(SMALL))):
                problem_of(answer, 503, "unavailable")
                assert "Retry-After" in answer.headers
            assert time.monotonic() - began < 1.5


async def test_streams_have_a_room_of_their_own_and_no_deadline(gate: asyncio.Event) -> None:
    async with talking_to(app(gate, max_streams=2, max_wait=0.1, deadline=0.2)) as client:
        streams = await fill(client, 2, "/stream")
        problem_of(await client.get("/stream"), 503, "overloaded")
        problem_of(await client.get("/slow"), 503, "unavailable")  # there is room for it, but its time is over
        gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*streams)} == {200}
