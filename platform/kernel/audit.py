"""The audit log: who did what to whom, from where. Any module writes; `users` shows it.

An entry is written in the transaction of its act, so one is never without the other.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, DateTime, Index, Integer, String, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.outbox import Base
from kernel.reads import Query, Reader
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork


class AuditRow(Base):
    """One act of an administrator, or one that concerns security."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_kernel_audit_log_actor", "actor_id", "id"),
        Index("ix_kernel_audit_log_subject", "subject_id", "id"),
        Index("ix_kernel_audit_log_act", "act", "id"),
    )

    act: Mapped[str] = mapped_column(String(60))
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    ip: Mapped[str] = mapped_column(String(45))


def record(
    uow: UnitOfWork,
    act: str,
    *,
    actor: Principal | None,
    subject_id: UUID | None,
    ip: str = "",
    facts: Mapping[str, Any] | None = None,  # Any: JSON
) -> None:
    """Enter ``act``, named ``module.past_tense``; without an actor, the system or the command line did it.

    No secret and nothing personal in ``facts``: a person who is erased stays in the log by id alone.
    """
    actor_id = None if actor is None else actor.id
    uow.session.add(AuditRow(act=act, actor_id=actor_id, subject_id=subject_id, facts=dict(facts or {}), ip=ip))


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An act as it is read."""

    id: UUID
    act: str
    actor_id: UUID | None
    subject_id: UUID | None
    ip: str
    facts: dict[str, Any]  # Any: JSON
    created_at: datetime


class AuditFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted."""

    act: str | None = None
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


CONDITIONS: dict[str, ColumnElement[bool]] = {
    "act": AuditRow.act == bindparam("act", type_=String()),
    "actor_id": AuditRow.actor_id == bindparam("actor_id", type_=Uuid()),
    "subject_id": AuditRow.subject_id == bindparam("subject_id", type_=Uuid()),
    "created_from": AuditRow.created_at >= bindparam("created_from", type_=DateTime(timezone=True)),
    "created_to": AuditRow.created_at < bindparam("created_to", type_=DateTime(timezone=True)),
    "before": AuditRow.id < bindparam("before", type_=Uuid()),
}


@lru_cache(64)
def entries_query(form: frozenset[str]) -> Query[AuditEntry]:
    """The newest entries that fulfil the conditions named by ``form``."""
    columns = [getattr(AuditRow, field.name) for field in msgspec.structs.fields(AuditEntry)]
    wanted = [condition for name, condition in CONDITIONS.items() if name in form]
    statement = select(*columns).where(*wanted).order_by(AuditRow.id.desc())
    return Query(statement.limit(bindparam("rows", type_=Integer())), AuditEntry)


async def find_entries(reader: Reader, filters: AuditFilters, *, before: UUID | None, limit: int) -> list[AuditEntry]:
    """The newest entries that match, before the one with that id if given, as they are committed."""
    given = {**msgspec.structs.asdict(filters), "before": before}
    given = {name: value for name, value in given.items() if value is not None}
    return await reader.all(entries_query(frozenset(given)), **given, rows=limit)
