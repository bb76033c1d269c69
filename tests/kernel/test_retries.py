"""What the database has undone through no fault of the caller is done again; what may have been done is not."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from litestar import post
from litestar.di import NamedDependency
from sqlalchemy import func, select, text

from kernel.application import create_app
from kernel.module import Module
from kernel.reads import Query
from kernel.security import public
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from tests.kernel.support import Open, note, notes
from tests.running import running

FAIL = "DO $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{}'; END $$"
HANG_UP = "SELECT pg_terminate_backend(pg_backend_pid())"
HANG_UP_AT_COMMIT = (
    "CREATE FUNCTION pg_temp.hang_up() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    "CREATE TEMPORARY TABLE last_words (n int)",
    "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON last_words DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION pg_temp.hang_up()",
    "INSERT INTO last_words VALUES (1)",
)

Trouble = Callable[[int, UnitOfWork], Awaitable[object]]
"""What goes wrong in which attempt."""


@asynccontextmanager
async def in_trouble(settings: KernelSettings, trouble: Trouble) -> AsyncGenerator[tuple[httpx.AsyncClient, list[int]]]:
    """A client of one route, which writes and then gets into trouble, and the attempts that were made."""
    attempts: list[int] = []

    @post("/write", guards=[public])
    async def write(uow: NamedDependency[UnitOfWork]) -> None:
        attempts.append(len(attempts) + 1)
        await note(uow, "written")
        await trouble(attempts[-1], uow)

    async with running(create_app(settings, [Module(name="scratch", controllers=[write])])) as client:
        yield client, attempts


class Nothing(msgspec.Struct):
    """What is said by who has hung up."""

    hung_up: bool


CUT = Query(select(func.pg_terminate_backend(func.pg_backend_pid()).label("hung_up")), Nothing)


@pytest.mark.parametrize("statement", [FAIL.format("40001"), FAIL.format("40P01"), HANG_UP])
async def test_a_transaction_that_is_undone_twice_is_done_once(
    settings: KernelSettings, open_kernel: Open, statement: str
) -> None:
    async def trouble(attempt: int, uow: UnitOfWork) -> None:
        if attempt < 3:
            await uow.session.execute(text(statement))

    async with in_trouble(settings, trouble) as (client, attempts):
        assert (await client.post("/api/v1/scratch/write")).status_code == 201
    assert attempts == [1, 2, 3]
    assert await notes(open_kernel().database) == ["written"]


async def test_so_is_one_whose_connection_was_lost_in_a_compiled_statement(
    settings: KernelSettings, open_kernel: Open
) -> None:
    async def trouble(attempt: int, uow: UnitOfWork) -> None:
        if attempt < 3:
            await uow.run(CUT)

    async with in_trouble(settings, trouble) as (client, attempts):
        assert (await client.post("/api/v1/scratch/write")).status_code == 201
    assert attempts == [1, 2, 3]
    assert await notes(open_kernel().database) == ["written"]


async def test_who_collides_for_ever_is_asked_to_come_again(settings: KernelSettings, open_kernel: Open) -> None:
    async def trouble(_: int, uow: UnitOfWork) -> None:
        await uow.session.execute(text(FAIL.format("40001")))

    async with in_trouble(settings, trouble) as (client, attempts):
        answer = await client.post("/api/v1/scratch/write")
    assert (answer.status_code, answer.json()["code"], attempts) == (503, "unavailable", [1, 2, 3])
    assert "Retry-After" in answer.headers
    assert await notes(open_kernel().database) == []


async def test_what_may_have_been_committed_is_not_tried_again(settings: KernelSettings, open_kernel: Open) -> None:
    async def trouble(_: int, uow: UnitOfWork) -> None:
        for statement in HANG_UP_AT_COMMIT:
            await uow.session.execute(text(statement))

    async with in_trouble(settings, trouble) as (client, attempts):
        answer = await client.post("/api/v1/scratch/write")
    assert (answer.status_code, attempts) == (503, [1])


async def test_a_plan_that_a_migration_made_invalid_is_made_anew(settings: KernelSettings, open_kernel: Open) -> None:
    owner = open_kernel().engine

    async def migrate(statement: str) -> None:
        async with owner.begin() as connection:
            await connection.execute(text(statement))

    async def trouble(_: int, uow: UnitOfWork) -> None:
        await uow.session.execute(text("SELECT * FROM scratch.changing"))

    await migrate("CREATE TABLE scratch.changing (a int)")
    narrow = msgspec.structs.replace(settings, db=msgspec.structs.replace(settings.db, pool_size=1, max_overflow=0))
    async with in_trouble(narrow, trouble) as (client, attempts):
        assert (await client.post("/api/v1/scratch/write")).status_code == 201
        await migrate("ALTER TABLE scratch.changing ADD COLUMN b int")
        assert (await client.post("/api/v1/scratch/write")).status_code == 201
    assert attempts == [1, 2, 3]
    await migrate("DROP TABLE scratch.changing")
    assert await notes(open_kernel().database) == ["written", "written"]
