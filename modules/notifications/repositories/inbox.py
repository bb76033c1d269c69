"""One person's notifications, and how many of them wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from kernel.reads import Query
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.repositories.arriving import WAITING
from modules.notifications.schemas import Type

OUT = (NotificationRow.id, NotificationRow.read_at, NotificationRow.archived_at, NotificationRow.hidden)


class InboxCount(msgspec.Struct, frozen=True):
    """What is kept of an inbox beside its notifications."""

    id: UUID
    unread: int
    version: int


COUNTS = Query(
    select(InboxRow.id, InboxRow.unread, InboxRow.version).where(
        InboxRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    InboxCount,
)


class NotificationRepository(SQLAlchemyAsyncRepository[NotificationRow]):
    """Notifications as a collection."""

    model_type = NotificationRow

    async def page(
        self,
        recipient_id: UUID,
        *,
        unread: bool | None,
        kind: Type | None,
        archived: bool,
        before: int | None,
        limit: int,
    ) -> Sequence[NotificationRow]:
        """One page of an inbox, the latest arrival first."""
        row = NotificationRow
        statement = select(row).where(
            row.recipient_id == recipient_id,
            row.hidden.is_(None),
            row.archived_at.is_not(None) if archived else row.archived_at.is_(None),
        )
        if unread is not None:
            statement = statement.where(row.read_at.is_(None) if unread else row.read_at.is_not(None))
        if kind is not None:
            statement = statement.where(row.type == kind)
        if before is not None:
            statement = statement.where(row.arrival < literal(before, BigInteger()))
        return (await self.session.scalars(statement.order_by(row.arrival.desc()).limit(limit))).all()

    async def waiting(
        self, recipient_id: UUID, kinds: Sequence[Type], *, after: int, up_to: int, limit: int
    ) -> tuple[Sequence[NotificationRow], int]:
        """Those of some types that arrived in between and still wait: the latest, and how many there are."""
        row = NotificationRow
        chosen = select(row).where(
            *(row.recipient_id == recipient_id, row.arrival > after, row.arrival <= up_to, row.type.in_(kinds)),
            *WAITING,
        )
        count = await self.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        return (await self.session.scalars(chosen.order_by(row.arrival.desc()).limit(limit))).all(), count

    async def mark(self, recipient_id: UUID, *which: ColumnElement[bool], read: bool) -> bool:
        """Set or clear the read mark of ``which`` and keep the count in step; whether anything changed."""
        return await self._change(
            recipient_id,
            update(NotificationRow)
            .where(
                NotificationRow.recipient_id == recipient_id,
                NotificationRow.hidden.is_(None),
                NotificationRow.read_at.is_(None) == read,
                *which,
            )
            .values(read_at=func.now() if read else None)
            .returning(*OUT),
            unread=-1 if read else 1,
            if_null=["hidden", "archived_at"],
        )

    async def archive(self, recipient_id: UUID, notification_id: UUID) -> bool:
        """Put it away; one that waited does not wait any more. Whether anything changed."""
        return await self._change(
            recipient_id,
            update(NotificationRow)
            .where(
                NotificationRow.id == notification_id,
                NotificationRow.recipient_id == recipient_id,
                NotificationRow.hidden.is_(None),
                NotificationRow.archived_at.is_(None),
            )
            .values(archived_at=func.now())
            .returning(*OUT),
            unread=-1,
            if_null=["hidden", "read_at"],
        )

    async def delete_shown(self, recipient_id: UUID, notification_id: UUID) -> bool:
        """Hide it for good; whether anything changed. The row stays: its event is not to be told again."""
        return await self._change(
            recipient_id,
            update(NotificationRow)
            .where(
                NotificationRow.id == notification_id,
                NotificationRow.recipient_id == recipient_id,
                NotificationRow.hidden.is_(None),
            )
            .values(hidden="deleted")
            .returning(*OUT),
            unread=-1,
            if_null=["read_at", "archived_at"],
        )

    async def _change(
        self,
        recipient_id: UUID,
        change: ReturningUpdate[tuple[UUID, datetime | None, datetime | None, str | None]],
        *,
        unread: Literal[1, -1],
        if_null: Sequence[str],
    ) -> bool:
        """Run ``change``; those of its rows where ``if_null`` is begin or cease to wait."""
        await self.session.execute(select(InboxRow.id).where(InboxRow.id == recipient_id).with_for_update())
        changed = change.cte("changed")
        waiting = and_(*(changed.c[name].is_(None) for name in if_null))
        counted = await self.session.execute(select(func.count(), func.count().filter(waiting)).select_from(changed))
        everything, number = counted.tuples().one()
        if everything:
            await self.session.execute(
                update(InboxRow)
                .where(InboxRow.id == recipient_id)
                .values(unread=InboxRow.unread + unread * number, version=InboxRow.version + 1)
                .execution_options(synchronize_session=False)
            )
        return everything > 0


class InboxRepository(SQLAlchemyAsyncRepository[InboxRow]):
    """Inboxes as a collection."""

    model_type = InboxRow

    async def version_of(self, user_id: UUID) -> int:
        """The last arrival; 0 for an inbox that nothing has ever come into."""
        return await self.session.scalar(select(InboxRow.version).where(InboxRow.id == user_id)) or 0
