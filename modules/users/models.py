"""Tables of the users module."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``users``."""

    __abstract__ = True
    metadata = schema("users")


class UserRow(Base):
    """A person. ``version`` counts edits; followers come and go without one."""

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_leaving", "deletion_requested_at", postgresql_where=text("deletion_requested_at IS NOT NULL")),
        Index("ix_users_users_roles", "roles", postgresql_using="gin"),
        Index("ix_users_superusers", "id", postgresql_where=text("is_superuser")),
        Index("ix_users_users_created_at", "created_at", "id"),
        Index("ix_users_users_email", "email", "id"),
        Index("ix_users_users_name", "name", "id"),
    )

    email: Mapped[str] = mapped_column(String(254))
    email_identity: Mapped[str] = mapped_column(String(1000), unique=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    bio: Mapped[str] = mapped_column(String(2000), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    """What administrators say; who has asked to be erased is not active either."""
    is_superuser: Mapped[bool] = mapped_column(default=False)
    email_verified: Mapped[bool] = mapped_column(default=False)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(100)), default=list)
    followers_count: Mapped[int] = mapped_column(default=0)
    following_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    deletion_requested_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RoleRow(Base):
    """A role that an administrator made. Those that are built in are no rows (`roles.py`)."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="")
    permissions: Mapped[list[str]] = mapped_column(ARRAY(String(100)), default=list)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class FollowRow(Base):
    """One person follows another. It is not ``counted`` while one of them is about to be erased."""

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("follower_id", "followee_id"),
        Index("ix_users_follows_followee", "followee_id", "follower_id"),
        Index("ix_users_follows_newest_followers", "followee_id", "id"),
        Index("ix_users_follows_newest_followees", "follower_id", "id"),
    )

    follower_id: Mapped[UUID]
    followee_id: Mapped[UUID]
    counted: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class ExportRow(Base):
    """All that is known of a person, asked for by themselves; ``state`` is pending or ready."""

    __tablename__ = "exports"
    __table_args__ = (
        Index("uq_exports_pending", "user_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_users_exports_user_id", "user_id"),
    )

    user_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None]


class ExportChunkRow(Base):
    """A piece of the archive: small enough to be read and sent one by one."""

    __tablename__ = "export_chunks"
    __table_args__ = (UniqueConstraint("export_id", "number"),)

    export_id: Mapped[UUID] = mapped_column(ForeignKey(ExportRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
