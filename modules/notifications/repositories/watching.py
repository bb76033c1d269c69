"""What has arrived in many inboxes, since each was looked at."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Integer, Uuid, bindparam, column, func, select

from modules.notifications.models import InboxRow, NotificationRow


class WatchRepository(SQLAlchemyAsyncRepository[NotificationRow]):
    """Notifications as they come in."""

    model_type = NotificationRow

    async def versions_of(self, recipient_ids: Collection[UUID]) -> dict[UUID, int]:
        """Where each inbox is by now."""
        found = await self.session.execute(select(InboxRow.id, InboxRow.version).where(InboxRow.id.in_(recipient_ids)))
        return dict(found.tuples().all())

    async def arrived(self, after: Mapping[UUID, int], limit: int) -> Sequence[NotificationRow]:
        """What came into each inbox after an arrival, in that order; of the last inbox perhaps not all."""
        watched = (
            func.unnest(
                bindparam("people", list(after), ARRAY(Uuid())),
                bindparam("arrivals", list(after.values()), ARRAY(Integer())),
            )
            .table_valued(column("recipient_id", Uuid()), column("arrival", Integer()), name="watched")
            .render_derived()
        )
        row = NotificationRow
        rows = await self.session.scalars(
            select(row)
            .join(watched, watched.c.recipient_id == row.recipient_id)
            .where(row.arrival > watched.c.arrival, row.hidden.is_(None))
            .order_by(row.recipient_id, row.arrival)
            .limit(limit)
        )
        return rows.all()

    async def place_of(self, recipient_id: UUID, last_id: UUID | None) -> int:
        """The arrival that a listener has heard: of the notification they name, or else all that there is.

        One that is gone is taken for the last before it: ids grow with time.
        """
        row = NotificationRow
        if last_id is None:
            version = await self.session.scalar(select(InboxRow.version).where(InboxRow.id == recipient_id))
            return version or 0
        mine = select(row.arrival).where(row.recipient_id == recipient_id, row.id == last_id)
        arrival = await self.session.scalar(mine)
        if arrival is None:
            earlier = select(func.max(row.arrival)).where(row.recipient_id == recipient_id, row.id < last_id)
            arrival = await self.session.scalar(earlier)
        return arrival or 0
