"""One person's inbox."""

from uuid import UUID

from kernel.errors import NotFound
from kernel.pages import Page, decode_cursor, encode_cursor
from kernel.unit_of_work import UnitOfWork
from kernel.versions import Versioned
from modules.notifications.repositories import InboxRepository, NotificationRepository
from modules.notifications.schemas import Notification, Type, Unread
from modules.notifications.services.presentation import Presentation


class InboxService:
    """One person's inbox, inside one transaction."""

    def __init__(self, uow: UnitOfWork, presentation: Presentation) -> None:
        self._presentation = presentation
        self._notifications = NotificationRepository(session=uow.session)
        self._inboxes = InboxRepository(session=uow.session)

    async def page(
        self, recipient_id: UUID, *, unread: bool | None, kind: Type | None, cursor: str | None, limit: int
    ) -> Page[Notification]:
        """Newest first; raises `InvalidCursor`."""
        after = None if cursor is None else decode_cursor(cursor, UUID)[0]
        rows = await self._notifications.page(recipient_id, unread=unread, kind=kind, after=after, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=await self._presentation.of(shown),
            next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None,
        )

    async def unread(self, recipient_id: UUID) -> Versioned[Unread]:
        """How many wait: one row is read, however many there are."""
        inbox = await self._inboxes.get_one_or_none(id=recipient_id)
        return Versioned(Unread(inbox.unread), inbox.version) if inbox else Versioned(Unread(0), 0)

    async def mark(self, recipient_id: UUID, notification_id: UUID, *, read: bool) -> None:
        """Set or clear the read mark; doing it twice is doing it once. Raises `NotFound`."""
        if await self._notifications.mark(recipient_id, notification_id, read=read):
            return
        if not await self._notifications.exists(id=notification_id, recipient_id=recipient_id):
            raise NotFound
