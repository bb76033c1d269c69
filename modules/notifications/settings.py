"""Configuration of the notifications module."""

from kernel.settings import Count, Settings


class NotificationsSettings(Settings, frozen=True, kw_only=True):
    """How long notifications are kept, and where links in mails lead."""

    prefix = "NOTIFICATIONS"

    retention_days: Count = 180
    """Whatever is older is deleted, read or not."""
    unsubscribe_url: str = ""
    """A front end's page instead of ``/unsubscribe``."""
