import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from kernel.broadcast import Broadcast
from kernel.db import new_id
from kernel.jobs import end
from kernel.runtime import Runtime
from tests.kernel.support import NOWHERE, Open
from tests.running import eventually


@asynccontextmanager
async def listening(broadcast: Broadcast) -> AsyncGenerator[list[UUID]]:
    """Whom the process hears of."""
    heard: list[UUID] = []

    def hear(people: Iterable[UUID]) -> None:
        heard.extend(people)

    task = asyncio.create_task(broadcast.listen_for_ever(hear))
    try:
        yield heard
    finally:
        await end(task)


async def test_who_stops_to_listen_has_stopped_whenever_that_is(open_kernel: Open) -> None:
    broadcast = open_kernel().broadcast
    for turns in range(60):
        task = asyncio.create_task(broadcast.listen_for_ever(lambda _: None))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=2)
        assert task.done(), f"cancelled after {turns} turns of the loop, it listens"


async def tell(runtime: Runtime, *people: UUID) -> None:
    async with runtime.database.unit_of_work() as uow:
        uow.tells(people)


async def tell_and_fail(runtime: Runtime, person: UUID) -> None:
    async with runtime.database.unit_of_work() as uow:
        uow.tells([person])
        raise ZeroDivisionError


async def test_every_process_hears_for_whom_there_is_something_new(open_kernel: Open) -> None:
    writer, one, other = open_kernel(), open_kernel(), open_kernel()
    people = {new_id() for _ in range(1_000)}
    async with listening(one.broadcast) as first, listening(other.broadcast) as second:
        await eventually(lambda: one.broadcast.heard)
        await eventually(lambda: other.broadcast.heard)
        await tell(writer, *people)
        await eventually(lambda: people <= set(first) & set(second))
    assert not one.broadcast.heard


async def test_what_is_rolled_back_is_not_told(open_kernel: Open) -> None:
    runtime, kept, undone = open_kernel(), new_id(), new_id()
    async with listening(runtime.broadcast) as heard:
        await eventually(lambda: runtime.broadcast.heard)
        with pytest.raises(ZeroDivisionError):
            await tell_and_fail(runtime, undone)
        await tell(runtime, kept)

        await eventually(lambda: kept in heard)
        assert undone not in heard


async def test_without_redis_telling_is_quiet_and_nothing_is_heard(open_kernel: Open) -> None:
    runtime = open_kernel(redis_url=NOWHERE)
    async with listening(runtime.broadcast) as heard:
        await tell(runtime, new_id())
        await runtime.broadcast.close()
        assert (heard, runtime.broadcast.heard) == ([], False)
