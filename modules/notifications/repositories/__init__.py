"""Queries of the notifications module."""

from modules.notifications.repositories.arriving import ArrivalRepository, is_gathered
from modules.notifications.repositories.facts import Fact
from modules.notifications.repositories.inbox import COUNTS, InboxCount, NotificationRepository

__all__ = ["COUNTS", "ArrivalRepository", "Fact", "InboxCount", "NotificationRepository", "is_gathered"]
