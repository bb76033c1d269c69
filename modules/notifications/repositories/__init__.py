"""Queries of the notifications module."""

from modules.notifications.repositories.announcements import AnnouncementRepository
from modules.notifications.repositories.arriving import ArrivalRepository, is_gathered
from modules.notifications.repositories.facts import Fact
from modules.notifications.repositories.housekeeping import HousekeepingRepository
from modules.notifications.repositories.inbox import COUNTS, InboxCount, InboxRepository, NotificationRepository
from modules.notifications.repositories.preferences import PreferencesRepository, wants
from modules.notifications.repositories.tickets import StreamTicketRepository
from modules.notifications.repositories.watching import WatchRepository

__all__ = [
    "COUNTS",
    "AnnouncementRepository",
    "ArrivalRepository",
    "Fact",
    "HousekeepingRepository",
    "InboxCount",
    "InboxRepository",
    "NotificationRepository",
    "PreferencesRepository",
    "StreamTicketRepository",
    "WatchRepository",
    "is_gathered",
    "wants",
]
