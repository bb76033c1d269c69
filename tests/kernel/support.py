"""What the tests of the kernel share: a fact that nobody's module knows, two tables of our own, and patience."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    insert,
    select,
    text,
    update,
)

from kernel.cache import Cache, Loaded
from kernel.delivery import Delivery
from kernel.events import Event
from kernel.jobs import open_queue
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime
from kernel.settings import JobsSettings, KernelSettings
from kernel.unit_of_work import Database, Subscriber, UnitOfWork
from kernel.versions import Tokens

SCRATCH = MetaData(schema="scratch")

EFFECTS = Table("effects", SCRATCH, Column("event_id", Uuid), Column("note", Text))
"""What subscribers and handlers did."""

SINGLES = Table("singles", SCRATCH, Column("n", Integer), UniqueConstraint("n", deferrable=True, initially="DEFERRED"))
"""A number twice in here fails the COMMIT, and nothing before it."""

NOWHERE = "redis://127.0.0.1:1"
NO_DATABASE = "postgresql://quire@127.0.0.1:1/quire"
"""Nobody listens there."""

HASTY = JobsSettings(poll_interval=0.01, lease=0.2, max_attempts=3, shutdown_grace=5, concurrency=2)

Open: TypeAlias = Callable[..., Runtime]
"""Opens what a process opens, for subscribers and with settings of the test's choice."""


class Happened(Event, frozen=True, tag="scratch.happened"):
    """Something happened."""

    note: str = ""


async def record(event: Happened, uow: UnitOfWork) -> None:
    await note(uow, event.note, event)


async def record_too(event: Happened, uow: UnitOfWork) -> None:
    await note(uow, f"{event.note} too", event)


async def note(uow: UnitOfWork, text: str, event: Event | None = None) -> None:
    await uow.session.execute(insert(EFFECTS).values(event_id=event and event.event_id, note=text))


async def break_the_commit(uow: UnitOfWork) -> None:
    await uow.session.execute(insert(SINGLES).values([{"n": 1}, {"n": 1}]))


async def notes(database: Database) -> list[str]:
    """What is committed, in alphabetical order."""
    async with database.unit_of_work() as uow:
        return list((await uow.session.scalars(select(EFFECTS.c.note).order_by(EFFECTS.c.note))).all())


async def outbox(database: Database) -> Sequence[OutboxRow]:
    """All rows, oldest first."""
    async with database.unit_of_work() as uow:
        return (await uow.session.scalars(select(OutboxRow).order_by(OutboxRow.id))).all()


async def only_row(database: Database) -> OutboxRow:
    (row,) = await outbox(database)
    return row


async def publish(database: Database, *texts: str) -> None:
    """One event for each."""
    async with database.unit_of_work() as uow:
        for text in texts:
            await uow.publish(Happened(note=text))


async def pass_time(database: Database) -> None:
    """As if every lease and every pause were over."""
    async with database.unit_of_work() as uow:
        await uow.session.execute(update(OutboxRow).values(run_after=func.now(), leased_until=None))


def without_redis(runtime: Runtime, settings: KernelSettings, jobs: JobsSettings = HASTY) -> Delivery:
    """A delivery whose Redis refuses connections."""
    queue = open_queue(NOWHERE, timeout=1)
    return Delivery(runtime.database, queue, runtime.subscribers, jobs, runtime.wakeup, recorder=runtime.recorder)


def address_of(handler: Callable[..., Any]) -> str:
    """What outbox rows call it."""
    return Subscriber(Happened, handler).name


@asynccontextmanager
async def silence() -> AsyncGenerator[int]:
    """The port of a server that takes every connection and never says a word."""
    gone = asyncio.Event()

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        gone.set()
        server.close()
        await server.wait_closed()


class Truth:
    """What is committed, how often it was asked for, and what happens while somebody reads it."""

    def __init__(self) -> None:
        self.value = b"old"
        self.tokens: Tokens | None = {}
        self.loads = 0
        self.meanwhile = asyncio.Event()
        self.meanwhile.set()
        self.read = asyncio.Event()

    async def load(self) -> Loaded:
        self.loads += 1
        value = self.value
        self.read.set()
        await self.meanwhile.wait()
        return Loaded(value, tokens=self.tokens)


async def read(cache: Cache, truth: Truth, *entities: str) -> bytes:
    """What a reader is told."""
    return (await cache.fetch("v", entities or ("e",), truth.load)).body


async def is_waiting(database: Database) -> bool:
    """Whether somebody waits for a lock that somebody else has."""
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with database.unit_of_work() as uow:
        return (await uow.session.execute(waiting)).first() is not None
