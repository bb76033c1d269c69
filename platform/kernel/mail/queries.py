"""Queries on the ledger, and sending a mail that failed once more."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.errors import Conflict, NotFound
from kernel.mail.ledger import MailQueued, MailRow, MailState
from kernel.unit_of_work import UnitOfWork


class NotFailed(Conflict):
    """This mail has not failed: it was sent, or is no longer needed."""


class MailEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, and what became of it. Its words are nowhere."""

    id: UUID
    kind: str
    user_id: UUID
    recipient: str
    state: MailState
    attempts: int
    last_error: str | None
    sent_at: datetime | None
    created_at: datetime


class MailFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which mails are wanted."""

    state: MailState | None = None
    kind: str | None = None
    user_id: UUID | None = None


def to_entry(row: MailRow) -> MailEntry:
    """The single place where a row of the ledger becomes something that is read."""
    return msgspec.convert(row, MailEntry, from_attributes=True)


async def find_mails(uow: UnitOfWork, filters: MailFilters, *, before: UUID | None, limit: int) -> list[MailEntry]:
    """The newest mails that match, before the one with that id if given."""
    wanted = {name: value for name, value in msgspec.structs.asdict(filters).items() if value is not None}
    statement = select(MailRow).filter_by(**wanted)
    if before is not None:
        statement = statement.where(MailRow.id < before)
    rows = await uow.session.scalars(statement.order_by(MailRow.id.desc()).limit(limit))
    return [to_entry(row) for row in rows.all()]


async def send_again(uow: UnitOfWork, mail_id: UUID) -> tuple[MailEntry, bool]:
    """Queue a failed mail once more; whether it was not queued already. Raises `NotFound` or `NotFailed`."""
    row = await uow.session.scalar(select(MailRow).where(MailRow.id == mail_id).with_for_update())
    if row is None:
        raise NotFound
    if row.state not in {"failed", "queued"}:
        raise NotFailed
    was_failed = row.state == "failed"
    if was_failed:
        row.state = "queued"
        await uow.publish(MailQueued(mail_id=mail_id))
    return to_entry(row), was_failed
