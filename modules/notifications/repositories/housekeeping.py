"""What is done to the inboxes of everybody, a part at a time."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, func, select, update

from kernel.db import first_id_of
from modules.notifications.models import InboxRow, NotificationRow, PreferencesRow
from modules.notifications.repositories.arriving import WAITING

AT_ONCE = 1_000
"""Notifications that are deleted in one transaction."""

COUNTED_AT_ONCE = 100
"""Inboxes that are counted in one transaction: each stands still for so long, and may be large."""


class HousekeepingRepository(SQLAlchemyAsyncRepository[NotificationRow]):
    """Notifications as a heap that must not grow, and numbers that must be right."""

    model_type = NotificationRow

    async def repair_counts(self, after: UUID | None) -> UUID | None:
        """Set the numbers of the next inboxes to what their rows say; the last of them, or nothing at the end."""
        page = select(InboxRow.id).order_by(InboxRow.id).limit(COUNTED_AT_ONCE).with_for_update()
        if after is not None:
            page = page.where(InboxRow.id > after)
        inboxes = (await self.session.scalars(page)).all()
        await self._count(inboxes)
        return inboxes[-1] if len(inboxes) == COUNTED_AT_ONCE else None

    async def forget(self, *, before: datetime) -> bool:
        """Delete some notifications that are older; whether there may be more."""
        oldest = (
            select(NotificationRow.id, NotificationRow.recipient_id)
            .where(NotificationRow.id < first_id_of(before))
            .order_by(NotificationRow.id)
            .limit(AT_ONCE)
        )
        old = dict((await self.session.execute(oldest)).tuples().all())
        owners = set(old.values())
        await self.session.execute(
            select(InboxRow.id).where(InboxRow.id.in_(owners)).order_by(InboxRow.id).with_for_update()
        )
        await self.session.execute(
            delete(NotificationRow).where(NotificationRow.id.in_(old)).execution_options(synchronize_session=False)
        )
        await self._count(owners)
        return len(old) == AT_ONCE

    async def erase(self, user_id: UUID) -> None:
        """Everything that is kept for one person."""
        for table, owner in (
            (InboxRow, InboxRow.id),
            (NotificationRow, NotificationRow.recipient_id),
            (PreferencesRow, PreferencesRow.id),
        ):
            await self.session.execute(
                delete(table).where(owner == user_id).execution_options(synchronize_session=False)
            )

    async def _count(self, inboxes: Collection[UUID]) -> None:
        """Correct the numbers that are not what the rows say; the inboxes are locked."""
        number = (
            select(func.count())
            .where(NotificationRow.recipient_id == InboxRow.id, *WAITING)
            .correlate(InboxRow)
            .scalar_subquery()
        )
        await self.session.execute(
            update(InboxRow)
            .where(InboxRow.id.in_(inboxes), InboxRow.unread != number)
            .values(unread=number, version=InboxRow.version + 1)
            .execution_options(synchronize_session=False)
        )
