"""Notifier everybody: a thousand at a time, each batch in the transaction that says how far it has come."""

from uuid import UUID

import msgspec

from kernel.audit import record
from kernel.db import new_id, utc_now
from kernel.errors import NotFound, ValidationFailed, Violation
from kernel.http.client import Client
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import Versioned
from modules.notifications.contracts import AnnouncementContinued, AnnouncementEnded
from modules.notifications.models import AnnouncementRow
from modules.notifications.repositories import AnnouncementRepository, Fact
from modules.notifications.schemas import Announce, Announcement
from modules.notifications.services.notifier import Notifier
from modules.users import Audience

BATCH = 1_000
"""People who are told in one transaction; whatever else is to be told takes its turn in between."""


def to_announcement(row: AnnouncementRow) -> Versioned[Announcement]:
    """The single place where a row becomes something that an administrator sees."""
    return Versioned(msgspec.convert(row, Announcement, from_attributes=True), row.version)


class AnnouncementService:
    """Announcements, inside one transaction."""

    def __init__(self, uow: UnitOfWork, audience: Audience, notifier: Notifier) -> None:
        self._uow = uow
        self._audience = audience
        self._notifier = notifier
        self._announcements = AnnouncementRepository(session=uow.session)

    async def announce(self, me: Principal, form: Announce, client: Client) -> Versioned[Announcement]:
        """Begin to tell all who are there by now; raises `ValidationFailed` where nobody can have the role."""
        announcement_id = new_id()
        total = await self._audience.count(form.role, up_to=announcement_id)
        if total is None:
            raise ValidationFailed([Violation("/body/role", "unknown_name", "This role does not exist.")])
        row = AnnouncementRow(
            id=announcement_id,
            author_id=me.id,
            title=form.title,
            body=form.body,
            role=form.role,
            state="sending",
            total=total,
            done=0,
        )
        await self._announcements.add(row)
        await self._uow.publish(AnnouncementContinued(announcement_id=row.id, after=None))
        self._note("notifications.announced", row, me, client)
        return to_announcement(row)

    async def find(self, announcement_id: UUID) -> Versioned[Announcement]:
        """How far it has come; raises `NotFound`."""
        row = await self._announcements.get_one_or_none(id=announcement_id)
        if row is None:
            raise NotFound
        return to_announcement(row)

    async def cancel(self, me: Principal, announcement_id: UUID, client: Client) -> Versioned[Announcement]:
        """Tell nobody else; raises `NotFound`, or `AnnouncementEnded` when nobody else is left."""
        row = await self._announcements.to_edit(announcement_id)
        if row is None:
            raise NotFound
        if row.state == "done":
            raise AnnouncementEnded
        if row.state == "sending":
            row.state, row.ended_at = "cancelled", utc_now()
            self._note("notifications.announcement_cancelled", row, me, client)
            await self._uow.session.flush()
        return to_announcement(row)

    async def go_on(self, announcement_id: UUID, after: UUID | None) -> None:
        """Tell the people after that one, and say where to go on. What was done already is not done again."""
        row = await self._announcements.to_edit(announcement_id)
        if row is None or row.state != "sending" or row.after != after:
            return
        people = await self._audience.page(row.role, after=after, up_to=row.id, limit=BATCH)
        fact = Fact(event_id=row.id, type="announcement", target_kind="announcement", target_id=row.id)
        await self._notifier.notify(fact, people)
        row.done += len(people)
        row.total = max(row.total, row.done)
        if len(people) < BATCH:  # who has left in the meantime is not waited for
            row.state, row.total, row.ended_at = "done", row.done, utc_now()
        else:
            row.after = people[-1]
            await self._uow.publish(AnnouncementContinued(announcement_id=row.id, after=row.after))

    def _note(self, act: str, row: AnnouncementRow, me: Principal, client: Client) -> None:
        facts = {"announcement_id": str(row.id), "role": row.role, "total": row.total, "done": row.done}
        record(self._uow, act, actor=me, subject_id=None, ip=client.ip, facts=facts)
