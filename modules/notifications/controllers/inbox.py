"""Reading and marking one's own notifications."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from kernel.bounds import EARLIEST, END
from kernel.errors import NotFound, ValidationFailed, Violation
from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, signed_in
from modules.notifications.schemas import Notification, ReadAll, Type, Unread
from modules.notifications.services import InboxService, UnreadCounts


class InboxController(Controller):
    """The caller's own notifications."""

    guards = (signed_in,)

    @get(operation_id="listNotifications")
    async def show_all(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        unread: Annotated[bool | None, QueryParameter(description="Only unread ones, or only read ones.")] = None,
        type: Annotated[Type | None, QueryParameter(description="Only those of this type.")] = None,  # noqa: A002 - its name
        archived: Annotated[bool, QueryParameter(description="Archived ones instead of the others.")] = False,
    ) -> Response[Page[Notification]]:
        """Your notifications, newest first."""
        page = await inbox_service.page(me.id, unread=unread, kind=type, archived=archived, cursor=cursor, limit=limit)
        return listing(request, page)

    @get("/unread-count", operation_id="countUnreadNotifications")
    async def count_unread(
        self, request: HttpRequest, me: NamedDependency[Principal], unread_counts: NamedDependency[UnreadCounts]
    ) -> Response[Unread]:
        """The number of unread notifications; poll it with the ETag."""
        unread = await unread_counts.of(me.id)
        return resource(request, unread.value, version=unread.version)

    @post("/read-all", operation_id="readAllNotifications", status_code=204, opt={"problems": [NotFound]})
    async def read_all(
        self,
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
        data: JSONBody[ReadAll | None] = None,
    ) -> None:
        """Mark all notifications as read, or those up to one of them. Later arrivals stay unread."""
        await inbox_service.mark_all(me.id, bound(data.up_to) if data and data.up_to is not None else None)

    @post("/{notification_id:uuid}/read", operation_id="readNotification", status_code=204)
    async def read(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Mark a notification as read."""
        await inbox_service.mark(me.id, notification_id, read=True)

    @post("/{notification_id:uuid}/unread", operation_id="unreadNotification", status_code=204)
    async def unread(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Mark a notification as unread."""
        await inbox_service.mark(me.id, notification_id, read=False)

    @post("/{notification_id:uuid}/archive", operation_id="archiveNotification", status_code=204)
    async def archive(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Archive a notification: only `?archived=true` lists it, and it no longer counts as unread."""
        await inbox_service.archive(me.id, notification_id)

    @delete("/{notification_id:uuid}", operation_id="deleteNotification")
    async def delete(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Delete a notification for good."""
        await inbox_service.delete(me.id, notification_id)


def bound(text: str) -> UUID | datetime:
    """An id, or a moment with a zone; raises `ValidationFailed`."""
    with suppress(msgspec.ValidationError):
        return msgspec.convert(text, UUID)
    with suppress(msgspec.ValidationError):
        moment = msgspec.convert(text, datetime)
        if moment.tzinfo is not None and EARLIEST <= moment < END:
            return moment
    raise ValidationFailed([Violation("/body/up_to", "invalid_format", "Expected an id or a time with a time zone.")])
