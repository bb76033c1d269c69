import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from litestar import post
from litestar.di import NamedDependency
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy import Integer, bindparam, func, insert, select

from kernel.application import create_app
from kernel.db import new_id
from kernel.errors import Conflict
from kernel.mail import post as post_mail
from kernel.module import Module
from kernel.reads import Query
from kernel.security import public
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.kernel.support import (
    EFFECTS,
    Happened,
    Open,
    break_the_commit,
    note,
    notes,
    only_row,
    outbox,
    publish,
    record,
    record_too,
)
from tests.running import running


class NotLikeThis(Conflict):
    """Not like this."""


class Remembered(Conflict):
    """Not like this, and it is remembered."""

    persists: ClassVar[bool] = True


async def write_everything(uow: UnitOfWork) -> None:
    """A row, an event and a mail."""
    await note(uow, "row")
    await uow.publish(Happened(note="event"))
    await post_mail(uow, "scratch.letter", user_id=new_id(), recipient="ada@example.org")


@post("/fine", guards=[public])
async def fine(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)


@post("/broken", guards=[public])
async def broken(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)
    raise RuntimeError


@post("/refused", guards=[public])
async def refused(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)
    raise NotLikeThis


@post("/remembered", guards=[public])
async def remembered(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)
    raise Remembered


@post("/uncommitted", guards=[public])
async def uncommitted(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)
    await break_the_commit(uow)


@post("/uncommitted-refusal", guards=[public])
async def uncommitted_refusal(uow: NamedDependency[UnitOfWork]) -> None:
    await write_everything(uow)
    await break_the_commit(uow)
    raise Remembered


@post("/told", guards=[public])
async def told(uow: NamedDependency[UnitOfWork]) -> None:
    await note(uow, "row")
    await uow.publish(Happened(note="event"))


HANDLERS = (fine, broken, refused, remembered, uncommitted, uncommitted_refusal, told)
PREFIX = "/api/v1/scratch"

ALL = """
SELECT (SELECT count(*) FROM scratch.effects), (SELECT count(*) FROM kernel.mails),
       (SELECT count(*) FROM kernel.outbox WHERE subscriber LIKE 'tests.%'),
       (SELECT count(*) FROM kernel.outbox WHERE subscriber LIKE 'kernel.%')
"""
NOTHING = (0, 0, 0, 0)
EVERYTHING = (1, 1, 1, 1)


@asynccontextmanager
async def serving(settings: KernelSettings, *subscribers: Subscriber[Any]) -> AsyncGenerator[httpx.AsyncClient]:
    module = Module(name="scratch", controllers=HANDLERS, subscribers=subscribers)
    async with running(create_app(settings, [module])) as client:
        yield client


async def committed(observer: asyncpg.Connection) -> tuple[int, ...]:
    """Rows, mails, what subscribers are to hear, and what the kernel itself is to send."""
    return tuple(await observer.fetchrow(ALL) or ())


@pytest.mark.parametrize(
    ("path", "status", "left"),
    [
        ("fine", 201, EVERYTHING),
        ("broken", 500, NOTHING),
        ("refused", 409, NOTHING),
        ("remembered", 409, EVERYTHING),
        ("uncommitted", 409, NOTHING),
        ("uncommitted-refusal", 409, NOTHING),
    ],
)
async def test_rows_events_and_mails_are_there_together_or_not_at_all(
    open_kernel: Open,
    settings: KernelSettings,
    observer: asyncpg.Connection,
    path: str,
    status: int,
    left: tuple[int, ...],
) -> None:
    open_kernel()
    async with serving(settings, Subscriber(Happened, record)) as client:
        answer = await client.post(f"{PREFIX}/{path}")
    assert (answer.status_code, await committed(observer)) == (status, left)


async def test_a_failing_commit_is_never_answered_with_success_and_says_nothing_of_the_database(
    open_kernel: Open, settings: KernelSettings
) -> None:
    open_kernel()
    async with serving(settings) as client:
        answer = await client.post(f"{PREFIX}/uncommitted")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "conflict"
    assert "scratch" not in answer.text.replace(PREFIX, "")


async def test_the_commit_is_done_before_the_first_byte_of_the_answer_leaves(
    open_kernel: Open, settings: KernelSettings, observer: asyncpg.Connection
) -> None:
    open_kernel()
    seen: list[int] = []

    def watching(app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def look(message: Message) -> None:
                if message["type"] == "http.response.start":
                    seen.append(await observer.fetchval("SELECT count(*) FROM scratch.effects"))
                await send(message)

            await app(scope, receive, look)

        return watched

    app = create_app(settings, [Module(name="scratch", controllers=HANDLERS)])
    app.asgi_handler = watching(app.asgi_handler)
    async with running(app) as client:
        await client.post(f"{PREFIX}/fine")
        await client.post(f"{PREFIX}/remembered")
    assert seen == [1, 2]


async def test_a_subscriber_in_the_transaction_sees_it_and_shares_its_fate(
    open_kernel: Open, settings: KernelSettings, observer: asyncpg.Connection
) -> None:
    async def forbid(event: Happened, uow: UnitOfWork) -> None:
        await record(event, uow)
        raise NotLikeThis

    runtime = open_kernel()
    async with serving(settings, Subscriber(Happened, record, in_transaction=True)) as client:
        assert (await client.post(f"{PREFIX}/broken")).status_code == 500
        assert await notes(runtime.database) == []
        assert (await client.post(f"{PREFIX}/told")).status_code == 201
        assert await notes(runtime.database) == ["event", "row"]
    async with serving(settings, Subscriber(Happened, forbid, in_transaction=True)) as client:
        assert (await client.post(f"{PREFIX}/told")).status_code == 409
    assert await notes(runtime.database) == ["event", "row"]


async def test_publishing_writes_one_row_for_each_subscriber_after_the_commit_and_for_no_other(
    open_kernel: Open,
) -> None:
    async def at_once(event: Happened, uow: UnitOfWork) -> None:
        await note(uow, "at once")

    subscribers = [Subscriber(Happened, record), Subscriber(Happened, record_too)]
    runtime = open_kernel(*subscribers, Subscriber(Happened, at_once, in_transaction=True))
    await publish(runtime.database, "a")
    rows = await outbox(runtime.database)
    assert {row.subscriber for row in rows} == {subscriber.name for subscriber in subscribers}
    assert {(row.topic, row.payload["note"], row.attempts, row.done_at) for row in rows} == {
        ("scratch.happened", "a", 0, None)
    }
    assert len({row.payload["event_id"] for row in rows}) == 1


async def test_a_fact_that_nobody_wants_to_know_writes_nothing(open_kernel: Open) -> None:
    runtime = open_kernel()
    await publish(runtime.database, "a")
    assert await outbox(runtime.database) == []


async def test_what_a_subscriber_publishes_is_part_of_the_same_transaction(
    open_kernel: Open, settings: KernelSettings
) -> None:
    async def echo(event: Happened, uow: UnitOfWork) -> None:
        if event.note == "event":
            await uow.publish(Happened(note="echo"))

    subscribers = (Subscriber(Happened, echo, in_transaction=True), Subscriber(Happened, record))
    runtime = open_kernel()
    async with serving(settings, *subscribers) as client:
        assert (await client.post(f"{PREFIX}/refused")).status_code == 409
        assert await outbox(runtime.database) == []
        assert (await client.post(f"{PREFIX}/told")).status_code == 201
    assert {row.payload["note"] for row in await outbox(runtime.database)} == {"event", "echo"}


async def test_what_was_undone_to_a_savepoint_is_not_said_and_the_rest_is(open_kernel: Open) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(Happened(note="before"))
        with suppress(NotLikeThis):
            async with uow.savepoint():
                await write_everything(uow)
                raise NotLikeThis
        await note(uow, "after")
    assert [row.payload["note"] for row in await outbox(runtime.database)] == ["before"]
    assert await notes(runtime.database) == ["after"]


async def test_a_cancelled_transaction_leaves_nothing_and_gives_its_connection_back(open_kernel: Open) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    written = asyncio.Event()

    async def hang() -> None:
        async with runtime.database.unit_of_work() as uow:
            await write_everything(uow)
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert runtime.engine.pool.checkedout() == 0  # type: ignore[attr-defined] # that of a pool with a queue
    assert await outbox(runtime.database) == []


async def test_every_process_writes_outbox_rows_for_every_subscriber_whatever_it_serves(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel()
    speaking = Module(name="scratch", controllers=[told])
    listening = Module(name="others", subscribers=[Subscriber(Happened, record)])
    async with running(create_app(settings, [speaking, listening], served=[speaking])) as client:
        assert (await client.post(f"{PREFIX}/told")).status_code == 201
    assert (await only_row(runtime.database)).subscriber == Subscriber(Happened, record).name


class Place(msgspec.Struct, frozen=True):
    """Where a statement ran."""

    transaction: int
    document: dict[str, int]


PLACE = Query(
    select(
        func.txid_current().label("transaction"),
        func.jsonb_build_object("n", bindparam("n", type_=Integer())).label("document"),
    ),
    Place,
)


class Noted(msgspec.Struct, frozen=True):
    """What was written."""

    event_id: UUID


NOTED = Query(
    insert(EFFECTS).values(event_id=bindparam("event_id"), note="compiled").returning(EFFECTS.c.event_id), Noted
)


async def test_a_compiled_statement_runs_in_the_transaction(open_kernel: Open) -> None:
    runtime = open_kernel()
    async with runtime.database.unit_of_work() as uow:
        [place] = await uow.run(PLACE, n=7)
        assert place == Place(await uow.session.scalar(select(func.txid_current())) or 0, {"n": 7})


async def test_what_a_compiled_statement_has_written_is_committed_or_rolled_back(open_kernel: Open) -> None:
    runtime, event_id = open_kernel(), new_id()

    async def fail() -> None:
        async with runtime.database.unit_of_work() as uow:
            await uow.run(NOTED, event_id=event_id)
            raise NotLikeThis

    with pytest.raises(NotLikeThis):
        await fail()
    assert await notes(runtime.database) == []
    async with runtime.database.unit_of_work() as uow:
        assert await uow.run(NOTED, event_id=event_id) == [Noted(event_id)]
    assert await notes(runtime.database) == ["compiled"]


async def test_what_is_to_be_done_after_the_commit_is_done_after_it_or_never(open_kernel: Open) -> None:
    database = open_kernel().database
    seen: list[int] = []

    async def write(number: int) -> None:
        async with database.unit_of_work() as uow:
            await note(uow, "row")
            uow.after_commit(lambda: seen.append(number))
            assert seen == []
            if number == 1:
                raise NotLikeThis

    with pytest.raises(NotLikeThis):
        await write(1)
    await write(2)
    assert seen == [2]
