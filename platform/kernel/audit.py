"""The audit log: who did what to whom, from where. Any module writes; `users` shows it.

An entry is written in the transaction of its act, so one is never without the other.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.outbox import Base
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
