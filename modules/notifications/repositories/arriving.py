"""How notifications get into inboxes: exactly one for each event and recipient, however often the event comes."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, String, Uuid, bindparam, column, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.repositories.facts import GATHERED, Fact

IDS = ARRAY(Uuid())
COLUMNS = NotificationRow.__table__.c
LATER = {"unread": InboxRow.unread + 1, "version": InboxRow.version + 1}
WAITING = (
    NotificationRow.read_at.is_(None),
    NotificationRow.archived_at.is_(None),
    NotificationRow.hidden.is_(None),
)

GATHER = text("""
    WITH fresh AS (
        SELECT 1 WHERE NOT EXISTS (
            SELECT 1 FROM notifications.notifications WHERE recipient_id = :recipient_id AND event_id = :event_id)
    ), head AS (
        UPDATE notifications.notifications SET hidden = 'superseded', updated_at = now()
        WHERE recipient_id = :recipient_id AND type = :type AND (:together OR target_id = :target_id)
          AND group_id IS NOT NULL AND read_at IS NULL AND archived_at IS NULL AND hidden IS NULL
          AND EXISTS (SELECT 1 FROM fresh)
        RETURNING group_id, count
    ), told AS (
        INSERT INTO notifications.notifications (created_at, id, recipient_id, event_id, arrival, type, detail,
                                                 actor_id, target_kind, target_id, post_id, group_id, count)
        SELECT clock_timestamp(), :id, :recipient_id, :event_id, :arrival, :type, :detail,
               :actor_id, :target_kind, :target_id, :post_id,
               coalesce((SELECT group_id FROM head), :id),
               coalesce((SELECT count FROM head), 0) + CASE WHEN EXISTS (
                   SELECT 1 FROM notifications.notifications n JOIN head ON n.group_id = head.group_id
                   WHERE n.actor_id = :actor_id) THEN 0 ELSE 1 END
        FROM fresh
        RETURNING count
    ), counted AS (
        UPDATE notifications.inboxes SET unread = unread + 1
        WHERE id = :recipient_id AND EXISTS (SELECT 1 FROM told) AND NOT EXISTS (SELECT 1 FROM head)
    )
    SELECT count FROM told
""").bindparams(
    *(bindparam(name, type_=Uuid()) for name in ("id", "recipient_id", "event_id", "actor_id", "target_id", "post_id")),
    *(bindparam(name, type_=String(30)) for name in ("type", "detail", "target_kind")),
)
"""Plain SQL: SQLAlchemy cannot put an UPDATE into a WITH of an INSERT."""


class ArrivalRepository(SQLAlchemyAsyncRepository[NotificationRow]):
    """Puts notifications into inboxes."""

    model_type = NotificationRow

    async def deliver(self, fact: Fact, recipients: Sequence[UUID]) -> Sequence[UUID]:
        """Put one notification into each inbox and count it, in one statement; to whom it was news.

        Whoever has it keeps just that one: the same event is told by one transaction at a time.
        """
        await self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(fact.event_id), 0))))
        new = (
            func.unnest(
                bindparam("ids", [new_id() for _ in recipients], IDS),
                bindparam("recipients", sorted(recipients), IDS),
            )
            .table_valued(column("id", Uuid()), column("recipient_id", Uuid()), name="new")
            .render_derived()
        )
        known = exists().where(
            NotificationRow.recipient_id == new.c.recipient_id, NotificationRow.event_id == fact.event_id
        )
        told = (
            insert(InboxRow)
            .from_select(
                ["id", "unread", "version"],
                select(new.c.recipient_id, literal(1), literal(1)).where(~known).order_by(new.c.recipient_id),
                include_defaults=False,
            )
            .on_conflict_do_update(index_elements=["id"], set_=LATER)
            .returning(InboxRow.id, InboxRow.version)
            .cte("told")
        )
        values = {**msgspec.structs.asdict(fact), "count": 1}
        rows = select(
            new.c.id,
            new.c.recipient_id,
            told.c.version,
            func.clock_timestamp(),  # the transaction may have begun before somebody looked and said "all read"
            *(literal(value, COLUMNS[name].type) for name, value in values.items()),
        ).join(told, told.c.id == new.c.recipient_id)
        fresh = await self.session.scalars(
            insert(NotificationRow)
            .from_select(["id", "recipient_id", "arrival", "created_at", *values], rows, include_defaults=False)
            .returning(NotificationRow.recipient_id)
        )
        return fresh.all()

    async def gather(self, fact: Fact, recipient_id: UUID) -> int:
        """Put a repetition into the place of the unread one before it; how many people it tells of, 0 if it is known.

        What somebody does again counts once.
        """
        given = {
            **msgspec.structs.asdict(fact),
            "id": new_id(),
            "recipient_id": recipient_id,
            "arrival": await self._lock(recipient_id),
            "together": fact.type == "new_follower",
        }
        return await self.session.scalar(GATHER, given) or 0

    async def _lock(self, recipient_id: UUID) -> int:
        """The next version of the inbox, which nobody else changes until the transaction ends."""
        locked = await self.session.scalars(
            insert(InboxRow)
            .values(id=recipient_id, unread=0, version=1)
            .on_conflict_do_update(index_elements=["id"], set_={"version": InboxRow.version + 1})
            .returning(InboxRow.version)
        )
        return locked.one()


def is_gathered(fact: Fact) -> bool:
    """Whether repetitions of it are told together."""
    return fact.type in GATHERED
