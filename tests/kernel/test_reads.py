"""Reading beside the unit of work."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest
from sqlalchemy import Float, Integer, Text, bindparam, column, func, select, table, text

from kernel.errors import Unavailable
from kernel.reads import Query, Reader
from kernel.settings import KernelSettings
from tests.faults.rig import Proxy


class Fact(msgspec.Struct, frozen=True):
    n: int
    word: str
    document: dict[str, Any]


class Backend(msgspec.Struct, frozen=True):
    pid: int


class Fresh(Backend, frozen=True):
    anew: int


class Old(Backend, frozen=True):
    kept: int


class Prepared(msgspec.Struct, frozen=True):
    statement: str


NUMBER = bindparam("number", type_=Integer)
FACTS = Query(
    select(
        func.generate_series(1, NUMBER, type_=Integer).label("n"),
        bindparam("word", type_=Text).label("word"),
        func.jsonb_build_object("of", NUMBER, "list", func.to_jsonb(text("array[true, null]"))).label("document"),
    ),
    Fact,
)
BACKEND = Query(select(func.pg_backend_pid(type_=Integer).label("pid")), Backend)
ANEW = Query(select(func.pg_backend_pid(type_=Integer).label("pid"), text("0 AS anew")), Fresh, planned_anew=True)
KEPT = Query(select(func.pg_backend_pid(type_=Integer).label("pid"), text("0 AS kept")), Old)
PREPARED = Query(select(column("statement", Text)).select_from(table("pg_prepared_statements")), Prepared)
NAP = Query(
    select(func.pg_backend_pid().label("pid")).select_from(func.pg_sleep(bindparam("seconds", type_=Float))), Backend
)


@pytest.fixture
async def reader(settings: KernelSettings) -> AsyncGenerator[Reader]:
    opened = Reader(settings.database_url, msgspec.structs.replace(settings.db, read_pool_size=3, pool_timeout=0.3))
    yield opened
    await opened.close()


async def test_rows_become_structs_and_json_becomes_values(reader: Reader) -> None:
    document = {"of": 2, "list": [True, None]}
    assert await reader.all(FACTS, number=2, word="a'b") == [Fact(1, "a'b", document), Fact(2, "a'b", document)]


async def test_one_is_the_first_or_nothing(reader: Reader) -> None:
    assert await reader.one(FACTS, number=0, word="") is None
    found = await reader.one(FACTS, number=5, word="")
    assert found is not None
    assert found.n == 1


async def test_of_connections_that_fell_silent_together_one_is_found_the_slow_way(settings: KernelSettings) -> None:
    proxy = Proxy(settings.database_url)
    await proxy.accept()
    reader = Reader(proxy.url, msgspec.structs.replace(settings.db, read_pool_size=3, statement_timeout=0.5))
    await asyncio.gather(*(reader.all(NAP, seconds=0.05) for _ in range(3)))
    proxy.abandon()
    with pytest.raises(Unavailable):
        await reader.one(BACKEND)
    assert await reader.one(BACKEND)
    await reader.close()
    await proxy.refuse()


async def test_who_finds_no_free_connection_is_told_in_time(reader: Reader) -> None:
    naps = [asyncio.create_task(reader.all(NAP, seconds=1.0)) for _ in range(3)]
    await asyncio.sleep(0.1)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await reader.all(BACKEND)
    assert time.monotonic() - began < 0.8
    await asyncio.gather(*naps)
    assert await reader.all(BACKEND)


async def test_it_survives_the_loss_of_all_its_connections(reader: Reader, observer: asyncpg.Connection) -> None:
    for _ in range(20):
        naps = await asyncio.gather(*(reader.all(NAP, seconds=0.02) for _ in range(3)))
        pids = {nap.pid for (nap,) in naps}
        assert len(pids) == 3
        for pid in pids:
            assert await observer.fetchval("SELECT pg_terminate_backend($1)", pid)
        seen = await asyncio.gather(*(reader.all(BACKEND) for _ in range(6)))
        assert not pids & {backend.pid for (backend,) in seen}


async def test_a_statement_that_is_cut_off_in_the_middle_is_repeated(
    reader: Reader, observer: asyncpg.Connection
) -> None:
    (backend,) = await reader.all(BACKEND)
    nap = asyncio.create_task(reader.all(NAP, seconds=0.5))
    await asyncio.sleep(0.1)
    assert await observer.fetchval("SELECT pg_terminate_backend($1)", backend.pid)
    assert [each.pid for each in await nap] != [backend.pid]


async def test_first_readers_open_one_pool(settings: KernelSettings) -> None:
    reader = Reader(settings.database_url, settings.db)
    seen = await asyncio.gather(*(reader.all(BACKEND) for _ in range(50)))
    assert len({backend.pid for (backend,) in seen}) <= settings.db.read_pool_size
    await reader.close()


async def test_a_plan_is_kept_unless_it_is_to_be_made_anew(reader: Reader) -> None:
    for _ in range(2):
        assert (await reader.one(ANEW)) == Fresh(pid=(await reader.all(KEPT))[0].pid, anew=0)
    prepared = [each.statement for each in await reader.all(PREPARED)]
    assert (any("kept" in each for each in prepared), any("anew" in each for each in prepared)) == (True, False)


class Where(msgspec.Struct, frozen=True):
    """The database that answered."""

    name: str


HERE = Query(select(func.current_database().label("name")), Where)
ANYWHERE = Query(select(func.current_database().label("name")), Where, tolerates_lag=True)


async def test_what_tolerates_lag_is_read_from_the_replica_and_nothing_else(settings: KernelSettings) -> None:
    primary = urlsplit(settings.database_url).path[1:]
    replica = urlsplit(settings.database_url)._replace(path="/postgres").geturl()
    reader = Reader(settings.database_url, settings.db, replica_url=replica)
    assert await reader.one(HERE) == Where(primary)
    assert await reader.one(ANYWHERE) == Where("postgres")
    await reader.close()


async def test_without_its_replica_the_primary_answers(settings: KernelSettings) -> None:
    primary = urlsplit(settings.database_url).path[1:]
    for replica in (None, "postgresql://nobody@127.0.0.1:1/nothing"):
        reader = Reader(settings.database_url, settings.db, replica_url=replica)
        for _ in range(3):
            assert await reader.one(ANYWHERE) == Where(primary)
        await reader.close()
