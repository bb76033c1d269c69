"""Bodies of requests and answers under ``/notifications``."""

from modules.notifications.schemas.announcements import Announce, Announcement
from modules.notifications.schemas.deliveries import Delivery
from modules.notifications.schemas.inbox import Notification, ReadAll, Target, TargetKind, Type, Unread
from modules.notifications.schemas.preferences import (
    SECURITY,
    ChangePreferences,
    Channel,
    Channels,
    Digest,
    Preferences,
    zone_of,
)
from modules.notifications.schemas.streaming import StreamTicket

__all__ = [
    "SECURITY",
    "Announce",
    "Announcement",
    "ChangePreferences",
    "Channel",
    "Channels",
    "Delivery",
    "Digest",
    "Notification",
    "Preferences",
    "ReadAll",
    "StreamTicket",
    "Target",
    "TargetKind",
    "Type",
    "Unread",
    "zone_of",
]
