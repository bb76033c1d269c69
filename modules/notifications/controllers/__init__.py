"""HTTP surface of the notifications module, mounted at ``/api/v1/notifications``."""

from modules.notifications.controllers.announcements import AnnouncementController
from modules.notifications.controllers.deliveries import DeliveryController
from modules.notifications.controllers.inbox import InboxController
from modules.notifications.controllers.preferences import PreferencesController, UnsubscribeController
from modules.notifications.controllers.streaming import streaming

__all__ = [
    "AnnouncementController",
    "DeliveryController",
    "InboxController",
    "PreferencesController",
    "UnsubscribeController",
    "streaming",
]
