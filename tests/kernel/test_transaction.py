"""One transaction for compiled statements and for entities."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
import pytest
from sqlalchemy import Float, Integer, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql

from kernel.errors import Conflict
from kernel.reads import Query
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from tests.faults.rig import Proxy
from tests.kernel.support import EFFECTS, Open, note, notes


class Noted(msgspec.Struct, frozen=True):
    note: str


class Backend(msgspec.Struct, frozen=True):
    pid: int


NOTE = Query(postgresql.insert(EFFECTS).values(note=bindparam("note", type_=Text())).returning(EFFECTS.c.note), Noted)
NAP = Query(
    select(func.pg_backend_pid(type_=Integer).label("pid")).select_from(func.pg_sleep(bindparam("s", type_=Float()))),
    Backend,
)


async def note_quickly(uow: UnitOfWork, text: str) -> None:
    await uow.run(NOTE, note=text)


def in_use(runtime: Runtime) -> int:
    return int(runtime.engine.pool.checkedout())  # type: ignore[attr-defined] # that of a pool with a queue


Way: TypeAlias = Callable[[UnitOfWork, str], Awaitable[None]]

WAYS = pytest.mark.parametrize("ways", [(note_quickly, note), (note, note_quickly), (note_quickly, note_quickly)])


@WAYS
async def test_both_ways_are_one_transaction(open_kernel: Open, ways: tuple[Way, Way]) -> None:
    runtime = open_kernel()
    first, second = ways
    async with runtime.database.unit_of_work() as uow:
        await first(uow, "first")
        await second(uow, "second")
        seen = (await uow.session.scalars(select(EFFECTS.c.note).order_by(EFFECTS.c.note))).all()
        assert seen == ["first", "second"]
        assert in_use(runtime) == 1
        assert await notes(open_kernel().database) == []
    assert await notes(runtime.database) == ["first", "second"]
    assert in_use(runtime) == 0


@WAYS
async def test_both_ways_are_undone_together(open_kernel: Open, ways: tuple[Way, Way]) -> None:
    runtime = open_kernel()

    async def fail() -> None:
        async with runtime.database.unit_of_work() as uow:
            for way in ways:
                await way(uow, "x")
            raise Conflict

    with pytest.raises(Conflict):
        await fail()
    assert await notes(runtime.database) == []
    assert in_use(runtime) == 0


async def test_while_it_pauses_others_have_its_connection(open_kernel: Open) -> None:
    runtime = open_kernel()
    async with runtime.database.unit_of_work() as uow:
        await uow.run(NAP, s=0)
        await uow.pause()
        assert in_use(runtime) == 0
        await note_quickly(uow, "after")
    assert await notes(runtime.database) == ["after"]


async def test_nobody_gets_a_connection_whose_begin_got_no_answer(settings: KernelSettings, open_kernel: Open) -> None:
    """It may be inside of a transaction: what is acknowledged there is not committed."""
    proxy = Proxy(settings.database_url)
    await proxy.accept()
    one = msgspec.structs.replace(settings.db, pool_size=1, max_overflow=0)
    runtime = open_kernel(database_url=proxy.url, db=one)

    async def write(text: str) -> None:
        async with runtime.database.unit_of_work() as uow:
            await note_quickly(uow, text)

    await write("before")
    proxy.stall()
    waiting = asyncio.create_task(write("never"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await proxy.accept()
    await write("after")
    assert await notes(open_kernel().database) == ["after", "before"]
    assert in_use(runtime) == 0
    await runtime.close()
    await proxy.refuse()


async def test_of_connections_that_fell_silent_together_one_is_found_the_slow_way(
    open_kernel: Open, settings: KernelSettings
) -> None:
    proxy = Proxy(settings.database_url)
    await proxy.accept()
    few = msgspec.structs.replace(settings.db, pool_size=3, max_overflow=0, statement_timeout=0.5)
    runtime = open_kernel(database_url=proxy.url, db=few)

    async def nap() -> None:
        async with runtime.database.unit_of_work() as uow:
            await uow.run(NAP, s=0.05)

    await asyncio.gather(*(nap() for _ in range(3)))
    proxy.abandon()
    with pytest.raises(TimeoutError):
        await nap()
    await nap()
    await runtime.close()
    await proxy.refuse()


@pytest.mark.parametrize("way", [note_quickly, note])
async def test_what_is_cancelled_leaves_nothing_behind(open_kernel: Open, way: Way) -> None:
    runtime = open_kernel()

    async def nap() -> None:
        async with runtime.database.unit_of_work() as uow:
            await way(uow, "never")
            await uow.run(NAP, s=5)

    napping = asyncio.create_task(nap())
    await asyncio.sleep(0.1)
    napping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await napping
    assert in_use(runtime) == 0
    assert await notes(runtime.database) == []
