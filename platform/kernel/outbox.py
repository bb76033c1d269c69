"""The outbox table: one row per event and subscriber, written in the transaction that made the event true.

The row, not a job in Redis, is the promise that a subscriber runs (https://microservices.io/patterns/data/transactional-outbox.html).
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from kernel.db import Entity, schema, utc_now
from kernel.reads import Query
from kernel.telemetry import CURRENT, NOTHING, Attributes


class Base(Entity):
    """The kernel's own tables live in the PostgreSQL schema ``kernel``."""

    __abstract__ = True
    metadata = schema("kernel")


class OutboxRow(Base):
    """One subscriber that still has to hear of one event, or has, or never will (``dead_at``)."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_kernel_outbox_open", "run_after", postgresql_where=text("done_at IS NULL AND dead_at IS NULL")),
        Index("ix_kernel_outbox_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
        Index("ix_kernel_outbox_dead", "id", postgresql_where=text("dead_at IS NOT NULL")),
    )

    topic: Mapped[str] = mapped_column(String(100))
    subscriber: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    run_after: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """Where the event was published, for whoever delivers it (https://www.w3.org/TR/trace-context/)."""


FORGOTTEN_AT_ONCE = 5_000

MESSAGING = {"messaging.system": "outbox"}
"""What spans say of the carrier."""

OPEN = (OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))


New: TypeAlias = tuple[UUID, str, str, str]
"""Id, topic, subscriber, and the event as JSON."""


class Written(msgspec.Struct, frozen=True):
    """A row that was added."""

    id: UUID


def column(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:  # Any: of any type
    """All values of one column of the new rows."""
    return func.unnest(bindparam(name, type_=ARRAY(kind)))


ADD = Query(
    insert(OutboxRow)
    .from_select(
        ["id", "topic", "subscriber", "payload", "traceparent"],
        select(
            column("ids", Uuid()),
            column("topics", Text()),
            column("subscribers", Text()),
            column("payloads", Text()).cast(JSONB),
            bindparam("traceparent", type_=Text()),
        ),
        include_defaults=False,
    )
    .returning(OutboxRow.id),
    Written,
)
"""Any number of rows, one statement."""


async def add(run: Callable[..., Awaitable[object]], rows: Sequence[New]) -> None:
    """Write rows with `UnitOfWork.run`; whoever delivers them goes on with the current trace."""
    ids, topics, subscribers, payloads = map(list, zip(*rows, strict=True))
    with publishing(topics):
        trace = CURRENT.get()
        traceparent = None if trace is None else trace.traceparent
        await run(ADD, ids=ids, topics=topics, subscribers=subscribers, payloads=payloads, traceparent=traceparent)


def publishing(topics: Sequence[str]) -> AbstractContextManager[object]:
    """A step of the current trace: what is delivered hangs on it (https://opentelemetry.io/docs/specs/semconv/messaging/)."""
    trace = CURRENT.get()
    if trace is None or not trace.is_recorded:
        return NOTHING
    names = ", ".join(dict.fromkeys(topics))
    attributes: Attributes = {
        **MESSAGING,
        "messaging.operation.name": "publish",
        "messaging.destination.name": names,
        "messaging.batch.message_count": len(topics),
    }
    return trace.step(f"publish {names}", "producer", attributes)


async def lease(
    session: AsyncSession, *, seconds: float, limit: int = 100, subscribers: Collection[str] | None = None
) -> dict[str, list[UUID]]:
    """Due rows by subscriber (one of ``subscribers``, or any), oldest first, each reserved for ``seconds``.

    A row whose subscriber is running is locked and therefore skipped, so a lease only has to outlast the queue.
    """
    due = (
        select(OutboxRow.id)
        .where(*OPEN, OutboxRow.run_after <= func.now(), func.coalesce(OutboxRow.leased_until < func.now(), True))
        .where(true() if subscribers is None else OutboxRow.subscriber.in_(subscribers))
        .order_by(OutboxRow.run_after)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(leased_until=func.now() + timedelta(seconds=seconds))
        .returning(OutboxRow.subscriber, OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    batches: dict[str, list[UUID]] = {}
    for subscriber, row_id in sorted(leased.tuples(), key=lambda pair: pair[1]):
        batches.setdefault(subscriber, []).append(row_id)
    return batches


async def forget_done(session: AsyncSession, *, older_than: timedelta) -> bool:
    """Delete rows that were done long ago, as many as fit into the time of one statement; whether there were any."""
    old = select(OutboxRow.id).where(OutboxRow.done_at < utc_now() - older_than).limit(FORGOTTEN_AT_ONCE)
    deleted = await session.execute(
        delete(OutboxRow)
        .where(OutboxRow.id.in_(old))
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return deleted.first() is not None
