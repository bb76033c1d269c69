"""What people have chosen."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from modules.notifications.models import PreferencesRow
from modules.notifications.schemas import SECURITY, Channel, Type

BY_MAIL: frozenset[Type] = frozenset({"welcome", "new_comment", "comment_reply", SECURITY})
"""What is mailed to whoever has not chosen otherwise. (The mail of a security alert is sent by auth.)"""


def wants(chosen: PreferencesRow | None, kind: Type, channel: Channel) -> bool:
    """Whether somebody is to be told of ``kind`` there; nobody has chosen everything."""
    default = channel == "in_app" or kind in BY_MAIL
    if chosen is None or kind == SECURITY:
        return default
    return cast("bool", chosen.choices.get(kind, {}).get(channel, default))


class PreferencesRepository(SQLAlchemyAsyncRepository[PreferencesRow]):
    """Preferences as a collection: only of those who have chosen something."""

    model_type = PreferencesRow

    async def of(self, user_ids: Collection[UUID]) -> dict[UUID, PreferencesRow]:
        """By person, with a single query."""
        ids = bindparam("ids", list(user_ids), ARRAY(Uuid()))  # a list written out costs more than all the rest
        return {row.id: row for row in await self.get_many(PreferencesRow.id == any_(ids))}

    async def to_edit(self, user_id: UUID) -> PreferencesRow:
        """The row, locked until the transaction ends; one that chooses nothing if there was none."""
        nothing = {"choices": {}, "digest": "off", "digest_hour": 8, "timezone": "UTC", "digested": 0, "version": 0}
        await self.session.execute(insert(PreferencesRow).values(id=user_id, **nothing).on_conflict_do_nothing())
        return await self.get_one(id=user_id, with_for_update=True)

    async def due(self, now: datetime, limit: int) -> Sequence[PreferencesRow]:
        """Those whose digest is due and whom nobody else is busy with."""
        due = select(PreferencesRow).where(PreferencesRow.digest_due <= now).order_by(PreferencesRow.digest_due)
        return (await self.session.scalars(due.limit(limit).with_for_update(skip_locked=True))).all()
