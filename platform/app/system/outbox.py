"""What the outbox could not deliver, or not yet, for superusers: a subscriber that was mended hears of it again."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy import ColumnElement, and_, or_, select

from kernel.audit import record
from kernel.db import utc_now
from kernel.errors import Conflict, NotFound
from kernel.http.client import Client
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.outbox import OPEN, OutboxRow
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Principal, superusers
from kernel.unit_of_work import UnitOfWork

PATIENCE = timedelta(minutes=1)
"""Age of an open row that has never failed, and is stuck all the same: nobody works."""

State: TypeAlias = Literal["open", "dead", "stuck"]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AlreadyDelivered(Conflict):
    """This event has already been delivered."""


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one subscriber. `stuck` has failed before, or waits for more than a minute."""

    id: UUID
    topic: Annotated[str, msgspec.Meta(examples=["users.registered"])]
    subscriber: Annotated[str, msgspec.Meta(examples=["notifications.subscribers.greet"])]
    payload: Annotated[
        dict[str, Any],  # Any: JSON
        msgspec.Meta(examples=[{"type": "users.registered", "user_id": "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"}]),
    ]
    state: State
    attempts: Annotated[int, msgspec.Meta(examples=[10])]
    last_error: Annotated[str | None, msgspec.Meta(examples=["TimeoutError"])]
    run_after: datetime
    dead_at: datetime | None
    created_at: datetime


def is_in(state: State | None) -> ColumnElement[bool]:
    """The condition of a state; of all together: what is not done. Each has an index of its own."""
    stuck = or_(OutboxRow.last_error.is_not(None), OutboxRow.created_at < utc_now() - PATIENCE)
    match state:
        case "open":
            return and_(*OPEN)
        case "stuck":
            return and_(*OPEN, stuck)
        case "dead":
            return OutboxRow.dead_at.is_not(None)
        case None:
            return or_(and_(*OPEN), OutboxRow.dead_at.is_not(None))


def to_entry(row: OutboxRow) -> OutboxEntry:
    """A row as it is shown."""
    stuck = row.last_error is not None or row.created_at < utc_now() - PATIENCE
    state: State = "dead" if row.dead_at else "stuck" if stuck else "open"
    shown = (field.name for field in msgspec.structs.fields(OutboxEntry) if field.name != "state")
    return OutboxEntry(state=state, **{name: getattr(row, name) for name in shown})


class OutboxController(Controller):
    """Deliveries that are still to be made, or were given up."""

    path = "/api/v1/system/outbox"
    guards = (superusers,)
    tags = ("system",)

    @get(operation_id="listOutbox")
    async def show_all(
        self,
        request: HttpRequest,
        uow: NamedDependency[UnitOfWork],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        in_state: Annotated[State | None, QueryParameter(name="state", description="Only those in this state.")] = None,
        topic: Annotated[Name | None, QueryParameter(description="Only events with this topic.")] = None,
        subscriber: Annotated[Name | None, QueryParameter(description="Only those to this subscriber.")] = None,
    ) -> Response[Page[OutboxEntry]]:
        """Events that are not delivered, newest first: waiting, failing repeatedly, or given up."""
        statement = select(OutboxRow).where(is_in(in_state))
        if topic is not None:
            statement = statement.where(OutboxRow.topic == topic)
        if subscriber is not None:
            statement = statement.where(OutboxRow.subscriber == subscriber)
        if cursor is not None:
            statement = statement.where(OutboxRow.id < decode_cursor(cursor, "outbox", UUID)[0])
        rows = (await uow.session.scalars(statement.order_by(OutboxRow.id.desc()).limit(limit + 1))).all()
        next_cursor = encode_cursor("outbox", rows[limit - 1].id) if len(rows) > limit else None
        return listing(request, Page(items=tuple(map(to_entry, rows[:limit])), next_cursor=next_cursor))

    @post(
        "/{outbox_id:uuid}/replay", operation_id="replayOutbox", status_code=200, opt={"problems": [AlreadyDelivered]}
    )
    async def replay(
        self,
        outbox_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        uow: NamedDependency[UnitOfWork],
    ) -> OutboxEntry:
        """Deliver an event again at once, with a fresh number of attempts. Repeating it changes nothing."""
        row = await uow.session.scalar(select(OutboxRow).where(OutboxRow.id == outbox_id).with_for_update())
        if row is None:
            raise NotFound
        if row.done_at is not None:
            raise AlreadyDelivered
        if row.dead_at is not None or row.attempts or row.run_after > utc_now():
            row.dead_at = row.leased_until = None
            row.attempts, row.run_after = 0, utc_now()
            facts = {"outbox_id": str(row.id), "topic": row.topic, "subscriber": row.subscriber}
            record(uow, "system.outbox_replayed", actor=me, subject_id=None, ip=client.ip, facts=facts)
        return to_entry(row)
