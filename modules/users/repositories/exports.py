"""Exports, and the pieces of their archives."""

from datetime import datetime
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, Integer, Uuid, and_, bindparam, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.db import new_id, utc_now
from kernel.reads import Query
from modules.users.models import ExportChunkRow, ExportRow


class Chunk(msgspec.Struct, frozen=True):
    """A piece of an archive."""

    data: bytes


CHUNK = Query(
    select(ExportChunkRow.data).where(
        ExportChunkRow.export_id == bindparam("export_id", type_=Uuid()),
        ExportChunkRow.number == bindparam("number", type_=Integer()),
    ),
    Chunk,
)


class ExportRepository(SQLAlchemyAsyncRepository[ExportRow]):
    """Exports as a collection."""

    model_type = ExportRow

    async def insert_unless_pending(self, user_id: UUID) -> ExportRow | None:
        """A new one, or nothing while another is being made; waits for a twin that is not committed yet."""
        now = utc_now()
        row: ExportRow | None = await self.session.scalar(
            upsert(ExportRow)
            .values(id=new_id(), user_id=user_id, state="pending", size=0, created_at=now, updated_at=now)
            .on_conflict_do_nothing()
            .returning(ExportRow)
        )
        return row

    async def store(self, export_id: UUID, chunks: list[bytes]) -> None:
        """The archive, in pieces."""
        rows = [{"export_id": export_id, "number": number, "data": data} for number, data in enumerate(chunks)]
        await self.session.execute(insert(ExportChunkRow), rows)

    async def forget_others(self, row: ExportRow) -> None:
        """One archive a person is enough."""
        await self._forget(ExportRow.user_id == row.user_id, ExportRow.id != row.id)

    async def forget_of(self, user_id: UUID) -> None:
        """All of somebody's."""
        await self._forget(ExportRow.user_id == user_id)

    async def forget_old(self, *, ready_before: datetime, asked_before: datetime) -> None:
        """Archives that were there long enough, and wishes that were never fulfilled."""
        await self._forget(
            or_(
                ExportRow.ready_at < ready_before,
                and_(ExportRow.ready_at.is_(None), ExportRow.created_at < asked_before),
            )
        )

    async def _forget(self, *conditions: ColumnElement[bool]) -> None:
        statement = delete(ExportRow).where(*conditions)
        await self.session.execute(statement.execution_options(synchronize_session=False))
