"""Queries about all that is held of a person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from modules.auth.models import Base


class PersonalDataRepository:
    """Every row of this module that is of somebody, whatever table it is in: no new one is forgotten."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = [each.class_ for each in Base.registry.mappers if issubclass(each.class_, Base)]

    async def read(self, row: type[Base], columns: Sequence[str], user_id: UUID) -> list[dict[str, Any]]:
        """Some columns of somebody's rows, oldest first."""  # Any: of any type
        table = row.__table__.c
        statement = select(*(table[column] for column in columns)).where(table.user_id == user_id).order_by(table.id)
        return [dict(each) for each in (await self._session.execute(statement)).mappings()]

    async def forget(self, user_id: UUID) -> None:
        """Delete all of somebody's."""
        for row in self._rows:
            if "user_id" in inspect(row).columns:
                of_user = delete(row).where(inspect(row).columns.user_id == user_id)
                await self._session.execute(of_user.execution_options(synchronize_session=False))
