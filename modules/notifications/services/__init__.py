"""Rules of the notifications module."""

from litestar.di import NamedDependency

from kernel.reads import Reader
from kernel.unit_of_work import UnitOfWork
from modules.notifications.services.inbox import InboxService, UnreadCounts
from modules.notifications.services.presentation import Presentation
from modules.posts import Posts
from modules.users import Users


def provide_presentation(users: NamedDependency[Users], posts: NamedDependency[Posts]) -> Presentation:
    """What a recipient gets to see of a row."""
    return Presentation(users, posts)


def provide_inbox_service(
    uow: NamedDependency[UnitOfWork], presentation: NamedDependency[Presentation]
) -> InboxService:
    """One's own inbox."""
    return InboxService(uow, presentation)


def provide_unread_counts(reader: NamedDependency[Reader]) -> UnreadCounts:
    """The numbers that are polled."""
    return UnreadCounts(reader)


__all__ = [
    "InboxService",
    "Presentation",
    "UnreadCounts",
    "provide_inbox_service",
    "provide_presentation",
    "provide_unread_counts",
]
