"""Rules of the notifications module."""

from litestar.di import NamedDependency

from kernel.reads import Reader
from kernel.unit_of_work import UnitOfWork
from modules.notifications.repositories import AnnouncementRepository
from modules.notifications.services.announcements import AnnouncementService
from modules.notifications.services.deliveries import DeliveryService
from modules.notifications.services.digests import next_due
from modules.notifications.services.inbox import InboxService, UnreadCounts
from modules.notifications.services.messages import message
from modules.notifications.services.notifier import Notifier
from modules.notifications.services.personal_data import erase, export
from modules.notifications.services.preferences import TYPES, PreferencesService
from modules.notifications.services.presentation import Presentation, post_of, to_target
from modules.notifications.services.stream_hub import StreamHub, Streaming
from modules.notifications.services.tickets import TICKET_LIFETIME, Tickets
from modules.posts import Posts
from modules.users import Audience, Directory, Users


def provide_presentation(
    uow: NamedDependency[UnitOfWork], users: NamedDependency[Users], posts: NamedDependency[Posts]
) -> Presentation:
    """What a recipient gets to see of a row."""
    return Presentation(users, posts, AnnouncementRepository(session=uow.session))


def provide_announcement_service(
    uow: NamedDependency[UnitOfWork], users: NamedDependency[Users], audience: NamedDependency[Audience]
) -> AnnouncementService:
    """What everybody is told; plain enough to be called by hand from a subscriber."""
    return AnnouncementService(uow, audience, Notifier(uow, users))


def provide_delivery_service(uow: NamedDependency[UnitOfWork]) -> DeliveryService:
    """Mails, for administrators."""
    return DeliveryService(uow)


def provide_inbox_service(
    uow: NamedDependency[UnitOfWork], presentation: NamedDependency[Presentation]
) -> InboxService:
    """One's own inbox."""
    return InboxService(uow, presentation)


def provide_preferences_service(
    uow: NamedDependency[UnitOfWork], directory: NamedDependency[Directory]
) -> PreferencesService:
    """What one wants to be told."""
    return PreferencesService(uow, directory)


def provide_streaming(uow: NamedDependency[UnitOfWork]) -> Streaming:
    """Opening streams."""
    return Streaming(uow)


def provide_unread_counts(reader: NamedDependency[Reader]) -> UnreadCounts:
    """The numbers that are polled."""
    return UnreadCounts(reader)


__all__ = [
    "TICKET_LIFETIME",
    "TYPES",
    "AnnouncementService",
    "DeliveryService",
    "InboxService",
    "Notifier",
    "PreferencesService",
    "Presentation",
    "StreamHub",
    "Streaming",
    "Tickets",
    "UnreadCounts",
    "erase",
    "export",
    "message",
    "next_due",
    "post_of",
    "provide_announcement_service",
    "provide_delivery_service",
    "provide_inbox_service",
    "provide_preferences_service",
    "provide_presentation",
    "provide_streaming",
    "provide_unread_counts",
    "to_target",
]
