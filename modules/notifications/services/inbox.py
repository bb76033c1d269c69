"""One person's inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from kernel.errors import NotFound
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from kernel.unit_of_work import UnitOfWork
from kernel.versions import Versioned
from modules.notifications.models import NotificationRow
from modules.notifications.repositories import COUNTS, NotificationRepository
from modules.notifications.schemas import Notification, Type, Unread
from modules.notifications.services.presentation import Presentation


class InboxService:
    """One person's inbox, inside one transaction."""

    def __init__(self, uow: UnitOfWork, presentation: Presentation) -> None:
        self._presentation = presentation
        self._notifications = NotificationRepository(session=uow.session)

    async def page(
        self,
        recipient_id: UUID,
        *,
        unread: bool | None,
        kind: Type | None,
        archived: bool,
        cursor: str | None,
        limit: int,
    ) -> Page[Notification]:
        """The latest first; raises `InvalidCursor`."""
        rows = await self._notifications.page(
            recipient_id,
            unread=unread,
            kind=kind,
            archived=archived,
            before=None if cursor is None else decode_cursor(cursor, "inbox", int)[0],
            limit=limit + 1,
        )
        shown = rows[:limit]
        return Page(
            items=await self._presentation.of(shown),
            next_cursor=encode_cursor("inbox", shown[-1].arrival) if len(rows) > limit else None,
        )

    async def mark(self, recipient_id: UUID, notification_id: UUID, *, read: bool) -> None:
        """Set or clear the read mark; doing it twice is doing it once. Raises `NotFound`."""
        if not await self._notifications.mark(recipient_id, NotificationRow.id == notification_id, read=read):
            await self._find(recipient_id, notification_id)

    async def mark_all(self, recipient_id: UUID, up_to: UUID | datetime | None) -> None:
        """Mark as read what has arrived by now, or by the moment or the notification that is named.

        Raises `NotFound`.
        """
        until: list[ColumnElement[bool]] = []
        if isinstance(up_to, datetime):
            until = [NotificationRow.created_at <= up_to]
        elif up_to is not None:
            last = await self._find(recipient_id, up_to, or_deleted=True)
            until = [NotificationRow.arrival <= last.arrival]
        await self._notifications.mark(recipient_id, *until, read=True)

    async def archive(self, recipient_id: UUID, notification_id: UUID) -> None:
        """Put it away; doing it twice is doing it once. Raises `NotFound`."""
        if not await self._notifications.archive(recipient_id, notification_id):
            await self._find(recipient_id, notification_id)

    async def delete(self, recipient_id: UUID, notification_id: UUID) -> None:
        """Delete it; doing it twice is doing it once. Raises `NotFound`."""
        if not await self._notifications.delete_shown(recipient_id, notification_id):
            await self._find(recipient_id, notification_id, or_deleted=True)

    async def _find(self, recipient_id: UUID, notification_id: UUID, *, or_deleted: bool = False) -> NotificationRow:
        row = await self._notifications.get_one_or_none(id=notification_id, recipient_id=recipient_id)
        if row is None or (row.hidden == "deleted" and not or_deleted):
            raise NotFound
        return row


class UnreadCounts:
    """How many wait: one row an inbox, and one query for all who ask at the same time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def of(self, recipient_id: UUID) -> Versioned[Unread]:
        """The number of one inbox."""
        count = (await self._reader.by_id(COUNTS, {recipient_id})).get(recipient_id)
        return Versioned(Unread(count.unread), count.version) if count else Versioned(Unread(0), 0)
