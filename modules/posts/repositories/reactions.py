"""Reactions as rows; the counters are on the posts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.posts.contracts import Reaction
from modules.posts.models import ReactionRow


class ReactionRepository(SQLAlchemyAsyncRepository[ReactionRow]):
    """Reactions as a collection."""

    model_type = ReactionRow

    async def begin(self, post_id: UUID, user_id: UUID, kind: Reaction, now: datetime) -> tuple[bool, bool]:
        """Whether it counts from now on and did not before, and whether it never has."""
        reaction_id = new_id()
        given = {"post_id": post_id, "user_id": user_id, "kind": kind, "created_at": now, "updated_at": now}
        changed = await self.session.scalar(
            insert(ReactionRow)
            .values(id=reaction_id, **given)
            .on_conflict_do_update(
                index_elements=["post_id", "user_id", "kind"],
                set_={"withdrawn_at": None, "updated_at": now},
                where=ReactionRow.withdrawn_at.is_not(None),
            )
            .returning(ReactionRow.id)
        )
        return changed is not None, changed == reaction_id

    async def of_user(self, user_id: UUID) -> Sequence[ReactionRow]:
        """All that count, oldest first."""
        return await self.get_many(ReactionRow.withdrawn_at.is_(None), user_id=user_id, order_by=ReactionRow.id.asc())

    async def forget_user(self, user_id: UUID) -> Sequence[UUID]:
        """Delete all of somebody's, also those that do not count; on which posts they were."""
        statement = delete(ReactionRow).where(ReactionRow.user_id == user_id).returning(ReactionRow.post_id)
        return (await self.session.scalars(statement.execution_options(synchronize_session=False))).all()

    async def withdraw(self, post_id: UUID, user_id: UUID, kind: Reaction, now: datetime) -> bool:
        """Whether it counted until now."""
        statement = (
            update(ReactionRow)
            .where(
                ReactionRow.post_id == post_id,
                ReactionRow.user_id == user_id,
                ReactionRow.kind == kind,
                ReactionRow.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now, updated_at=now)
            .returning(ReactionRow.id)
            .execution_options(synchronize_session=False)
        )
        return (await self.session.execute(statement)).first() is not None
