"""What everybody is told."""

from collections.abc import Collection
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from modules.notifications.models import AnnouncementRow


class AnnouncementRepository(SQLAlchemyAsyncRepository[AnnouncementRow]):
    """Announcements as a collection."""

    model_type = AnnouncementRow

    async def to_edit(self, announcement_id: UUID) -> AnnouncementRow | None:
        """The row, locked until the transaction ends."""
        return await self.get_one_or_none(id=announcement_id, with_for_update=True)

    async def by_ids(self, ids: Collection[UUID]) -> dict[UUID, AnnouncementRow]:
        """Any number of them with a single query, with none if there are none."""
        return {row.id: row for row in await self.get_many(AnnouncementRow.id.in_(ids))} if ids else {}
