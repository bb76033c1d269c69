"""Queries about sessions."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Integer, Interval, Uuid, any_, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from kernel.reads import Query
from kernel.unit_of_work import UnitOfWork
from modules.auth.models import SessionRow


class LivingSession(msgspec.Struct, frozen=True):
    """A session that has not ended."""

    id: UUID
    user_id: UUID
    auth_time: datetime


LIVING = (
    SessionRow.revoked_at.is_(None),
    SessionRow.expires_at > func.now(),
    SessionRow.absolute_expires_at > func.now(),
)

ALIVE = Query(
    select(SessionRow.id, SessionRow.user_id, SessionRow.auth_time).where(
        SessionRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))), *LIVING
    ),
    LivingSession,
)


class Rotated(msgspec.Struct, frozen=True):
    """A session in its next generation."""

    id: UUID
    user_id: UUID
    generation: int


NEXT = (
    update(SessionRow)
    .where(*LIVING)
    .values(
        generation=SessionRow.generation + 1,
        rotated_at=func.now(),
        expires_at=func.now() + bindparam("sliding", type_=Interval()),
        updated_at=func.now(),
    )
    .returning(SessionRow.id, SessionRow.user_id, SessionRow.generation)
)
ROTATE = Query(
    NEXT.where(
        SessionRow.id == bindparam("session_id", type_=Uuid()),
        SessionRow.generation == bindparam("before", type_=Integer()),
    ),
    Rotated,
)

PRESENTED = select(
    func.unnest(bindparam("session_ids", type_=ARRAY(Uuid))),
    func.unnest(bindparam("generations", type_=ARRAY(Integer))),
)
FREE = (
    select(SessionRow.id)
    .where(tuple_(SessionRow.id, SessionRow.generation).in_(PRESENTED), *LIVING)
    .with_for_update(skip_locked=True)
)
ROTATE_FREE = Query(NEXT.where(SessionRow.id == any_(func.array(FREE.scalar_subquery()))), Rotated)


async def rotate(uow: UnitOfWork, session_id: UUID, generation: int, *, sliding: timedelta) -> Rotated | None:
    """The next generation, if this is the present one of a living session: the database picks one winner."""
    rotated = await uow.run(ROTATE, session_id=session_id, before=generation, sliding=sliding)
    return rotated[0] if rotated else None


async def rotate_free(
    uow: UnitOfWork, presented: Collection[tuple[UUID, int]], *, sliding: timedelta
) -> Sequence[Rotated]:
    """The next generations of those that nobody else holds: it waits for no lock, so that nobody waits for another."""
    session_ids, generations = zip(*presented, strict=True)
    return await uow.run(ROTATE_FREE, session_ids=session_ids, generations=generations, sliding=sliding)


class SessionRepository(SQLAlchemyAsyncRepository[SessionRow]):
    """Sessions as a collection."""

    model_type = SessionRow

    async def locked(self, session_id: UUID) -> SessionRow | None:
        """The row as it is committed now, locked until the transaction ends."""
        return await self.get_one_or_none(
            id=session_id, with_for_update=True, execution_options={"populate_existing": True}
        )

    async def now(self) -> datetime:
        """The time by which sessions begin, rotate and expire: the database's, since processes differ."""
        moment: datetime = (await self.session.execute(select(func.now()))).scalar_one()
        return moment

    async def living(self, user_id: UUID, *, after: UUID | None, limit: int) -> Sequence[SessionRow]:
        """One page of somebody's sessions that have not ended, newest first."""
        statement = select(SessionRow).where(SessionRow.user_id == user_id, *LIVING)
        if after is not None:
            statement = statement.where(SessionRow.id < after)
        return (await self.session.scalars(statement.order_by(SessionRow.id.desc()).limit(limit))).all()

    async def prove_again(self, session_id: UUID) -> SessionRow | None:
        """Whose session it is has just been proved once more; nothing if it has ended."""
        row: SessionRow | None = await self.session.scalar(
            update(SessionRow)
            .where(SessionRow.id == session_id, *LIVING)
            .values(auth_time=func.now())
            .returning(SessionRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        return row

    async def revoke(self, *which: ColumnElement[bool], reason: str) -> bool:
        """End sessions for good; those that have ended keep their reason. Whether there were any."""
        revoked = await self.session.scalars(
            update(SessionRow)
            .where(SessionRow.revoked_at.is_(None), *which)
            .values(revoked_at=func.now(), reason=reason)
            .returning(SessionRow.id)
            .execution_options(synchronize_session=False)
        )
        return revoked.first() is not None

    async def forget_ended(self, age: timedelta) -> None:
        """Delete those that ended so long ago."""
        before = func.now() - age
        await self.session.execute(
            delete(SessionRow)
            .where(or_(SessionRow.revoked_at < before, SessionRow.absolute_expires_at < before))
            .execution_options(synchronize_session=False)
        )
