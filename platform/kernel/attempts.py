"""Attempts at a row of the outbox: counted, made while the row is locked, done with the work they have made."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Interval, Text, Uuid, bindparam, func, select, update

from kernel.outbox import OPEN, OutboxRow, Written
from kernel.reads import Query
from kernel.telemetry import Trace
from kernel.unit_of_work import UnitOfWork


class Attempt(msgspec.Struct, frozen=True):
    """Which one it is, of how many by now, and where its event was published."""

    topic: str
    number: int
    traceparent: str | None

    @property
    def trace(self) -> Trace | None:
        """The one that it belongs to."""
        return None if self.traceparent is None else Trace(self.traceparent)


ROW = bindparam("row_id", type_=Uuid())
DUE = select(OutboxRow.id).where(OutboxRow.id == ROW, *OPEN, OutboxRow.run_after <= func.now())
COUNT = Query(
    update(OutboxRow)
    .where(OutboxRow.id.in_(DUE.with_for_update(skip_locked=True).scalar_subquery()))
    .values(
        attempts=OutboxRow.attempts + 1,
        run_after=func.now() + bindparam("pause", type_=Interval()),
        updated_at=func.now(),
    )
    .returning(OutboxRow.topic, OutboxRow.attempts.label("number"), OutboxRow.traceparent),
    Attempt,
)


async def begin(uow: UnitOfWork, row_id: UUID, *, seconds: float) -> Attempt | None:
    """Count an attempt before it is made, so that one that kills its worker counts too; nothing if it is not due.

    Until it ends, or for ``seconds`` if it never does, the row is not due again.
    """
    counted = await uow.run(COUNT, row_id=row_id, pause=timedelta(seconds=seconds))
    return counted[0] if counted else None


class Held(msgspec.Struct, frozen=True):
    """The event of a row that is locked, as JSON."""

    payload: str


HOLD = Query(
    select(OutboxRow.payload.cast(Text).label("payload")).where(OutboxRow.id == ROW, *OPEN).with_for_update(), Held
)
FINISH = Query(
    update(OutboxRow)
    .where(OutboxRow.id == ROW)
    .values(done_at=func.clock_timestamp(), updated_at=func.now())
    .returning(OutboxRow.id),
    Written,
)


async def hold(uow: UnitOfWork, row_id: UUID) -> str | None:
    """The event of an open row, locked until the transaction ends; nothing if it is done or dead.

    Waits for others who have it locked: as a rule a duplicate of the job, which finds that the row is not due.
    """
    held = await uow.run(HOLD, row_id=row_id)
    return held[0].payload if held else None


async def finish(uow: UnitOfWork, row_id: UUID) -> None:
    """It is done once this is committed."""
    await uow.run(FINISH, row_id=row_id)


async def take(uow: UnitOfWork, row_id: UUID) -> OutboxRow | None:
    """The row itself; nothing if it is done, dead or being worked on."""
    row: OutboxRow | None = await uow.session.scalar(
        select(OutboxRow).where(OutboxRow.id == row_id, *OPEN).with_for_update(skip_locked=True)
    )
    return row
