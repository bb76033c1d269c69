"""What notifications tells itself, and its refusals. Nobody asks it for anything."""

from uuid import UUID

from kernel.errors import Conflict, Malformed, NotAuthenticated
from kernel.events import Event


class FanOutContinued(Event, frozen=True, tag="notifications.fan_out_continued"):
    """Followers up to ``after`` have been told of a post; the rest of them have not."""

    origin_id: UUID
    """The event that they are told of."""
    post_id: UUID
    author_id: UUID
    after: UUID


class AnnouncementContinued(Event, frozen=True, tag="notifications.announcement_continued"):
    """People up to ``after`` have been told of an announcement, or nobody yet; the rest of them have not."""

    announcement_id: UUID
    after: UUID | None


class AnnouncementEnded(Conflict):
    """The announcement has already gone out to everybody."""


class InvalidUnsubscribeToken(Malformed):
    """This unsubscribe link is invalid."""

    @classmethod
    def code(cls) -> str:
        return "invalid_token"


class InvalidTicket(NotAuthenticated):
    """The ticket has been used or has expired.

    It opens one stream, within 30 seconds. Request a new one: `POST /api/v1/notifications/stream-tickets`.
    """
