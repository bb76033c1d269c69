"""Queries of the notifications module."""

from modules.notifications.repositories.inbox import Fact, InboxRepository, NotificationRepository

__all__ = ["Fact", "InboxRepository", "NotificationRepository"]
