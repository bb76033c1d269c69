"""Reading and marking one's own notifications."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pages import Page
from kernel.security import Principal, signed_in
from modules.notifications.schemas import Notification, Type, Unread
from modules.notifications.services import InboxService


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
        unread: Annotated[bool | None, QueryParameter(description="Those that wait, or those that were read.")] = None,
        type: Annotated[Type | None, QueryParameter(description="Of this type.")] = None,  # noqa: A002 - its name
    ) -> Response[Page[Notification]]:
        """One's own notifications, newest first."""
        page = await inbox_service.page(me.id, unread=unread, kind=type, cursor=cursor, limit=limit)
        return listing(request, page)

    @get("/unread-count", operation_id="countUnreadNotifications")
    async def count_unread(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> Response[Unread]:
        """How many wait; poll it with the ETag."""
        unread = await inbox_service.unread(me.id)
        return resource(request, unread.value, version=unread.version)

    @post("/{notification_id:uuid}/read", operation_id="readNotification", status_code=204)
    async def read(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Mark as read."""
        await inbox_service.mark(me.id, notification_id, read=True)

    @post("/{notification_id:uuid}/unread", operation_id="unreadNotification", status_code=204)
    async def unread(
        self,
        notification_id: FromPath[UUID],
        me: NamedDependency[Principal],
        inbox_service: NamedDependency[InboxService],
    ) -> None:
        """Mark as not read."""
        await inbox_service.mark(me.id, notification_id, read=False)
