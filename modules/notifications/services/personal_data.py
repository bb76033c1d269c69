"""What this module holds of a person, and how it forgets them."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from kernel.unit_of_work import UnitOfWork
from modules.notifications.models import NotificationRow
from modules.notifications.repositories import HousekeepingRepository, NotificationRepository, PreferencesRepository
from modules.notifications.services.preferences import to_preferences

COLUMNS = ("id", "type", "detail", "target_kind", "target_id", "count", "created_at", "read_at", "archived_at")


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """Their notifications, by ids, and what they want to be told."""
    rows = await NotificationRepository(session=uow.session).get_many(
        NotificationRow.recipient_id == user_id, NotificationRow.hidden.is_(None)
    )
    chosen = (await PreferencesRepository(session=uow.session).of([user_id])).get(user_id)
    return {
        "notifications.json": [{column: getattr(row, column) for column in COLUMNS} for row in rows],
        "preferences.json": msgspec.to_builtins(to_preferences(chosen).value),
    }


async def erase(uow: UnitOfWork, user_id: UUID) -> None:
    """Forget them. In the inboxes of others they are an id that leads nowhere."""
    await HousekeepingRepository(session=uow.session).erase(user_id)
