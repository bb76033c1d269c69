"""Notifications and inboxes."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Uuid, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.schemas import TargetKind, Type

IDS = ARRAY(Uuid())


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What all recipients of one event are told."""

    event_id: UUID
    type: Type
    actor_id: UUID | None = None
    target_kind: TargetKind
    target_id: UUID


class NotificationRepository(SQLAlchemyAsyncRepository[NotificationRow]):
    """Notifications as a collection."""

    model_type = NotificationRow

    async def deliver(self, fact: Fact, recipients: Sequence[UUID]) -> Sequence[UUID]:
        """Put one notification into each inbox and count it, in one statement; to whom it was news.

        Whoever has it keeps just that one.
        """
        values = msgspec.structs.asdict(fact)
        new = select(
            func.unnest(bindparam("ids", [new_id() for _ in recipients], IDS)),
            func.unnest(bindparam("recipients", sorted(recipients), IDS)),
            *(literal(value, NotificationRow.__table__.c[column].type) for column, value in values.items()),
            literal(1),
        )
        fresh = (
            insert(NotificationRow)
            .from_select(["id", "recipient_id", *values, "count"], new, include_defaults=False)
            .on_conflict_do_nothing(index_elements=["recipient_id", "event_id"])
            .returning(NotificationRow.recipient_id)
            .cte("fresh")
        )
        counted = insert(InboxRow).from_select(
            ["id", "unread", "version"],
            select(fresh.c.recipient_id, literal(1), literal(1)).order_by(fresh.c.recipient_id),
            include_defaults=False,
        )
        told = await self.session.scalars(
            counted.on_conflict_do_update(
                index_elements=["id"], set_={"unread": InboxRow.unread + 1, "version": InboxRow.version + 1}
            ).returning(InboxRow.id)
        )
        return told.all()

    async def page(
        self, recipient_id: UUID, *, unread: bool | None, kind: Type | None, after: UUID | None, limit: int
    ) -> Sequence[NotificationRow]:
        """One page of an inbox, newest first."""
        statement = select(NotificationRow).where(
            NotificationRow.recipient_id == recipient_id, NotificationRow.archived_at.is_(None)
        )
        if unread is not None:
            statement = statement.where(NotificationRow.read_at.is_(None) == unread)
        if kind is not None:
            statement = statement.where(NotificationRow.type == kind)
        if after is not None:
            statement = statement.where(NotificationRow.id < after)
        return (await self.session.scalars(statement.order_by(NotificationRow.id.desc()).limit(limit))).all()

    async def mark(self, recipient_id: UUID, notification_id: UUID, *, read: bool) -> bool:
        """Set or clear the read mark and keep the count in step; whether anything changed."""
        changed = await self.session.execute(
            update(NotificationRow)
            .where(
                NotificationRow.id == notification_id,
                NotificationRow.recipient_id == recipient_id,
                NotificationRow.read_at.is_(None) == read,
            )
            .values(read_at=func.now() if read else None)
            .returning(NotificationRow.id)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            return False
        await self.session.execute(
            update(InboxRow)
            .where(InboxRow.id == recipient_id)
            .values(unread=InboxRow.unread + (-1 if read else 1), version=InboxRow.version + 1)
            .execution_options(synchronize_session=False)
        )
        return True


class InboxRepository(SQLAlchemyAsyncRepository[InboxRow]):
    """Inboxes as a collection."""

    model_type = InboxRow
