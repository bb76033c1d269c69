"""How notifications get into inboxes: exactly one for each event and recipient, however often the event comes."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Uuid, bindparam, column, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.repositories.facts import GATHERED, Fact

IDS = ARRAY(Uuid())
LATER = {"unread": InboxRow.unread + 1, "version": InboxRow.version + 1}
WAITING = (
    NotificationRow.read_at.is_(None),
    NotificationRow.archived_at.is_(None),
    NotificationRow.hidden.is_(None),
)


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
            *(literal(value, NotificationRow.__table__.c[name].type) for name, value in values.items()),
        ).join(told, told.c.id == new.c.recipient_id)
        fresh = await self.session.scalars(
            insert(NotificationRow)
            .from_select(["id", "recipient_id", "arrival", *values], rows, include_defaults=False)
            .returning(NotificationRow.recipient_id)
        )
        return fresh.all()

    async def gather(self, fact: Fact, recipient_id: UUID) -> int:
        """Put a repetition into the place of the unread one before it; how many people it tells of, 0 if it is known.

        What somebody does again counts once.
        """
        arrival = await self._lock(recipient_id)
        if await self.exists(recipient_id=recipient_id, event_id=fact.event_id):
            return 0
        row = NotificationRow(id=new_id(), recipient_id=recipient_id, arrival=arrival, count=1)
        for name, value in msgspec.structs.asdict(fact).items():
            setattr(row, name, value)
        row.group_id = row.id
        head = await self._supersede(fact, recipient_id)
        if head is not None:
            row.group_id, row.count = head[0], head[1] + (not await self._has_acted(head[0], fact.actor_id))
        self.session.add(row)
        await self.session.flush([row])
        if head is None:
            one_more = update(InboxRow).where(InboxRow.id == recipient_id).values(unread=InboxRow.unread + 1)
            await self.session.execute(one_more.execution_options(synchronize_session=False))
        return row.count

    async def _lock(self, recipient_id: UUID) -> int:
        """The next version of the inbox, which nobody else changes until the transaction ends."""
        locked = await self.session.scalars(
            insert(InboxRow)
            .values(id=recipient_id, unread=0, version=1)
            .on_conflict_do_update(index_elements=["id"], set_={"version": InboxRow.version + 1})
            .returning(InboxRow.version)
        )
        return locked.one()

    async def _supersede(self, fact: Fact, recipient_id: UUID) -> tuple[UUID, int] | None:
        """The unread one that this repeats, out of sight from now on: its group, and of how many people it told."""
        same = [] if fact.type == "new_follower" else [NotificationRow.target_id == fact.target_id]
        head = await self.session.execute(
            update(NotificationRow)
            .where(
                NotificationRow.recipient_id == recipient_id,
                NotificationRow.type == fact.type,
                NotificationRow.group_id.is_not(None),
                *WAITING,
                *same,
            )
            .values(hidden="superseded")
            .returning(NotificationRow.group_id, NotificationRow.count)
            .execution_options(synchronize_session=False)
        )
        found = head.first()
        return None if found is None else (found[0], found[1])

    async def _has_acted(self, group_id: UUID, actor_id: UUID | None) -> bool:
        return await self.exists(group_id=group_id, actor_id=actor_id)


def is_gathered(fact: Fact) -> bool:
    """Whether repetitions of it are told together."""
    return fact.type in GATHERED
