"""The ledger: every mail that is to be sent, or was. No words and no token, only what a letter is written from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Index, String, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import new_id
from kernel.events import Event
from kernel.outbox import Base
from kernel.unit_of_work import UnitOfWork

MailState: TypeAlias = Literal["queued", "sent", "dropped", "failed"]


class MailRow(Base):
    """One mail to one address."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_kernel_mails_state", "state", "id"), Index("ix_kernel_mails_kind", "kind", "id"))

    kind: Mapped[str] = mapped_column(String(100))
    user_id: Mapped[UUID] = mapped_column(index=True)
    recipient: Mapped[str] = mapped_column(String(254))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    sent_at: Mapped[datetime | None]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is written from."""

    id: UUID
    kind: str
    user_id: UUID
    recipient: str
    facts: dict[str, str]
    state: MailState


class MailQueued(Event, frozen=True, tag="kernel.mail_queued"):
    """A mail is to be sent."""

    mail_id: UUID


async def post_many(uow: UnitOfWork, kind: str, recipients: Mapping[UUID, str], *, facts: dict[str, str]) -> None:
    """The same mail to many: by the ids of people, their addresses. Two statements, however many there are."""
    mails = {new_id(): each for each in recipients.items()}
    if mails:
        rows = [
            {"id": mail_id, "kind": kind, "user_id": user_id, "recipient": recipient, "facts": facts}
            for mail_id, (user_id, recipient) in mails.items()
        ]
        await uow.session.execute(insert(MailRow), rows)
        await uow.publish(*(MailQueued(mail_id=mail_id) for mail_id in mails))


async def post(
    uow: UnitOfWork, kind: str, *, user_id: UUID, recipient: str, facts: dict[str, str] | None = None
) -> UUID:
    """Enter a mail into the ledger and get its id: it is sent after the commit, or never. No secrets in ``facts``."""
    mail_id = new_id()
    uow.session.add(MailRow(id=mail_id, kind=kind, user_id=user_id, recipient=recipient, facts=facts or {}))
    await uow.publish(MailQueued(mail_id=mail_id))
    return mail_id
