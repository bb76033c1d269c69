"""Tables of the notifications module."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``notifications``."""

    __abstract__ = True
    metadata = schema("notifications")


class NotificationRow(Base):
    """Something that a person should know, once per event. It names people and things by id; words come later.

    ``arrival`` is the version that the inbox got with it: within one inbox it grows in the order of the commits.
    Repetitions share a ``group_id``; the last of them speaks for all, the earlier ones are hidden.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recipient_id", "event_id"),
        Index("ix_notifications_notifications_inbox", "recipient_id", "arrival"),
        Index(
            "ix_notifications_notifications_waiting",
            "recipient_id",
            "arrival",
            postgresql_where=text("read_at IS NULL AND archived_at IS NULL AND hidden IS NULL"),
        ),
        Index(
            "ix_notifications_notifications_heads",
            "recipient_id",
            "type",
            "target_id",
            postgresql_where=text("group_id IS NOT NULL AND hidden IS NULL"),
        ),
        Index(
            "ix_notifications_notifications_group",
            "group_id",
            "actor_id",
            postgresql_where=text("group_id IS NOT NULL"),
        ),
    )

    recipient_id: Mapped[UUID]
    event_id: Mapped[UUID]
    arrival: Mapped[int] = mapped_column(server_default="0")
    type: Mapped[str] = mapped_column(String(30))
    detail: Mapped[str | None] = mapped_column(String(30))
    """What kind of its type."""
    actor_id: Mapped[UUID | None]
    target_kind: Mapped[str] = mapped_column(String(30))
    target_id: Mapped[UUID]
    post_id: Mapped[UUID | None]
    """Where the target is, if it is a comment."""
    group_id: Mapped[UUID | None]
    hidden: Mapped[str | None] = mapped_column(String(10))
    """Why it is out of sight: ``superseded`` by a later repetition, or ``deleted`` by its owner."""
    count: Mapped[int] = mapped_column(default=1)
    """How many people have done it."""
    read_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class AnnouncementRow(Base):
    """Something that everybody is told, or everybody with a role: its words, and how far it has come.

    ``after`` is the last person who was told. Who has joined since it was made is not told.
    """

    __tablename__ = "announcements"

    author_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    after: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class InboxRow(Base):
    """How many unread notifications a person has; the id is the person's. ``version`` counts changes of the inbox.

    Whoever changes notifications of an inbox locks its row first, so none waits for another in a circle.
    """

    __tablename__ = "inboxes"

    unread: Mapped[int]
    version: Mapped[int]


class PreferencesRow(Base):
    """What a person has chosen otherwise than it is by default; the id is the person's."""

    __tablename__ = "preferences"
    __table_args__ = (
        Index("ix_notifications_preferences_due", "digest_due", postgresql_where=text("digest_due IS NOT NULL")),
    )

    choices: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    digest: Mapped[str] = mapped_column(String(10))
    digest_hour: Mapped[int]
    timezone: Mapped[str] = mapped_column(String(60))
    digest_due: Mapped[datetime | None]
    digested: Mapped[int]
    """The last arrival that was in a digest."""
    version: Mapped[int]


class StreamTicketRow(Base):
    """The right to open one stream, once and soon: the digest of the ticket, and the encrypted token behind it."""

    __tablename__ = "stream_tickets"

    digest: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
