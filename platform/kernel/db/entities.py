"""What every row has: an identity that sorts by age, and a history."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, MetaData, func
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def schema(name: str) -> MetaData:
    """The private metadata of one owner; its tables live in the PostgreSQL schema of the same name."""
    return MetaData(schema=name, naming_convention=NAMES)


def utc_now() -> datetime:
    """The current moment, always aware, always UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562, 5.7): ids of one process sort by the time of their making."""
    return uuid_utils.compat.uuid7()


def first_id_of(moment: datetime) -> UUID:
    """What sorts before every id that was made then or later: what is older is the beginning of the primary key."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def creation(context: DefaultExecutionContext) -> datetime:
    """When the row is made, so that what was never changed does not look like it."""
    made: datetime | None = (context.current_parameters or {}).get("created_at")
    return made or utc_now()


class Entity(DeclarativeBase):
    """A row with an identity and a history. Each owner of tables derives one abstract base from it."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads it from the class

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, insert_sentinel=True, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        default=creation, onupdate=utc_now, server_default=func.now(), sort_order=91
    )
