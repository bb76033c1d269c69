"""Queries about the security log."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, func, select

from modules.auth.models import SecurityEventRow


class SecurityEventRepository(SQLAlchemyAsyncRepository[SecurityEventRow]):
    """The security log as a collection."""

    model_type = SecurityEventRow

    async def page(self, user_id: UUID, *, after: UUID | None, limit: int) -> Sequence[SecurityEventRow]:
        """One page of somebody's log, newest first."""
        statement = select(SecurityEventRow).where(SecurityEventRow.user_id == user_id)
        if after is not None:
            statement = statement.where(SecurityEventRow.id < after)
        return (await self.session.scalars(statement.order_by(SecurityEventRow.id.desc()).limit(limit))).all()

    async def forget_old(self, age: timedelta) -> None:
        """Delete what happened so long ago."""
        await self.session.execute(
            delete(SecurityEventRow)
            .where(SecurityEventRow.created_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )
