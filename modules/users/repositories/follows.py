"""Follows, within a transaction and beside it."""

from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, select, union, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id, utc_now
from modules.users.models import FollowRow, UserRow


class FollowRepository(SQLAlchemyAsyncRepository[FollowRow]):
    """Follows as a collection."""

    model_type = FollowRow

    async def insert_if_absent(self, follower_id: UUID, followee_id: UUID) -> bool:
        """Whether there was none before."""
        statement = (
            insert(FollowRow)
            .values(id=new_id(), follower_id=follower_id, followee_id=followee_id, created_at=utc_now())
            .on_conflict_do_nothing()
            .returning(FollowRow.id)
        )
        return (await self.session.execute(statement)).first() is not None

    async def delete_if_present(self, follower_id: UUID, followee_id: UUID) -> bool:
        """Whether there was one before."""
        statement = (
            delete(FollowRow)
            .where(FollowRow.follower_id == follower_id, FollowRow.followee_id == followee_id)
            .returning(FollowRow.id)
        )
        return (await self.session.execute(statement)).first() is not None

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        """One page, in ascending order of ids, straight from the index."""
        statement = select(FollowRow.follower_id).where(FollowRow.followee_id == user_id)
        if after is not None:
            statement = statement.where(FollowRow.follower_id > after)
        return list((await self.session.scalars(statement.order_by(FollowRow.follower_id).limit(limit))).all())

    async def delete_all_of(self, user_id: UUID) -> list[UUID]:
        """Forget whom somebody follows and who follows them, in rows and counters; who the others are."""
        pairs = ((FollowRow.follower_id, FollowRow.followee_id), (FollowRow.followee_id, FollowRow.follower_id))
        others = union(*(select(other.label("id")).where(own == user_id) for own, other in pairs)).subquery()
        locked = await self.session.scalars(
            select(UserRow.id).where(UserRow.id.in_(select(others.c.id))).order_by(UserRow.id).with_for_update()
        )
        known = list(locked.all())
        for (own, other), counter in zip(pairs, (UserRow.followers_count, UserRow.following_count), strict=True):
            gone = delete(FollowRow).where(own == user_id).returning(other.label("id")).cte("gone")
            await self.session.execute(
                update(UserRow)
                .where(UserRow.id.in_(select(gone.c.id)))
                .values({counter: counter - 1, UserRow.updated_at: UserRow.updated_at})
                .execution_options(synchronize_session=False)
            )
        return known

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        """The newest, straight from the index."""
        statement = select(FollowRow.followee_id).where(FollowRow.follower_id == user_id)
        return list((await self.session.scalars(statement.order_by(FollowRow.id.desc()).limit(limit))).all())
