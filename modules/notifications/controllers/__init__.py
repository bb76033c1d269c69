"""HTTP surface of the notifications module, mounted at ``/api/v1/notifications``."""

from modules.notifications.controllers.inbox import InboxController
from modules.notifications.controllers.preferences import PreferencesController, UnsubscribeController
from modules.notifications.controllers.streaming import streaming

__all__ = ["InboxController", "PreferencesController", "UnsubscribeController", "streaming"]
