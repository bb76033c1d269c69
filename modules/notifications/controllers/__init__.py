"""HTTP surface of the notifications module, mounted at ``/api/v1/notifications``."""

from modules.notifications.controllers.inbox import InboxController

__all__ = ["InboxController"]
