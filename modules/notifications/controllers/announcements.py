"""Notifier everybody something."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.http.client import Client
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.security import Principal, requires
from modules.notifications.contracts import AnnouncementEnded
from modules.notifications.schemas import Announce, Announcement
from modules.notifications.services import AnnouncementService


class AnnouncementController(Controller):
    """Announcements, and how far they have come."""

    path = "/announcements"
    guards = (requires("announcements:write:any"),)

    @post(operation_id="announce", status_code=202)
    async def announce(
        self,
        request: HttpRequest,
        data: JSONBody[Announce],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        once: NamedDependency[Once],
        announcement_service: NamedDependency[AnnouncementService],
    ) -> Response[Announcement]:
        """Send an announcement to all active users, or to those with a role: in batches, once to each inbox."""

        async def effect() -> Response[Announcement]:
            made = await announcement_service.announce(me, data, client)
            headers = {"Location": f"/api/v1/notifications/announcements/{made.value.id}"}
            return resource(request, made.value, version=made.version, status_code=202, headers=headers)

        return await once(str(me.id), effect)

    @get("/{announcement_id:uuid}", operation_id="getAnnouncement")
    async def show(
        self,
        request: HttpRequest,
        announcement_id: FromPath[UUID],
        announcement_service: NamedDependency[AnnouncementService],
    ) -> Response[Announcement]:
        """An announcement and its progress."""
        found = await announcement_service.find(announcement_id)
        return resource(request, found.value, version=found.version)

    @post(
        "/{announcement_id:uuid}/cancel",
        operation_id="cancelAnnouncement",
        status_code=200,
        opt={"problems": [AnnouncementEnded]},
    )
    async def cancel(
        self,
        request: HttpRequest,
        announcement_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        announcement_service: NamedDependency[AnnouncementService],
    ) -> Response[Announcement]:
        """Stop sending; those who already have it keep it. Repeating it changes nothing."""
        cancelled = await announcement_service.cancel(me, announcement_id, client)
        return resource(request, cancelled.value, version=cancelled.version)
