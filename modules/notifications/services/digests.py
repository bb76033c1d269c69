"""When a digest is due: at an hour of the person's own day, so that nobody is woken up by it."""

from datetime import UTC, datetime, time, timedelta

from modules.notifications.schemas import zone_of

MONDAY = 0


def next_due(now: datetime, *, weekly: bool, hour: int, timezone: str) -> datetime:
    """The next moment at which the clock of ``timezone`` shows that hour, on a Monday if ``weekly``.

    A zone that this machine does not know, or no longer, is taken for UTC.
    """
    zone = zone_of(timezone) or UTC
    day = now.astimezone(zone).date()
    while True:
        due = datetime.combine(day, time(hour), zone)
        if due > now and (day.weekday() == MONDAY or not weekly):
            return due.astimezone(now.tzinfo)
        day += timedelta(days=1)
