"""Tables of the notifications module."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``notifications``."""

    __abstract__ = True
    metadata = schema("notifications")


class NotificationRow(Base):
    """Something that a person should know, once per event. It names people and things by id; words come later."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recipient_id", "event_id"),
        Index("ix_notifications_notifications_inbox", "recipient_id", "id"),
    )

    recipient_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(30))
    actor_id: Mapped[UUID | None]
    target_kind: Mapped[str] = mapped_column(String(30))
    target_id: Mapped[UUID]
    count: Mapped[int] = mapped_column(default=1)
    read_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class InboxRow(Base):
    """How many unread notifications a person has; the id is the person's. ``version`` counts changes of the number."""

    __tablename__ = "inboxes"

    unread: Mapped[int]
    version: Mapped[int]
